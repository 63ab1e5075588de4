//! What Accord shows: views folded from the log, disposable and rebuilt at will.
//!
//! A view says which rows an event touches and how each changes ([`view`]); the engine does the rest. One table has
//! one file: its row, its fold, its queries.

pub mod page;
pub mod query;
pub mod scope;
pub mod view;

pub mod accounts;
pub mod certificates;
pub mod commissions;
pub mod courses;
pub mod deal_lines;
pub mod deals;
pub mod events;
mod figures;
pub mod homes;
pub mod journal_lines;
pub mod lots;
pub mod partner_dashboards;
pub mod partner_totals;
pub mod partners;
pub mod payments;
pub mod payouts;
pub mod program_dashboards;
pub mod program_totals;
pub mod programs;
pub mod publications;
pub mod schedule;
pub mod statement_lines;
pub mod training;
pub mod wallets;

pub use page::{Cursor, Direction, Page, Slice, Sort};
pub use query::QueryError;
pub use scope::Scope;
