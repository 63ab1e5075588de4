//! Open items: what should have come of an event and has not, for whoever has to see to it.

use async_graphql::{Context, Object};
use chrono::{DateTime, Utc};
use domain::{CommandId, outcomes::OpenKind};
use eventlog::{ItemPage, Log};
use futures::FutureExt;
use uuid::Uuid;

use crate::{
    graphql::ground::{
        asked::Asked,
        beside::{Key, Part, most_counted, part, slice},
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
        let Part { after, before, last, most } = part(&wanted)?;
        let [after, before] =
            [after, before].map(|key| key.map(|(since, id)| (since, CommandId(id))));
        let asked_for = ItemPage { dismissed, after, before, last, most };
        let rows = listed(&asked.sources.log, asked_for).await;
        let rows = rows.map_err(|error| Failure::unavailable(&error))?;
        let log = asked.sources.log.clone();
        let total = Total::of(move || count(log.clone(), dismissed).boxed());
        let list = connection(slice(&wanted, rows, key), total)?;
        Ok(Some(answered(ctx, list)))
    }
}

fn key(row: &Listed) -> Key {
    (row.item.since, row.item.command_id.0)
}

/// How many there are, or one more than is counted.
async fn count(log: Log, dismissed: bool) -> Result<u64, Failure> {
    let all = ItemPage { dismissed, most: most_counted(), ..ItemPage::default() };
    let items = log.item_page(all).await.map_err(|error| Failure::unavailable(&error))?;
    Ok(items.len() as u64)
}
