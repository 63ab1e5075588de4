//! Stories end to end and the invariants, on both engines.

mod face;
mod log;
mod promises;
mod stories;
mod views;
