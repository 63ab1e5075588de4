//! Field-level encryption (XChaCha20-Poly1305): sealing and opening what an event says about a person.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use domain::SubjectId;
use rand::RngCore;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

const NONCE: usize = 24;

/// What nobody can guess.
pub(crate) type Secret = [u8; 32];

/// A person's key within one aggregate. Its id stands in every value that it seals.
#[derive(Clone, Copy)]
pub(crate) struct Key {
    pub id: Uuid,
    pub secret: Secret,
}

/// A key as the log keeps it.
pub(crate) struct KeptKey {
    pub aggregate_type: String,
    pub aggregate_id: Uuid,
    pub subject: SubjectId,
    /// None once it is destroyed. The rest stays, so that what it sealed reads as erased and not as damaged.
    pub secret: Option<Secret>,
}

/// The keys of one piece of work, by their ids.
pub(crate) type KeptKeys = HashMap<Uuid, KeptKey>;

/// What came of destroying a key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[must_use]
pub enum Erasure {
    /// There was none.
    Nothing,
    /// It is gone. Of a PostgreSQL server that is: its pages keep the row as it was until `VACUUM FULL subject_keys`, its
    /// write-ahead log until that is recycled.
    Done,
    /// It opens nothing any more, and its bytes stand in the file's write-ahead log for as long as somebody reads who began
    /// before. They go with the first append after that, with the next attempt to erase, or when the log is opened again.
    Lingers,
}

/// A personal value as it is at rest, with its place in the log: it opens nowhere else.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct SealedValue {
    pub place: String,
    pub subject: SubjectId,
    pub sealed: String,
}

/// Why a personal value could not be sealed or opened. Says nothing of the value itself.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PersonalError {
    /// It is not what was sealed there, or its key is missing without having been destroyed.
    #[error("the personal value of {subject} in {place} does not open: it or its key is damaged")]
    Damaged { subject: SubjectId, place: String },
    #[error("an event brings a personal value that is not known but sealed or erased")]
    NotKnown,
    #[error("the payload of an event is not JSON")]
    NotJson,
    #[error("the keys of personal data cannot be reached: {0}")]
    NoKeys(String),
}

pub(crate) fn new_secret() -> Secret {
    let mut secret = Secret::default();
    rand::rng().fill_bytes(&mut secret);
    secret
}

/// What sealed values are bound to, so that one moved to another event does not open.
pub fn place(aggregate_type: &str, aggregate_id: &str, sequence: u64) -> String {
    format!("{aggregate_type}/{aggregate_id}/{sequence}")
}

