//! Where mail goes (mail transfer): to a mail server, or nowhere, so that it waits in the outbox.

use crate::message::Message;
use crate::unsent::SendError;

/// How mail leaves.
#[derive(Clone, Debug)]
pub enum Transport {
    /// It does not; the outbox keeps what is to be sent.
    Outbox,
    /// By a mail server.
    #[cfg(feature = "smtp")]
    Smtp(crate::smtp::Smtp),
}

impl Transport {
    /// Whether mail leaves at all.
    pub fn sends(&self) -> bool {
        match self {
            Self::Outbox => false,
            #[cfg(feature = "smtp")]
            Self::Smtp(_) => true,
        }
    }

    /// Sends a mail; once this has returned the server has taken charge of it.
    pub async fn send(&self, message: &Message) -> Result<(), SendError> {
        match self {
            Self::Outbox => {
                let _ = message;
                Err(SendError::NoServer)
            }
            #[cfg(feature = "smtp")]
            Self::Smtp(smtp) => smtp.send(message).await,
        }
    }
}
