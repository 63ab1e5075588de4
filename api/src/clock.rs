//! A manual clock (test double), moved by hand for the demo, for stories and for tests; and what a story's events are
//! recorded at.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

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
    own: Own,
}

/// Whether somebody has the log to itself. Clones share it.
#[derive(Clone, Default)]
pub struct Own(Arc<AtomicBool>);

impl Own {
    pub fn set(&self, own: bool) {
        self.0.store(own, Ordering::Release);
    }

    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

impl StoryClock {
    pub fn of(story: ManualClock, own: Own) -> Self {
        Self { story, own }
    }
}

impl Clock for StoryClock {
    fn now(&self) -> DateTime<Utc> {
        let now = SystemClock.now();
        if self.by_hand() { self.story.now().min(now) } else { now }
    }

    fn by_hand(&self) -> bool {
        self.own.is_set()
    }
}
