//! The queue of the group commit, and the head of the log that it leaves.

use tokio::sync::{oneshot, watch};

use crate::append::{Append, AppendError, Receipt};

/// How many appends may wait before the next one has to wait for room.
pub(crate) const QUEUE: usize = 4096;

/// An append and who waits for its answer.
pub(crate) struct Job {
    pub append: Append,
    pub answer: oneshot::Sender<Result<Receipt, AppendError>>,
}

/// The last position that is known to be committed, by whatever process.
pub(crate) struct Head(watch::Sender<u64>);

impl Head {
    pub fn at(position: u64) -> Self {
        metrics::gauge!("accord_log_head_position").set(position as f64);
        Self(watch::channel(position).0)
    }

    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.0.subscribe()
    }

    /// Wakes whoever waits, where this is news.
    pub fn reached(&self, position: u64) {
        let news = self.0.send_if_modified(|head| {
            let news = *head < position;
            *head = position.max(*head);
            news
        });
        if news {
            metrics::gauge!("accord_log_head_position").set(position as f64);
        }
    }
}
