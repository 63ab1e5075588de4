//! The key store of crypto-shredding: data keys of the people in the log, cached while they are used.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::{Envelope, SubjectId};
use rand::RngCore;
use serde_json::Value;

use crate::append::{Append, Part};
use crate::engine::Engine;
use crate::event::{RawEvent, ReadError};
use crate::fault::Cause;
use crate::personal::{self, Key, PersonalError};

/// So many keys are kept in memory; one more and it starts afresh.
const AT_HAND: usize = 10_000;

/// Seals on the way in and opens on the way out.
pub(crate) struct KeyRing {
    engine: Arc<Engine>,
    at_hand: Mutex<HashMap<SubjectId, Key>>,
}

/// The keys for one piece of work.
type Keys = HashMap<SubjectId, Key>;

impl KeyRing {
    pub fn new(engine: Arc<Engine>) -> Self {
        Self { engine, at_hand: Mutex::default() }
    }

    /// Seals the personal values of an append, making keys for subjects that have none.
    pub async fn seal(&self, mut append: Append) -> Result<Append, PersonalError> {
        for part in std::iter::once(&mut append.own).chain(&mut append.beside) {
            self.seal_part(part).await?;
        }
        Ok(append)
    }

    async fn seal_part(&self, part: &mut Part) -> Result<(), PersonalError> {
        let id = part.aggregate_id.to_string();
        for (event, sequence) in part.events.iter_mut().zip(part.expected + 1..) {
            if !personal::may_hold_known(&event.payload) {
                continue;
            }
            let mut value: Value =
                serde_json::from_str(&event.payload).map_err(|_| PersonalError::NotJson)?;
            let keys = self.made(personal::subjects(&mut value, "known")).await;
            let keys = keys.map_err(|cause| PersonalError::NoKeys(cause.to_string()))?;
            let place = personal::place(part.aggregate_type, &id, sequence);
            personal::seal(&mut value, &place, &|subject| keys.get(&subject).copied())?;
            event.payload = value.to_string();
        }
        Ok(())
    }

    /// Opens the personal values of a page of events.
    pub async fn open_all(&self, events: &mut [RawEvent]) -> Result<(), ReadError> {
        let mut parsed: Vec<(usize, Value)> = vec![];
        for (index, event) in events.iter().enumerate() {
            if personal::may_hold_sealed(&event.payload) {
                let value = serde_json::from_str(&event.payload);
                let value = value.map_err(|_| ReadError::Personal(PersonalError::NotJson))?;
                parsed.push((index, value));
            }
        }
        let place = |(index, _): &(usize, Value)| {
            let Envelope { aggregate_type, aggregate_id, sequence, .. } = &events[*index].envelope;
            personal::place(aggregate_type, &aggregate_id.to_string(), *sequence)
        };
        let places: Vec<String> = parsed.iter().map(place).collect();
        self.open(parsed.iter_mut().map(|(_, value)| value).zip(&places)).await?;
        for (index, value) in parsed {
            events[index].payload = value.to_string();
        }
        Ok(())
    }

    /// Opens the personal values of payloads, each in its place.
    pub async fn open<'v>(
        &self,
        payloads: impl Iterator<Item = (&'v mut Value, &'v String)>,
    ) -> Result<(), ReadError> {
        let mut payloads: Vec<_> = payloads.collect();
        let sealed = payloads.iter_mut().flat_map(|(value, _)| personal::subjects(value, "sealed"));
        let subjects = sealed.collect();
        let keys = self.found(subjects).await.map_err(ReadError::Unavailable)?;
        for (value, place) in payloads {
            personal::open(value, place, &|subject| keys.get(&subject).copied())
                .map_err(ReadError::Personal)?;
        }
        Ok(())
    }

    /// The keys of `subjects`, made where there are none.
    async fn made(&self, subjects: Vec<SubjectId>) -> Result<Keys, Cause> {
        let keys = self.found(subjects.clone()).await?;
        let missing = subjects.iter().filter(|subject| !keys.contains_key(subject));
        let new: Vec<(SubjectId, Key)> = missing.map(|subject| (*subject, new_key())).collect();
        if new.is_empty() {
            return Ok(keys);
        }
        self.engine.add_keys(&new).await?;
        self.found(subjects).await // Somebody else's may have been first.
    }

    async fn found(&self, mut subjects: Vec<SubjectId>) -> Result<Keys, Cause> {
        subjects.sort_unstable();
        subjects.dedup();
        let mut keys = Keys::new();
        subjects.retain(|subject| match self.at_hand().get(subject) {
            Some(key) => keys.insert(*subject, *key).is_some(),
            None => true,
        });
        if subjects.is_empty() {
            return Ok(keys);
        }
        let found = self.engine.keys(&subjects).await?;
        let mut at_hand = self.at_hand();
        if at_hand.len() + found.len() > AT_HAND {
            at_hand.clear();
        }
        at_hand.extend(found.iter().copied());
        keys.extend(found);
        Ok(keys)
    }

    fn at_hand(&self) -> MutexGuard<'_, Keys> {
        self.at_hand.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn new_key() -> Key {
    let mut key = Key::default();
    rand::rng().fill_bytes(&mut key);
    key
}
