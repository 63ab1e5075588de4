//! Credentials at rest: passwords, sessions, API keys and what slows guessing down (throttles), in words that both dialects share.
//!
//! Only hashes stand here, so that nobody signs in with what somebody reads.

use chrono::{DateTime, Utc};
use domain::ClosedList;
use uuid::Uuid;

use crate::at_rest::{AtRest, undecodable};
use crate::personal::Secret;

/// What an account's password is compared with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Password {
    /// In the PHC string format.
    pub hash: String,
    /// Counts the passwords of the account from 1.
    pub generation: u32,
    pub changed_at: DateTime<Utc>,
}

/// A password that takes the place of another, or of none.
#[derive(Clone, Debug)]
pub struct NewPassword {
    pub account: Uuid,
    /// The generation that it replaces; 0 where the account has had none.
    pub replaces: u32,
    pub hash: String,
    pub at: DateTime<Utc>,
    /// The one session that goes on.
    pub keeps: Option<Uuid>,
    /// The change, where the log is still to be told of it.
    pub change: Option<Uuid>,
}

/// A sign-in, for as long as it is refreshed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Session {
    pub id: Uuid,
    pub account: Uuid,
    /// What it was begun with, such as a browser, as that says of itself.
    pub client: String,
    /// How often it was refreshed.
    pub generation: u32,
    /// Of the one token that refreshes it.
    pub(crate) token_hash: Secret,
    pub begun_at: DateTime<Utc>,
    pub refreshed_at: DateTime<Utc>,
    /// It is over then, unless it is refreshed before.
    pub expires_at: DateTime<Utc>,
    pub ended: Option<(DateTime<Utc>, Ended)>,
}

impl Session {
    pub fn is_live(&self, at: DateTime<Utc>) -> bool {
        self.ended.is_none() && self.expires_at > at
    }
}

domain::words! {
    /// Why a session ended before its time.
    pub enum Ended {
        "signed-out" => SignedOut: "By whoever had signed in.",
        "revoked" => Revoked: "By the same from somewhere else, or by an administrator.",
        "password-changed" => PasswordChanged: "The password was changed elsewhere.",
        "reused" => Reused: "A refresh token came that had been used before: somebody has a copy of it.",
        "too-many" => TooMany: "There were too many others.",
    }
}

/// What another system signs its requests in with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ApiKey {
    pub id: Uuid,
    pub account: Uuid,
    pub name: String,
    pub(crate) hash: Secret,
    pub issued_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    /// To the minute.
    pub used_at: Option<DateTime<Utc>>,
    pub revoked_at: Option<DateTime<Utc>>,
}

impl ApiKey {
    pub fn is_live(&self, at: DateTime<Utc>) -> bool {
        self.revoked_at.is_none() && self.expires_at > at
    }
}

/// A change of credentials that the log has not been told of yet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Change {
    pub id: Uuid,
    pub account: Uuid,
    pub what: Changed,
    pub key: Option<Uuid>,
    pub at: DateTime<Utc>,
}

domain::words! {
    /// What has changed.
    pub enum Changed {
        "password" => Password: "The account has another password.",
        "key-revoked" => KeyRevoked: "A key does not sign in any more.",
    }
}

/// Most sessions that an account has at a time; the ones that were refreshed longest ago give way.
pub(crate) const SESSIONS: i64 = 20;

pub(crate) const PASSWORD: &str =
    "SELECT hash, generation, changed_at FROM passwords WHERE account_id = $1";

pub(crate) const FIRST_PASSWORD: &str =
    "INSERT INTO passwords (account_id, hash, generation, changed_at)
    VALUES ($1, $2, 1, $3) ON CONFLICT DO NOTHING";

pub(crate) const NEXT_PASSWORD: &str =
    "UPDATE passwords SET hash = $2, generation = generation + 1, changed_at = $3
    WHERE account_id = $1 AND generation = $4";

pub(crate) const ADD_CHANGE: &str =
    "INSERT INTO credential_changes (id, account_id, what, key_id, at) VALUES ($1, $2, $3, $4, $5)";

pub(crate) const CHANGES: &str =
    "SELECT id, account_id, what, key_id, at FROM credential_changes ORDER BY at, id LIMIT 100";

pub(crate) const DROP_CHANGE: &str = "DELETE FROM credential_changes WHERE id = $1";

