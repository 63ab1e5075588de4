//! Mailing: what mail events cause is collected into the outbox, written from the log when it goes, and sent.

mod collecting;
mod composing;
mod sending;

use std::sync::Arc;

use domain::EmailAddress;
use eventlog::Log;
use mail::{Mailbox, Transport};

pub use self::composing::{Composed, MailFault};
pub(crate) use self::{collecting::Collector, sending::Sender};

/// How an installation sends mail.
#[derive(Clone, Debug)]
pub struct Settings {
    /// From whom it comes (R90).
    pub from: Mailbox,
    /// Where the portal is, to which links lead; without a slash at the end.
    pub portal: String,
    pub transport: Transport,
    /// Whether the outbox shows what mail says, one-time links with it: where no mail leaves, so that somebody can follow
    /// them on a demonstration.
    pub readable: bool,
}

/// The mail of one installation.
#[derive(Clone)]
pub struct Mailing {
    log: Log,
    settings: Arc<Settings>,
}

impl Default for Settings {
    /// Mail leaves by no server, and nobody reads it.
    fn default() -> Self {
        Self {
            from: Mailbox::new("Accord", EmailAddress::nobody()),
            portal: "http://localhost:8080".into(),
            transport: Transport::Outbox,
            readable: false,
        }
    }
}

impl Mailing {
    pub fn new(log: Log, settings: Settings) -> Self {
        Self { log, settings: Arc::new(settings) }
    }

    /// Whether the outbox shows what mail says.
    pub fn is_readable(&self) -> bool {
        self.settings.readable && !self.sends()
    }

    /// Whether mail leaves at all.
    pub fn sends(&self) -> bool {
        self.settings.transport.sends()
    }

    pub fn log(&self) -> &Log {
        &self.log
    }
}
