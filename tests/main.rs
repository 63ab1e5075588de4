//! Stories and invariants, in one binary.

mod face;
