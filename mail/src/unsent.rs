//! Why a mail did not leave, in words that name nobody (delivery status).

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
