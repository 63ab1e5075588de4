//! Row mapping: events and receipts out of the rows that they are at rest, whichever engine these are on.

use std::error::Error;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use domain::{Actor, CommandId, Envelope, EventId, SubjectId};
use uuid::Uuid;

use crate::clock::Witness;
use crate::event::RawEvent;
use crate::personal::{KeptKey, Key, Secret};
use crate::verdict::Applied;

/// A row, column by column.
pub(crate) trait AtRest {
    fn number(&self, nth: usize) -> Result<u64, sqlx::Error>;
    fn text(&self, nth: usize) -> Result<&str, sqlx::Error>;
    fn bytes_or_null(&self, nth: usize) -> Result<Option<&[u8]>, sqlx::Error>;
    fn instant_or_null(&self, nth: usize) -> Result<Option<DateTime<Utc>>, sqlx::Error>;
    fn id_or_null(&self, nth: usize) -> Result<Option<Uuid>, sqlx::Error>;

    fn id(&self, nth: usize) -> Result<Uuid, sqlx::Error> {
        self.id_or_null(nth)?.ok_or_else(|| sqlx::Error::Decode("an id is null".into()))
    }

    fn instant(&self, nth: usize) -> Result<DateTime<Utc>, sqlx::Error> {
        let instant = self.instant_or_null(nth)?;
        instant.ok_or_else(|| sqlx::Error::Decode("an instant is null".into()))
    }

    /// A key or a hash.
    fn key(&self, nth: usize) -> Result<Secret, sqlx::Error> {
        let bytes = self.bytes_or_null(nth)?;
        bytes.unwrap_or_default().try_into().map_err(undecodable)
    }
}

/// The columns of an event in the order in which both engines take them apart.
macro_rules! select_events {
    ($rest:literal) => {
        concat!(
            "SELECT position, event_id, aggregate_type, aggregate_id, sequence, event_type, event_version, occurred_at, \
             recorded_at, actor, command_id, causation_id, correlation_id, payload FROM events ",
            $rest
        )
    };
}
pub(crate) use select_events;

/// The events that were asked for by [`select_events`].
pub(crate) fn events(rows: &[impl AtRest]) -> Result<Vec<RawEvent>, sqlx::Error> {
    let mut actors = ActorMemo::default();
    rows.iter().map(|row| event(row, &mut actors)).collect()
}

fn event(row: &impl AtRest, actors: &mut ActorMemo) -> Result<RawEvent, sqlx::Error> {
    let envelope = Envelope {
        position: row.number(0)?,
        event_id: EventId(row.id(1)?),
        aggregate_type: row.text(2)?.to_owned(),
        aggregate_id: parsed(row.text(3)?)?,
        sequence: row.number(4)?,
        event_type: row.text(5)?.to_owned(),
        event_version: parsed(row.text(6)?)?,
        occurred_at: row.instant(7)?,
        recorded_at: row.instant(8)?,
        actor: actors.parse(row.text(9)?).map_err(undecodable)?,
        command_id: CommandId(row.id(10)?),
        causation_id: row.id_or_null(11)?.map(EventId),
        correlation_id: row.id(12)?,
    };
    Ok(RawEvent { envelope, payload: row.text(13)?.to_owned() })
}

/// The columns of a receipt in the order in which it is taken apart.
macro_rules! select_receipts {
    ($rest:literal) => {
        concat!(
            "SELECT command_id, fingerprint, aggregate_type, aggregate_id, first_position, last_position, recorded_at \
             FROM receipts ",
            $rest
        )
    };
}
pub(crate) use select_receipts;

/// What was asked for by [`select_receipts`].
pub(crate) fn applied(row: &impl AtRest) -> Result<(CommandId, Applied), sqlx::Error> {
    let applied = Applied {
        fingerprint: row.key(1)?,
        aggregate_type: row.text(2)?.to_owned(),
        aggregate_id: parsed(row.text(3)?)?,
        first_position: row.number(4)?,
        last_position: row.number(5)?,
        recorded_at: row.instant(6)?,
    };
    Ok((CommandId(row.id(0)?), applied))
}

/// What the database knows of the time, with its own clock's word for it.
macro_rules! select_witness {
    ($clock:literal) => {
        concat!(
            "SELECT ",
            $clock,
            ", CASE WHEN position > 0 THEN recorded_at END, seen_at, confirmed_at FROM log_head, clock"
        )
    };
}
pub(crate) use select_witness;

/// What was asked for by [`select_witness`].
pub(crate) fn witness(row: &impl AtRest) -> Result<Witness, sqlx::Error> {
    Ok(Witness {
        server: row.instant_or_null(0)?,
        last: row.instant_or_null(1)?,
        seen: row.instant_or_null(2)?,
        confirmed: row.instant_or_null(3)?,
    })
}

/// Under which name the table `secrets` has what fingerprints are keyed with.
pub(crate) const SECRET: &str = "fingerprints";

/// The columns of a key in the order in which it is taken apart.
macro_rules! select_keys {
    ($rest:literal) => {
        concat!("SELECT id, subject, key, aggregate_type, aggregate_id FROM subject_keys ", $rest)
    };
}
pub(crate) use select_keys;

/// What was asked for by [`select_keys`].
pub(crate) fn kept_key(row: &impl AtRest) -> Result<(Uuid, KeptKey), sqlx::Error> {
    let key = KeptKey {
        subject: SubjectId(row.id(1)?),
        secret: row.bytes_or_null(2)?.map(TryInto::try_into).transpose().map_err(undecodable)?,
        aggregate_type: row.text(3)?.to_owned(),
        aggregate_id: parsed(row.text(4)?)?,
    };
    Ok((row.id(0)?, key))
}

/// The same, where it is in use.
pub(crate) fn key_in_use(row: &impl AtRest) -> Result<(SubjectId, Key), sqlx::Error> {
    Ok((SubjectId(row.id(1)?), Key { id: row.id(0)?, secret: row.key(2)? }))
}

/// What a text says.
pub(crate) fn parsed<T>(text: &str) -> Result<T, sqlx::Error>
where
    T: FromStr<Err: Error + Send + Sync + 'static>,
{
    text.parse().map_err(undecodable)
}

pub(crate) fn undecodable(error: impl Error + Send + Sync + 'static) -> sqlx::Error {
    sqlx::Error::Decode(Box::new(error))
}

/// Parses actors; most events have the same one as the event before.
#[derive(Default)]
struct ActorMemo(Option<(String, Actor)>);

impl ActorMemo {
    fn parse(&mut self, json: &str) -> Result<Actor, serde_json::Error> {
        match &self.0 {
            Some((known, actor)) if known == json => Ok(actor.clone()),
            Some(_) | None => {
                let actor: Actor = serde_json::from_str(json)?;
                self.0 = Some((json.to_owned(), actor.clone()));
                Ok(actor)
            }
        }
    }
}
