//! What a group commit came to: an answer for each append of a batch, or why there is none.

use crate::append::{AppendError, Receipt};
use crate::fault::Cause;

/// The answers to a batch and the head that it left.
pub(crate) struct Written {
    pub answers: Vec<Result<Receipt, AppendError>>,
    pub head: u64,
}

/// Why a batch has no answers.
#[derive(Debug)]
pub(crate) enum WriteFault {
    /// The database was reached and would not take it. Nothing was written.
    Refused(Cause),
    /// Nothing was written.
    Lost(Cause),
    /// It broke while the database committed.
    Unknown(Cause),
}

/// As much as a batch may need. Nothing smaller tells whether there is room: a row may find its place on a page that is there.
pub(crate) const ROOM: &[u8] = &[0; 64 * 1024];

/// Writes [`ROOM`], to see whether the database takes it.
pub(crate) const PROBE: &str = "INSERT INTO probes (room) VALUES ($1)";

/// Takes it away, with what a process left that ended in between.
pub(crate) const UNPROBE: &str = "DELETE FROM probes";
