//! What the views promise, on both engines.

mod asking;
mod edges;
pub mod ground;
mod money;
mod paging;
mod proving;
mod reading;
mod rebuilding;
mod replaying;
mod sealed;
mod searching;
mod tenancy;
mod upgrading;
mod values;
mod verifying;
