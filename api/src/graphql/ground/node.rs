//! Global object identification: one opaque id for every object, whatever its type.

use async_graphql::ID;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use uuid::Uuid;

/// Grows when ids are built in another way; older ones stay readable.
const VERSION: u8 = 1;

/// An object with a global id.
pub trait Global {
    /// In every id that was ever given out: never changed.
    const KIND: u8;

    /// The id by which clients name the object of this UUID.
    fn global(id: Uuid) -> ID {
        named(Self::KIND, id)
    }
}

fn named(kind: u8, id: Uuid) -> ID {
    let mut bytes = vec![VERSION, kind];
    bytes.extend_from_slice(id.as_bytes());
    ID(BASE64_URL_SAFE_NO_PAD.encode(bytes))
}

/// What kind of object an id names, and which; `None` where it is none of ours.
pub fn parse(id: &ID) -> Option<(u8, Uuid)> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(id.as_str()).ok()?;
    let [VERSION, kind, uuid @ ..] = bytes.as_slice() else { return None };
    Uuid::from_slice(uuid).ok().map(|id| (*kind, id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_back_and_says_nothing() {
        for kind in [1, 2, u8::MAX] {
            let id = Uuid::from_u128(0x0123_4567_89ab_cdef_0123_4567_89ab_cd00 + u128::from(kind));
            let global = named(kind, id);
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
