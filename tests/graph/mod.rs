//! The GraphQL face: its schema as a portal's developer reads it, and the access table behind every field.

mod answers;
mod fields;
mod moments;
mod mutations;
mod schema;
mod served;
mod table;
mod visibility;
