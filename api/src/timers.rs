//! Issues the commands of the schedule when their instant has come; the due instant is the command's own.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use domain::{Command, CommandId, EventId, reactions::policy_actor};
use eventlog::Clock;
use projections::{Views, schedule};
use tokio_util::sync::CancellationToken;

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
    clock: Arc<dyn Clock>,
}

impl Timers {
    pub fn new(views: Views, commands: Commands, clock: Arc<dyn Clock>) -> Self {
        Self { views, commands, clock }
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

    /// The first timer that is due at `until` or before.
    pub async fn next(&self, until: DateTime<Utc>) -> Option<schedule::Model> {
        self.due(until, 1).await.into_iter().next()
    }

    /// Issues the timer's command and sees to it that it is decided.
    pub async fn run_one(&self, timer: schedule::Model) {
        let id = timer.id;
        match Command::parse(&timer.command, timer.aggregate, timer.fields) {
            Ok(command) => {
                let name = command.name();
                let request = Request {
                    command_id: CommandId(timer.command_id),
                    by: policy_actor(),
                    at: Some(timer.due_at),
                    expected_version: None,
                    cause: Some(Cause { event: EventId(timer.cause), correlation: timer.correlation }),
                    command,
                };
                carry_out(&self.commands, name, request).await;
            }
            Err(error) => tracing::error!(%id, %error, "a timer cannot be understood"),
        }
    }

    async fn run_due(&self) {
        let due = self.due(self.clock.now(), BATCH).await;
        let Some(last) = due.len().checked_sub(1) else { return };
        for (index, timer) in due.into_iter().enumerate() {
            self.run_one(timer).await;
            if index == last {
                let head = *self.commands.head().borrow();
                // Until the schedule shows what has run, the same timers would be read again.
                drop(self.views.wait_for(head, POLL).await);
            }
        }
    }

    async fn due(&self, until: DateTime<Utc>, limit: u64) -> Vec<schedule::Model> {
        match schedule::due(self.views.current().db(), until, limit).await {
            Ok(due) => due,
            Err(error) => {
                tracing::warn!(%error, "the schedule cannot be read");
                vec![]
            }
        }
    }
}
