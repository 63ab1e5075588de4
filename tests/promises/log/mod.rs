//! What the log promises, on both engines.

mod account;
mod appending;
mod at_rest;
mod beside;
mod broken;
mod credentials;
mod dropped;
mod facts;
mod following;
mod killed;
mod model;
mod one_time;
mod order;
mod personal;
mod races;
pub(crate) mod raw;
mod refused;
mod sessions;
mod stock;
mod taken;
mod turns;
mod versions;