/// Begins a session, unless the password has changed since it was compared. Of PostgreSQL the row is locked, so that no change
/// that comes at the same time misses the session.
macro_rules! begin_session {
    ($lock:literal) => {
        concat!(
            "INSERT INTO sessions (id, account_id, client, generation, token_hash, begun_at, refreshed_at, expires_at)
             SELECT $1, $2, $3, 0, $4, $5, $5, $6
             WHERE $7 IS NULL OR EXISTS
                 (SELECT 1 FROM passwords WHERE account_id = $2 AND generation = $7",
            $lock,
            ")"
        )
    };
}
pub(crate) use begin_session;

pub(crate) const TOO_MANY: &str =
    "UPDATE sessions SET ended_at = $2, ended_for = $3 WHERE account_id = $1 AND ended_at IS NULL AND id NOT IN
        (SELECT id FROM sessions WHERE account_id = $1 AND ended_at IS NULL
         ORDER BY refreshed_at DESC, id DESC LIMIT $4)";

macro_rules! select_sessions {
    ($rest:literal) => {
        concat!(
            "SELECT id, account_id, client, generation, token_hash, begun_at, refreshed_at, expires_at, ended_at, ended_for \
             FROM sessions ",
            $rest
        )
    };
}

pub(crate) const SESSION: &str = select_sessions!("WHERE id = $1");

pub(crate) const LIVE_SESSIONS: &str = select_sessions!(
    "WHERE account_id = $1 AND ended_at IS NULL AND expires_at > $2 ORDER BY begun_at DESC, id"
);

/// Of two who refresh with the same token one changes the row.
pub(crate) const REFRESH: &str =
    "UPDATE sessions SET generation = generation + 1, token_hash = $4, refreshed_at = $5, expires_at = $6
    WHERE id = $1 AND generation = $2 AND token_hash = $3 AND ended_at IS NULL AND expires_at > $5";

pub(crate) const END_SESSION: &str = "UPDATE sessions SET ended_at = $3, ended_for = $4 WHERE id = $1 AND account_id = $2 AND ended_at IS NULL";

pub(crate) const END_SESSIONS: &str = "UPDATE sessions SET ended_at = $2, ended_for = $3
    WHERE account_id = $1 AND ended_at IS NULL AND ($4 IS NULL OR id <> $4)";

pub(crate) const ADD_KEY: &str =
    "INSERT INTO api_keys (id, account_id, name, hash, issued_at, expires_at)
    VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING";

macro_rules! select_keys {
    ($rest:literal) => {
        concat!(
            "SELECT id, account_id, name, hash, issued_at, expires_at, used_at, revoked_at FROM api_keys ",
            $rest
        )
    };
}

pub(crate) const KEY: &str = select_keys!("WHERE id = $1");

pub(crate) const LIVE_KEYS: &str = select_keys!(
    "WHERE account_id = $1 AND revoked_at IS NULL AND expires_at > $2 ORDER BY issued_at DESC, id"
);

pub(crate) const SHORTEN_KEY: &str = "UPDATE api_keys SET expires_at = $3
    WHERE id = $1 AND account_id = $2 AND revoked_at IS NULL AND expires_at > $3";

pub(crate) const REVOKE_KEY: &str =
    "UPDATE api_keys SET revoked_at = $3 WHERE id = $1 AND account_id = $2 AND revoked_at IS NULL";

/// $3 is a minute before.
pub(crate) const KEY_USED: &str =
    "UPDATE api_keys SET used_at = $2 WHERE id = $1 AND (used_at IS NULL OR used_at < $3)";

/// Takes one of `$4 / $3 + 1` places, of which one comes back every $3 (generic cell rate algorithm): a row that stays as it is was full.
pub(crate) const TAKE: &str = "INSERT INTO throttles (key, paid_until)
    VALUES ($1, CAST($2 AS bigint) + CAST($3 AS bigint))
    ON CONFLICT (key) DO UPDATE SET paid_until =
        (CASE WHEN throttles.paid_until > $2 THEN throttles.paid_until ELSE $2 END) + $3
    WHERE throttles.paid_until <= CAST($2 AS bigint) + CAST($4 AS bigint)";

pub(crate) const PAID_UNTIL: &str = "SELECT paid_until FROM throttles WHERE key = $1";

pub(crate) const GIVE_BACK: &str =
    "UPDATE throttles SET paid_until = paid_until - $2 WHERE key = $1";

/// What says nothing any more: $1 is now in microseconds, sessions and keys that ended before $2 are of no interest.
pub(crate) const SWEEP_THROTTLES: &str = "DELETE FROM throttles WHERE paid_until < $1";
pub(crate) const SWEEP_SESSIONS: &str =
    "DELETE FROM sessions WHERE coalesce(ended_at, expires_at) < $1";
pub(crate) const SWEEP_KEYS: &str =
    "DELETE FROM api_keys WHERE coalesce(revoked_at, expires_at) < $1";

pub(crate) fn password(row: &impl AtRest) -> Result<Password, sqlx::Error> {
    Ok(Password {
        hash: row.text(0)?.to_owned(),
        generation: generation(row, 1)?,
        changed_at: row.instant(2)?,
    })
}

pub(crate) fn session(row: &impl AtRest) -> Result<Session, sqlx::Error> {
    let ended = match row.instant_or_null(8)? {
        Some(at) => Some((at, known(row.text(9)?)?)),
        None => None,
    };
    Ok(Session {
        id: row.id(0)?,
        account: row.id(1)?,
        client: row.text(2)?.to_owned(),
        generation: generation(row, 3)?,
        token_hash: row.key(4)?,
        begun_at: row.instant(5)?,
        refreshed_at: row.instant(6)?,
        expires_at: row.instant(7)?,
        ended,
    })
}

pub(crate) fn api_key(row: &impl AtRest) -> Result<ApiKey, sqlx::Error> {
    Ok(ApiKey {
        id: row.id(0)?,
        account: row.id(1)?,
        name: row.text(2)?.to_owned(),
        hash: row.key(3)?,
        issued_at: row.instant(4)?,
        expires_at: row.instant(5)?,
        used_at: row.instant_or_null(6)?,
        revoked_at: row.instant_or_null(7)?,
    })
}

pub(crate) fn change(row: &impl AtRest) -> Result<Change, sqlx::Error> {
    Ok(Change {
        id: row.id(0)?,
        account: row.id(1)?,
        what: known(row.text(2)?)?,
        key: row.id_or_null(3)?,
        at: row.instant(4)?,
    })
}

fn generation(row: &impl AtRest, nth: usize) -> Result<u32, sqlx::Error> {
    u32::try_from(row.number(nth)?).map_err(undecodable)
}

fn known<T: ClosedList>(word: &str) -> Result<T, sqlx::Error> {
    T::of(word).ok_or_else(|| undecodable(Unknown(word.to_owned())))
}

#[derive(Debug, thiserror::Error)]
#[error("nothing of credentials is called {0}; this log was written by another build")]
struct Unknown(String);
