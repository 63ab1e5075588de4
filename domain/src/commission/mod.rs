//! Commission: what a plan says, what a trigger earns by it, and why.

mod check;
mod plan;
mod reversal;

pub use check::{Counterexample, PlanFault};
pub use plan::{
    Component, Compression, Eligibility, Hold, Kind, Level, Plan, Rate, Selector, Trigger,
};
pub use reversal::reversal;
