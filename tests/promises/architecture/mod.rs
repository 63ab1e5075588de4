//! The walls of the house: static analysis of what depends on what.

mod crates;
mod imports;
mod rooms;
mod source;
