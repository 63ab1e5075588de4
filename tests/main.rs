//! Stories end to end and the invariants, on both engines.

mod log;
mod views;
