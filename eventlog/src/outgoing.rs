//! Outgoing mail (transactional outbox): which mail events cause, and what has become of it. It is written when it goes, so
//! that nothing of anybody stands here.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use domain::mails::{MailKind, MailState, Notice, Recipient};
use domain::{ClosedList, Envelope, EventId};
use uuid::Uuid;

use crate::at_rest::{AtRest, undecodable};

/// For how long a mail is tried: what it says is of little use later.
const WORTH_WHILE: TimeDelta = TimeDelta::days(3);

/// A mail that was caused.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outgoing {
    pub id: Uuid,
    pub kind: MailKind,
    /// The event that causes it, and its place in the log.
    pub event_id: EventId,
    pub position: u64,
    pub recipient: Recipient,
    pub state: MailState,
    pub since: DateTime<Utc>,
    /// When it is tried next, where it waits.
    pub due_at: DateTime<Utc>,
    pub give_up_at: DateTime<Utc>,
    pub tries: u64,
    pub tried_at: Option<DateTime<Utc>>,
    pub settled_at: Option<DateTime<Utc>>,
    /// Why it was not sent.
    pub problem: Option<String>,
}

/// What came of a try.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Settled {
    Sent {
        at: DateTime<Utc>,
    },
    Failed {
        at: DateTime<Utc>,
        problem: String,
    },
    Dropped {
        at: DateTime<Utc>,
        problem: String,
    },
    /// It is tried again then.
    Later {
        due_at: DateTime<Utc>,
        problem: String,
    },
}

/// How much mail there is in each state.
pub type MailCounts = BTreeMap<MailState, u64>;

/// The place of a mail in the list of all, the oldest first.
pub type MailKey = (DateTime<Utc>, Uuid);

/// Which part of the list is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct MailPage {
    /// Of all where it is left out.
    pub state: Option<MailState>,
    pub after: Option<MailKey>,
    pub before: Option<MailKey>,
    /// Counted from the end.
    pub last: bool,
    pub most: u32,
}

impl Outgoing {
    /// The mail that an event causes, before anybody has tried it.
    pub fn caused(notice: Notice, by: &Envelope) -> Self {
        Self {
            id: notice.id(by.event_id),
            kind: notice.kind,
            event_id: by.event_id,
            position: by.position,
            recipient: notice.to,
            state: MailState::Waiting,
            since: by.recorded_at,
            due_at: by.recorded_at,
            give_up_at: by.recorded_at + WORTH_WHILE,
            tries: 0,
            tried_at: None,
            settled_at: None,
            problem: None,
        }
    }
}

impl Settled {
    pub(crate) fn state(&self) -> MailState {
        match self {
            Self::Sent { .. } => MailState::Sent,
            Self::Failed { .. } => MailState::Failed,
            Self::Dropped { .. } => MailState::Dropped,
            Self::Later { .. } => MailState::Waiting,
        }
    }

    pub(crate) fn at(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::Sent { at } | Self::Failed { at, .. } | Self::Dropped { at, .. } => Some(*at),
            Self::Later { .. } => None,
        }
    }

    pub(crate) fn due_at(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::Sent { .. } | Self::Failed { .. } | Self::Dropped { .. } => None,
            Self::Later { due_at, .. } => Some(*due_at),
        }
    }

    pub(crate) fn problem(&self) -> &str {
        match self {
            Self::Sent { .. } => "",
            Self::Failed { problem, .. }
            | Self::Dropped { problem, .. }
            | Self::Later { problem, .. } => problem,
        }
    }
}

/// Until when a mail is tried that somebody has asked to have sent after all.
pub(crate) fn once_more(now: DateTime<Utc>) -> DateTime<Utc> {
    now + WORTH_WHILE
}

/// The columns of a mail in the order in which it is taken apart.
macro_rules! columns {
    () => {
        "id, kind, event_id, position, recipient_type, recipient_id, state, since, due_at, give_up_at, tries, tried_at, \
         settled_at, problem"
    };
}

// What is asked of the outbox, in words that both dialects share.

pub(crate) const ADD: &str = concat!(
    "INSERT INTO outbox (",
    columns!(),
    ") VALUES ($1, $2, $3, $4, $5, $6, 'waiting', $7, $8, $9, 0, NULL, NULL, '') ON CONFLICT (id) DO NOTHING"
);

/// Whoever comes second finds that the mail is not due any more.
pub(crate) const CLAIM: &str = concat!(
    "UPDATE outbox SET due_at = $2, tries = tries + 1, tried_at = $1
     WHERE id = (SELECT id FROM outbox WHERE state = 'waiting' AND due_at <= $1 ORDER BY due_at, id LIMIT 1)
       AND state = 'waiting' AND due_at <= $1
     RETURNING ",
    columns!()
);

pub(crate) const SETTLE: &str = "UPDATE outbox
    SET state = $2, settled_at = $3, due_at = coalesce($4, due_at), problem = $5
    WHERE id = $1 AND state = 'waiting'";

pub(crate) const AGAIN: &str = "UPDATE outbox
    SET state = 'waiting', settled_at = NULL, due_at = $2, give_up_at = $3, tries = 0
    WHERE state = 'failed' AND (id = $1 OR $1 IS NULL)";

pub(crate) const COUNTS: &str = "SELECT state, count(*) FROM outbox GROUP BY state";

/// The list's rows of a [`MailPage`], before the order.
macro_rules! select_page {
    ($order:literal) => {
        concat!(
            "SELECT ",
            columns!(),
            " FROM outbox WHERE ($1 IS NULL OR state = $1)
               AND ($2 IS NULL OR (since, id) > ($2, $3)) AND ($4 IS NULL OR (since, id) < ($4, $5)) ",
            $order,
            " LIMIT $6"
        )
    };
}

pub(crate) const FIRST: &str = select_page!("ORDER BY since, id");

/// From the end on.
pub(crate) const LAST: &str = select_page!("ORDER BY since DESC, id DESC");

pub(crate) fn outgoing(row: &impl AtRest) -> Result<Outgoing, sqlx::Error> {
    let (aggregate_type, problem) = (row.text(4)?, row.text(13)?);
    let recipient = Recipient::of(aggregate_type, row.id(5)?);
    Ok(Outgoing {
        id: row.id(0)?,
        kind: word(row.text(1)?)?,
        event_id: EventId(row.id(2)?),
        position: row.number(3)?,
        recipient: recipient.ok_or_else(|| unknown(aggregate_type))?,
        state: word(row.text(6)?)?,
        since: row.instant(7)?,
        due_at: row.instant(8)?,
        give_up_at: row.instant(9)?,
        tries: row.number(10)?,
        tried_at: row.instant_or_null(11)?,
        settled_at: row.instant_or_null(12)?,
        problem: (!problem.is_empty()).then(|| problem.to_owned()),
    })
}

/// The states of `SELECT state, count(*)`.
pub(crate) fn counts(rows: &[impl AtRest]) -> Result<MailCounts, sqlx::Error> {
    rows.iter().map(|row| Ok((word(row.text(0)?)?, row.number(1)?))).collect()
}

fn word<T: ClosedList>(word: &str) -> Result<T, sqlx::Error> {
    T::of(word).ok_or_else(|| unknown(word))
}

fn unknown(word: &str) -> sqlx::Error {
    undecodable(Unknown(word.to_owned()))
}

#[derive(Debug, thiserror::Error)]
#[error("the outbox knows no {0}; this log was written by another build")]
struct Unknown(String);
