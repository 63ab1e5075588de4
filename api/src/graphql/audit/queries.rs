//! Browsing the audit trail.

use async_graphql::{Context, InputObject, Object};
use chrono::{DateTime, Utc};
use domain::{CommandId, PartnerId, ProgramId};
use projections::{Sort, events};
use uuid::Uuid;

use super::{ActorKind, AuditEvent};
use crate::graphql::{
    connection::{Connection, OrderDirection, connection, cost, page},
    failure::Failure,
    request::Asked,
    scalars::Position,
};

/// Which events; every part that is given must hold.
#[derive(InputObject, Clone, Debug, Default)]
pub struct AuditFilter {
    /// Of any of these types, such as "deal-registered".
    #[graphql(default)]
    pub types: Vec<String>,
    /// That happened to this sort of thing: "program", "partner", "deal" or "wallet".
    pub aggregate_type: Option<String>,
    /// That happened to the thing with this UUID.
    pub aggregate_id: Option<Uuid>,
    /// Of this programme.
    pub program: Option<Uuid>,
    /// That concern this partner.
    pub partner: Option<Uuid>,
    /// Done by whoever has this subject or name.
    pub actor: Option<String>,
    /// Done by this sort of somebody.
    pub actor_kind: Option<ActorKind>,
    /// Set going by the same command from outside.
    pub correlation_id: Option<Uuid>,
    /// Brought about by this command.
    pub command_id: Option<Uuid>,
    /// True in the world at this instant or later.
    pub occurred_from: Option<DateTime<Utc>>,
    /// True in the world before this instant.
    pub occurred_until: Option<DateTime<Utc>>,
    /// Recorded at this instant or later.
    pub recorded_from: Option<DateTime<Utc>>,
    /// Recorded before this instant.
    pub recorded_until: Option<DateTime<Utc>>,
}

/// Queries of the audit trail.
#[derive(Default)]
pub struct AuditQueries;

impl From<AuditFilter> for events::Filter {
    fn from(filter: AuditFilter) -> Self {
        Self {
            types: filter.types,
            aggregate_type: filter.aggregate_type,
            aggregate_id: filter.aggregate_id,
            program: filter.program.map(ProgramId),
            partner: filter.partner.map(PartnerId),
            actor_id: filter.actor,
            actor_kind: filter.actor_kind.map(events::Kind::from),
            correlation_id: filter.correlation_id,
            command_id: filter.command_id.map(CommandId),
            occurred_from: filter.occurred_from,
            occurred_until: filter.occurred_until,
            recorded_from: filter.recorded_from,
            recorded_until: filter.recorded_until,
            ..Self::default()
        }
    }
}

#[Object]
impl AuditQueries {
    /// The events of the log, the latest first.
    #[graphql(complexity = "cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments, reason = "each is an argument of the schema")]
    async fn events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones; all where it is left out.")] filter: Option<AuditFilter>,
        #[graphql(desc = "In which order of the log; the latest first where it is left out.")]
        direction: Option<OrderDirection>,
        #[graphql(desc = "How many, counted from the beginning; at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many, counted from the end; at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
        #[graphql(desc = "Answer no earlier than this place in the log.")] min_position: Option<
            Position,
        >,
    ) -> Result<Option<Connection<AuditEvent>>, Failure> {
        let asked = Asked::at_least(ctx, min_position).await?;
        let page = page(first, after, last, before)?;
        let direction = direction.unwrap_or(OrderDirection::Descending).into();
        let sort = Sort { by: events::Order::Position, direction };
        let filter = filter.unwrap_or_default().into();
        let slice =
            events::list(&asked.db(), asked.scope::<AuditEvent>(), &filter, sort, &page).await?;
        connection(slice).map(Some)
    }
}
