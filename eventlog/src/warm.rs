//! Aggregates kept in memory after a command, so that the next one need not load them.
//!
//! A kept state may be out of date where another process appends as well. The database decides: an append from a stale
//! state is a conflict, and the command is decided again from a state that is loaded. A refusal never rests on a kept
//! state, since nothing would check it.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};

use cqrs_es::persist::{EventStoreAggregateContext, PersistedEventStore};
use cqrs_es::{Aggregate, AggregateError, EventEnvelope, EventStore};
use lru::LruCache;
use uuid::Uuid;

use crate::repository::LogRepository;

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

/// A store for one command, which begins with a kept state where there is one and leaves the new one behind.
pub(crate) struct WarmStore<A: Aggregate> {
    store: PersistedEventStore<LogRepository, A>,
    state: Mutex<Option<State<A>>>,
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

impl<A: Aggregate> WarmStore<A> {
    pub fn new(store: PersistedEventStore<LogRepository, A>, state: Option<State<A>>) -> Self {
        Self { store, state: Mutex::new(state) }
    }

    /// The state after the command, where it has appended something.
    pub fn left(&self) -> Option<State<A>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl<A: Aggregate> EventStore<A> for &WarmStore<A> {
    type AC = EventStoreAggregateContext<A>;

    async fn load_events(
        &self,
        aggregate_id: &str,
    ) -> Result<Vec<EventEnvelope<A>>, AggregateError<A::Error>> {
        self.store.load_events(aggregate_id).await
    }

    async fn load_aggregate(
        &self,
        aggregate_id: &str,
    ) -> Result<Self::AC, AggregateError<A::Error>> {
        match self.left() {
            Some(State { aggregate, sequence }) => Ok(EventStoreAggregateContext {
                aggregate_id: aggregate_id.to_owned(),
                aggregate,
                current_sequence: sequence,
                current_snapshot: None,
            }),
            None => self.store.load_aggregate(aggregate_id).await,
        }
    }

    async fn commit(
        &self,
        events: Vec<A::Event>,
        mut context: Self::AC,
        metadata: HashMap<String, String>,
    ) -> Result<Vec<EventEnvelope<A>>, AggregateError<A::Error>> {
        if events.is_empty() {
            return Ok(vec![]);
        }
        let sequence = context.current_sequence + events.len();
        let aggregate = std::mem::take(&mut context.aggregate); // Without snapshots the store does not look at it.
        let committed = self.store.commit(events, context, metadata).await?;
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) =
            Some(State { aggregate, sequence });
        Ok(committed)
    }
}
