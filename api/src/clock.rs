//! A manual clock (test double), moved by hand for the demo, for stories and for tests.

use chrono::{DateTime, Utc};
use eventlog::Clock;
use tokio::sync::watch;

/// Stands still until it is moved, and never goes back.
#[derive(Clone)]
pub struct ManualClock {
    now: watch::Sender<DateTime<Utc>>,
}

impl ManualClock {
    pub fn at(now: DateTime<Utc>) -> Self {
        Self { now: watch::Sender::new(now) }
    }

    /// Moves on to `then`; does nothing where it is later already.
    pub fn move_to(&self, then: DateTime<Utc>) {
        self.now.send_if_modified(|now| {
            let later = then > *now;
            if later {
                *now = then;
            }
            later
        });
    }
}

impl Clock for ManualClock {
    fn now(&self) -> DateTime<Utc> {
        *self.now.borrow()
    }
}
