//! Global ids: one opaque name for every object, whatever its type.

use async_graphql::ID;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use uuid::Uuid;

/// Grows when ids are built in another way; older ones stay readable.
const VERSION: u8 = 1;

/// What a global id names.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Kind {
    Program,
    Partner,
    Deal,
    Wallet,
    AuditEvent,
}

impl Kind {
    const ALL: [Self; 5] =
        [Self::Program, Self::Partner, Self::Deal, Self::Wallet, Self::AuditEvent];

    /// In every id that was ever given out: never changed.
    fn byte(self) -> u8 {
        match self {
            Self::Program => 1,
            Self::Partner => 2,
            Self::Deal => 3,
            Self::Wallet => 4,
            Self::AuditEvent => 5,
        }
    }
}

/// The id by which clients name an object of kind `kind`.
pub fn global(kind: Kind, id: Uuid) -> ID {
    let mut bytes = vec![VERSION, kind.byte()];
    bytes.extend_from_slice(id.as_bytes());
    ID(BASE64_URL_SAFE_NO_PAD.encode(bytes))
}

/// What an id names; `None` where it is none of ours.
pub fn parse(id: &ID) -> Option<(Kind, Uuid)> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(id.as_str()).ok()?;
    let [VERSION, kind, uuid @ ..] = bytes.as_slice() else { return None };
    let kind = Kind::ALL.into_iter().find(|known| known.byte() == *kind)?;
    Uuid::from_slice(uuid).ok().map(|id| (kind, id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_back_and_says_nothing() {
        for (number, kind) in Kind::ALL.into_iter().enumerate() {
            let id = Uuid::from_u128(0x0123_4567_89ab_cdef_0123_4567_89ab_cde0 + number as u128);
            let global = global(kind, id);
            assert_eq!(parse(&global), Some((kind, id)));
            assert_eq!(global.len(), 24);
        }
    }

    #[test]
    fn an_id_of_another_make_names_nothing() {
        for id in ["", "x", "UGFydG5lcjox", "AQIBI0VniavN7wEjRWeJq83", "!"] {
            assert_eq!(parse(&ID(id.into())), None, "{id}");
        }
        let later = BASE64_URL_SAFE_NO_PAD.encode([[VERSION + 1, 2].as_slice(), &[0; 16]].concat());
        assert_eq!(parse(&ID(later)), None);
    }
}
