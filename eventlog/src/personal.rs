//! Field-level encryption (XChaCha20-Poly1305): sealing and opening what an event says about a person.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use domain::SubjectId;
use rand::RngCore;
use serde_json::{Map, Value};
use uuid::Uuid;

/// A person's key.
pub(crate) type Key = [u8; 32];

const NONCE: usize = 24;

/// Why a personal value could not be sealed or opened. Says nothing of the value itself.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PersonalError {
    #[error("the personal value of {subject} in {place} is not what was sealed there")]
    Tampered { subject: SubjectId, place: String },
    #[error("an event brings a personal value that is sealed already")]
    AlreadySealed,
    #[error("the payload of an event is not JSON")]
    NotJson,
    #[error("the keys of personal data cannot be reached: {0}")]
    NoKeys(String),
}

/// What sealed values are bound to, so that one moved to another event does not open.
pub(crate) fn place(aggregate_type: &str, aggregate_id: &str, sequence: u64) -> String {
    format!("{aggregate_type}/{aggregate_id}/{sequence}")
}

/// Whether a payload may hold a value that is to be sealed, or must not be there.
pub(crate) fn may_hold_known(payload: &str) -> bool {
    payload.contains(r#""known""#) || may_hold_sealed(payload)
}

/// Whether a payload may hold a sealed value.
pub(crate) fn may_hold_sealed(payload: &str) -> bool {
    payload.contains(r#""sealed""#)
}

/// The subjects of all personal values that are `held` so: `known` or `sealed`.
pub(crate) fn subjects(value: &mut Value, held: &str) -> Vec<SubjectId> {
    let held = all(value).into_iter().filter(|(_, is, _)| *is == held);
    held.map(|(subject, ..)| subject).collect()
}

/// Seals every known personal value under the key of its subject.
pub(crate) fn seal(
    value: &mut Value,
    place: &str,
    key: &impl Fn(SubjectId) -> Option<Key>,
) -> Result<(), PersonalError> {
    for (subject, held, object) in all(value) {
        if held == "sealed" {
            return Err(PersonalError::AlreadySealed);
        }
        if let Some(known) = object.remove("known") {
            let key = key(subject);
            let key = key.ok_or_else(|| PersonalError::NoKeys(format!("no key for {subject}")))?;
            object.insert("sealed".into(), sealed(&known, place, &key)?.into());
        }
    }
    Ok(())
}

/// Opens every sealed value whose subject has a key; without one it is erased.
pub(crate) fn open(
    value: &mut Value,
    place: &str,
    key: &impl Fn(SubjectId) -> Option<Key>,
) -> Result<(), PersonalError> {
    for (subject, _, object) in all(value) {
        let Some(sealed) = object.remove("sealed") else { continue };
        let (held, left) = match key(subject) {
            None => ("erased", Some(true.into())),
            Some(key) => ("known", opened(&sealed, place, &key)),
        };
        let tampered = || PersonalError::Tampered { subject, place: place.into() };
        object.insert(held.into(), left.ok_or_else(tampered)?);
    }
    Ok(())
}

/// Every personal value: its subject, how it is held, and the object that it is.
fn all(value: &mut Value) -> Vec<(SubjectId, &'static str, &mut Map<String, Value>)> {
    match value {
        Value::Object(object) => match personal(object) {
            Some((subject, held)) => vec![(subject, held, object)],
            None => object.values_mut().flat_map(all).collect(),
        },
        Value::Array(items) => items.iter_mut().flat_map(all).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => vec![],
    }
}

/// The subject of a personal value and the name of its other member, where `object` is one.
fn personal(object: &Map<String, Value>) -> Option<(SubjectId, &'static str)> {
    if object.len() != 2 {
        return None;
    }
    let subject: Uuid = object.get("subject")?.as_str()?.parse().ok()?;
    let held = ["known", "sealed", "erased"].into_iter().find(|held| object.contains_key(*held))?;
    Some((SubjectId(subject), held))
}

fn sealed(known: &Value, place: &str, key: &Key) -> Result<String, PersonalError> {
    let mut nonce = [0; NONCE];
    rand::rng().fill_bytes(&mut nonce);
    let plain = known.to_string();
    let payload = Payload { msg: plain.as_bytes(), aad: place.as_bytes() };
    let cipher = XChaCha20Poly1305::new(&(*key).into());
    let ciphertext = cipher.encrypt(&XNonce::from(nonce), payload);
    let ciphertext =
        ciphertext.map_err(|_| PersonalError::NoKeys("the value is too long to seal".into()))?;
    Ok(STANDARD.encode([nonce.as_slice(), &ciphertext].concat()))
}

fn opened(sealed: &Value, place: &str, key: &Key) -> Option<Value> {
    let bytes = STANDARD.decode(sealed.as_str()?).ok()?;
    let (nonce, ciphertext) = bytes.split_first_chunk::<NONCE>()?;
    let payload = Payload { msg: ciphertext, aad: place.as_bytes() };
    let plain =
        XChaCha20Poly1305::new(&(*key).into()).decrypt(&XNonce::from(*nonce), payload).ok()?;
    serde_json::from_slice(&plain).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const KEY: Key = [7; 32];
    const PLACE: &str = "partner/p/1";

    #[test]
    fn what_is_sealed_opens_in_its_place_wherever_it_stands_in_the_payload() {
        let mail = personal_of(json!({"mail": "ann@example.org"}));
        let mut value = json!({"contacts": [personal_of("Ann"), {"deeper": mail}]});
        let before = value.clone();
        seal(&mut value, PLACE, &|_| Some(KEY)).expect("sealing works");
        assert!(!value.to_string().contains("nn"), "no trace of the name in {value}");
        open(&mut value, PLACE, &|_| Some(KEY)).expect("opening works");
        assert_eq!(value, before);
    }

    #[test]
    fn in_another_place_or_with_another_key_it_does_not_open() {
        let mut value = personal_of("Ann");
        seal(&mut value, PLACE, &|_| Some(KEY)).expect("sealing works");
        let elsewhere = open(&mut value.clone(), "partner/p/2", &|_| Some(KEY));
        assert!(matches!(elsewhere, Err(PersonalError::Tampered { .. })));
        let other_key = open(&mut value, PLACE, &|_| Some([8; 32]));
        assert!(matches!(other_key, Err(PersonalError::Tampered { .. })));
    }

    #[test]
    fn without_a_key_it_is_erased() {
        let mut value = personal_of("Ann");
        seal(&mut value, PLACE, &|_| Some(KEY)).expect("sealing works");
        open(&mut value, PLACE, &|_| None).expect("a missing key is no error");
        assert_eq!(value, json!({"subject": Uuid::nil(), "erased": true}));
    }

    #[test]
    fn a_value_that_comes_sealed_from_outside_is_refused() {
        let mut value = json!({"subject": Uuid::nil(), "sealed": "AAAA"});
        assert_eq!(seal(&mut value, PLACE, &|_| Some(KEY)), Err(PersonalError::AlreadySealed));
    }

    #[test]
    fn objects_that_only_resemble_a_personal_value_stay_as_they_are() {
        let mut value = json!([{"subject": "mail", "known": 1}, {"subject": Uuid::nil(), "known": 1, "more": 2}]);
        let before = value.clone();
        seal(&mut value, PLACE, &|_| None).expect("nothing to seal");
        assert_eq!(value, before);
    }

    fn personal_of(known: impl Into<Value>) -> Value {
        json!({"subject": Uuid::nil(), "known": known.into()})
    }
}
