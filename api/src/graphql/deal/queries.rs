//! Asking for deals, and for the reasons of a commission.

use async_graphql::{Context, Enum, InputObject, Object};
use chrono::{DateTime, Utc};
use domain::{LotId, PartnerId, ProgramId};
use projections::{Scope, Sort, commissions, deals, lots};
use uuid::Uuid;

use super::{Deal, DealStage, Explanation};
use crate::graphql::{
    connection::{Connection, OrderDirection, connection, cost, page},
    failure::Failure,
    request::Asked,
    scalars::Position,
    wallet::Lot,
};

/// Which deals; every part that is given must hold.
#[derive(InputObject, Debug, Default)]
pub struct DealFilter {
    /// Of this programme.
    program: Option<Uuid>,
    /// Of this partner.
    partner: Option<Uuid>,
    /// At any of these stages.
    #[graphql(default)]
    stages: Vec<DealStage>,
    /// In this territory.
    territory: Option<String>,
    /// That this employee looks after.
    responsible: Option<String>,
    /// That this person registered.
    seller: Option<String>,
    /// Whose customer's name begins like this.
    customer_starts_with: Option<String>,
    /// Registered at this instant or later.
    registered_from: Option<DateTime<Utc>>,
    /// Registered before this instant.
    registered_until: Option<DateTime<Utc>>,
    /// Whose protection ends before this instant.
    protection_ends_before: Option<DateTime<Utc>>,
}

/// In which order deals stand.
#[derive(InputObject, Debug)]
pub struct DealOrder {
    /// By what.
    field: DealOrderField,
    /// Which way.
    direction: OrderDirection,
}

/// By what deals can be ordered.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
#[graphql(remote = "deals::Order")]
pub enum DealOrderField {
    /// When they were registered.
    RegisteredAt,
    /// The names of their customers.
    CustomerName,
    /// When they changed last.
    LastChange,
}

/// Queries of deals.
#[derive(Default)]
pub struct DealQueries;

impl From<DealFilter> for deals::Filter {
    fn from(filter: DealFilter) -> Self {
        Self {
            program: filter.program.map(ProgramId),
            partner: filter.partner.map(PartnerId),
            stages: filter.stages.into_iter().map(deals::Stage::from).collect(),
            territory: filter.territory,
            responsible: filter.responsible,
            seller: filter.seller,
            customer_prefix: filter.customer_starts_with,
            registered_from: filter.registered_from,
            registered_until: filter.registered_until,
            protected_until: filter.protection_ends_before,
        }
    }
}

#[Object]
impl DealQueries {
    /// A deal by its UUID. Null where there is none, and where you may not see it.
    async fn deal(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The deal's UUID.")] deal_id: Uuid,
        #[graphql(desc = "Answer no earlier than this place in the log.")] min_position: Option<
            Position,
        >,
    ) -> Result<Option<Deal>, Failure> {
        Asked::at_least(ctx, min_position).await?.deal(deal_id).await
    }

    /// The deals that you may see.
    #[graphql(complexity = "cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments, reason = "each is an argument of the schema")]
    async fn deals(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones; all where it is left out.")] filter: Option<DealFilter>,
        #[graphql(desc = "In which order; the latest registration first where it is left out.")]
        order_by: Option<DealOrder>,
        #[graphql(desc = "How many, counted from the beginning; at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many, counted from the end; at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
        #[graphql(desc = "Answer no earlier than this place in the log.")] min_position: Option<
            Position,
        >,
    ) -> Result<Option<Connection<Deal>>, Failure> {
        let asked = Asked::at_least(ctx, min_position).await?;
        let page = page(first, after, last, before)?;
        let sort = order_by.map_or(Sort::descending(deals::Order::RegisteredAt), |order| Sort {
            by: order.field.into(),
            direction: order.direction.into(),
        });
        let filter = filter.unwrap_or_default().into();
        let slice = deals::list(&asked.db(), asked.scope::<Deal>(), &filter, sort, &page).await?;
        connection(slice).map(Some)
    }

    /// Why a lot in a wallet has the amount that it has. Null where you may not see the lot.
    async fn explain_commission(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The lot's UUID.")] lot: Uuid,
        #[graphql(desc = "Answer no earlier than this place in the log.")] min_position: Option<
            Position,
        >,
    ) -> Result<Option<Explanation>, Failure> {
        let asked = Asked::at_least(ctx, min_position).await?;
        let lot = lots::by_ids(&asked.db(), asked.scope::<Lot>(), &[LotId(lot)]).await?.pop();
        let Some(lot) = lot else { return Ok(None) };
        // The deal may be another partner's: whoever may see the lot may see its own part of the calculation.
        let row = commissions::by_trace_hash(&asked.db(), Scope::All, &lot.trace_hash).await?;
        row.map(|row| Explanation::of(asked, row)).transpose().map(Option::flatten)
    }
}
