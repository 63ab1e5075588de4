//! What holds whatever the story: invariants and architecture fitness functions.

mod architecture;
