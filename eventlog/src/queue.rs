//! The queue of the group commit: what waits in it and for how long, how its last write fared, and the head that it leaves.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{oneshot, watch};

use crate::append::{Append, AppendError, Receipt};

/// How many appends may wait before the next one has to wait for room.
pub(crate) const QUEUE: usize = 4096;

/// An append and who waits for its answer.
pub(crate) struct Job {
    pub append: Append,
    pub answer: oneshot::Sender<Result<Receipt, AppendError>>,
    pub waits: Waits,
}

/// Whether appends get into the database, as this process has seen it.
#[derive(Default)]
pub(crate) struct Health {
    waiting: Mutex<BTreeMap<u64, Instant>>,
    next: AtomicU64,
    failing: AtomicBool,
}

/// One append's place among those that wait, until it is answered.
pub(crate) struct Waits {
    health: Arc<Health>,
    number: u64,
    pub since: Instant,
}

impl Health {
    pub fn wait(self: &Arc<Self>) -> Waits {
        let (number, since) = (self.next.fetch_add(1, Ordering::Relaxed), Instant::now());
        self.waiting().insert(number, since);
        Waits { health: self.clone(), number, since }
    }

    /// How long the append that came first has been waiting; zero where none waits.
    pub fn longest_wait(&self) -> Duration {
        self.waiting().first_key_value().map(|(_, since)| since.elapsed()).unwrap_or_default()
    }

    pub fn is_failing(&self) -> bool {
        self.failing.load(Ordering::Relaxed)
    }

    /// What became of the last attempt to write.
    pub fn fares(&self, failing: bool) {
        self.failing.store(failing, Ordering::Relaxed);
    }

    fn waiting(&self) -> MutexGuard<'_, BTreeMap<u64, Instant>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Waits {
    fn drop(&mut self) {
        self.health.waiting().remove(&self.number);
    }
}

/// The last position that is known to be committed, by whatever process.
pub(crate) struct Head(watch::Sender<u64>);

impl Head {
    pub fn at(position: u64) -> Self {
        Self(watch::channel(position).0)
    }

    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.0.subscribe()
    }

    /// Wakes whoever waits, where this is news.
    pub fn reached(&self, position: u64) {
        self.0.send_if_modified(|head| {
            let news = *head < position;
            *head = position.max(*head);
            news
        });
    }
}
