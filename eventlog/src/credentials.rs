//! Passwords, API keys and throttles beside the log: what opens a door, and what slows down who tries them all (rate limiting).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use hmac::Mac as _;
use rand::RngCore as _;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::clock::at_rest;
use crate::credential::{ApiKey, Change, NewPassword, Password};
use crate::engine::on_engine;
use crate::fault::Cause;
use crate::log::Log;
use crate::personal::Secret;

/// How often something may be tried.
#[derive(Clone, Copy, Debug)]
pub struct Throttle {
    /// What is tried and who is counted; each name counts for itself.
    pub name: &'static str,
    /// So often at once.
    pub places: u16,
    /// And once more each time.
    pub every: TimeDelta,
}

/// A key that an account is to have.
#[derive(Clone, Debug)]
pub struct NewApiKey {
    pub id: Uuid,
    pub account: Uuid,
    pub name: String,
    pub at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

/// By what a key is known, in a log file as well.
const PREFIX: &str = "accord_";
const LENGTH: usize = 16 + 32;

/// For so long after its end a session or a key can still be asked for.
const KEPT: TimeDelta = TimeDelta::days(90);

impl Log {
    pub async fn password(&self, account: Uuid) -> Result<Option<Password>, Cause> {
        on_engine!(self, engine => engine.password(account))
    }

    /// Sets a password where it still replaces what it was to, and ends the sessions that were begun with that, in one; tells whether it did.
    pub async fn set_password(&self, new: NewPassword) -> Result<bool, Cause> {
        let (log, new) = (self.clone(), NewPassword { at: at_rest(new.at), ..new });
        apart(async move { on_engine!(log, engine => engine.set_password(&new)) }).await
    }

    /// The oldest changes that the log has not been told of.
    pub async fn credential_changes(&self) -> Result<Vec<Change>, Cause> {
        on_engine!(self, engine => engine.changes())
    }

    /// The log has been told.
    pub async fn drop_credential_change(&self, id: Uuid) -> Result<(), Cause> {
        on_engine!(self, engine => engine.drop_change(id))
    }

    /// Makes a key. Its text is told here and never again; nothing where there is one of this id.
    pub async fn issue_api_key(&self, new: NewApiKey) -> Result<Option<String>, Cause> {
        let mut bytes = [0; LENGTH];
        bytes[..16].copy_from_slice(new.id.as_bytes());
        rand::rng().fill_bytes(&mut bytes[16..]);
        let key = ApiKey {
            id: new.id,
            account: new.account,
            name: new.name,
            hash: hash_of(&bytes[16..]),
            issued_at: at_rest(new.at),
            expires_at: at_rest(new.expires_at),
            used_at: None,
            revoked_at: None,
        };
        let added = on_engine!(self, engine => engine.add_api_key(&key))?;
        Ok(added.then(|| format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes))))
    }

    /// The key of this text, if it signs in at `at`; notes that it was used, to the minute.
    pub async fn use_api_key(
        &self,
        text: &str,
        at: DateTime<Utc>,
    ) -> Result<Option<ApiKey>, Cause> {
        let Some((id, hash)) = read(text) else { return Ok(None) };
        let key = self.api_key(id).await?.filter(|key| key.hash == hash && key.is_live(at));
        let Some(key) = key else { return Ok(None) };
        let unless_since = at - TimeDelta::minutes(1);
        if key.used_at.is_none_or(|used_at| used_at < unless_since) {
            on_engine!(self, engine => engine.api_key_used(id, at, unless_since))?;
        }
        Ok(Some(key))
    }

    pub async fn api_key(&self, id: Uuid) -> Result<Option<ApiKey>, Cause> {
        on_engine!(self, engine => engine.api_key(id))
    }

    /// The keys of an account that sign in, the latest first.
    pub async fn live_api_keys(
        &self,
        account: Uuid,
        at: DateTime<Utc>,
    ) -> Result<Vec<ApiKey>, Cause> {
        on_engine!(self, engine => engine.live_api_keys(account, at))
    }

    /// Lets a key run out no later than `until`; tells whether it would have gone on.
    pub async fn shorten_api_key(
        &self,
        account: Uuid,
        id: Uuid,
        until: DateTime<Utc>,
    ) -> Result<bool, Cause> {
        on_engine!(self, engine => engine.shorten_api_key(account, id, until))
    }

    /// Revokes the key that a change is about, which is kept until the log has been told; tells whether it had not been.
    pub async fn revoke_api_key(&self, change: Change) -> Result<bool, Cause> {
        let log = self.clone();
        apart(async move { on_engine!(log, engine => engine.revoke_api_key(&change)) }).await
    }

    /// Takes one of the places of `who`, for all processes of this log; where there is none, tells how long until one is free.
    pub async fn take_place(
        &self,
        throttle: &Throttle,
        who: &str,
        now: DateTime<Utc>,
    ) -> Result<Result<(), TimeDelta>, Cause> {
        let (key, every) = (self.throttle_key(throttle, who), throttle.micros());
        let (now, slack) = (now.timestamp_micros(), every * i64::from(throttle.places.max(1) - 1));
        let taken = on_engine!(self, engine => engine.take(key, [now, every, slack]))?;
        Ok(taken.map_err(|paid_until| TimeDelta::microseconds((paid_until - slack - now).max(0))))
    }

    /// Gives a place back that was not to be counted.
    pub async fn give_place_back(&self, throttle: &Throttle, who: &str) -> Result<(), Cause> {
        let key = self.throttle_key(throttle, who);
        on_engine!(self, engine => engine.give_back(key, throttle.micros()))
    }

    /// The id of what is named by something that may be personal.
    pub fn keyed(&self, name: &str) -> Uuid {
        self.keys().keyed_id(name)
    }

    /// Takes away what says nothing any more.
    pub async fn sweep_credentials(&self, now: DateTime<Utc>) -> Result<(), Cause> {
        on_engine!(self, engine => engine.sweep_credentials(now, now - KEPT))
    }

    /// Who was counted can be read by nobody who has the table alone.
    fn throttle_key(&self, throttle: &Throttle, who: &str) -> Secret {
        let mut mac = self.keys().mac();
        mac.update(b"accord: who is counted by a throttle");
        mac.update(&[0]);
        mac.update(throttle.name.as_bytes());
        mac.update(&[0]);
        mac.update(who.as_bytes());
        mac.finalize().into_bytes().into()
    }
}

impl Throttle {
    fn micros(&self) -> i64 {
        self.every.num_microseconds().unwrap_or(i64::MAX / 1_000_000)
    }
}

fn read(text: &str) -> Option<(Uuid, Secret)> {
    let mut bytes = [0; LENGTH];
    let length = URL_SAFE_NO_PAD.decode_slice(text.strip_prefix(PREFIX)?, &mut bytes).ok()?;
    let (id, secret) = bytes.split_first_chunk()?;
    (length == LENGTH).then(|| (Uuid::from_bytes(*id), hash_of(secret)))
}

fn hash_of(secret: &[u8]) -> Secret {
    Sha256::digest(secret).into()
}

/// Runs a transaction in a task of its own, so that it is not left half way by a request that nobody waits for any more.
async fn apart<T: Send + 'static>(
    work: impl Future<Output = Result<T, Cause>> + Send + 'static,
) -> Result<T, Cause> {
    tokio::spawn(work).await.map_err(Cause::new)?
}
