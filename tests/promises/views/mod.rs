//! What the views promise, on both engines.

mod asking;
mod ground;
mod money;
mod paging;
mod proving;
mod reading;
mod rebuilding;
mod replaying;
mod upgrading;
mod verifying;
