//! Effects: what an event or an instant causes is tried until it is decided. What is refused and should not be, or waits,
//! or cannot be decided becomes an open item (dead letter), which holds up nobody and is tried again.

use std::{
    collections::BTreeMap,
    ops::RangeInclusive,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chrono::{DateTime, Utc};
use domain::{
    Command, CommandId, Money, Partner, Recorded, Refusal, decode,
    outcomes::{Meaning, On, OpenKind, frees, meaning},
    reactions::{self, policy_actor},
};
use eventlog::{Log, OpenItem, ReadError, Which};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    commands::{Cause, Commands, Outcome, Request},
    fault::Fault,
};

pub(crate) const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
const CONFLICT_PAUSE: RangeInclusive<Duration> =
    Duration::from_millis(10)..=Duration::from_millis(40);

/// How often an effect is tried that cannot be decided, for a fault of the program or of the data, before others go on.
const TRIES: u32 = 5;

/// How soon somebody who asks for another try has it.
const ASKED: Duration = Duration::from_secs(1);

/// Carries out effects. Clones share what they know of open items.
#[derive(Clone)]
pub struct Effects {
    log: Log,
    commands: Commands,
    /// The open items, each with what it waits for, as far as this process has met them.
    open: Arc<Mutex<BTreeMap<CommandId, Option<Uuid>>>>,
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

/// How long an effect is tried where the log cannot be written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Patience {
    /// Until it can: what comes after rests on it.
    Endless,
    Once,
}

impl Effects {
    pub fn new(log: Log, commands: Commands) -> Self {
        Self { log, commands, open: Arc::default() }
    }

