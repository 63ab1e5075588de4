//! Where mail goes (mail transfer): to a mail server, or nowhere, so that it waits in the outbox.

use crate::message::Message;

/// How mail leaves.
#[derive(Clone, Debug)]
pub enum Transport {
    /// It does not; the outbox keeps what is to be sent.
    Outbox,
    /// By a mail server.
    #[cfg(feature = "smtp")]
    Smtp(crate::smtp::Smtp),
}

/// Why a mail did not leave. Says nothing of whom it was for: an answer of the server may.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SendError {
    /// It will not, however often it is tried.
    #[error("the mail server refuses it: {0}")]
    Refused(String),
    #[error("the mail server cannot take it at the moment: {0}")]
    NotNow(String),
    #[error("mail leaves by no server")]
    NoServer,
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
