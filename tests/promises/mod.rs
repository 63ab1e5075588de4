//! What holds whatever the story: invariants and architecture fitness functions.

mod access;
mod architecture;
mod files;
mod refusals;
mod rules;
mod schema;
mod views;
