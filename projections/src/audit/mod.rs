//! The room of the audit trail: what has happened, and what the scheduler has still to do.

pub mod events;
pub mod schedule;

use crate::ground::{AtWork, Claim, Lines, Rows};

pub(crate) fn views(whole: bool) -> Vec<Box<dyn AtWork>> {
    vec![Box::new(Lines::of::<events::Entity>()), Box::new(Rows::<schedule::Entity>::new(whole))]
}

pub(crate) const CLAIMS: &[Claim] = &[
    Claim {
        claim: "positions are dense and every event has an id of its own",
        table: "events",
        counterexamples: "SELECT 'all' AS subject, count(*) || ' events up to position ' || max(position) AS detail
             FROM events HAVING count(*) <> coalesce(max(position), 0) OR count(DISTINCT event_id) <> count(*)",
    },
];
