//! Dashboards: a programme and a partner at a glance.

use async_graphql::{ComplexObject, Context, Object, SimpleObject};
use projections::{partner_dashboards, partner_totals, program_dashboards, program_totals};
use uuid::Uuid;

use super::{
    failure::Failure,
    loaders::{PartnerCounts, PartnerSums, ProgramCounts, ProgramSums},
    partner::Partner,
    program::Program,
    request::Asked,
    scalars::{CurrencyCode, Money, Position},
    show::{Shows, currency, money, number},
};

/// A programme at a glance.
#[derive(SimpleObject, Clone, Debug)]
#[graphql(complex)]
pub struct ProgramDashboard {
    /// How many have applied.
    pub partners_applied: u32,
    /// How many were approved.
    pub partners_approved: u32,
    /// How many have joined the network.
    pub partners_joined: u32,
    /// How many certificates were issued.
    pub certificates: u32,
    /// How many deals were registered.
    pub deals_registered: u32,
    /// How many deals were qualified.
    pub deals_qualified: u32,
    /// How many deals were approved.
    pub deals_approved: u32,
    /// How many contracts were signed.
    pub deals_signed: u32,
    /// How many deals were won.
    pub deals_won: u32,
    /// How many deals were lost.
    pub deals_lost: u32,
    #[graphql(skip)]
    id: Uuid,
}

/// A partner at a glance.
#[derive(SimpleObject, Clone, Debug)]
#[graphql(complex)]
pub struct PartnerDashboard {
    /// How many certificates the partner's people were given.
    pub certificates: u32,
    /// How many deals it has registered.
    pub deals_registered: u32,
    /// How many of its deals were qualified.
    pub deals_qualified: u32,
    /// How many of its deals were approved.
    pub deals_approved: u32,
    /// How many of its contracts were signed.
    pub deals_signed: u32,
    /// How many of its deals were won.
    pub deals_won: u32,
    /// How many of its deals were lost.
    pub deals_lost: u32,
    #[graphql(skip)]
    id: Uuid,
}

/// The sums of one currency.
#[derive(SimpleObject, Clone, Debug)]
pub struct Totals {
    /// The currency.
    pub currency: CurrencyCode,
    /// What the signed contracts are worth.
    pub revenue_signed: Money,
    /// What customers have paid.
    pub revenue_paid: Money,
    /// What was credited to wallets.
    pub accrued: Money,
    /// What has matured.
    pub matured: Money,
    /// What was paid out.
    pub paid_out: Money,
}

/// Queries of dashboards.
#[derive(Default)]
pub struct DashboardQueries;

impl Shows for ProgramDashboard {
    type Row = program_dashboards::Model;

    fn show(row: program_dashboards::Model) -> Result<Self, Failure> {
        Ok(Self {
            partners_applied: number(row.partners_applied)?,
            partners_approved: number(row.partners_approved)?,
            partners_joined: number(row.partners_joined)?,
            certificates: number(row.certificates)?,
            deals_registered: number(row.deals_registered)?,
            deals_qualified: number(row.deals_qualified)?,
            deals_approved: number(row.deals_approved)?,
            deals_signed: number(row.deals_signed)?,
            deals_won: number(row.deals_won)?,
            deals_lost: number(row.deals_lost)?,
            id: row.id,
        })
    }
}

impl Shows for PartnerDashboard {
    type Row = partner_dashboards::Model;

    fn show(row: partner_dashboards::Model) -> Result<Self, Failure> {
        Ok(Self {
            certificates: number(row.certificates)?,
            deals_registered: number(row.deals_registered)?,
            deals_qualified: number(row.deals_qualified)?,
            deals_approved: number(row.deals_approved)?,
            deals_signed: number(row.deals_signed)?,
            deals_won: number(row.deals_won)?,
            deals_lost: number(row.deals_lost)?,
            id: row.id,
        })
    }
}

/// The same sums stand in two views.
macro_rules! totals {
    ($($row:ty),*) => {$(
        impl TryFrom<$row> for Totals {
            type Error = Failure;

            fn try_from(row: $row) -> Result<Self, Failure> {
                let amount = |minor| money(minor, &row.currency);
                Ok(Self {
                    currency: CurrencyCode(currency(&row.currency)?),
                    revenue_signed: amount(row.revenue_signed_minor)?,
                    revenue_paid: amount(row.revenue_paid_minor)?,
                    accrued: amount(row.accrued_minor)?,
                    matured: amount(row.matured_minor)?,
                    paid_out: amount(row.paid_out_minor)?,
                })
            }
        }
    )*};
}
totals!(program_totals::Model, partner_totals::Model);

#[ComplexObject]
impl ProgramDashboard {
    /// The programme.
    async fn program(&self, ctx: &Context<'_>) -> Result<Option<Program>, Failure> {
        Asked::of(ctx)?.program(self.id).await
    }

    /// The sums, one row a currency.
    async fn totals(&self, ctx: &Context<'_>) -> Result<Option<Vec<Totals>>, Failure> {
        let rows: Vec<program_totals::Model> = Asked::of(ctx)?.load(ProgramSums(self.id)).await?;
        rows.into_iter().map(Totals::try_from).collect::<Result<_, _>>().map(Some)
    }
}

#[ComplexObject]
impl PartnerDashboard {
    /// The partner.
    async fn partner(&self, ctx: &Context<'_>) -> Result<Option<Partner>, Failure> {
        Asked::of(ctx)?.partner(self.id).await
    }

    /// The sums, one row a currency.
    async fn totals(&self, ctx: &Context<'_>) -> Result<Option<Vec<Totals>>, Failure> {
        let rows: Vec<partner_totals::Model> = Asked::of(ctx)?.load(PartnerSums(self.id)).await?;
        rows.into_iter().map(Totals::try_from).collect::<Result<_, _>>().map(Some)
    }
}

#[Object]
impl DashboardQueries {
    /// A programme at a glance. Null while nothing has happened in it.
    async fn program_dashboard(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The programme's UUID.")] program_id: Uuid,
        #[graphql(desc = "Answer no earlier than this place in the log.")] min_position: Option<
            Position,
        >,
    ) -> Result<Option<ProgramDashboard>, Failure> {
        Asked::at_least(ctx, min_position).await?.find(ProgramCounts(program_id)).await
    }

    /// A partner at a glance. Null while nothing has happened, and where you may not see it.
    async fn partner_dashboard(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The partner's UUID.")] partner_id: Uuid,
        #[graphql(desc = "Answer no earlier than this place in the log.")] min_position: Option<
            Position,
        >,
    ) -> Result<Option<PartnerDashboard>, Failure> {
        Asked::at_least(ctx, min_position).await?.find(PartnerCounts(partner_id)).await
    }
}
