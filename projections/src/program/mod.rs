//! The room of programmes: read models of the rulebook.

pub mod plan_drafts;
pub mod programs;
pub mod publications;

use crate::ground::{AtWork, Lines, Rows};

pub(crate) fn views(whole: bool) -> Vec<Box<dyn AtWork>> {
    vec![
        Box::new(Rows::<programs::Entity>::new(whole)),
        Box::new(Rows::<plan_drafts::Entity>::new(whole)),
        Box::new(Lines::of::<publications::Entity>()),
    ]
}
