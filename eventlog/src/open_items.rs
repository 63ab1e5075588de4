//! Open items: effects that did not come when they were due, kept until they do (dead letter queue).

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use domain::outcomes::OpenKind;
use domain::{ClosedList, CommandId, EventId};
use uuid::Uuid;

use crate::at_rest::{AtRest, undecodable};

/// An effect that has not come.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OpenItem {
    /// Of the effect: it comes once, however often it is tried.
    pub command_id: CommandId,
    pub kind: OpenKind,
    /// The event that asks for it, and its place in the log.
    pub event_id: EventId,
    pub position: u64,
    /// The command's public name.
    pub command: String,
    pub aggregate_id: Uuid,
    /// The aggregate that something has to happen to first.
    pub waits_for: Option<Uuid>,
    pub code: String,
    pub reason: String,
    /// When it was tried first and last, and how often.
    pub since: DateTime<Utc>,
    pub tried_at: DateTime<Utc>,
    pub tries: u64,
}

/// Which open items.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Which {
    All,
    /// Those that somebody has asked to have tried again.
    Asked,
    WaitingFor(Uuid),
}

/// How many open items there are of each kind.
pub type Counts = BTreeMap<OpenKind, u64>;

/// The ids of effects.
pub type Ids = BTreeSet<CommandId>;

/// The columns of an open item in the order in which it is taken apart.
macro_rules! select_open_items {
    ($rest:literal) => {
        concat!(
            "SELECT command_id, kind, event_id, position, command, aggregate_id, waits_for, code, reason, since, \
             tried_at, tries FROM open_items ",
            $rest
        )
    };
}
pub(crate) use select_open_items;

/// What was asked for by [`select_open_items`].
pub(crate) fn open_items(rows: &[impl AtRest]) -> Result<Vec<OpenItem>, sqlx::Error> {
    rows.iter().map(open_item).collect()
}

fn open_item(row: &impl AtRest) -> Result<OpenItem, sqlx::Error> {
    Ok(OpenItem {
        command_id: CommandId(row.id(0)?),
        kind: kind(row.text(1)?)?,
        event_id: EventId(row.id(2)?),
        position: row.number(3)?,
        command: row.text(4)?.to_owned(),
        aggregate_id: row.id(5)?,
        waits_for: row.id_or_null(6)?,
        code: row.text(7)?.to_owned(),
        reason: row.text(8)?.to_owned(),
        since: row.instant(9)?,
        tried_at: row.instant(10)?,
        tries: row.number(11)?,
    })
}

/// The kinds of `SELECT kind, count(*)`.
pub(crate) fn counts(rows: &[impl AtRest]) -> Result<Counts, sqlx::Error> {
    rows.iter().map(|row| Ok((kind(row.text(0)?)?, row.number(1)?))).collect()
}

fn kind(word: &str) -> Result<OpenKind, sqlx::Error> {
    OpenKind::of(word).ok_or_else(|| undecodable(Unknown(word.to_owned())))
}

#[derive(Debug, thiserror::Error)]
#[error("no open item is called {0}; this log was written by another build")]
struct Unknown(String);
