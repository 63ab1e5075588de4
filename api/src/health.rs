//! Health checks and gauges: whether the service can do its work now, and how far its parts stand behind the log.

use std::{sync::Arc, time::Duration};

use domain::{ClosedList, mails::MailState, outcomes::OpenKind};
use eventlog::{Clock, Log};
use projections::{ReaderState, Views};
use tokio::{sync::watch, time::timeout};

/// Nobody waits for longer whose log is well.
const STALLED: Duration = Duration::from_secs(2);

/// How long somebody who asks for the gauges waits for the database.
const PATIENCE: Duration = Duration::from_secs(2);

/// Looks at the parts of a service. Clones look at the same ones.
#[derive(Clone)]
pub struct Health {
    pub(crate) log: Log,
    pub(crate) views: Views,
    pub(crate) reacted: watch::Receiver<u64>,
    pub(crate) collected: watch::Receiver<u64>,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Health {
    /// Whether every task works, the log can be written and read, and the views follow it; if not, what does not.
    pub async fn ready(&self) -> Result<(), String> {
        let down: Vec<&str> = self.log.tasks().down().borrow().keys().copied().collect();
        if !down.is_empty() {
            return Err(format!("down, and begun again: {}", down.join(", ")));
        }
        if let Some(skew) = self.log.skew() {
            return Err(format!("{skew}; nothing is decided meanwhile: {}", skew.way_out()));
        }
        if self.log.is_failing() {
            return Err("the log cannot be written".to_owned());
        }
        let waited = self.log.longest_wait();
        if waited > STALLED {
            return Err(format!("an append has been waiting for {} s", waited.as_secs()));
        }
        self.log.reach().await.map_err(|_| "the log cannot be reached".to_owned())?;
        if self.views.successor().borrow().is_some() {
            return Err("another version of this program has taken over: end this one".to_owned());
        }
        match &*self.views.state().borrow() {
            ReaderState::Running => Ok(()),
            ReaderState::Retrying { .. } => Err("the views cannot be reached".to_owned()),
            ReaderState::Halted { position, .. } => {
                Err(format!("the views have halted before position {position}"))
            }
        }
    }

    /// Sets the gauges to what is true now: a part that stands still sets none by itself.
    pub async fn measure(&self) {
        let known = *self.log.head().borrow();
        let head = match timeout(PATIENCE, self.log.reach()).await {
            Ok(Ok(head)) => head,
            Ok(Err(_)) | Err(_) => known,
        };
        let (viewed, reacted) = (self.views.position(), *self.reacted.borrow());
        let collected = *self.collected.borrow();
        gauge("accord_log_head_position", head);
        gauge("accord_projection_position", viewed);
        gauge("accord_projection_lag_events", head.saturating_sub(viewed));
        gauge("accord_reactor_position", reacted);
        gauge("accord_reactor_lag_events", head.saturating_sub(reacted));
        gauge("accord_outbox_position", collected);
        gauge("accord_outbox_lag_events", head.saturating_sub(collected));
        metrics::gauge!("accord_projection_lag_seconds").set(self.lag(viewed, head).await);
        metrics::gauge!("accord_append_longest_wait_seconds")
            .set(self.log.longest_wait().as_secs_f64());
        gauge("accord_clock_right", u64::from(self.log.skew().is_none()));
        gauge("accord_log_writable", u64::from(!self.log.is_failing()));
        let state = match &*self.views.state().borrow() {
            ReaderState::Running => "running",
            ReaderState::Retrying { .. } => "retrying",
            ReaderState::Halted { .. } => "halted",
        };
        for known in ["running", "retrying", "halted"] {
            let is = f64::from(u8::from(known == state));
            metrics::gauge!("accord_projection_state", "state" => known).set(is);
        }
        gauge("accord_views_retired", u64::from(self.views.successor().borrow().is_some()));
        if let Ok(Ok(open)) = timeout(PATIENCE, self.log.open_counts()).await {
            for (kind, word, _) in OpenKind::ALL {
                let count = open.get(kind).copied().unwrap_or_default();
                metrics::gauge!("accord_open_items", "kind" => *word).set(count as f64);
            }
        }
        if let Ok(Ok(mail)) = timeout(PATIENCE, self.log.mail_counts()).await {
            for (state, word, _) in MailState::ALL {
                let count = mail.get(state).copied().unwrap_or_default();
                metrics::gauge!("accord_mail", "state" => *word).set(count as f64);
            }
        }
        let tasks = self.log.tasks();
        let down = tasks.down().borrow().clone();
        gauge("accord_tasks_down", down.len() as u64);
        for task in tasks.kept() {
            let up = f64::from(u8::from(!down.contains_key(task)));
            metrics::gauge!("accord_task_up", "task" => task).set(up);
        }
    }

    /// For how many seconds the first event that the views lack has been in the log; NaN where the log does not say.
    async fn lag(&self, viewed: u64, head: u64) -> f64 {
        if viewed >= head {
            return 0.0;
        }
        let first = timeout(PATIENCE, self.log.by_position(viewed + 1)).await;
        let Ok(Ok(Some(first))) = first else { return f64::NAN };
        let lag = self.clock.now() - first.envelope.recorded_at;
        lag.to_std().unwrap_or_default().as_secs_f64()
    }
}

fn gauge(name: &'static str, value: u64) {
    metrics::gauge!(name).set(value as f64);
}