/// Whether a payload may hold a personal value.
pub(crate) fn may_hold_any(payload: &str) -> bool {
    [r#""known""#, r#""sealed""#, r#""erased""#].iter().any(|held| payload.contains(held))
}

/// The subjects of all personal values of an event that is to be sealed.
pub(crate) fn subjects(value: &mut Value) -> Vec<SubjectId> {
    all(value).into_iter().map(|(subject, ..)| subject).collect()
}

/// Seals every personal value under the key of its subject.
pub(crate) fn seal(
    value: &mut Value,
    place: &str,
    keys: &HashMap<SubjectId, Key>,
) -> Result<(), PersonalError> {
    for (subject, object) in all(value) {
        let known = object.remove("known").ok_or(PersonalError::NotKnown)?;
        let key = keys.get(&subject);
        let key = key.ok_or_else(|| PersonalError::NoKeys(format!("no key for {subject}")))?;
        object.insert("sealed".into(), sealed(&known, place, key)?.into());
    }
    Ok(())
}

/// The ids of the keys under which the personal values of an event are sealed.
pub(crate) fn keys_of(value: &mut Value) -> Vec<Uuid> {
    let sealed = all(value).into_iter().filter_map(|(_, object)| object.get("sealed")?.as_str());
    sealed.filter_map(key_of).collect()
}

/// The id of the key under which a value is sealed.
pub(crate) fn key_of(sealed: &str) -> Option<Uuid> {
    parts(sealed).map(|(key, ..)| key)
}

/// Opens every sealed value of an event; where its key is destroyed it is erased.
pub(crate) fn open_all(
    value: &mut Value,
    place: &str,
    keys: &KeptKeys,
) -> Result<(), PersonalError> {
    for (subject, object) in all(value) {
        let Some(sealed) = object.remove("sealed") else { continue };
        let sealed = sealed.as_str().unwrap_or_default();
        match open(place, subject, sealed, keys)? {
            Some(known) => object.insert("known".into(), known),
            None => object.insert("erased".into(), true.into()),
        };
    }
    Ok(())
}

/// Whether each personal value of an event opens; not where its key is destroyed.
pub(crate) fn try_all(
    value: &mut Value,
    place: &str,
    keys: &KeptKeys,
) -> Vec<Result<bool, PersonalError>> {
    let attempt = |(subject, object): (SubjectId, &mut Map<String, Value>)| {
        let sealed = object.get("sealed").and_then(Value::as_str).unwrap_or_default();
        open(place, subject, sealed, keys).map(|known| known.is_some())
    };
    all(value).into_iter().map(attempt).collect()
}

/// What was sealed; none where its key is destroyed.
pub(crate) fn open(
    place: &str,
    subject: SubjectId,
    sealed: &str,
    keys: &KeptKeys,
) -> Result<Option<Value>, PersonalError> {
    let damaged = || PersonalError::Damaged { subject, place: place.into() };
    let (key, nonce, ciphertext) = parts(sealed).ok_or_else(damaged)?;
    let key = keys.get(&key).filter(|key| key.seals(subject, place)).ok_or_else(damaged)?;
    let Some(secret) = key.secret else { return Ok(None) };
    let payload = Payload { msg: &ciphertext, aad: place.as_bytes() };
    let plain = XChaCha20Poly1305::new(&secret.into()).decrypt(&XNonce::from(nonce), payload);
    let plain = plain.map_err(|_| damaged())?;
    serde_json::from_slice(&plain).map(Some).map_err(|_| damaged())
}

impl KeptKey {
    fn seals(&self, subject: SubjectId, place: &str) -> bool {
        let stream = format!("{}/{}/", self.aggregate_type, self.aggregate_id);
        self.subject == subject && place.starts_with(&stream)
    }
}

/// Every personal value: its subject and the object that it is.
fn all(value: &mut Value) -> Vec<(SubjectId, &mut Map<String, Value>)> {
    match value {
        Value::Object(object) => match personal(object) {
            Some(subject) => vec![(subject, object)],
            None => object.values_mut().flat_map(all).collect(),
        },
        Value::Array(items) => items.iter_mut().flat_map(all).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => vec![],
    }
}

/// The subject of a personal value, where `object` is one.
fn personal(object: &Map<String, Value>) -> Option<SubjectId> {
    if object.len() != 2 {
        return None;
    }
    let subject: Uuid = object.get("subject")?.as_str()?.parse().ok()?;
    let held = ["known", "sealed", "erased"].into_iter().any(|held| object.contains_key(held));
    held.then_some(SubjectId(subject))
}

/// Key id, nonce and ciphertext, one after the other.
fn sealed(known: &Value, place: &str, key: &Key) -> Result<String, PersonalError> {
    let mut nonce = [0; NONCE];
    rand::rng().fill_bytes(&mut nonce);
    let plain = known.to_string();
    let payload = Payload { msg: plain.as_bytes(), aad: place.as_bytes() };
    let cipher = XChaCha20Poly1305::new(&key.secret.into());
    let ciphertext = cipher.encrypt(&XNonce::from(nonce), payload);
    let ciphertext =
        ciphertext.map_err(|_| PersonalError::NoKeys("the value is too long to seal".into()))?;
    Ok(STANDARD.encode([key.id.as_bytes().as_slice(), &nonce, &ciphertext].concat()))
}

fn parts(sealed: &str) -> Option<(Uuid, [u8; NONCE], Vec<u8>)> {
    let bytes = STANDARD.decode(sealed).ok()?;
    let (key, rest) = bytes.split_first_chunk()?;
    let (nonce, ciphertext) = rest.split_first_chunk()?;
    Some((Uuid::from_bytes(*key), *nonce, ciphertext.to_vec()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const KEY: Key = Key { id: Uuid::from_u128(5), secret: [7; 32] };
    const PARTNER: Uuid = Uuid::from_u128(1);
    const ANN: SubjectId = SubjectId(Uuid::from_u128(3));

    #[test]
    fn what_is_sealed_opens_in_its_place_wherever_it_stands_in_the_payload() {
        let mail = personal_of(json!({"mail": "ann@example.org"}));
        let mut value = json!({"contacts": [personal_of("Ann Nowak"), {"deeper": mail}]});
        let before = value.clone();
        let mut value = sealed_at(&mut value, 1);
        // Neither can come about by chance: base64 has no such characters.
        for known in ["Ann Nowak", "ann@example.org"] {
            assert!(!value.to_string().contains(known), "{known} in {value}");
        }
        assert_eq!(keys_of(&mut value), [KEY.id; 2]);
        open_all(&mut value, &at(PARTNER, 1), &kept(KEY)).expect("opening works");
        assert_eq!(value, before);
    }

    #[test]
    fn elsewhere_or_with_another_key_it_does_not_open() {
        let value = sealed_at(&mut personal_of("Ann"), 1);
        let other = Uuid::from_u128(10);
        for (place, keys) in [
            (at(PARTNER, 2), kept(KEY)),
            (at(PARTNER, 10), kept(KEY)),
            (at(other, 1), kept(KEY)),
            (at(PARTNER, 1), kept(Key { secret: [8; 32], ..KEY })),
            (at(PARTNER, 1), kept(Key { id: other, ..KEY })),
            (at(PARTNER, 1), KeptKeys::new()),
        ] {
            let opened = open_all(&mut value.clone(), &place, &keys);
            assert_eq!(opened, Err(PersonalError::Damaged { subject: ANN, place }));
        }
    }

    #[test]
    fn another_persons_or_another_aggregates_key_does_not_open_it() {
        let value = sealed_at(&mut personal_of("Ann"), 1);
        for changed in [
            |key: &mut KeptKey| key.subject = SubjectId(PARTNER),
            |key: &mut KeptKey| key.aggregate_id = ANN.0,
            |key: &mut KeptKey| key.aggregate_type = "deal".into(),
        ] {
            for secret in [Some(KEY.secret), None] {
                let mut keys = kept(KEY);
                let key = keys.get_mut(&KEY.id).expect("is kept");
                key.secret = secret;
                changed(key);
                let opened = open_all(&mut value.clone(), &at(PARTNER, 1), &keys);
                assert!(matches!(opened, Err(PersonalError::Damaged { .. })), "{opened:?}");
            }
        }
    }

    #[test]
    fn where_its_key_is_destroyed_it_is_erased() {
        let mut value = sealed_at(&mut personal_of("Ann"), 1);
        let mut keys = kept(KEY);
        keys.get_mut(&KEY.id).expect("is kept").secret = None;
        open_all(&mut value, &at(PARTNER, 1), &keys).expect("a destroyed key is no error");
        assert_eq!(value, json!({"subject": ANN, "erased": true}));
    }

    #[test]
    fn a_value_that_comes_sealed_or_erased_from_outside_is_refused() {
        for held in
            [json!({"subject": ANN, "sealed": "AAAA"}), json!({"subject": ANN, "erased": true})]
        {
            let refused = seal(&mut held.clone(), &at(PARTNER, 1), &HashMap::from([(ANN, KEY)]));
            assert_eq!(refused, Err(PersonalError::NotKnown), "{held}");
            assert!(may_hold_any(&held.to_string()));
        }
    }

    #[test]
    fn objects_that_only_resemble_a_personal_value_stay_as_they_are() {
        let mut value =
            json!([{"subject": "mail", "known": 1}, {"subject": ANN, "known": 1, "more": 2}]);
        let before = value.clone();
        seal(&mut value, &at(PARTNER, 1), &HashMap::new()).expect("nothing to seal");
        assert_eq!(value, before);
    }

    fn personal_of(known: impl Into<Value>) -> Value {
        json!({"subject": ANN, "known": known.into()})
    }

    fn at(partner: Uuid, sequence: u64) -> String {
        place("partner", &partner.to_string(), sequence)
    }

    fn sealed_at(value: &mut Value, sequence: u64) -> Value {
        seal(value, &at(PARTNER, sequence), &HashMap::from([(ANN, KEY)])).expect("sealing works");
        value.clone()
    }

    fn kept(key: Key) -> KeptKeys {
        let kept = KeptKey {
            aggregate_type: "partner".into(),
            aggregate_id: PARTNER,
            subject: ANN,
            secret: Some(key.secret),
        };
        KeptKeys::from([(key.id, kept)])
    }
}
