//! What holds whatever the story: invariants and architecture fitness functions.

mod architecture;
mod files;
mod refusals;
mod rules;
