//! Role-based access control: the table behind every field, and every field as every role.

mod accounts;
mod fields;
mod ids;
mod instants;
mod table;
mod visibility;
