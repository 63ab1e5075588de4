//! Commands on their way to the aggregates: what is asked, and what came of it.

use chrono::{DateTime, Utc};
use domain::{Actor, CommandId, EventId, Refusal};

/// Runs commands to their end, whether or not anybody still waits for the answer.
#[derive(Clone)]
pub struct Commands;

/// One command with who asks and under which idempotency key.
pub struct Request {
    pub command_id: CommandId,
    pub by: Actor,
    /// When it was true in the world; now where absent.
    pub at: Option<DateTime<Utc>>,
    /// The version of the aggregate that the caller has seen.
    pub expected_version: Option<u64>,
    pub cause: Option<Cause>,
    pub command: domain::Command,
}

/// The event that led to a command.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cause {
    pub event: EventId,
    pub correlation: uuid::Uuid,
}

/// What came of a command that ran.
pub enum Outcome {
    Done(Done),
    Refused(Refusal),
}

/// A command whose outcome holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Done {
    /// Of its last event, or of the end of the log where it had none.
    pub position: u64,
    pub events: usize,
    pub duplicate: bool,
}

/// Why a command did not run, or may not have. Has no text, so that none can reach a client by accident.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    Conflict,
    CommandIdReused,
    Unavailable,
    UnknownOutcome,
    Internal,
}

impl Commands {
    pub async fn execute(&self, _request: Request) -> Result<Outcome, Fault> {
        Err(Fault::Unavailable)
    }
}
