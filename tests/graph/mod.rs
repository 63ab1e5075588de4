//! The GraphQL face: its schema as a portal's developer reads it, and the access table behind every field.

mod schema;
mod table;
