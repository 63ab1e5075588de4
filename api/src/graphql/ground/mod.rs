//! The ground floor of the face: how rows become objects, lists, edges and mutations. It knows no subject.

pub mod asked;
pub mod batches;
pub mod beside;
pub mod cost;
pub mod edges;
pub mod failure;
pub mod gate;
pub mod list;
pub mod loader;
pub mod moment;
pub mod mutation;
pub mod node;
pub mod page;
pub mod refusal;
pub mod scalars;
pub mod show;
pub mod total;
pub mod visible;
pub mod word;
