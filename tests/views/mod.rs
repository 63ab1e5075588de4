//! What the views promise, on both engines.

mod ground;
mod money;
mod paging;
mod reading;
mod rebuilding;
mod replaying;
mod verifying;
