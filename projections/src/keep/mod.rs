//! Where the read model is kept: namespaces, and the pointer to the live one (blue-green deployment of tables).

pub(crate) mod namespace;
pub(crate) mod pointer;
mod reading;
pub(crate) mod scratch;

pub use namespace::{Namespace, Version};
pub use reading::Reading;
pub use scratch::sweep_scratch;
