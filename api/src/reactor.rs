//! The process manager: follows the log and issues the commands that events cause, each to one effect.

use std::{ops::RangeInclusive, time::Duration};

use domain::{Recorded, decode, reactions};
use eventlog::{Log, REACTOR, RawEvent};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::{
    commands::{Cause, Commands, Outcome, Request},
    fault::Fault,
};

const BATCH: u32 = 256;
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
const CONFLICT_PAUSE: RangeInclusive<Duration> =
    Duration::from_millis(10)..=Duration::from_millis(40);

/// The reactor of one process. Several processes may each run one: derived command ids make them agree.
pub struct Reactor {
    log: Log,
    commands: Commands,
    position: watch::Sender<u64>,
    /// Whether it says in the log how far it has come.
    accounts: bool,
}

impl Reactor {
    pub fn new(log: Log, commands: Commands) -> Self {
        Self { log, commands, position: watch::Sender::new(0), accounts: true }
    }

    /// The same, saying in the log how far it has come or leaving that to others, who then react to all of it again.
    pub fn accounting(self, accounts: bool) -> Self {
        Self { accounts, ..self }
    }

    /// The position up to which every event has had its effects, and news of every later one.
    pub fn position(&self) -> watch::Receiver<u64> {
        self.position.subscribe()
    }

    /// Reacts until `shutdown`. A fault is retried; only a log that cannot be understood stops it.
    pub async fn run(&self, shutdown: CancellationToken) {
        let work = self.follow();
        if shutdown.run_until_cancelled(work).await.is_some() {
            tracing::error!(
                "the reactor has stopped: nothing will follow from events until it is mended"
            );
        }
    }

    /// Returns only when the log cannot be understood.
    async fn follow(&self) {
        let mut pause = FIRST_PAUSE;
        let start = loop {
            match self.log.checkpoint(REACTOR).await {
                Ok(position) => break position,
                Err(error) => tracing::warn!(%error, "the reactor cannot read its checkpoint yet"),
            }
            wait(&mut pause).await;
        };
        self.position.send_replace(start);
        let mut follower = self.log.follow(start);
        let mut pause = FIRST_PAUSE;
        loop {
            match follower.next(BATCH).await {
                Ok(batch) => {
                    pause = FIRST_PAUSE;
                    for raw in batch {
                        let position = raw.envelope.position;
                        let Some(recorded) = understood(raw) else { return };
                        self.react(&recorded).await;
                        self.position.send_replace(position);
                    }
                    self.remember().await;
                }
                Err(error) => {
                    tracing::warn!(%error, "the reactor cannot read the log");
                    wait(&mut pause).await;
                }
            }
        }
    }

    async fn react(&self, recorded: &Recorded) {
        for reaction in reactions::reactions(recorded) {
            let name = reaction.command.name();
            let request = Request {
                command_id: reaction.command_id,
                by: reactions::policy_actor(),
                at: Some(recorded.envelope.occurred_at),
                expected_version: None,
                cause: Some(Cause {
                    event: recorded.envelope.event_id,
                    correlation: recorded.envelope.correlation_id,
                }),
                command: reaction.command,
            };
            carry_out(&self.commands, name, request).await;
        }
    }

    /// Losing this costs a repetition, never an effect.
    async fn remember(&self) {
        if !self.accounts {
            return;
        }
        let position = *self.position.borrow();
        if let Err(error) = self.log.set_checkpoint(REACTOR, position).await {
            tracing::warn!(%error, position, "the reactor's checkpoint was not written");
        }
    }
}

/// Asks until the command is decided, whatever becomes of the database in the meantime; whether it was carried out.
pub(crate) async fn carry_out(commands: &Commands, name: &'static str, request: Request) -> bool {
    let mut pause = FIRST_PAUSE;
    loop {
        let outcome = match commands.execute(request.clone()).await {
            Ok(Outcome::Done(_)) => "done",
            Ok(Outcome::Refused(refusal)) => {
                tracing::info!(
                    command = name,
                    code = refusal.code,
                    reason = refusal.message,
                    "declined"
                );
                "refused"
            }
            // No version is expected of what events cause.
            Err(Fault::CommandIdReused | Fault::NotBegun) => {
                tracing::error!(command = name, id = %request.command_id, "an effect differs from what it was");
                "differs"
            }
            Err(Fault::Conflict) => {
                // Others wait behind this one, and the log has been patient already.
                tracing::warn!(command = name, "somebody else came first again");
                tokio::time::sleep(rand::random_range(CONFLICT_PAUSE)).await;
                continue;
            }
            Err(fault @ (Fault::Unavailable | Fault::UnknownOutcome | Fault::Internal)) => {
                tracing::warn!(command = name, ?fault, "trying again");
                wait(&mut pause).await;
                continue;
            }
        };
        metrics::counter!("accord_reactions_total", "command" => name, "outcome" => outcome)
            .increment(1);
        return outcome == "done";
    }
}

fn understood(raw: RawEvent) -> Option<Recorded> {
    let position = raw.envelope.position;
    decode(raw.envelope, &raw.payload)
        .inspect_err(|error| tracing::error!(position, %error, "an event cannot be understood"))
        .ok()
}

async fn wait(pause: &mut Duration) {
    tokio::time::sleep(*pause).await;
    *pause = (*pause * 2).min(LONGEST_PAUSE);
}
