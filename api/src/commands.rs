//! The command bus: whoever asks, by mutation, story file, reaction or timer, the command comes through here.

use std::sync::Arc;

use chrono::{DateTime, SubsecRound, Utc};
use domain::{
    Actor, Command, CommandId, EventId, Invalid, Issued, Refusal,
    commands::Permitted,
    facts::{Facted, facts_of},
    owned::Owned,
    published::digest_of,
};
use eventlog::{Clock, ExecuteError, Execution, Log, Provenance, Receipt};
use futures::FutureExt;
use tokio::sync::watch;
use uuid::Uuid;

use crate::fault::{Fault, fault};

/// Carries out commands against the log. Clones share the connections.
#[derive(Clone)]
pub struct Commands {
    log: Log,
    clock: Arc<dyn Clock>,
}

/// A command with who asks, when, and why.
#[derive(Clone, Debug)]
pub struct Request {
    /// The idempotency key, with whose it is: the same one again gives the first outcome again (R135).
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
    /// The command's outcome holds.
    Done(Receipt),
    /// Nothing was appended.
    Refused(Refusal),
}

impl Commands {
    pub fn new(log: Log, clock: Arc<dyn Clock>) -> Self {
        Self { log, clock }
    }

    /// Decides a command and appends what it brings about, once for each command id.
    ///
    /// Dropping the future does not undo it.
    pub async fn execute(&self, request: Request) -> Result<Outcome, Fault> {
        let now = self.now()?.trunc_subsecs(6);
        let at = request.at.unwrap_or(now).trunc_subsecs(6);
        // What an event causes is true with it, also for a process whose clock is a little behind the other's.
        if request.cause.is_none() && at > now {
            let problem = "lies in the future; commands are recorded when they are true";
            return Ok(Outcome::Refused(Invalid::new("at", problem).into()));
        }
        let dated = request.at.is_some() && request.cause.is_none();
        let provenance = provenance(&request, at)?;
        let Request { command_id, by, expected_version, command, .. } = request;
        domain::dispatch!(command, |A, id, command| {
            let (aggregate_id, command) =
                (id.0, Issued { by, target: id.0, at, dated, command_id, command });
            let execution = Execution { aggregate_id, command, provenance, expected_version };
            self.run::<A, _>(execution).await
        })
    }

    /// What time it is, where the clock can be believed; else nothing is decided.
    pub fn now(&self) -> Result<DateTime<Utc>, Fault> {
        let now = self.clock.now();
        if self.clock.by_hand() {
            return Ok(now);
        }
        self.log.check_clock(now).map(|()| now).map_err(|skew| {
            tracing::warn!(%skew, "nothing is decided");
            Fault::Unavailable
        })
    }

    /// The position of the log's last event, and news of every later one.
    pub fn head(&self) -> watch::Receiver<u64> {
        self.log.head()
    }

    async fn run<A, C>(&self, execution: Execution<Issued<C>>) -> Result<Outcome, Fault>
    where
        A: Facted + Owned<Command = Issued<C>> + Clone + 'static,
        C: Permitted + Clone + Send + Sync + 'static,
        A::Error: Into<Refusal> + Send + 'static,
    {
        match self
            .log
            .execute::<A, _>(execution, |aggregate, command, streams| {
                facts_of(aggregate, command, streams).boxed()
            })
            .await
        {
            Ok(receipt) => Ok(Outcome::Done(receipt)),
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
