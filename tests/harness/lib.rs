//! What every story needs before it can begin: a database of its own on each engine.

pub mod actors;
pub mod appends;
pub mod bypassing;
pub mod cluster;
pub mod errors;
pub mod history;
pub mod mail_server;
pub mod people;
pub mod places;
pub mod told;
pub mod trade;
pub mod until;

pub use actors::{integration, owner, vendor};
pub use appends::append_all;
pub use bypassing::bypassing;
pub use cluster::cluster;
pub use errors::well_placed;
pub use history::history;
pub use mail_server::{MailServer, Mood};
pub use people::People;
pub use places::{Place, directory, places};
pub use told::{told, told_open};
pub use trade::Trade;
pub use until::until;
