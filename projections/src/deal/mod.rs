//! The room of deals: read models of the pipeline, its contracts, payments and commission.

pub mod commissions;
pub mod deal_lines;
pub mod deals;
pub mod payments;

use crate::ground::{AtWork, Lines, Rows};

pub(crate) fn views(whole: bool) -> Vec<Box<dyn AtWork>> {
    vec![
        Box::new(Rows::<deals::Entity>::new(whole)),
        Box::new(Lines::<deal_lines::Entity>::new()),
        Box::new(Lines::<payments::Entity>::new()),
        Box::new(Lines::<commissions::Entity>::new()),
    ]
}
