//! A stored event with its envelope, and why one could not be read.

use domain::Envelope;

use crate::fault::Cause;

/// An event as it was written, with personal data sealed.
#[derive(Clone, PartialEq, Debug)]
pub struct RawEvent {
    pub envelope: Envelope,
    /// JSON of the event's own version; upcasting is up to whoever decodes it.
    pub payload: String,
}

/// Which events of a stream: those after one, up to and with another.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    pub after: u64,
    pub until: u64,
}

/// Why events could not be read.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ReadError {
    #[error("the log cannot be read at the moment")]
    Unavailable(#[source] Cause),
    /// The log is damaged: positions are dense.
    #[error("the log has a gap: expected position {expected}, found {found}")]
    Gap { expected: u64, found: u64 },
}
