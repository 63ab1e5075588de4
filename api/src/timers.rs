//! The scheduler: issues commands when their instant has come; the due instant is the command's own.

use std::{
    collections::{BTreeSet, HashSet},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use chrono::{DateTime, Utc};
use domain::{EventId, reactions::policy_actor};
use projections::{Views, schedule};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    commands::{Cause, Commands, Request},
    reactor::carry_out,
};

const BATCH: u64 = 256;
/// How late a timer may be for want of any news.
const POLL: Duration = Duration::from_millis(500);

/// The timers of one process. Several processes may each run them: command ids are those of the causing events.
#[derive(Clone)]
pub struct Timers {
    views: Views,
    commands: Commands,
    /// Timers that were refused: their rows stay until an event clears them, and asking again would change nothing.
    declined: Arc<Mutex<HashSet<Uuid>>>,
}

impl Timers {
    pub fn new(views: Views, commands: Commands) -> Self {
        Self { views, commands, declined: Arc::default() }
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

    /// The first timer that is due at `until` or before, of those that any of these commands set going; of all without.
    pub async fn next(
        &self,
        until: DateTime<Utc>,
        of: Option<&BTreeSet<Uuid>>,
    ) -> Option<schedule::Model> {
        let mut due = self.due(until).await.into_iter();
        due.find(|timer| of.is_none_or(|of| of.contains(&timer.correlation_id)))
    }

    /// Issues the timer's command and sees to it that it is decided.
    pub async fn run_one(&self, timer: schedule::Model) {
        let command = match timer.command() {
            Ok(command) => command,
            Err(error) => {
                tracing::error!(id = %timer.id, %error, "a timer cannot be understood");
                return self.decline(timer.id);
            }
        };
        let name = command.name();
        let request = Request {
            command_id: timer.command_id(),
            by: policy_actor(),
            at: Some(timer.due_at),
            expected_version: None,
            cause: Some(Cause { event: EventId(timer.cause), correlation: timer.correlation_id }),
            command,
        };
        if !carry_out(&self.commands, name, request).await {
            self.decline(timer.id);
        }
    }

    async fn run_due(&self) {
        // Read once, so that nothing runs on a reading that cannot be believed.
        let Ok(now) = self.commands.now() else { return };
        let due = self.due(now).await;
        if due.is_empty() {
            return;
        }
        for timer in due {
            self.run_one(timer).await;
        }
        // Until the schedule shows what has run, the same timers would be read again.
        let head = *self.commands.head().borrow();
        if self.views.wait_for(head, POLL).await.is_err() {
            tracing::debug!(head, "the schedule is behind");
        }
    }

    async fn due(&self, until: DateTime<Utc>) -> Vec<schedule::Model> {
        let views = self.views.current();
        match schedule::due(views.db(), until, BATCH).await {
            Ok(mut due) => {
                let declined = self.declined.lock().unwrap_or_else(PoisonError::into_inner);
                due.retain(|timer| !declined.contains(&timer.id));
                due
            }
            Err(error) => {
                tracing::warn!(%error, "the schedule cannot be read");
                vec![]
            }
        }
    }

    fn decline(&self, timer: Uuid) {
        self.declined.lock().unwrap_or_else(PoisonError::into_inner).insert(timer);
    }
}
