//! Effects: what an event or an instant causes is tried until it is decided. What is refused and should not be, or waits,
//! or cannot be decided becomes an open item (dead letter), which holds up nobody and is tried again.

use std::{ops::RangeInclusive, panic::AssertUnwindSafe, time::Duration};

use chrono::{DateTime, Utc};
use domain::{
    Command, CommandId, Partner, Recorded, Refusal, decode,
    outcomes::{Meaning, On, OpenKind, frees, meaning},
    reactions::{self, policy_actor},
};
use eventlog::{Ids, Log, OpenItem, ReadError, Which};
use futures::FutureExt;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    attempts::{Attempts, Next, Patience},
    commands::{Cause, Commands, Outcome, Request},
    fault::Fault,
};

pub(crate) const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
const CONFLICT_PAUSE: RangeInclusive<Duration> =
    Duration::from_millis(10)..=Duration::from_millis(40);

/// How soon somebody who asks for another try has it.
const ASKED: Duration = Duration::from_secs(1);

/// Carries out effects.
#[derive(Clone)]
pub struct Effects {
    log: Log,
    commands: Commands,
}

/// A command that an event or an instant causes.
pub(crate) struct Effect {
    pub command_id: CommandId,
    /// The instant that it is true at.
    pub at: DateTime<Utc>,
    pub command: Command,
    pub cause: Cause,
    /// Where the event stands that causes it.
    pub position: u64,
}

/// What came of an effect.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Tried {
    Done,
    /// It was refused, as happens.
    Declined,
    /// It is an open item.
    Open,
    /// The log cannot be written at the moment.
    NotNow,
}

impl Effects {
    pub fn new(log: Log, commands: Commands) -> Self {
        Self { log, commands }
    }

    /// Tries the open items again that there are, and from then on those that somebody asks for, until `shutdown`.
    pub async fn retry(&self, shutdown: CancellationToken) {
        let work = async {
            if let Err(error) = self.log.sweep_items().await {
                tracing::warn!(%error, "what is settled is kept until the next start");
            }
            let mut which = Which::All; // What stood in their way may be mended since the process was begun.
            loop {
                match self.retry_all(which, Patience::Once).await {
                    Ok(Tried::NotNow) => {}
                    Ok(Tried::Done | Tried::Declined | Tried::Open) => which = Which::Asked,
                    Err(error) => tracing::warn!(%error, "open items cannot be read"),
                }
                tokio::time::sleep(ASKED).await;
            }
        };
        shutdown.run_until_cancelled(work).await;
    }

    /// Sees to everything that an event causes but for what was dismissed, and to what has waited for it.
    pub(crate) async fn react(&self, recorded: &Recorded, dismissed: &Ids) {
        for reaction in reactions::reactions(recorded) {
            if dismissed.contains(&reaction.command_id) {
                continue;
            }
            let at = recorded.envelope.occurred_at;
            let effect = Effect::of(recorded, reaction.command_id, at, reaction.command);
            self.carry_out(&effect, Patience::Endless).await;
        }
        if !frees(&recorded.event) {
            return;
        }
        // Whichever process has left it open.
        let which = Which::WaitingFor(recorded.envelope.aggregate_id);
        let mut pause = FIRST_PAUSE;
        while let Err(error) = self.retry_all(which, Patience::Endless).await {
            tracing::warn!(%error, "open items cannot be read");
            wait(&mut pause).await;
        }
    }

    /// Asks until the effect is decided; what must not be lost and was not done is an open item before this returns.
    pub(crate) async fn carry_out(&self, effect: &Effect, patience: Patience) -> Tried {
        let name = effect.command.name();
        let (mut pause, mut attempts) = (FIRST_PAUSE, Attempts::default());
        let tried = loop {
            let fault = match self.attempt(effect).await {
                Ok(Outcome::Done(_)) => break Tried::Done,
                Ok(Outcome::Refused(refusal)) => break self.refused(effect, refusal).await,
                Err(fault) => fault,
            };
            match attempts.next(fault, patience) {
                Next::Soon => {
                    tracing::warn!(command = name, ?fault, "trying again soon");
                    tokio::time::sleep(rand::random_range(CONFLICT_PAUSE)).await;
                }
                Next::Later => {
                    tracing::warn!(command = name, ?fault, "trying again");
                    wait(&mut pause).await;
                }
                Next::NotNow => return Tried::NotNow, // It is not decided yet.
                Next::LeaveOpen(code, reason) => {
                    break self.leave_open(effect, OpenKind::Failed, code, reason.to_owned()).await;
                }
            }
        };
        let outcome = match tried {
            Tried::Done => "done",
            Tried::Declined => "declined",
            Tried::Open | Tried::NotNow => "open",
        };
        metrics::counter!("accord_reactions_total", "command" => name, "outcome" => outcome)
            .increment(1);
        tried
    }

