//! The one way in: whoever asks, by mutation, story file, reaction or timer, the command comes through here.

use std::sync::Arc;

use chrono::{DateTime, SubsecRound, Utc};
use domain::{
    Actor, Command, CommandId, EventId, Invalid, Issued, Refusal, deal::Deal, partner::Partner,
    program::Program, published::digest_of, wallet::Wallet,
};
use eventlog::{Clock, ExecuteError, Execution, Log, Provenance};
use tokio::sync::watch;
use uuid::Uuid;

use crate::{
    facts::Facts,
    fault::{Fault, fault},
};

/// Carries out commands against the log. Clones share the connections.
#[derive(Clone)]
pub struct Commands {
    log: Log,
    clock: Arc<dyn Clock>,
    facts: Facts,
}

/// A command with who asks, when, and why.
#[derive(Clone, Debug)]
pub struct Request {
    /// The idempotency key: the same one again gives the first outcome again (R135).
    pub command_id: CommandId,
    pub by: Actor,
    /// When it is true in the world; now where absent.
    pub at: Option<DateTime<Utc>>,
    /// The version that the caller has seen: a conflict where the aggregate has moved on.
    pub expected_version: Option<u64>,
    /// The event that asks for it; none where a person or another system does.
    pub cause: Option<Cause>,
    pub command: Command,
}

/// Why a command is issued.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cause {
    pub event: EventId,
    /// Handed down from the first command of the chain.
    pub correlation: Uuid,
}

/// What came of a command that was decided.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    Done(Done),
    /// Nothing was appended.
    Refused(Refusal),
}

/// The command's outcome holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Done {
    /// Position of the last event of the command; of the log's head where its outcome held already.
    pub position: u64,
    /// How many events it appended, now or when it was first asked for.
    pub events: usize,
    /// Whether this id had been carried out before.
    pub duplicate: bool,
}

impl Commands {
    pub fn new(log: Log, clock: Arc<dyn Clock>) -> Self {
        let facts = Facts::new(log.clone());
        Self { log, clock, facts }
    }

    /// Decides a command and appends what it brings about, once for each command id.
    ///
    /// Dropping the future does not undo it.
    pub async fn execute(&self, request: Request) -> Result<Outcome, Fault> {
        let now = self.clock.now().trunc_subsecs(6);
        let at = request.at.unwrap_or(now).trunc_subsecs(6);
        if at > now {
            let problem = "lies in the future; commands are recorded when they are true";
            return Ok(Outcome::Refused(Invalid::new("at", problem).into()));
        }
        let provenance = provenance(&request, at)?;
        let Request { command_id, by, expected_version, command, .. } = request;
        macro_rules! run {
            ($aggregate:ty, $id:expr, $command:expr, $facts:expr) => {{
                let command = Issued { by, target: $id.0, at, command_id, command: $command };
                let execution =
                    Execution { aggregate_id: $id.0, command, provenance, expected_version };
                self.answer(self.log.execute::<$aggregate>(&$facts, execution).await)
            }};
        }
        match command {
            Command::Program(id, command) => run!(Program, id, command, ()),
            Command::Partner(id, command) => {
                let facts = self.facts.of_partner(id, &command).await?;
                run!(Partner, id, command, facts)
            }
            Command::Deal(id, command) => {
                let facts = self.facts.of_deal(id, &command).await?;
                run!(Deal, id, command, facts)
            }
            Command::Wallet(id, command) => {
                let facts = self.facts.of_wallet(id, &command).await?;
                run!(Wallet, id, command, facts)
            }
        }
    }

    /// The position of the log's last event, and news of every later one.
    pub fn head(&self) -> watch::Receiver<u64> {
        self.log.head()
    }

    fn answer<E: Into<Refusal>>(
        &self,
        outcome: Result<eventlog::Done, ExecuteError<E>>,
    ) -> Result<Outcome, Fault> {
        match outcome {
            Ok(eventlog::Done { receipt: Some(receipt), events }) => Ok(Outcome::Done(Done {
                position: receipt.last_position,
                events,
                duplicate: receipt.duplicate,
            })),
            Ok(eventlog::Done { receipt: None, events }) => {
                let position = *self.log.head().borrow();
                Ok(Outcome::Done(Done { position, events, duplicate: false }))
            }
            Err(ExecuteError::Refused(refusal)) => Ok(Outcome::Refused(refusal.into())),
            Err(failure) => Err(fault(failure)),
        }
    }
}

fn provenance(request: &Request, at: DateTime<Utc>) -> Result<Provenance, Fault> {
    let fingerprint =
        request.command.body().and_then(|body| digest_of(&body)).map_err(|error| {
            tracing::error!(%error, "a command has no canonical form");
            Fault::Internal
        })?;
    Ok(Provenance {
        command_id: request.command_id,
        fingerprint,
        occurred_at: at,
        actor: request.by.clone(),
        causation_id: request.cause.map(|cause| cause.event),
        correlation_id: request.cause.map_or(request.command_id.0, |cause| cause.correlation),
    })
}
