//! The cache: aggregates kept in memory after a command, so that the next one need not load them.
//!
//! A kept state may be out of date where another process appends as well. The database decides: an append from a stale
//! state is a conflict, and the command is decided again from a state that is loaded. A refusal never rests on a kept
//! state, since nothing would check it.

use std::any::{Any, TypeId};
use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};

use cqrs_es::Aggregate;
use lru::LruCache;
use uuid::Uuid;

/// Aggregates kept at most; the one that was used longest ago goes first.
const KEPT: NonZeroUsize = NonZeroUsize::new(8192).expect("8192 is not zero");

/// The states that this process has seen last.
pub(crate) struct Kept {
    states: Mutex<LruCache<(TypeId, Uuid), Box<dyn Any + Send>>>,
}

/// An aggregate after so many events.
pub(crate) struct State<A> {
    pub aggregate: A,
    pub sequence: usize,
}

impl Default for Kept {
    fn default() -> Self {
        Self { states: Mutex::new(LruCache::new(KEPT)) }
    }
}

impl Kept {
    /// The kept state, which is the caller's from now on.
    pub fn take<A: Aggregate + 'static>(&self, id: Uuid) -> Option<State<A>> {
        let mut states = self.states.lock().unwrap_or_else(PoisonError::into_inner);
        let state = states.pop(&(TypeId::of::<A>(), id))?;
        state.downcast().ok().map(|state| *state)
    }

    pub fn keep<A: Aggregate + 'static>(&self, id: Uuid, state: State<A>) {
        let mut states = self.states.lock().unwrap_or_else(PoisonError::into_inner);
        states.put((TypeId::of::<A>(), id), Box::new(state));
    }
}
