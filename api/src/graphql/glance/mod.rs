//! Dashboards: a programme and a partner at a glance.

mod edges;
mod lists;

use uuid::Uuid;

pub use self::lists::DashboardQueries;
use super::ground::{
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

shows! {
    /// The sums of one currency.
    Totals of totals as row given {
        let sum = |billions, rest| money(projections::wide(billions, rest), &row.currency);
    } {
        /// The currency.
        currency: CurrencyCode = shown(row.currency.clone())?,
        /// What the signed contracts are worth.
        revenue_signed: Money = sum(row.revenue_signed_billions, row.revenue_signed_rest)?,
        /// What customers have paid.
        revenue_paid: Money = sum(row.revenue_paid_billions, row.revenue_paid_rest)?,
        /// What was credited to wallets.
        accrued: Money = sum(row.accrued_billions, row.accrued_rest)?,
        /// What has matured.
        matured: Money = sum(row.matured_billions, row.matured_rest)?,
        /// What was paid out.
        paid_out: Money = sum(row.paid_out_billions, row.paid_out_rest)?,
    }
}
