//! The catalogue of the read model: all rooms, and whose an event is.

pub mod homes;

use std::sync::Arc;

use crate::ground::AtWork;
use crate::ground::shape::Shape;
use crate::{audit, deal, glance, ledger, partner, program, wallet};

/// Every view but [`homes`]. With `whole`, the namespace is empty and everything stays in memory until it is taken.
pub(crate) fn views(whole: bool) -> Vec<Box<dyn AtWork>> {
    let rooms = [
        program::views,
        partner::views,
        deal::views,
        wallet::views,
        ledger::views,
        glance::views,
        audit::views,
    ];
    rooms.into_iter().flat_map(|views| views(whole)).collect()
}

/// What every table looks like.
pub(crate) fn shapes() -> Vec<Arc<Shape>> {
    let homes = Arc::new(Shape::of::<homes::Entity>());
    std::iter::once(homes).chain(views(true).iter().flat_map(|view| view.shapes())).collect()
}
