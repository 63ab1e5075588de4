//! Multi-level commission: what a plan says, what a trigger earns by it, and why.
//!
//! A sale's lines meet the components of the plan in force ([`calculate`]); each component's whole is rounded once
//! and apportioned to the sellers, then level by level to the partners above them. The [`Trace`] holds everything
//! that this rests on, so that anybody can do it again without the store.

mod apportion;
mod candidate;
mod check;
mod engine;
mod fault;
#[cfg(test)]
mod fixtures;
mod input;
mod leg;
mod plan;
mod reversal;
mod trace;
mod upline;

pub use apportion::{Apportionment, Multiplication, Part, Term};
pub use candidate::{Candidate, Rejection, Verdict};
pub use check::{Counterexample, PlanFault};
pub use engine::{Calculation, ENGINE_VERSION, calculate};
pub use fault::CalculationError;
pub use input::{Input, Line, Node, Seller, TriggerFacts};
pub use leg::Leg;
pub use plan::{
    AccrualKind, Component, ComponentKind, Compression, Eligibility, Hold, Level, Plan, Rate,
    Selector, Trigger,
};
pub use reversal::reversal;
pub use trace::{NothingEarned, Trace};
pub use upline::{LevelOutcome, Met, Walk};
