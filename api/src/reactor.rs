//! The process manager: follows the log and issues the commands that events cause, each to one effect.

use eventlog::{Ids, Log, REACTOR, RawEvent};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::{
    clock::Own,
    effects::{Effects, FIRST_PAUSE, wait},
    following::{checkpoint, understood},
};

const BATCH: u32 = 256;

/// The reactor of one process. Several processes may each run one: derived command ids make them agree.
pub struct Reactor {
    log: Log,
    effects: Effects,
    position: watch::Sender<u64>,
    /// Whether it says in the log how far it has come: a story in a log of others leaves that to them.
    accounts: Own,
}

impl Reactor {
    pub fn new(log: Log, effects: Effects) -> Self {
        let accounts = Own::default();
        accounts.set(true);
        Self { log, effects, position: watch::Sender::new(0), accounts }
    }

    /// The same, saying in the log how far it has come while it has that to itself, else leaving that to others, who then
    /// react to all of it again.
    pub fn accounting(self, accounts: Own) -> Self {
        Self { accounts, ..self }
    }

    /// The position up to which every event has had its effects or left them open, and news of every later one.
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
        let start = checkpoint(&self.log, REACTOR).await;
        self.position.send_replace(start);
        let mut follower = self.log.follow(start);
        let mut pause = FIRST_PAUSE;
        loop {
            match follower.next(BATCH).await {
                Ok(batch) => {
                    pause = FIRST_PAUSE;
                    let dismissed = self.dismissed(&batch).await;
                    for raw in batch {
                        let position = raw.envelope.position;
                        let Some(recorded) = understood(raw) else { return };
                        self.effects.react(&recorded, &dismissed).await;
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

    /// What of these events has been dismissed, for a reactor that comes to them again or after another one.
    async fn dismissed(&self, batch: &[RawEvent]) -> Ids {
        let [Some(first), Some(last)] = [batch.first(), batch.last()] else { return Ids::new() };
        let mut pause = FIRST_PAUSE;
        loop {
            let asked = self.log.dismissed(first.envelope.position, last.envelope.position).await;
            match asked {
                Ok(ids) => return ids,
                Err(error) => tracing::warn!(%error, "open items cannot be read"),
            }
            wait(&mut pause).await;
        }
    }

    /// Losing this costs a repetition, never an effect.
    async fn remember(&self) {
        if !self.accounts.is_set() {
            return;
        }
        let position = *self.position.borrow();
        if let Err(error) = self.log.set_checkpoint(REACTOR, position).await {
            tracing::warn!(%error, position, "the reactor's checkpoint was not written");
        }
    }
}
