//! Dashboards: a programme and a partner at a glance.

mod edges;
mod lists;

use async_graphql::SimpleObject;
use projections::{partner_totals, program_totals};
use uuid::Uuid;

pub use self::lists::DashboardQueries;
use super::ground::{
    failure::Failure,
    scalars::{CurrencyCode, Money},
    show::{money, shown, shows},
};

shows! {
    /// A programme at a glance.
    #[graphql(complex)]
    ProgramDashboard of program_dashboards as row {
        /// How many have applied.
        partners_applied: u32,
        /// How many were approved.
        partners_approved: u32,
        /// How many have joined the network.
        partners_joined: u32,
        /// How many certificates were issued.
        certificates: u32,
        /// How many deals were registered.
        deals_registered: u32,
        /// How many deals were qualified.
        deals_qualified: u32,
        /// How many deals were approved.
        deals_approved: u32,
        /// How many contracts were signed.
        deals_signed: u32,
        /// How many deals were won.
        deals_won: u32,
        /// How many deals were lost.
        deals_lost: u32,
        #[graphql(skip)]
        id: Uuid,
    }
}

shows! {
    /// A partner at a glance.
    #[graphql(complex)]
    PartnerDashboard of partner_dashboards as row {
        /// How many certificates the partner's people were given.
        certificates: u32,
        /// How many deals it has registered.
        deals_registered: u32,
        /// How many of its deals were qualified.
        deals_qualified: u32,
        /// How many of its deals were approved.
        deals_approved: u32,
        /// How many of its contracts were signed.
        deals_signed: u32,
        /// How many of its deals were won.
        deals_won: u32,
        /// How many of its deals were lost.
        deals_lost: u32,
        #[graphql(skip)]
        id: Uuid,
    }
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

/// The same sums stand in two views.
macro_rules! totals {
    ($($row:ty),*) => {$(
        impl TryFrom<$row> for Totals {
            type Error = Failure;

            fn try_from(row: $row) -> Result<Self, Failure> {
                let amount = |minor| money(minor, &row.currency);
                Ok(Self {
                    currency: shown(row.currency.clone())?,
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
