//! What the log promises, on both engines.

mod account;
mod appending;
mod broken;
mod dropped;
mod following;
mod killed;
mod model;
mod order;
mod personal;
pub(crate) mod raw;
mod stock;
