//! The room of the audit trail: what has happened, and what the scheduler has still to do.

pub mod events;
pub mod schedule;

use crate::ground::{AtWork, Lines, Rows};

pub(crate) fn views(whole: bool) -> Vec<Box<dyn AtWork>> {
    vec![Box::new(Lines::<events::Entity>::new()), Box::new(Rows::<schedule::Entity>::new(whole))]
}
