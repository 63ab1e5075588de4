//! Origins of commands: an idempotency key counts for whoever gave it alone (scoped idempotency keys).

use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::CommandId;

/// Whose keys are told apart: a person as an issuer of sign-ins names it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Origin<'a> {
    /// Who vouches for the subject; two may give the same name to different people.
    pub issuer: &'a str,
    pub subject: &'a str,
}

impl CommandId {
    /// The id of the command that a client of this origin calls `key`.
    ///
    /// A UUIDv8: the ids of what events and timers cause are of version 5, so that no client's key can stand in their
    /// place, and nobody's in anybody else's.
    pub fn given(origin: Origin<'_>, key: Uuid) -> Self {
        let mut hash = Sha256::new_with_prefix("accord/command/1");
        for text in [origin.issuer, origin.subject] {
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text);
        }
        hash.update(key.as_bytes());
        Self(custom(hash))
    }

    /// The id of something new of this type that the command founds and its sender has not named.
    pub fn names(self, what: &str) -> Uuid {
        custom(Sha256::new_with_prefix("accord/new/1").chain_update(self.0).chain_update(what))
    }
}

/// A UUIDv8 of the hash's first bytes.
fn custom(hash: Sha256) -> Uuid {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.finalize()[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_another_command_for_everybody_else() {
        let key = Uuid::from_u128(7);
        let id = |issuer, subject| CommandId::given(Origin { issuer, subject }, key);
        let all = [id("a", "bc"), id("ab", "c"), id("a", "b"), id("", "abc"), id("a", "bc\0")];
        for (nth, one) in all.iter().enumerate() {
            assert!(all[nth + 1..].iter().all(|other| other != one), "{nth}");
        }
        assert_eq!(id("a", "bc"), all[0]);
        let other = CommandId::given(Origin { issuer: "a", subject: "bc" }, Uuid::from_u128(8));
        assert_ne!(other, all[0]);
    }

    #[test]
    fn no_key_of_a_client_is_one_that_an_event_or_a_timer_causes() {
        let origin = Origin { issuer: "accord", subject: "maria" };
        let id = CommandId::given(origin, crate::EventId(Uuid::from_u128(1)).causes("reaction"));
        assert_eq!(id.0.get_version_num(), 8);
        assert_eq!(crate::EventId::of(id, 0).causes("reaction").get_version_num(), 5);
        assert_ne!(id.names("deal"), id.names("partner"));
        assert_eq!(id.names("deal").get_version_num(), 8);
    }
}
