//! The cache (least recently used, bounded in bytes): aggregates as they were last seen, so that no command folds a
//! whole stream anew.
//!
//! A kept state may be out of date where another process appends as well. Whoever decides on one has its version checked
//! at the append, or compared with the stream where nothing is appended.

use std::any::Any;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cqrs_es::Aggregate;
use lru::LruCache;
use uuid::Uuid;

use crate::append::Stream;

/// What all states may come to, estimated by the length of the JSON that they were folded from.
const MOST: usize = 256 << 20;

/// The same for what is past, which matters only while effects are caught up on.
const MOST_PAST: usize = 32 << 20;

/// What a state takes besides: a map of one entry alone is a few kilobytes.
const EACH: usize = 4 << 10;

pub(crate) struct Kept {
    cache: Mutex<Cache>,
    most: usize,
}

struct Cache {
    entries: LruCache<Stream, Entry>,
    bytes: usize,
}

struct Entry {
    aggregate: Arc<dyn Any + Send + Sync>,
    sequence: usize,
    bytes: usize,
    /// Others look at it as well, so that whoever changes it works on a copy.
    shared: bool,
}

/// An aggregate after so many events, whose JSON was so long.
pub(crate) struct State<A> {
    pub aggregate: Arc<A>,
    pub sequence: usize,
    pub bytes: usize,
}

impl<A: Default> Default for State<A> {
    fn default() -> Self {
        Self { aggregate: Arc::default(), sequence: 0, bytes: 0 }
    }
}

impl Kept {
    /// For the states of now.
    pub fn latest() -> Self {
        Self::bounded(MOST)
    }

    /// For the states of positions in the order of the log, of which the last one serves the next.
    pub fn past() -> Self {
        Self::bounded(MOST_PAST)
    }

    fn bounded(most: usize) -> Self {
        Self { cache: Mutex::new(Cache { entries: LruCache::unbounded(), bytes: 0 }), most }
    }

    /// The kept state for whoever only looks at it.
    pub fn look<A: Aggregate + 'static>(&self, id: Uuid) -> Option<State<A>> {
        let mut cache = self.cache();
        let entry = cache.entries.get_mut(&(A::TYPE, id))?;
        entry.shared = true;
        entry.state()
    }

    /// The kept state for whoever is about to change it: handed over whole where nobody else looks at it.
    pub fn take<A: Aggregate + 'static>(&self, id: Uuid) -> Option<State<A>> {
        let mut cache = self.cache();
        let stream = (A::TYPE, id);
        if cache.entries.get(&stream)?.shared {
            return cache.entries.get(&stream)?.state();
        }
        let entry = cache.entries.pop(&stream)?;
        cache.bytes -= entry.bytes;
        entry.state()
    }

    /// Keeps a state that has just been changed, or read.
    pub fn keep<A: Aggregate + 'static>(&self, id: Uuid, state: &State<A>, shared: bool) {
        if state.sequence == 0 {
            return; // There is nothing yet, so that looking again costs nothing.
        }
        let mut gone = vec![]; // Freed once the lock is given back.
        let mut cache = self.cache();
        let stream = (A::TYPE, id);
        let known = cache.entries.peek(&stream);
        if known.is_some_and(|known| known.sequence > state.sequence) {
            return;
        }
        let entry = Entry {
            aggregate: state.aggregate.clone(),
            sequence: state.sequence,
            bytes: state.bytes + EACH,
            shared: shared || known.is_some_and(|known| known.shared),
        };
        cache.bytes += entry.bytes;
        gone.extend(cache.entries.push(stream, entry));
        cache.bytes -= gone.iter().map(|(_, entry)| entry.bytes).sum::<usize>();
        while cache.bytes > self.most
            && let Some(oldest) = cache.entries.pop_lru()
        {
            cache.bytes -= oldest.1.bytes;
            gone.push(oldest);
        }
    }

    pub fn forget(&self, stream: Stream) {
        let mut cache = self.cache();
        if let Some(entry) = cache.entries.pop(&stream) {
            cache.bytes -= entry.bytes;
        }
    }

    fn cache(&self) -> MutexGuard<'_, Cache> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entry {
    fn state<A: Aggregate + 'static>(&self) -> Option<State<A>> {
        let aggregate = self.aggregate.clone().downcast().ok()?;
        Some(State { aggregate, sequence: self.sequence, bytes: self.bytes - EACH })
    }
}

#[cfg(test)]
mod tests {
    use domain::program::Program;

    use super::*;

    fn keep(kept: &Kept, id: u128, sequence: usize, bytes: usize) {
        kept.keep(Uuid::from_u128(id), &program(sequence, bytes), false);
    }

    fn program(sequence: usize, bytes: usize) -> State<Program> {
        State { aggregate: Arc::default(), sequence, bytes }
    }

    fn sequence(kept: &Kept, id: u128) -> Option<usize> {
        kept.look::<Program>(Uuid::from_u128(id)).map(|state| state.sequence)
    }

    #[test]
    fn what_was_used_longest_ago_goes_when_there_are_too_many_bytes() {
        let kept = Kept::bounded(3 * (EACH + 1000));
        (1..=3).for_each(|id| keep(&kept, id, 1, 1000));
        assert_eq!(sequence(&kept, 1), Some(1));
        keep(&kept, 4, 1, 1000);
        assert_eq!([1, 2, 3, 4].map(|id| sequence(&kept, id)), [Some(1), None, Some(1), Some(1)]);
        keep(&kept, 5, 1, 2000);
        assert_eq!([1, 3, 4, 5].map(|id| sequence(&kept, id)), [None, None, Some(1), Some(1)]);
        keep(&kept, 6, 1, 100_000);
        assert_eq!([4, 5, 6].map(|id| sequence(&kept, id)), [None; 3], "it is larger than all");
    }

    #[test]
    fn a_state_that_grows_counts_once_and_one_that_is_taken_not_at_all() {
        let kept = Kept::bounded(2 * (EACH + 1000));
        for sequence in 1..100 {
            keep(&kept, 1, sequence, 1000);
            keep(&kept, 2, sequence, 1000);
            kept.take::<Program>(Uuid::from_u128(2)).expect("it is kept");
        }
        assert_eq!((sequence(&kept, 1), sequence(&kept, 2)), (Some(99), None));
        keep(&kept, 2, 99, 1000);
        assert_eq!(sequence(&kept, 1), Some(99));
    }

    #[test]
    fn an_older_state_does_not_take_the_place_of_a_newer_one() {
        let kept = Kept::latest();
        keep(&kept, 1, 2, 0);
        keep(&kept, 1, 1, 0);
        assert_eq!(sequence(&kept, 1), Some(2));
    }

    #[test]
    fn what_others_look_at_stays_for_them_while_it_is_changed() {
        let kept = Kept::latest();
        keep(&kept, 1, 1, 0);
        assert_eq!(sequence(&kept, 1), Some(1));
        kept.take::<Program>(Uuid::from_u128(1)).expect("it is kept");
        keep(&kept, 1, 2, 0);
        kept.take::<Program>(Uuid::from_u128(1)).expect("it is kept");
        assert_eq!(sequence(&kept, 1), Some(2));
    }
}
