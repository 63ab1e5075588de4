//! What Accord shows: a read model of views folded from the log, disposable and rebuilt at will.
//!
//! A view says which rows an event touches and how each changes; the ground floor does the rest. One table has one file:
//! its row, whose it is, its indexes, its fold. Each room knows the ground and no other room, the house knows all rooms,
//! and what keeps and fills the tables knows the house.

mod audit;
mod deal;
mod glance;
pub mod ground;
mod house;
mod keep;
mod ledger;
mod partner;
mod program;
mod wallet;
mod work;

pub use audit::{events, schedule};
pub use deal::{commissions, deal_lines, deals, payments};
pub use glance::{partner_dashboards, partner_totals, program_dashboards, program_totals};
pub use ground::ask::{by, by_page, find, list, seen};
pub use ground::{
    Broken, Cursor, Direction, Order, Page, QueryError, Sight, Slice, Table, Word, page,
};
pub use house::{homes, tables};
pub use keep::Namespace;
pub use ledger::{accounts, journal_lines};
pub use partner::{certificates, courses, partners, training};
pub use program::{programs, publications};
pub use wallet::{lots, payouts, statement_lines, wallets};
pub use work::{
    Behind, Difference, OpenViewsError, Poison, Progress, ReaderState, RebuildError, Rebuilt,
    Report, StepError, VerifyError, Views,
};
