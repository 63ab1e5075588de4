//! Sessions and their refresh tokens (token rotation): one token at a time refreshes a session, and one that comes again ends it.
//!
//! What is kept is the hash of the token that is good. Every token bears the log's tag as well, so that one that was good before is
//! known for what it is without being kept, and nobody ends somebody's session by inventing one.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use hmac::Mac as _;
use rand::RngCore as _;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::clock::at_rest;
use crate::credential::{Ended, Session};
use crate::engine::on_engine;
use crate::fault::Cause;
use crate::log::Log;
use crate::personal::Secret;

/// A sign-in that begins.
#[derive(Clone, Debug)]
pub struct NewSession {
    pub id: Uuid,
    pub account: Uuid,
    pub client: String,
    pub at: DateTime<Utc>,
    /// The generation of the password that it was begun with, if it was: where another one has come meanwhile, nothing begins.
    pub password: Option<u32>,
}

/// How long sessions last.
#[derive(Clone, Copy, Debug)]
pub struct Lifetimes {
    /// From one refresh to the next.
    pub idle: TimeDelta,
    /// From the beginning, however often it is refreshed.
    pub longest: TimeDelta,
}

/// What came of refreshing a session.
#[derive(Clone, Debug)]
pub enum Refreshed {
    /// With the token that refreshes it next.
    Done(Session, String),
    /// No token of this log, or of a session that nobody knows any more.
    NotOurs,
    /// The session has ended.
    Over,
    /// Somebody else has just refreshed with the same token and has the next one; nothing is changed.
    Raced,
    /// The token had been used before: the session has ended now.
    Reused(Session),
}

/// For so long a token that was used by somebody else is taken for a request that crossed another, as of two windows of one browser,
/// and not for a theft. It gets nothing, so that there is never more than one token that is good.
const CROSSING: TimeDelta = TimeDelta::seconds(10);

const LABEL: &[u8] = b"accord: a token that refreshes a session";
/// Its session, its generation, and what nobody can guess.
const SAYS: usize = 16 + 4 + 32;
const LENGTH: usize = SAYS + 32;

impl Log {
    /// Begins a session; gives the token that refreshes it, or nothing where the password has changed meanwhile.
    pub async fn begin_session(
        &self,
        new: NewSession,
        lifetimes: Lifetimes,
    ) -> Result<Option<(Session, String)>, Cause> {
        let at = at_rest(new.at);
        let (token, token_hash) = self.new_token(new.id, 0);
        let session = Session {
            id: new.id,
            account: new.account,
            client: new.client,
            generation: 0,
            token_hash,
            begun_at: at,
            refreshed_at: at,
            expires_at: lifetimes.end(at, at),
            ended: None,
        };
        let begun = on_engine!(self, engine => engine.begin_session(&session, new.password))?;
        Ok(begun.then_some((session, token)))
    }

    /// Takes a refresh token and gives the next. Of several who bring the same one, one has it.
    pub async fn refresh_session(
        &self,
        token: &str,
        at: DateTime<Utc>,
        lifetimes: Lifetimes,
    ) -> Result<Refreshed, Cause> {
        let Some(told) = self.read_token(token) else { return Ok(Refreshed::NotOurs) };
        loop {
            let Some(seen) = self.session(told.session).await? else {
                return Ok(Refreshed::NotOurs);
            };
            match judge(&seen, &told, at) {
                Verdict::Good => {}
                Verdict::NotOurs => return Ok(Refreshed::NotOurs),
                Verdict::Over => return Ok(Refreshed::Over),
                Verdict::Raced => return Ok(Refreshed::Raced),
                Verdict::Reused => {
                    self.end_session(seen.account, seen.id, Ended::Reused, at).await?;
                    return Ok(Refreshed::Reused(seen));
                }
            }
            let generation = seen.generation + 1;
            let (token, token_hash) = self.new_token(seen.id, generation);
            let (refreshed_at, begun_at) = (at_rest(at), seen.begun_at);
            let expires_at = lifetimes.end(begun_at, refreshed_at);
            let next = Session { generation, token_hash, refreshed_at, expires_at, ..seen.clone() };
            if on_engine!(self, engine => engine.refresh(&seen, &next))? {
                return Ok(Refreshed::Done(next, token));
            } // Somebody came first; what the session is now says what that was.
        }
    }

    pub async fn session(&self, id: Uuid) -> Result<Option<Session>, Cause> {
        on_engine!(self, engine => engine.session(id))
    }

    /// The sessions of an account that go on, the latest first.
    pub async fn live_sessions(
        &self,
        account: Uuid,
        at: DateTime<Utc>,
    ) -> Result<Vec<Session>, Cause> {
        on_engine!(self, engine => engine.live_sessions(account, at))
    }

    /// Ends a session of an account; tells whether it went on.
    pub async fn end_session(
        &self,
        account: Uuid,
        id: Uuid,
        ended: Ended,
        at: DateTime<Utc>,
    ) -> Result<bool, Cause> {
        on_engine!(self, engine => engine.end_session(account, id, (at, ended)))
    }

