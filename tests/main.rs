//! Stories end to end and the invariants, on both engines.

mod demo;
mod face;
mod graph;
mod log;
mod promises;
mod story;
mod views;
