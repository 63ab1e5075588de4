//! Faults of the command path, as opposed to refusals: conflict, outage, unknown outcome.

use eventlog::ExecuteError;

/// Why a command was not decided. Without text, so that none of a database's can reach a caller.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// Somebody else was first, or `expected_version` is out of date. Load and decide again.
    Conflict,
    /// A version is expected of what has not begun.
    NotBegun,
    /// The id was used for another command. Use a new one.
    CommandIdReused,
    /// Nothing was appended. Ask again later.
    Unavailable,
    /// Ask again with the same id to learn what became of it.
    UnknownOutcome,
    /// A bug or damaged data; the log says which.
    Internal,
}

/// Reports a failure of the log once, and keeps its text from the caller.
pub(crate) fn fault<E>(failure: ExecuteError<E>) -> Fault {
    match failure {
        ExecuteError::Conflict => Fault::Conflict,
        ExecuteError::NotBegun => Fault::NotBegun,
        ExecuteError::CommandIdReused => Fault::CommandIdReused,
        ExecuteError::Unavailable(cause) => {
            tracing::warn!(%cause, "the log is unavailable");
            Fault::Unavailable
        }
        ExecuteError::UnknownOutcome(cause) => {
            tracing::warn!(%cause, "the outcome of a command is unknown");
            Fault::UnknownOutcome
        }
        ExecuteError::Undecodable(cause) => {
            tracing::error!(%cause, "an aggregate cannot be read");
            Fault::Internal
        }
        ExecuteError::Impossible(cause) => {
            tracing::error!(%cause, "the database refuses what was decided");
            Fault::Internal
        }
        ExecuteError::OwnBeside => {
            tracing::error!("a command's facts append to its own aggregate");
            Fault::Internal
        }
        ExecuteError::Refused(_) => Fault::Internal, // A refusal is an outcome: whoever asks has taken it out.
    }
}
