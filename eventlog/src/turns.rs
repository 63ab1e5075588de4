//! Striped locks: commands on one aggregate take turns.

use std::hash::{BuildHasher, RandomState};

use tokio::sync::{Mutex, MutexGuard};

use crate::append::Stream;

/// One command at a time for each aggregate in this process, so that neighbours do not make each other's work void.
pub(crate) struct Turns {
    locks: Vec<Mutex<()>>,
    hasher: RandomState,
}

impl Default for Turns {
    fn default() -> Self {
        Self { locks: (0..1024).map(|_| Mutex::default()).collect(), hasher: RandomState::new() }
    }
}

impl Turns {
    pub async fn take(&self, stream: Stream) -> MutexGuard<'_, ()> {
        let hash = self.hasher.hash_one(stream) as usize;
        self.locks[hash % self.locks.len()].lock().await
    }
}
