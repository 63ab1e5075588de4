//! Mail: what stands in each kind, in each language, and how it reaches a mail server.

mod letter;
mod message;
#[cfg(feature = "smtp")]
mod smtp;
#[cfg(test)]
mod tests;
mod texts;
mod transport;
mod unsent;

pub use letter::{Argument, Invitation, Letter};
pub use message::{Mailbox, Message, MessageId};
#[cfg(feature = "smtp")]
pub use smtp::{Smtp, SmtpError};
pub use transport::Transport;
pub use unsent::SendError;
