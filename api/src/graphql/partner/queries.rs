//! Asking for partners.

use async_graphql::{Context, Enum, InputObject, Object};
use chrono::{DateTime, Utc};
use domain::ProgramId;
use projections::{Sort, partners};
use uuid::Uuid;

use super::{Partner, PartnerStage};
use crate::graphql::{
    connection::{Connection, OrderDirection, connection, cost, page},
    enums::Tier,
    failure::Failure,
    request::Asked,
    scalars::Position,
    show::named,
};

/// Which partners; every part that is given must hold.
#[derive(InputObject, Debug, Default)]
pub struct PartnerFilter {
    /// Of this programme.
    program: Option<Uuid>,
    /// At any of these stages.
    #[graphql(default)]
    stages: Vec<PartnerStage>,
    /// In this country, by the two letters of ISO 3166.
    country: Option<String>,
    /// Whose name begins like this.
    name_starts_with: Option<String>,
    /// Of this tier.
    tier: Option<Tier>,
    /// Whether they have joined the network.
    joined: Option<bool>,
    /// Whether anybody of theirs holds a certificate.
    certified: Option<bool>,
    /// Who applied at this instant or later.
    applied_from: Option<DateTime<Utc>>,
    /// Who applied before this instant.
    applied_until: Option<DateTime<Utc>>,
}

/// In which order partners stand.
#[derive(InputObject, Debug)]
pub struct PartnerOrder {
    /// By what.
    field: PartnerOrderField,
    /// Which way.
    direction: OrderDirection,
}

/// By what partners can be ordered.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
#[graphql(remote = "partners::Order")]
pub enum PartnerOrderField {
    /// When they applied.
    AppliedAt,
    /// Their names.
    CompanyName,
    /// When they changed last.
    LastChange,
}

/// Queries of partners.
#[derive(Default)]
pub struct PartnerQueries;

impl From<PartnerFilter> for partners::Filter {
    fn from(filter: PartnerFilter) -> Self {
        Self {
            program: filter.program.map(ProgramId),
            stages: filter.stages.into_iter().map(partners::Stage::from).collect(),
            country: filter.country,
            name_prefix: filter.name_starts_with,
            joined: filter.joined,
            certified: filter.certified,
            tier: filter.tier.map(|tier| named(&domain::Tier::from(tier))),
            applied_from: filter.applied_from,
            applied_until: filter.applied_until,
            ..Self::default()
        }
    }
}

#[Object]
impl PartnerQueries {
    /// A partner by its UUID. Null where there is none, and where you may not see it.
    async fn partner(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The partner's UUID.")] partner_id: Uuid,
        #[graphql(desc = "Answer no earlier than this place in the log.")] min_position: Option<
            Position,
        >,
    ) -> Result<Option<Partner>, Failure> {
        Asked::at_least(ctx, min_position).await?.partner(partner_id).await
    }

    /// The partners that you may see.
    #[graphql(complexity = "cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments, reason = "each is an argument of the schema")]
    async fn partners(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones; all where it is left out.")] filter: Option<PartnerFilter>,
        #[graphql(desc = "In which order; the latest application first where it is left out.")]
        order_by: Option<PartnerOrder>,
        #[graphql(desc = "How many, counted from the beginning; at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many, counted from the end; at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
        #[graphql(desc = "Answer no earlier than this place in the log.")] min_position: Option<
            Position,
        >,
    ) -> Result<Option<Connection<Partner>>, Failure> {
        let asked = Asked::at_least(ctx, min_position).await?;
        let page = page(first, after, last, before)?;
        let sort = order_by.map_or(Sort::descending(partners::Order::AppliedAt), |order| Sort {
            by: order.field.into(),
            direction: order.direction.into(),
        });
        let filter = filter.unwrap_or_default().into();
        let slice =
            partners::list(&asked.db(), asked.scope::<Partner>(), &filter, sort, &page).await?;
        connection(slice).map(Some)
    }
}