    /// A decision that panics is a fault like others: it would panic again for whoever begins anew at this event.
    async fn attempt(&self, effect: &Effect) -> Result<Outcome, Fault> {
        let attempt = AssertUnwindSafe(self.commands.execute(effect.request())).catch_unwind();
        attempt.await.unwrap_or_else(|_| {
            tracing::error!(command = effect.command.name(), id = %effect.command_id, "an effect panicked");
            Err(Fault::Internal)
        })
    }

    async fn refused(&self, effect: &Effect, refusal: Refusal) -> Tried {
        let (code, reason) = (refusal.code, refusal.message);
        match meaning(&effect.command, code) {
            Meaning::Ordinary => {
                tracing::debug!(command = effect.command.name(), code, reason, "declined");
                self.close(effect.command_id).await; // It leaves no receipt.
                Tried::Declined
            }
            Meaning::Waits(_) => self.leave_open(effect, OpenKind::Waiting, code, reason).await,
            Meaning::MustNotBe => self.leave_open(effect, OpenKind::Refused, code, reason).await,
        }
    }

    /// It is not open any more, if it has been.
    async fn close(&self, id: CommandId) {
        if let Err(error) = self.log.close_item(id).await {
            // It is tried again when a process starts, and is then settled.
            tracing::warn!(%error, "an open item is settled and still listed");
        }
    }

    async fn leave_open(
        &self,
        effect: &Effect,
        kind: OpenKind,
        code: &str,
        reason: String,
    ) -> Tried {
        let command = effect.command.name();
        tracing::error!(command, code, reason, kind = ?kind, id = %effect.command_id, "an effect is left open");
        let waits_for = self.waits_for(&effect.command, code).await;
        let now = self.log.now();
        let item = OpenItem {
            command_id: effect.command_id,
            kind,
            event_id: effect.cause.event,
            position: effect.position,
            command: command.to_owned(),
            aggregate_id: effect.command.target(),
            waits_for,
            code: code.to_owned(),
            reason,
            since: now,
            tried_at: now,
            tries: 1,
            dismissed: None,
        };
        self.keep_open(item).await
    }

    /// Lists the item, however long that takes: whoever goes on forgets it.
    pub(crate) async fn keep_open(&self, item: OpenItem) -> Tried {
        let mut pause = FIRST_PAUSE;
        while let Err(error) = self.log.keep_open(&item).await {
            tracing::warn!(%error, "an open item cannot be written");
            wait(&mut pause).await;
        }
        Tried::Open
    }

    /// The aggregate that something has to happen to before the effect goes.
    async fn waits_for(&self, effect: &Command, code: &str) -> Option<Uuid> {
        match meaning(effect, code) {
            Meaning::Waits(On::Itself) => Some(effect.target()),
            Meaning::Waits(On::Inviter) => {
                let mut pause = FIRST_PAUSE;
                loop {
                    match self.log.load::<Partner>(effect.target()).await {
                        Ok((partner, _)) => return partner.inviter().map(|inviter| inviter.0),
                        Err(error) => tracing::warn!(%error, "an inviter cannot be looked up"),
                    }
                    wait(&mut pause).await;
                }
            }
            Meaning::Ordinary | Meaning::MustNotBe => None,
        }
    }

    /// Tries these again; [`Tried::NotNow`] where one of them could not be.
    async fn retry_all(&self, which: Which, patience: Patience) -> Result<Tried, ReadError> {
        let mut outcome = Tried::Done;
        for item in self.log.open_items(which).await? {
            let Some(raw) = self.log.by_position(item.position).await? else { continue };
            let effect = match decode(raw.envelope, &raw.payload) {
                Ok(recorded) => Effect::found(&recorded, item.command_id),
                Err(error) => {
                    tracing::error!(%error, "an event cannot be understood");
                    None
                }
            };
            match effect {
                Some(effect) => match self.carry_out(&effect, patience).await {
                    Tried::Done => self.close(item.command_id).await,
                    Tried::Declined | Tried::Open => {}
                    Tried::NotNow => outcome = Tried::NotNow,
                },
                // Nothing asks for it any more, or nobody can tell; it stays until somebody has looked at it.
                None => self.log.keep_open(&OpenItem { tried_at: self.log.now(), ..item }).await?,
            }
        }
        Ok(outcome)
    }
}

impl Effect {
    fn of(recorded: &Recorded, command_id: CommandId, at: DateTime<Utc>, command: Command) -> Self {
        let envelope = &recorded.envelope;
        let cause = Cause { event: envelope.event_id, correlation: envelope.correlation_id };
        Self { command_id, at, command, cause, position: envelope.position }
    }

    fn found(recorded: &Recorded, id: CommandId) -> Option<Self> {
        let (at, command) = reactions::effect(recorded, id)?;
        Some(Self::of(recorded, id, at, command))
    }

    fn request(&self) -> Request {
        Request {
            command_id: self.command_id,
            by: policy_actor(),
            at: Some(self.at),
            expected_version: None,
            cause: Some(self.cause),
            command: self.command.clone(),
        }
    }
}

/// Longer from time to time.
pub(crate) async fn wait(pause: &mut Duration) {
    tokio::time::sleep(*pause).await;
    *pause = (*pause * 2).min(LONGEST_PAUSE);
}
