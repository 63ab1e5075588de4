//! Open items: what should have come of an event and has not, for whoever has to see to it.

use async_graphql::{Context, Object};
use chrono::{DateTime, Datelike, Utc};
use domain::{CommandId, outcomes::OpenKind};
use eventlog::{ItemKey, ItemPage, Log};
use futures::FutureExt;
use projections::{Cursor, MOST_COUNTED, Page, Slice, page::PageError};
use uuid::Uuid;

use crate::{
    graphql::ground::{
        asked::Asked,
        failure::Failure,
        page::{Connection, answered, connection, page},
        scalars::{Money, Position},
        show::{shown, shows},
        total::Total,
        word::Word,
    },
    open_items::{Listed, listed},
};

shows! {
    /// What should have come of an event, or at an instant, and has not. It comes once, whenever it can.
    OpenItem of (row: Listed) {
        /// The command that is to bring it about, by its UUID.
        command_id: Uuid = row.item.command_id.0,
        /// That command's name, such as "accrueCommission".
        command: String = row.item.command,
        /// To what it is to happen.
        aggregate_id: Uuid = row.item.aggregate_id,
        /// Why it is open.
        kind: Word<OpenKind> = Word(row.item.kind),
        /// The refusal's code, or "INTERNAL", "CONFLICT" or "COMMAND_ID_REUSED" where it could not be decided.
        code: String = row.item.code,
        /// What the refusal says.
        reason: Option<String> = Some(row.item.reason),
        /// The money that it is about.
        amount: Option<Money> = shown(row.amount)?,
        /// The event that asks for it.
        cause_id: Uuid = row.item.event_id.0,
        /// That event's place in the log.
        cause_position: Position = Position(row.item.position),
        /// When it was tried first.
        since: DateTime<Utc> = row.item.since,
        /// When it was tried last.
        tried_at: DateTime<Utc> = row.item.tried_at,
        /// How often it was tried.
        tries: u32 = u32::try_from(row.item.tries).unwrap_or(u32::MAX),
        /// When somebody said that it will never come; it is not tried any more.
        dismissed_at: Option<DateTime<Utc>> = row.item.dismissed.as_ref().map(|dismissal| dismissal.at),
        /// Who said so, by the name on the machine.
        dismissed_by: Option<String> = row.item.dismissed.as_ref().map(|dismissal| dismissal.by.clone()),
        /// Why.
        dismissed_for: Option<String> = row.item.dismissed.map(|dismissal| dismissal.reason),
    }
}

/// Queries of what has not come.
#[derive(Default)]
pub struct OpenQueries;

#[Object]
impl OpenQueries {
    /// What should have come of events and has not, the oldest first. An operator has it tried again with `accord
    /// open-items retry`, or says with `accord open-items dismiss` that it will never come.
    #[allow(clippy::too_many_arguments, reason = "each is an argument of the schema")]
    async fn open_items(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Those that were dismissed, instead of those that are open.")]
        dismissed: Option<bool>,
        #[graphql(desc = "How many, counted from the beginning; at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many, counted from the end; at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Result<Option<Connection<OpenItem>>, Failure> {
        let asked = Asked::of(ctx)?;
        let wanted = page(ctx, first, after, last, before)?;
        let dismissed = dismissed.unwrap_or_default();
        let (length, asked_for) = part(&wanted, dismissed)?;
        let rows = listed(&asked.sources.log, asked_for).await;
        let rows = rows.map_err(|error| Failure::unavailable(&error))?;
        let log = asked.sources.log.clone();
        let total = Total::of(move || count(log.clone(), dismissed).boxed());
        let list = connection(slice(&wanted, length, rows), total)?;
        Ok(Some(answered(ctx, list)))
    }
}

/// How many there are, or one more than is counted.
async fn count(log: Log, dismissed: bool) -> Result<u64, Failure> {
    let most = u32::try_from(MOST_COUNTED).unwrap_or(u32::MAX).saturating_add(1);
    let all = ItemPage { dismissed, after: None, before: None, last: false, most };
    let items = log.item_page(all).await.map_err(|error| Failure::unavailable(&error))?;
    Ok(items.len() as u64)
}

/// The part of the list that makes the page, with one more that tells whether it goes on; and how long the page is.
fn part(page: &Page, dismissed: bool) -> Result<(usize, ItemPage), Failure> {
    let (length, last) = match (page.first, page.last) {
        (Some(_), Some(_)) => return Err(refused(PageError::BothEnds)),
        (first, None) => (first.unwrap_or_default(), false),
        (None, Some(last)) => (last, true),
    };
    let [after, before] = [&page.after, &page.before].map(|cursor| cursor.as_ref().map(key));
    let (after, before) = (after.transpose()?, before.transpose()?);
    let most = u32::try_from(length).unwrap_or(u32::MAX).saturating_add(1);
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    Ok((length, ItemPage { dismissed, after, before, last, most }))
}

fn slice(page: &Page, length: usize, mut rows: Vec<Listed>) -> Slice<Listed> {
    let more = rows.len() > length;
    rows.truncate(length);
    let (has_next, has_previous) = if page.last.is_some() {
        rows.reverse();
        (page.before.is_some(), more)
    } else {
        (more, page.after.is_some())
    };
    let cursor = |row: &Listed| {
        let (since, id) = (row.item.since.timestamp_micros(), row.item.command_id.0.simple());
        Cursor::new(format!("{since}.{id}"))
    };
    let rows = rows.into_iter().map(|row| (cursor(&row), row)).collect();
    Slice { rows, has_next, has_previous }
}

/// The place that a cursor names.
fn key(cursor: &Cursor) -> Result<ItemKey, Failure> {
    let read = || {
        let (since, id) = cursor.as_str().split_once('.')?;
        let since = DateTime::from_timestamp_micros(since.parse().ok()?)?;
        let kept = (1900..=9999).contains(&since.year()); // As both engines can hold it.
        kept.then_some((since, CommandId(id.parse().ok()?)))
    };
    read().ok_or_else(|| refused(PageError::ForeignCursor))
}

fn refused(error: PageError) -> Failure {
    projections::QueryError::from(error).into()
}
