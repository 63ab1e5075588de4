//! Data about a person, which the log keeps encrypted under that person's own key.

use serde::{Deserialize, Serialize};

use crate::SubjectId;

/// A value about `subject`: readable, encrypted, or gone with its key.
///
/// The log seals every `known` value before it is written, by this JSON shape: `{"subject": id, "known": value}`, at
/// rest `{"subject": id, "sealed": base64}`. That is how aggregates, reactions and views see it: nothing of theirs
/// depends on its content. Whoever shows it has it opened; without its key it is then `{"subject": id, "erased": true}`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Personal<T> {
    pub subject: SubjectId,
    #[serde(flatten)]
    pub value: Held<T>,
}

/// What is left of a personal value.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Held<T> {
    Known(T),
    Sealed(String),
    Erased(bool),
}

impl<T> Personal<T> {
    pub fn new(subject: SubjectId, value: T) -> Self {
        Self { subject, value: Held::Known(value) }
    }

    /// The value, where its key still exists and it has been opened.
    pub fn known(&self) -> Option<&T> {
        match &self.value {
            Held::Known(value) => Some(value),
            Held::Sealed(_) | Held::Erased(_) => None,
        }
    }

    /// The ciphertext, as long as the value has not been opened.
    pub fn sealed(&self) -> Option<&str> {
        match &self.value {
            Held::Sealed(sealed) => Some(sealed),
            Held::Known(_) | Held::Erased(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::testing::MARIA;

    #[test]
    fn a_personal_value_is_known_sealed_or_erased_and_reads_back_as_it_is() {
        let read = |value: Value| {
            let personal: Personal<String> = serde_json::from_value(value.clone()).expect("reads");
            assert_eq!(serde_json::to_value(&personal).expect("is JSON"), value);
            personal.known().cloned()
        };
        assert_eq!(read(json!({ "subject": MARIA, "known": "Jan" })), Some("Jan".into()));
        assert_eq!(read(json!({ "subject": MARIA, "sealed": "c2VjcmV0" })), None);
        assert_eq!(read(json!({ "subject": MARIA, "erased": true })), None);
    }
}
