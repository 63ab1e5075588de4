//! Deals as GraphQL objects: what a partner sells, from registration to won or lost.

mod commission;
mod edges;
mod lists;
mod mutations;

use async_graphql::{ID, SimpleObject};
use chrono::{DateTime, Utc};
use domain::{
    Ppm,
    deal::{self, ApprovalRoute, DealRejectionCode, LossCode},
};
use projections::deals;
use uuid::Uuid;

pub use self::{commission::Calculation, lists::DealQueries, mutations::DealMutations};
use super::ground::{
    node::Global,
    scalars::{Date, Decimal, Money, Position, percent},
    show::{money, read, shown, shows},
    word::Word,
};

shows! {
    /// One partner's claim on one sale.
    #[graphql(complex)]
    Deal of deals as row given {
        let contract = |minor| row.contract_currency.as_deref().map(|code| money(minor, code)).transpose();
    } {
        /// The deal's global id.
        id: ID = Self::global(row.id),
        /// The deal's UUID, as inputs take it.
        deal_id: Uuid = row.id,
        /// How far the deal has come.
        stage: Word<deals::DealStage>,
        /// Who registered it.
        seller: String,
        /// The customer.
        customer: Customer = Customer {
            name: row.customer_name,
            country: row.customer_country,
            tax_id: row.customer_tax_id,
            domain: row.customer_domain,
        },
        /// The product lines that the customer may buy.
        product_lines: Vec<String>,
        /// The territory by which the deal is assigned.
        territory: String,
        /// What the customer may spend.
        estimate: Money = money(row.estimate_minor, &row.estimate_currency)?,
        /// The day on which the contract is expected.
        expected_close: Date,
        /// The customer's problems that the deal shall solve.
        problems: String,
        /// The criteria by which the customer selects.
        criteria: String,
        /// Who looks after the deal on the vendor's side.
        responsible: Option<String>,
        /// Whether a person approves it or the policy does, once approval is asked for.
        route: Option<Word<ApprovalRoute>>,
        /// Who approved it.
        approved_by: Option<String>,
        /// Until when other partners are kept away from the customer; the first instant that is no longer protected.
        protected_until: Option<DateTime<Utc>>,
        /// Why the deal came back last.
        returned: Option<Return> = row.returned.as_ref().map(read).transpose()?,
        /// Why the vendor rejected it.
        rejection: Option<Word<DealRejectionCode>>,
        /// Why it was lost.
        loss: Option<Word<LossCode>>,
        /// The day on which the contract was signed.
        signed_on: Option<Date>,
        /// The programme's own status of the contract.
        contract_status: Option<String>,
        /// What the contract is worth, without tax; null before it is signed.
        total: Option<Money> = contract(row.total_minor)?,
        /// What the customer has paid; null before the contract is signed.
        paid: Option<Money> = contract(row.paid_minor)?,
        /// Whether commission has been calculated.
        commission: Word<deals::CommissionState>,
        /// When it was registered.
        registered_at: DateTime<Utc>,
        /// When the vendor qualified it.
        qualified_at: Option<DateTime<Utc>>,
        /// When it was approved.
        approved_at: Option<DateTime<Utc>>,
        /// When the signed contract was recorded.
        signed_at: Option<DateTime<Utc>>,
        /// When the customer had paid in full.
        paid_at: Option<DateTime<Utc>>,
        /// When it was won.
        won_at: Option<DateTime<Utc>>,
        /// When it ended in any other way.
        closed_at: Option<DateTime<Utc>>,
        /// Grows with every change; give it as `expectedVersion`.
        version: u32,
        /// The place in the log of the last change.
        changed_at_position: Position = shown(row.last_position)?,
        #[graphql(skip)]
        program: Uuid,
        #[graphql(skip)]
        partner: Uuid,
        /// What other partners have of the commission.
        shares: Option<Vec<Share>> = Some(shown(read::<Vec<Part>>(&row.shares)?)?),
    }
}

/// The customer that a deal is about.
#[derive(SimpleObject, Clone, Debug)]
pub struct Customer {
    /// Its registered name.
    pub name: String,
    /// Its country by the two letters of ISO 3166.
    pub country: String,
    /// Its tax number.
    pub tax_id: Option<String>,
    /// Its web domain.
    pub domain: Option<String>,
}

/// Why a deal came back to its partner.
#[derive(SimpleObject, Clone, Debug, serde::Deserialize)]
#[graphql(name = "DealReturn")]
pub struct Return {
    /// What is missing, in words.
    pub reason: String,
    /// The fields that are missing or wrong.
    pub fields: Vec<String>,
}

shows! {
    /// What another partner has of a deal's commission.
    Share of (part: Part) {
        /// The other partner's UUID.
        partner_id: Uuid = part.partner,
        /// Its part in per cent.
        share: Decimal = percent(Ppm(part.ppm)),
    }
}

/// A share as the row keeps it.
#[derive(serde::Deserialize)]
pub struct Part {
    partner: Uuid,
    ppm: u32,
}

shows! {
    /// One position of a contract.
    ContractLine of deal_lines as row {
        /// Names the line within the contract.
        line: String,
        /// The product line that is sold.
        product_line: String,
        /// The net amount, without tax.
        net: Money = money(row.net_minor, &row.currency)?,
    }
}

shows! {
    /// A payment by the customer.
    Payment of payments as row {
        /// The payment's own id, as whoever reported it named it.
        payment_id: Uuid = row.payment,
        /// How much.
        amount: Money = money(row.amount_minor, &row.currency)?,
        /// Which lines of the contract it pays.
        allocations: Vec<Allocation> = shown(read::<Vec<deal::Allocation>>(&row.allocations)?)?,
        /// The day on which it arrived.
        received_on: Date,
        /// What the customer still owed after it.
        outstanding: Money = money(row.outstanding_minor, &row.currency)?,
        /// When it was recorded.
        recorded_at: DateTime<Utc>,
    }
}

shows! {
    /// What part of a payment pays one line.
    Allocation of (part: deal::Allocation) {
        /// The line.
        line: String,
        /// How much of the payment.
        amount: Money,
    }
}

impl Global for Deal {
    const KIND: u8 = 3;
}
