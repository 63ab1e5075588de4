//! What holds whatever the story: invariants and architecture fitness functions.

mod access;
mod architecture;
mod files;
pub(crate) mod log;
mod mailing;
mod refusals;
mod rules;
mod schema;
pub(crate) mod service;
pub(crate) mod views;
