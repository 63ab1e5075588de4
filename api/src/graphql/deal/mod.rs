//! Deals: what a partner sells, from registration to won or lost, and what it earns.

mod commission;
mod edges;
mod lists;
mod mutations;

use async_graphql::{Enum, ID, SimpleObject};
use chrono::{DateTime, Utc};
use projections::{deal_lines, deals, payments};
use uuid::Uuid;

pub use self::{lists::DealQueries, mutations::DealMutations};
use super::{
    enums::{DealRejectionCode, LossCode},
    ground::{
        failure::Failure,
        list::mirrors,
        node::Global,
        scalars::{Date, Decimal, Money, Position},
        show::{Shows, money, number, read, word},
    },
};

/// One partner's claim on one sale.
#[derive(SimpleObject, Clone, Debug)]
#[graphql(complex)]
pub struct Deal {
    /// The deal's global id.
    pub id: ID,
    /// The deal's UUID, as inputs take it.
    pub deal_id: Uuid,
    /// How far the deal has come.
    pub stage: DealStage,
    /// Who registered it.
    pub seller: String,
    /// The customer.
    pub customer: Customer,
    /// The product lines that the customer may buy.
    pub product_lines: Vec<String>,
    /// The territory by which the deal is assigned.
    pub territory: String,
    /// What the customer may spend.
    pub estimate: Money,
    /// The day on which the contract is expected.
    pub expected_close: Date,
    /// The customer's problems that the deal shall solve.
    pub problems: String,
    /// The criteria by which the customer selects.
    pub criteria: String,
    /// Who looks after the deal on the vendor's side.
    pub responsible: Option<String>,
    /// Whether a person approves it or the policy does, once approval is asked for.
    pub route: Option<ApprovalRoute>,
    /// Who approved it.
    pub approved_by: Option<String>,
    /// Until when other partners are kept away from the customer; the first instant that is no longer protected.
    pub protected_until: Option<DateTime<Utc>>,
    /// Why the deal came back last.
    pub returned: Option<Return>,
    /// Why the vendor rejected it.
    pub rejection: Option<DealRejectionCode>,
    /// Why it was lost.
    pub loss: Option<LossCode>,
    /// The day on which the contract was signed.
    pub signed_on: Option<Date>,
    /// The programme's own status of the contract.
    pub contract_status: Option<String>,
    /// What the contract is worth, without tax; null before it is signed.
    pub total: Option<Money>,
    /// What the customer has paid; null before the contract is signed.
    pub paid: Option<Money>,
    /// Whether commission has been calculated.
    pub commission: CommissionState,
    /// When it was registered.
    pub registered_at: DateTime<Utc>,
    /// When the vendor qualified it.
    pub qualified_at: Option<DateTime<Utc>>,
    /// When it was approved.
    pub approved_at: Option<DateTime<Utc>>,
    /// When the signed contract was recorded.
    pub signed_at: Option<DateTime<Utc>>,
    /// When the customer had paid in full.
    pub paid_at: Option<DateTime<Utc>>,
    /// When it was won.
    pub won_at: Option<DateTime<Utc>>,
    /// When it ended in any other way.
    pub closed_at: Option<DateTime<Utc>>,
    /// Grows with every change; give it as `expectedVersion`.
    pub version: u32,
    /// The place in the log of the last change.
    pub changed_at_position: Position,
    #[graphql(skip)]
    program: Uuid,
    #[graphql(skip)]
    partner: Uuid,
    #[graphql(skip)]
    shared: Vec<Part>,
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

/// What another partner has of a deal's commission.
#[derive(SimpleObject, Clone, Debug)]
pub struct Share {
    /// The other partner's UUID.
    pub partner_id: Uuid,
    /// Its part in per cent.
    pub share: Decimal,
}

#[derive(Clone, Debug, serde::Deserialize)]
struct Part {
    partner: Uuid,
    ppm: u32,
}

/// One position of a contract.
#[derive(SimpleObject, Clone, Debug)]
pub struct ContractLine {
    /// Names the line within the contract.
    pub line: String,
    /// The product line that is sold.
    pub product_line: String,
    /// The net amount, without tax.
    pub net: Money,
}

/// A payment by the customer.
#[derive(SimpleObject, Clone, Debug)]
pub struct Payment {
    /// The payment's own id, as whoever reported it named it.
    pub payment_id: Uuid,
    /// How much.
    pub amount: Money,
    /// Which lines of the contract it pays.
    pub allocations: Vec<Allocation>,
    /// The day on which it arrived.
    pub received_on: Date,
    /// What the customer still owed after it.
    pub outstanding: Money,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
}

/// What part of a payment pays one line.
#[derive(SimpleObject, Clone, Debug)]
pub struct Allocation {
    /// The line.
    pub line: String,
    /// How much of the payment.
    pub amount: Money,
}

/// How far a deal has come.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
#[graphql(remote = "deals::Stage")]
pub enum DealStage {
    /// Registered by the partner.
    Registered,
    /// The partner has said what it knows of the deal.
    PartnerQualified,
    /// Back with the partner, to be completed.
    Returned,
    /// The vendor has confirmed what the partner said.
    Qualified,
    /// Waiting for somebody's approval.
    PendingApproval,
    /// Approved: other partners are kept away from the customer.
    Approved,
    /// The customer has signed.
    Signed,
    /// The customer has paid a part.
    PartPaid,
    /// Won.
    Won,
    /// Rejected by the vendor.
    Rejected,
    /// Protection ran out before the customer signed.
    Expired,
    /// Withdrawn.
    Withdrawn,
    /// Lost.
    Lost,
}

mirrors!(DealStage as deals::Stage);

/// Whether a deal's commission has been calculated.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
#[graphql(remote = "deals::Commission")]
pub enum CommissionState {
    /// Nothing has made it due.
    Open,
    /// It has been calculated.
    Calculated,
    /// What made it due earned nothing.
    Nothing,
}

/// How a deal is approved.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
#[graphql(remote = "domain::deal::Route")]
pub enum ApprovalRoute {
    /// By the deal policy.
    Automatic,
    /// By a person.
    Manual,
}

impl Global for Deal {
    const KIND: u8 = 3;
}

impl Shows for Deal {
    type Table = deals::Entity;

