//! The domain model of a partner programme: aggregates that decide. Pure: no IO, no clock, no randomness.

#[macro_use]
pub mod aggregates;
pub mod bounds;
pub mod commands;
pub mod commission;
pub mod deal;
pub mod email;
pub mod facts;
pub mod guarded;
pub mod ids;
pub mod issued;
pub mod language;
pub mod ledger;
mod linkage;
pub mod mails;
pub mod money;
pub mod origin;
pub mod outcomes;
pub mod owned;
pub mod partner;
pub mod personal;
pub mod program;
pub mod published;
pub mod reactions;
pub mod refusal;
pub mod reservation;
pub mod roles;
#[cfg(test)]
mod testing;
pub mod tiers;
pub mod time;
pub mod wallet;
pub mod words;
pub mod world;

pub use aggregates::{Command, CommandError, DecodeError, Event, Recorded, codes, decode};
pub use deal::Deal;
pub use email::EmailAddress;
pub use guarded::Guarded;
pub use ids::*;
pub use issued::{Actor, Envelope, Issued};
pub use language::Language;
pub use money::{Currency, Exact, Money, MoneyError, Ppm, largest_remainder};
pub use origin::Origin;
pub use owned::{Home, Owned};
pub use partner::Partner;
pub use personal::{Held, Personal};
pub use program::Program;
pub use published::{PolicyRef, Published};
pub use refusal::{Forbidden, Invalid, Refusal};
pub use reservation::Reservation;
pub use roles::{Role, Roles};
pub use tiers::Tier;
pub use wallet::Wallet;
pub use words::{ClosedList, EVENT_VERSION, Told};
