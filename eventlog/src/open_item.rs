//! Open items: effects that did not come when they were due, kept until they do or somebody dismisses them (dead letters).

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
    /// Whether, and why, it is not waited for any more.
    pub dismissed: Option<Dismissal>,
}

/// Somebody has said that an effect will never come: nobody tries it again, and what is there stays for an auditor.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Dismissal {
    pub at: DateTime<Utc>,
    pub by: String,
    pub reason: String,
}

/// Which open items to try.
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

/// The effects that nothing has come of.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct NotCome {
    pub open: Ids,
    pub dismissed: Ids,
}

/// The place of an item in the list of all, the oldest first.
pub type ItemKey = (DateTime<Utc>, CommandId);

/// Which part of the list is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct ItemPage {
    /// Those that were dismissed, instead of those that are open.
    pub dismissed: bool,
    pub after: Option<ItemKey>,
    pub before: Option<ItemKey>,
    /// Counted from the end.
    pub last: bool,
    pub most: u32,
}

/// Whether the effect of a row has not come, be it by way of another process. A receipt says that it has, but for one whose
/// id is another command's.
macro_rules! has_not_come {
    () => {
        "(code = 'COMMAND_ID_REUSED' OR NOT EXISTS
          (SELECT 1 FROM receipts WHERE receipts.command_id = open_items.command_id))"
    };
}

/// Whether a row is an open item.
macro_rules! is_open {
    () => {
        concat!("(dismissed_at IS NULL AND ", has_not_come!(), ")")
    };
}

/// The columns of an open item in the order in which it is taken apart.
macro_rules! select_open_items {
    ($($rest:tt)+) => {
        concat!(
            "SELECT command_id, kind, event_id, position, command, aggregate_id, waits_for, code, reason, since, \
             tried_at, tries, dismissed_at, dismissed_by, dismissed_for FROM open_items ",
            $($rest)+
        )
    };
}

// What is asked of open items, in words that both dialects share.

pub(crate) const ALL: &str =
    select_open_items!("WHERE ", is_open!(), " ORDER BY since, command_id");

pub(crate) const ASKED: &str =
    select_open_items!("WHERE asked AND ", is_open!(), " ORDER BY since, command_id");

pub(crate) const WAITING: &str =
    select_open_items!("WHERE waits_for = $1 AND ", is_open!(), " ORDER BY since, command_id");

/// The list's rows of an [`ItemPage`], before the order.
macro_rules! select_page {
    ($order:literal) => {
        select_open_items!(
            "WHERE ($1 AND dismissed_at IS NOT NULL OR NOT $1 AND ",
            is_open!(),
            ") AND ($2 IS NULL OR (since, command_id) > ($2, $3))
               AND ($4 IS NULL OR (since, command_id) < ($4, $5)) ",
            $order,
            " LIMIT $6"
        )
    };
}

pub(crate) const FIRST: &str = select_page!("ORDER BY since, command_id");

/// From the end on.
pub(crate) const LAST: &str = select_page!("ORDER BY since DESC, command_id DESC");

pub(crate) const NOT_COME: &str =
    concat!("SELECT command_id, dismissed_at FROM open_items WHERE ", has_not_come!());

pub(crate) const DISMISSED: &str = "SELECT command_id FROM open_items
    WHERE dismissed_at IS NOT NULL AND position BETWEEN $1 AND $2";

pub(crate) const COUNTS: &str =
    concat!("SELECT kind, count(*) FROM open_items WHERE ", is_open!(), " GROUP BY kind");

pub(crate) const ASK: &str = concat!(
    "UPDATE open_items SET asked = TRUE, dismissed_at = NULL, dismissed_by = NULL, dismissed_for = NULL
     WHERE (command_id = $1 OR ($1 IS NULL AND dismissed_at IS NULL)) AND ",
    has_not_come!()
);

pub(crate) const DISMISS: &str = concat!(
    "UPDATE open_items SET dismissed_at = $2, dismissed_by = $3, dismissed_for = $4, asked = FALSE
     WHERE command_id = $1 AND ",
    is_open!()
);

pub(crate) const CLOSE: &str =
    "DELETE FROM open_items WHERE command_id = $1 AND dismissed_at IS NULL";

pub(crate) const SWEEP: &str =
    concat!("DELETE FROM open_items WHERE dismissed_at IS NULL AND NOT ", has_not_come!());

/// Open items, their columns in the order of [`ALL`].
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
        dismissed: dismissal(row)?,
    })
}

fn dismissal(row: &impl AtRest) -> Result<Option<Dismissal>, sqlx::Error> {
    let Some(at) = row.instant_or_null(12)? else { return Ok(None) };
    Ok(Some(Dismissal { at, by: row.text(13)?.to_owned(), reason: row.text(14)?.to_owned() }))
}

/// The ids of `SELECT command_id, dismissed_at`.
pub(crate) fn not_come(rows: &[impl AtRest]) -> Result<NotCome, sqlx::Error> {
    let mut ids = NotCome::default();
    for row in rows {
        let dismissed = row.instant_or_null(1)?.is_some();
        let those = if dismissed { &mut ids.dismissed } else { &mut ids.open };
        those.insert(CommandId(row.id(0)?));
    }
    Ok(ids)
}

/// The ids of `SELECT command_id`.
pub(crate) fn ids(rows: &[impl AtRest]) -> Result<Ids, sqlx::Error> {
    rows.iter().map(|row| row.id(0).map(CommandId)).collect()
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
