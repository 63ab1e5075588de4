//! The ground floor of the read model: what a view is, how its rows are kept, and how they are asked for. It knows no view.

pub mod ask;
mod claim;
pub mod count;
mod declare;
pub mod names;
pub mod page;
pub(crate) mod refused;
pub(crate) mod rows;
mod sealed;
pub(crate) mod shape;
pub mod sight;
mod table;
pub mod view;
pub mod wide;
mod word;
pub(crate) mod write;

pub use ask::Order;
pub use claim::Broken;
pub(crate) use claim::Claim;
pub(crate) use declare::table;
pub use page::{Cursor, Direction, Page, QueryError, Slice};
pub(crate) use rows::{AtWork, Lines, Rows};
pub use sealed::Sealed;
pub use sight::Sight;
pub use table::Table;
pub use view::{Feed, Misfit, Placed, Portrait, Stamped, Trail, View};
pub(crate) use view::{add, code, json};
pub(crate) use wide::add_wide;
pub use word::Word;
pub(crate) use word::words;