    fn show(row: deals::Model) -> Result<Self, Failure> {
        let contract =
            |minor| row.contract_currency.as_deref().map(|code| money(minor, code)).transpose();
        let (total, paid) = (contract(row.total_minor)?, contract(row.paid_minor)?);
        let ended = |stage| row.end_reason.as_deref().filter(|_| row.stage == stage);
        let rejection = ended(deals::Stage::Rejected)
            .map(word::<domain::deal::DealRejectionCode>)
            .transpose()?;
        let loss = ended(deals::Stage::Lost).map(word::<domain::deal::LossCode>).transpose()?;
        let route = row.route.as_deref().map(word::<domain::deal::Route>).transpose()?;
        Ok(Self {
            id: Self::global(row.id),
            deal_id: row.id,
            stage: row.stage.into(),
            seller: row.seller,
            customer: Customer {
                name: row.customer_name,
                country: row.customer_country,
                tax_id: row.customer_tax_id,
                domain: row.customer_domain,
            },
            product_lines: read(&row.product_lines)?,
            territory: row.territory,
            estimate: money(row.estimate_minor, &row.estimate_currency)?,
            expected_close: Date(row.expected_close),
            problems: row.problems,
            criteria: row.criteria,
            responsible: row.responsible,
            route: route.map(ApprovalRoute::from),
            approved_by: row.approved_by,
            protected_until: row.protected_until,
            returned: row.returned.as_ref().map(read).transpose()?,
            rejection: rejection.map(DealRejectionCode::from),
            loss: loss.map(LossCode::from),
            signed_on: row.signed_on.map(Date),
            contract_status: row.contract_status,
            total,
            paid,
            commission: row.commission.into(),
            registered_at: row.registered_at,
            qualified_at: row.qualified_at,
            approved_at: row.approved_at,
            signed_at: row.signed_at,
            paid_at: row.paid_at,
            won_at: row.won_at,
            closed_at: row.closed_at,
            version: number(row.version)?,
            changed_at_position: Position(row.last_position.cast_unsigned()),
            program: row.program,
            partner: row.partner,
            shared: read(&row.shares)?,
        })
    }
}

impl Shows for ContractLine {
    type Table = deal_lines::Entity;

    fn show(row: deal_lines::Model) -> Result<Self, Failure> {
        let net = money(row.net_minor, &row.currency)?;
        Ok(Self { line: row.line, product_line: row.product_line, net })
    }
}

impl Shows for Payment {
    type Table = payments::Entity;

    fn show(row: payments::Model) -> Result<Self, Failure> {
        let allocations: Vec<domain::deal::Allocation> = read(&row.allocations)?;
        let shown = |part: domain::deal::Allocation| Allocation {
            line: part.line,
            amount: part.amount.into(),
        };
        Ok(Self {
            payment_id: row.payment,
            amount: money(row.amount_minor, &row.currency)?,
            allocations: allocations.into_iter().map(shown).collect(),
            received_on: Date(row.received_on),
            outstanding: money(row.outstanding_minor, &row.currency)?,
            recorded_at: row.recorded_at,
        })
    }
}
