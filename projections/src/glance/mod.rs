//! The room of dashboards: aggregate figures of a programme and of a partner.

mod figures;
pub mod partner_dashboards;
pub mod program_dashboards;
pub mod totals;

use crate::ground::{AtWork, Rows};

pub(crate) fn views(whole: bool) -> Vec<Box<dyn AtWork>> {
    vec![
        Box::new(Rows::<program_dashboards::Entity>::new(whole)),
        Box::new(Rows::<partner_dashboards::Entity>::new(whole)),
        Box::new(Rows::<totals::Entity>::new(whole)),
    ]
}
