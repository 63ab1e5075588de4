//! The room of wallets: read models of what is earned, held and paid out.

pub mod lots;
pub mod payouts;
pub mod statement_lines;
pub mod wallets;

use crate::ground::{AtWork, Rows};

pub(crate) fn views(whole: bool) -> Vec<Box<dyn AtWork>> {
    vec![
        Box::new(Rows::<lots::Entity>::new(whole)),
        Box::new(Rows::<wallets::Entity>::new(whole).with_trail::<statement_lines::Entity>()),
        Box::new(Rows::<payouts::Entity>::new(whole)),
    ]
}
