//! What Accord shows: views folded from the log, disposable and rebuilt at will.
//!
//! A view says which rows an event touches and how each changes ([`view`]); the engine does the rest. One table has
//! one file: its row, its fold, its queries.

pub mod page;
pub mod query;
pub mod scope;
mod shape;
mod table;
pub mod view;
mod write;

pub mod accounts;
pub mod certificates;
pub mod commissions;
pub mod courses;
pub mod deal_lines;
pub mod deals;
pub mod events;
mod figures;
mod folding;
pub mod homes;
pub mod invariants;
pub mod journal_lines;
pub mod lots;
mod namespace;
pub mod partner_dashboards;
pub mod partner_totals;
pub mod partners;
pub mod payments;
pub mod payouts;
mod pointer;
pub mod program_dashboards;
pub mod program_totals;
pub mod programs;
pub mod publications;
mod reader;
mod rebuild;
pub mod schedule;
pub mod statement_lines;
pub mod training;
mod verify;
mod views;
pub mod wallets;

pub use folding::Poison;
pub use namespace::Namespace;
pub use page::{Cursor, Direction, Page, Slice, Sort};
pub use query::QueryError;
pub use reader::StepError;
pub use rebuild::{Progress, RebuildError, Rebuilt};
pub use scope::Scope;
pub use verify::{Difference, Report, VerifyError};
pub use views::{Behind, OpenViewsError, ReaderState, Views};
