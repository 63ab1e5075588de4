//! The scheduler: issues commands when their instant has come; the due instant is the command's own.

use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::{CommandId, EventId, outcomes::OpenKind};
use eventlog::{Log, NotCome, OpenItem};
use projections::{Views, schedule};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    attempts::Patience,
    commands::{Cause, Commands},
    effects::{Effect, Effects, Tried},
};

const BATCH: u64 = 256;
/// How late a timer may be for want of any news.
const POLL: Duration = Duration::from_millis(500);

/// The timers of one process. Several processes may each run them: command ids are those of the causing events.
#[derive(Clone)]
pub struct Timers {
    log: Log,
    views: Views,
    commands: Commands,
    effects: Effects,
}

/// The timers that are due, in the order of their instants, without those that are open items or were dismissed: a page at
/// a time, so that none stands in front of another.
struct Due {
    until: DateTime<Utc>,
    not_come: NotCome,
    after: Option<(DateTime<Utc>, Uuid)>,
}

impl Timers {
    pub fn new(log: Log, views: Views, commands: Commands, effects: Effects) -> Self {
        Self { log, views, commands, effects }
    }

    /// Runs what is due until `shutdown`.
    pub async fn run(self, shutdown: CancellationToken) {
        let work = async {
            loop {
                self.run_due().await;
                tokio::time::sleep(POLL).await;
            }
        };
        shutdown.run_until_cancelled(work).await;
    }

    /// The first timer that is due at `until` or before and that `wanted` takes.
    pub async fn next(
        &self,
        until: DateTime<Utc>,
        wanted: impl Fn(&schedule::Model) -> bool,
    ) -> Option<schedule::Model> {
        let mut due = self.due(until).await?;
        loop {
            let page = self.page(&mut due).await?;
            if page.is_empty() {
                return None;
            }
            let mut fit = due.not_open(page).into_iter();
            let first = fit.find(&wanted);
            if first.is_some() {
                return first;
            }
        }
    }

    /// Issues the timer's command and sees to it that it is decided.
    pub(crate) async fn run_one(&self, timer: schedule::Model, patience: Patience) -> Tried {
        match timer.command() {
            Ok(command) => {
                let effect = Effect {
                    command_id: timer.command_id(),
                    at: timer.due_at,
                    command,
                    cause: Cause { event: EventId(timer.cause), correlation: timer.correlation_id },
                    position: timer.last_position.cast_unsigned(),
                };
                self.effects.carry_out(&effect, patience).await
            }
            Err(error) => {
                tracing::error!(id = %timer.id, %error, "a timer cannot be understood");
                let now = self.log.now();
                let item = OpenItem {
                    command_id: timer.command_id(),
                    kind: OpenKind::Failed,
                    event_id: EventId(timer.cause),
                    position: timer.last_position.cast_unsigned(),
                    command: timer.command,
                    aggregate_id: timer.aggregate,
                    waits_for: None,
                    code: "INTERNAL".to_owned(),
                    reason: format!("the schedule holds what is no command: {error}"),
                    since: now,
                    tried_at: now,
                    tries: 1,
                    dismissed: None,
                };
                self.effects.keep_open(item).await
            }
        }
    }

    async fn run_due(&self) {
        // Read once, so that nothing runs on a reading that cannot be believed.
        let Ok(now) = self.commands.now() else { return };
        let Some(mut due) = self.due(now).await else { return };
        let mut ran = false;
        loop {
            let Some(page) = self.page(&mut due).await else { return };
            if page.is_empty() {
                break;
            }
            for timer in due.not_open(page) {
                ran = true;
                if self.run_one(timer, Patience::Once).await == Tried::NotNow {
                    return; // Its turn is before those of the others.
                }
            }
        }
        // Until the schedule shows what has run, the same timers would be read again.
        let head = *self.commands.head().borrow();
        if ran && self.views.wait_for(head, POLL).await.is_err() {
            tracing::debug!(head, "the schedule is behind");
        }
    }

    /// From the first one on; none where that cannot be told at the moment.
    async fn due(&self, until: DateTime<Utc>) -> Option<Due> {
        match self.log.not_come().await {
            Ok(not_come) => Some(Due { until, not_come, after: None }),
            Err(error) => {
                tracing::warn!(%error, "open items cannot be read");
                None
            }
        }
    }

    /// The next timers; nothing where they cannot be read.
    async fn page(&self, due: &mut Due) -> Option<Vec<schedule::Model>> {
        let views = self.views.current();
        match schedule::due(views.db(), due.until, due.after, BATCH).await {
            Ok(page) => {
                due.after = page.last().map(|timer| (timer.due_at, timer.id)).or(due.after);
                Some(page)
            }
            Err(error) => {
                tracing::warn!(%error, "the schedule cannot be read");
                None
            }
        }
    }
}

impl Due {
    fn not_open(&self, page: Vec<schedule::Model>) -> Vec<schedule::Model> {
        let NotCome { open, dismissed } = &self.not_come;
        let known = |id: &CommandId| open.contains(id) || dismissed.contains(id);
        page.into_iter().filter(|timer| !known(&timer.command_id())).collect()
    }
}
