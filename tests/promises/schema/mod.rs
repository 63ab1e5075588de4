//! The GraphQL face: its schema as a portal's developer reads it, and what its questions and mutations are answered.

mod answers;
mod applications;
mod bounds;
pub mod commands;
mod costs;
mod exporting;
mod filters;
mod moments;
pub mod mutations;
pub mod sdl;
pub mod served;
mod truths;
