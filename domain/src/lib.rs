//! What may happen in a partner programme. Pure: no IO, no clock, no randomness.

pub mod commission;
pub mod ids;
pub mod issued;
pub mod money;
pub mod personal;
pub mod published;
pub mod tiers;
pub mod time;

pub use ids::*;
pub use issued::{Actor, ActorKind, Envelope, Issued};
pub use money::{Currency, Exact, Money, MoneyError, Ppm, largest_remainder};
pub use personal::{Held, Personal};
pub use published::{PolicyRef, Published};
pub use tiers::Tier;