    /// Tries the open items again that there are, and from then on those that somebody asks for, until `shutdown`.
    pub async fn retry(&self, shutdown: CancellationToken) {
        let work = async {
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

    /// Learns which items are open.
    pub(crate) async fn recall(&self) -> Result<(), ReadError> {
        let items = self.log.open_items(Which::All, u32::MAX).await?;
        self.open().extend(items.into_iter().map(|item| (item.command_id, item.waits_for)));
        Ok(())
    }

    /// Sees to everything that an event causes, and to what has waited for it.
    pub(crate) async fn react(&self, recorded: &Recorded) {
        for reaction in reactions::reactions(recorded) {
            let at = recorded.envelope.occurred_at;
            let effect = Effect::of(recorded, reaction.command_id, at, reaction.command);
            self.carry_out(&effect, Patience::Endless).await;
        }
        let happened_to = recorded.envelope.aggregate_id;
        if frees(&recorded.event)
            && self.open().values().any(|waits_for| *waits_for == Some(happened_to))
        {
            let mut pause = FIRST_PAUSE;
            let which = Which::WaitingFor(happened_to);
            while let Err(error) = self.retry_all(which, Patience::Endless).await {
                tracing::warn!(%error, "open items cannot be read");
                wait(&mut pause).await;
            }
        }
    }

    /// Asks until the effect is decided; what must not be lost and was not done is an open item before this returns.
    pub(crate) async fn carry_out(&self, effect: &Effect, patience: Patience) -> Tried {
        let name = effect.command.name();
        let (mut pause, mut failures) = (FIRST_PAUSE, 0);
        let tried = loop {
            let fault = match self.commands.execute(effect.request()).await {
                Ok(Outcome::Done(_)) => break self.settled(effect, Tried::Done).await,
                Ok(Outcome::Refused(refusal)) => break self.refused(effect, refusal).await,
                Err(fault) => fault,
            };
            match fault {
                Fault::Conflict => {
                    // Others wait behind this one, and the log has been patient already.
                    tracing::warn!(command = name, "somebody else came first again");
                    tokio::time::sleep(rand::random_range(CONFLICT_PAUSE)).await;
                }
                Fault::Unavailable | Fault::UnknownOutcome => {
                    if patience == Patience::Once {
                        break Tried::NotNow;
                    }
                    tracing::warn!(command = name, ?fault, "trying again");
                    wait(&mut pause).await;
                }
                // No version is expected of what events cause.
                Fault::CommandIdReused | Fault::NotBegun => {
                    let reason = "another command has been carried out under its id".to_owned();
                    break self
                        .leave_open(effect, OpenKind::Failed, "COMMAND_ID_REUSED", reason)
                        .await;
                }
                Fault::Internal => {
                    failures += 1;
                    if failures >= TRIES {
                        let reason =
                            "a fault of the program, or data that is damaged; its log says which";
                        let reason = reason.to_owned();
                        break self.leave_open(effect, OpenKind::Failed, "INTERNAL", reason).await;
                    }
                    tracing::warn!(command = name, failures, "trying again");
                    wait(&mut pause).await;
                }
            }
        };
        let outcome = match tried {
            Tried::Done => "done",
            Tried::Declined => "declined",
            Tried::Open => "open",
            Tried::NotNow => return tried, // It is not decided yet.
        };
        metrics::counter!("accord_reactions_total", "command" => name, "outcome" => outcome)
            .increment(1);
        tried
    }

    async fn refused(&self, effect: &Effect, refusal: Refusal) -> Tried {
        let (code, reason) = (refusal.code, refusal.message);
        match meaning(&effect.command, code) {
            Meaning::Ordinary => {
                tracing::info!(command = effect.command.name(), code, reason, "declined");
                self.settled(effect, Tried::Declined).await
            }
            Meaning::Waits(_) => self.leave_open(effect, OpenKind::Waiting, code, reason).await,
            Meaning::MustNotBe => self.leave_open(effect, OpenKind::Refused, code, reason).await,
        }
    }

    /// It is not open any more, if it has been.
    async fn settled(&self, effect: &Effect, tried: Tried) -> Tried {
        if self.open().contains_key(&effect.command_id) {
            match self.log.close_item(effect.command_id).await {
                Ok(()) => drop(self.open().remove(&effect.command_id)),
                // It is tried again when the process starts, and is then settled.
                Err(error) => tracing::warn!(%error, "an open item is settled and still listed"),
            }
        }
        tried
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
        self.open().insert(item.command_id, item.waits_for);
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
        for item in self.log.open_items(which, u32::MAX).await? {
            self.open().insert(item.command_id, item.waits_for);
            let Some(raw) = self.log.by_position(item.position).await? else { continue };
            let effect = match decode(raw.envelope, &raw.payload) {
                Ok(recorded) => Effect::found(&recorded, item.command_id),
                Err(error) => {
                    tracing::error!(%error, "an event cannot be understood");
                    None
                }
            };
            match effect {
                Some(effect) => {
                    if self.carry_out(&effect, patience).await == Tried::NotNow {
                        outcome = Tried::NotNow;
                    }
                }
                // Nothing asks for it any more, or nobody can tell; it stays until somebody has looked at it.
                None => self.log.keep_open(&OpenItem { tried_at: self.log.now(), ..item }).await?,
            }
        }
        Ok(outcome)
    }

    fn open(&self) -> MutexGuard<'_, BTreeMap<CommandId, Option<Uuid>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
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

/// An open item with the money that it is about.
pub struct OpenReaction {
    pub item: OpenItem,
    pub amount: Option<Money>,
}

/// At most so many open items, the oldest first.
pub async fn open_reactions(log: &Log, most: u32) -> Result<Vec<OpenReaction>, ReadError> {
    let items = log.open_items(Which::All, most).await?;
    let positions: Vec<u64> = items.iter().map(|item| item.position).collect();
    let mut causes = BTreeMap::new();
    for raw in log.by_positions(&positions).await? {
        let position = raw.envelope.position;
        match decode(raw.envelope, &raw.payload) {
            Ok(recorded) => drop(causes.insert(position, recorded)),
            Err(error) => tracing::error!(position, %error, "an event cannot be understood"),
        }
    }
    let amount = |item: &OpenItem| reactions::amount(causes.get(&item.position)?, item.command_id);
    let listed = items.into_iter().map(|item| OpenReaction { amount: amount(&item), item });
    Ok(listed.collect())
}

/// Longer from time to time.
pub(crate) async fn wait(pause: &mut Duration) {
    tokio::time::sleep(*pause).await;
    *pause = (*pause * 2).min(LONGEST_PAUSE);
}
