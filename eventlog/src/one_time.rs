//! One-time tokens for links in mails (HMAC-SHA-256): derived from the log's secret, so that none is stored and a mail can be written again.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, SubsecRound as _, Utc};
use hmac::Mac as _;
use uuid::Uuid;

use crate::log::Log;

/// What a token is good for. One of another purpose is none at all.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Purpose {
    ConfirmEmail,
    ResetPassword,
    Invitation,
}

/// What a token says. Whoever takes it remembers that this generation of `of` is used up: the next one needs another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OneTime {
    pub purpose: Purpose,
    /// The account or the invitation that it is for.
    pub of: Uuid,
    pub generation: u32,
    /// Whole seconds, the rest is dropped.
    pub expires_at: DateTime<Utc>,
}

/// Why a token is not taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Unfit {
    /// This log has not made it for this purpose.
    #[error("the token is not one of ours for this purpose")]
    NotOurs,
    #[error("the token has run out")]
    Over,
}

/// Beside fingerprints, which have the same secret and are 32 bytes long: nothing that is keyed for one is ever that of the other.
const LABEL: &[u8] = b"accord: a one-time token of a link in a mail";
/// Whom it is for, the generation, the end.
const SAYS: usize = 16 + 4 + 8;
const LENGTH: usize = SAYS + 32;

impl Log {
    /// The token that says this: base64url, 80 characters, the same at every call.
    pub fn one_time_token(&self, one_time: &OneTime) -> String {
        let mut token = [0; LENGTH];
        let says = one_time.says();
        token[..SAYS].copy_from_slice(&says);
        token[SAYS..].copy_from_slice(&self.tag(one_time.purpose, &says).finalize().into_bytes());
        URL_SAFE_NO_PAD.encode(token)
    }

    /// What a token says that this log made for `purpose` and that has not run out at `now`. Whether it was used before is
    /// for whoever takes it to know.
    pub fn read_one_time_token(
        &self,
        purpose: Purpose,
        token: &str,
        now: DateTime<Utc>,
    ) -> Result<OneTime, Unfit> {
        let mut bytes = [0; LENGTH];
        let length = URL_SAFE_NO_PAD.decode_slice(token, &mut bytes).map_err(|_| Unfit::NotOurs)?;
        if length != LENGTH {
            return Err(Unfit::NotOurs);
        }
        let (says, tag) = bytes.split_at(SAYS);
        // In constant time.
        self.tag(purpose, says).verify_slice(tag).map_err(|_| Unfit::NotOurs)?;
        let one_time = OneTime::said(purpose, says).ok_or(Unfit::NotOurs)?;
        if one_time.expires_at <= now { Err(Unfit::Over) } else { Ok(one_time) }
    }

    fn tag(&self, purpose: Purpose, says: &[u8]) -> hmac::Hmac<sha2::Sha256> {
        let mut mac = self.keys().mac();
        mac.update(LABEL);
        mac.update(&[purpose.byte()]);
        mac.update(says);
        mac
    }
}

impl Purpose {
    fn byte(self) -> u8 {
        match self {
            Self::ConfirmEmail => 1,
            Self::ResetPassword => 2,
            Self::Invitation => 3,
        }
    }
}

impl OneTime {
    pub fn new(purpose: Purpose, of: Uuid, generation: u32, expires_at: DateTime<Utc>) -> Self {
        Self { purpose, of, generation, expires_at: expires_at.trunc_subsecs(0) }
    }

    fn says(&self) -> [u8; SAYS] {
        let mut says = [0; SAYS];
        says[..16].copy_from_slice(self.of.as_bytes());
        says[16..20].copy_from_slice(&self.generation.to_be_bytes());
        says[20..].copy_from_slice(&self.expires_at.timestamp().to_be_bytes());
        says
    }

    fn said(purpose: Purpose, says: &[u8]) -> Option<Self> {
        let (of, rest) = says.split_first_chunk()?;
        let (generation, end) = rest.split_first_chunk()?;
        let end = i64::from_be_bytes(end.try_into().ok()?);
        Some(Self {
            purpose,
            of: Uuid::from_bytes(*of),
            generation: u32::from_be_bytes(*generation),
            expires_at: DateTime::from_timestamp(end, 0)?,
        })
    }
}
