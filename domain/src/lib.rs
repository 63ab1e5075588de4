//! What may happen in a partner programme. Pure: no IO, no clock, no randomness.

pub mod command;
pub mod commission;
pub mod deal;
pub mod events;
pub mod ids;
pub mod issued;
pub mod ledger;
pub mod money;
pub mod partner;
pub mod personal;
pub mod program;
pub mod published;
pub mod reactions;
pub mod refusal;
#[cfg(test)]
mod testing;
pub mod tiers;
pub mod time;
pub mod wallet;
pub mod words;

pub use command::Command;
pub use events::{DecodeError, Event, Recorded, decode};
pub use ids::*;
pub use issued::{Actor, ActorKind, Envelope, Issued};
pub use money::{Currency, Exact, Money, MoneyError, Ppm, largest_remainder};
pub use personal::{Held, Personal};
pub use published::{PolicyRef, Published};
pub use refusal::{Invalid, Refusal};
pub use tiers::Tier;
pub use words::EVENT_VERSION;
