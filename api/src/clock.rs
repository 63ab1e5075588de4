//! A manual clock (test double), moved by hand for the demo, for stories and for tests; and what a story's events are
//! recorded at.

use std::sync::{Arc, OnceLock};

use chrono::{DateTime, Utc};
use eventlog::{Clock, SystemClock};
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

    fn by_hand(&self) -> bool {
        true
    }
}

/// When the events of a story are recorded: in a log that it begins when it says that they happened, if that is not yet
/// to come; in a log that others use as well when they are recorded.
#[derive(Clone)]
pub(crate) struct StoryClock {
    story: ManualClock,
    begins: Arc<OnceLock<bool>>,
}

impl StoryClock {
    pub fn of(story: ManualClock) -> Self {
        Self { story, begins: Arc::default() }
    }

    /// Says whether the log was empty.
    pub fn begins(&self, begins: bool) {
        self.begins.get_or_init(|| begins);
    }
}

impl Clock for StoryClock {
    fn now(&self) -> DateTime<Utc> {
        let now = SystemClock.now();
        if self.by_hand() { self.story.now().min(now) } else { now }
    }

    fn by_hand(&self) -> bool {
        self.begins.get().copied().unwrap_or_default()
    }
}
