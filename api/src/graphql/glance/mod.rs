//! Dashboards: a programme and a partner at a glance.

mod edges;
mod lists;

use async_graphql::SimpleObject;
use projections::{partner_dashboards, partner_totals, program_dashboards, program_totals};
use uuid::Uuid;

pub use self::lists::DashboardQueries;
use super::ground::{
    failure::Failure,
    scalars::{CurrencyCode, Money},
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

impl Shows for ProgramDashboard {
    type Table = program_dashboards::Entity;

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
    type Table = partner_dashboards::Entity;

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