    /// Ends all sessions of an account but one; tells how many went on.
    pub async fn end_sessions(
        &self,
        account: Uuid,
        keeps: Option<Uuid>,
        ended: Ended,
        at: DateTime<Utc>,
    ) -> Result<u64, Cause> {
        on_engine!(self, engine => engine.end_sessions(account, keeps, (at, ended)))
    }

    /// The token of a session's generation, and its hash.
    fn new_token(&self, session: Uuid, generation: u32) -> (String, Secret) {
        let mut token = [0; LENGTH];
        token[..16].copy_from_slice(session.as_bytes());
        token[16..20].copy_from_slice(&generation.to_be_bytes());
        rand::rng().fill_bytes(&mut token[20..SAYS]);
        let tag = self.tag_of(&token[..SAYS]).finalize().into_bytes();
        token[SAYS..].copy_from_slice(&tag);
        (URL_SAFE_NO_PAD.encode(token), hash_of(&token[..SAYS]))
    }

    fn read_token(&self, token: &str) -> Option<Told> {
        let mut bytes = [0; LENGTH];
        let length = URL_SAFE_NO_PAD.decode_slice(token, &mut bytes).ok()?;
        let (says, tag) = bytes.split_at(SAYS);
        if length != LENGTH || self.tag_of(says).verify_slice(tag).is_err() {
            return None;
        }
        let (session, rest) = says.split_first_chunk()?;
        let generation = u32::from_be_bytes(*rest.first_chunk()?);
        Some(Told { session: Uuid::from_bytes(*session), generation, hash: hash_of(says) })
    }

    fn tag_of(&self, says: &[u8]) -> hmac::Hmac<Sha256> {
        let mut mac = self.keys().mac();
        mac.update(LABEL);
        mac.update(says);
        mac
    }
}

impl Lifetimes {
    fn end(self, begun_at: DateTime<Utc>, refreshed_at: DateTime<Utc>) -> DateTime<Utc> {
        (refreshed_at + self.idle).min(begun_at + self.longest)
    }
}

/// What a token of ours says.
struct Told {
    session: Uuid,
    generation: u32,
    hash: Secret,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Verdict {
    Good,
    NotOurs,
    Over,
    Raced,
    Reused,
}

/// What it means that a token of ours comes now.
fn judge(session: &Session, told: &Told, at: DateTime<Utc>) -> Verdict {
    if !session.is_live(at) {
        return Verdict::Over;
    }
    if told.generation == session.generation && told.hash == session.token_hash {
        return Verdict::Good;
    }
    if told.generation >= session.generation {
        return Verdict::NotOurs; // The database was set back, or the log's secret is known elsewhere.
    }
    let last = told.generation + 1 == session.generation;
    if last && at < session.refreshed_at + CROSSING { Verdict::Raced } else { Verdict::Reused }
}

fn hash_of(bytes: &[u8]) -> Secret {
    Sha256::digest(bytes).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(1_767_225_600_000 + milliseconds).expect("a time")
    }

    fn session() -> Session {
        Session {
            id: Uuid::from_u128(1),
            account: Uuid::from_u128(2),
            client: "a browser".into(),
            generation: 5,
            token_hash: [5; 32],
            begun_at: at(0),
            refreshed_at: at(0),
            expires_at: at(60_000),
            ended: None,
        }
    }

    fn verdict(generation: u32, hash: u8, now: i64) -> Verdict {
        let told = Told { session: Uuid::from_u128(1), generation, hash: [hash; 32] };
        judge(&session(), &told, at(now))
    }

    #[test]
    fn the_last_token_is_good_until_the_session_is_over() {
        assert_eq!(verdict(5, 5, 59_999), Verdict::Good);
        assert_eq!(verdict(5, 5, 60_000), Verdict::Over);
    }

    #[test]
    fn the_one_before_it_crosses_another_for_ten_seconds_and_is_a_theft_after() {
        assert_eq!(verdict(4, 4, 9_999), Verdict::Raced);
        assert_eq!(verdict(4, 4, 10_000), Verdict::Reused);
        assert_eq!(verdict(3, 3, 1), Verdict::Reused, "two generations ago nothing crosses");
    }

    #[test]
    fn what_was_never_handed_out_ends_nothing() {
        assert_eq!(verdict(5, 6, 1), Verdict::NotOurs);
        assert_eq!(verdict(6, 6, 1), Verdict::NotOurs);
    }

    #[test]
    fn of_an_ended_session_every_token_is_over() {
        let ended = Session { ended: Some((at(1), Ended::SignedOut)), ..session() };
        for generation in [3, 4, 5, 6] {
            let told = Told { session: ended.id, generation, hash: [5; 32] };
            assert_eq!(judge(&ended, &told, at(2)), Verdict::Over);
        }
    }

    #[test]
    fn no_refresh_takes_a_session_beyond_its_longest() {
        let lifetimes = Lifetimes { idle: TimeDelta::days(14), longest: TimeDelta::days(90) };
        assert_eq!(lifetimes.end(at(0), at(0)), at(0) + TimeDelta::days(14));
        let late = at(0) + TimeDelta::days(80);
        assert_eq!(lifetimes.end(at(0), late), at(0) + TimeDelta::days(90));
    }
}
