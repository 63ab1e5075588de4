//! What Accord shows: a read model of views folded from the log, disposable and rebuilt at will.
//!
//! A view says which rows an event touches and how each changes; the ground floor does the rest. One table has one file:
//! its row, whose it is, its indexes, its fold. Each room knows the ground and no other room, the house knows all rooms,
//! and what keeps and fills the tables knows the house.

mod account;
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

pub use account::*;
pub use audit::*;
pub use deal::*;
pub use glance::*;
pub use ground::ask::{by, by_page, find, list, seen};
pub use ground::count::{MOST_COUNTED, count, count_each};
pub use ground::names;
pub use ground::wide::wide;
pub use ground::{
    Broken, Cursor, Direction, Order, Page, QueryError, Sealed, Sight, Slice, Table, Word, page,
};
pub use house::{homes, tables};
pub use keep::{Namespace, Reading, Version, sweep_scratch};
pub use ledger::*;
pub use partner::*;
pub use program::*;
pub use wallet::*;
pub use work::{
    Behind, Difference, Found, OpenViewsError, Poison, Positions, Progress, ReaderState,
    RebuildError, Rebuilt, Report, StepError, Subject, Tried, VerifyError, Views, check_claims,
    claims, ephemeral, rebuild, rebuild_as, replay, verify,
};
