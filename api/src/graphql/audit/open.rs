//! Open reactions: what should have come of an event and has not, for whoever has to see to it.

use async_graphql::{Context, Object};
use chrono::{DateTime, Utc};
use domain::outcomes::OpenKind;
use uuid::Uuid;

use crate::{
    effects::{OpenReaction as Open, open_reactions},
    graphql::ground::{
        asked::Asked,
        failure::Failure,
        scalars::{Money, Position},
        show::{shown, shows},
        word::Word,
    },
};

/// Most that are answered at once.
const MOST: u32 = 100;

shows! {
    /// What should have come of an event, or at an instant, and has not. It comes once, whenever it can.
    OpenReaction of (row: Open) {
        /// The command that is to bring it about, by its UUID.
        command_id: Uuid = row.item.command_id.0,
        /// That command's name, such as "accrueCommission".
        command: String = row.item.command,
        /// To what it is to happen.
        aggregate_id: Uuid = row.item.aggregate_id,
        /// Why it is open.
        kind: Word<OpenKind> = Word(row.item.kind),
        /// The refusal's code, or "INTERNAL" or "COMMAND_ID_REUSED" where it could not be decided.
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
    }
}

/// Queries of what has not come.
#[derive(Default)]
pub struct OpenQueries;

#[Object]
impl OpenQueries {
    /// What should have come of events and has not, the oldest first. An operator has it tried again with `accord
    /// reactions retry`.
    async fn open_reactions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, at most 100; 50 where it is left out.")] first: Option<u32>,
    ) -> Result<Option<Vec<OpenReaction>>, Failure> {
        let first = first.unwrap_or(50);
        if first > MOST {
            return Err(Failure::bad_input("first is at most 100"));
        }
        let asked = Asked::of(ctx)?;
        let open = open_reactions(&asked.sources.log, first).await;
        open.map_err(|error| Failure::unavailable(&error)).and_then(shown).map(Some)
    }
}
