//! The key store of crypto-shredding: data keys of the people in the log, one for each person within each aggregate.
//!
//! No key is kept in memory, so that one which is destroyed opens nothing any more, in whatever process.

use std::collections::HashMap;
use std::sync::Arc;

use domain::SubjectId;
use hmac::{Hmac, KeyInit, Mac};
use rand::RngCore as _;
use serde_json::Value;
use sha2::Sha256;
use uuid::{Builder, Uuid};

use crate::append::{Append, Part, Stream};
use crate::engine::Engine;
use crate::event::RawEvent;
use crate::fault::Cause;
use crate::personal::{
    self, Erasure, KeptKeys, Key, PersonalError, SealedValue, Secret, new_secret,
};

/// Seals on the way in and opens on the way out.
pub(crate) struct KeyRing {
    engine: Arc<Engine>,
    secret: Secret,
}

/// A person's own key within one stream.
type Keys = HashMap<SubjectId, Key>;

impl KeyRing {
    pub fn new(engine: Arc<Engine>, secret: Secret) -> Self {
        Self { engine, secret }
    }

    /// Seals the personal values of an append, making keys for subjects that have none, and keys its fingerprint.
    pub async fn seal(&self, mut append: Append) -> Result<Append, PersonalError> {
        append.provenance.fingerprint = self.keyed(append.provenance.fingerprint);
        for part in std::iter::once(&mut append.own).chain(&mut append.beside) {
            self.seal_part(part).await?;
        }
        Ok(append)
    }

    /// A fingerprint as receipts have it (HMAC-SHA-256): nobody can try out what was asked who lacks the log's secret.
    pub fn keyed(&self, fingerprint: [u8; 32]) -> [u8; 32] {
        let mut mac = self.mac();
        mac.update(&fingerprint);
        mac.finalize().into_bytes().into()
    }

    /// The id of what is named by something that may be personal. No fingerprint is as long as what is keyed here.
    pub fn keyed_id(&self, name: &str) -> Uuid {
        let mut mac = self.mac();
        mac.update(&[0; 32]);
        mac.update(name.as_bytes());
        let code = mac.finalize().into_bytes();
        let mut id = [0; 16];
        id.copy_from_slice(&code[..16]);
        Builder::from_custom_bytes(id).into_uuid()
    }

    /// What is to be keyed with the log's secret. Other things than fingerprints begin with a label of their own.
    pub fn mac(&self) -> Hmac<Sha256> {
        let mut block = [0; 64]; // As HMAC fills up a key that is shorter than a block of its hash.
        block[..self.secret.len()].copy_from_slice(&self.secret);
        Hmac::new(&block.into())
    }

    /// Opens values, each by itself; none where its key is destroyed.
    pub async fn open(
        &self,
        values: &[SealedValue],
    ) -> Result<Vec<Result<Option<Value>, PersonalError>>, Cause> {
        let keys = values.iter().filter_map(|value| personal::key_of(&value.sealed)).collect();
        let keys = self.engine.keys(keys).await?;
        let opened = values
            .iter()
            .map(|value| personal::open(&value.place, value.subject, &value.sealed, &keys));
        Ok(opened.collect())
    }

    /// Opens the personal values of events, each event by itself.
    pub async fn open_events(
        &self,
        events: Vec<RawEvent>,
    ) -> Result<Vec<Result<RawEvent, PersonalError>>, Cause> {
        let (parsed, keys) = self.with_keys(&events).await?;
        let open = |(mut event, value): (RawEvent, Option<Value>)| {
            let Some(mut value) = value else { return Ok(event) };
            if value.is_null() {
                return Err(PersonalError::NotJson);
            }
            personal::open_all(&mut value, &place(&event), &keys)?;
            event.payload = value.to_string();
            Ok(event)
        };
        Ok(events.into_iter().zip(parsed).map(open).collect())
    }

    /// Whether each personal value of events opens; not where its key is destroyed.
    pub async fn try_events(
        &self,
        events: &[RawEvent],
    ) -> Result<Vec<Result<bool, PersonalError>>, Cause> {
        let (parsed, keys) = self.with_keys(events).await?;
        let values = events.iter().zip(parsed).filter_map(|(event, value)| Some((event, value?)));
        let tried = values.flat_map(|(event, mut value)| {
            if value.is_null() {
                return vec![Err(PersonalError::NotJson)];
            }
            personal::try_all(&mut value, &place(event), &keys)
        });
        Ok(tried.collect())
    }

    /// The payloads that may hold personal values, null where one is not JSON, and the keys of those values.
    async fn with_keys(
        &self,
        events: &[RawEvent],
    ) -> Result<(Vec<Option<Value>>, KeptKeys), Cause> {
        let parse = |event: &RawEvent| {
            let personal = personal::may_hold_any(&event.payload);
            personal.then(|| serde_json::from_str(&event.payload).unwrap_or_default())
        };
        let mut parsed: Vec<Option<Value>> = events.iter().map(parse).collect();
        let keys: Vec<_> = parsed.iter_mut().flatten().flat_map(personal::keys_of).collect();
        if keys.is_empty() {
            return Ok((parsed, KeptKeys::new()));
        }
        Ok((parsed, self.engine.keys(keys).await?))
    }

    /// Destroys the key of a person within an aggregate for good.
    pub async fn destroy(&self, stream: Stream, subject: SubjectId) -> Result<Erasure, Cause> {
        self.engine.destroy_key(stream, subject).await
    }

    async fn seal_part(&self, part: &mut Part) -> Result<(), PersonalError> {
        let (stream, id) = (part.stream(), part.aggregate_id.to_string());
        for (event, sequence) in part.events.iter_mut().zip(part.expected + 1..) {
            if !personal::may_hold_any(&event.payload) {
                continue;
            }
            let mut value: Value =
                serde_json::from_str(&event.payload).map_err(|_| PersonalError::NotJson)?;
            let keys = self.made(stream, personal::subjects(&mut value)).await;
            let keys = keys.map_err(|cause| PersonalError::NoKeys(cause.to_string()))?;
            personal::seal(&mut value, &personal::place(stream.0, &id, sequence), &keys)?;
            event.payload = value.to_string();
        }
        Ok(())
    }

    /// The keys of `subjects` within a stream, made where there are none.
    async fn made(&self, stream: Stream, mut subjects: Vec<SubjectId>) -> Result<Keys, Cause> {
        subjects.sort_unstable();
        subjects.dedup();
        let keys = self.engine.keys_in_use(stream, &subjects).await?;
        let missing = subjects.iter().filter(|subject| !keys.contains_key(subject));
        let new: Keys = missing.map(|subject| (*subject, new_key())).collect();
        if new.is_empty() {
            return Ok(keys);
        }
        self.engine.add_keys(stream, &new).await?;
        self.engine.keys_in_use(stream, &subjects).await // Somebody else's may have been first.
    }
}

fn place(event: &RawEvent) -> String {
    let domain::Envelope { aggregate_type, aggregate_id, sequence, .. } = &event.envelope;
    personal::place(aggregate_type, &aggregate_id.to_string(), *sequence)
}

fn new_key() -> Key {
    let mut id = [0; 16];
    rand::rng().fill_bytes(&mut id);
    Key { id: Builder::from_random_bytes(id).into_uuid(), secret: new_secret() }
}
