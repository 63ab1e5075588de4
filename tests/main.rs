//! Stories end to end and the invariants, on both engines.

mod architecture;
mod demo;
mod face;
mod graph;
mod log;
mod story;
mod views;
