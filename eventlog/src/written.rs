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
