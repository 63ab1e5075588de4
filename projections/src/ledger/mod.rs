//! The room of the general ledger: the journal in double entry, and its accounts.

pub mod accounts;
pub mod journal_lines;

use crate::ground::{AtWork, Lines, Rows};

pub(crate) fn views(whole: bool) -> Vec<Box<dyn AtWork>> {
    vec![
        Box::new(Lines::<journal_lines::Entity>::new()),
        Box::new(Rows::<accounts::Entity>::new(whole)),
    ]
}
