//! Wallets: a partner's money, its history, and the payouts out of it.

mod edges;
mod lists;
mod mutations;

use async_graphql::{Enum, ID, SimpleObject};
use chrono::{DateTime, Utc};
use domain::Ppm;
use projections::{lots, payouts, statement_lines, wallets};
use uuid::Uuid;

pub use self::{lists::WalletQueries, mutations::WalletMutations};
use super::{
    enums::{AccrualKind, PayoutRejectionCode},
    ground::{
        failure::Failure,
        list::mirrors,
        node::Global,
        scalars::{CurrencyCode, Decimal, Money, Position, percent},
        show::{Shows, currency, money, number, word},
    },
};

/// One partner's money in one currency.
#[derive(SimpleObject, Clone, Debug)]
#[graphql(complex)]
pub struct Wallet {
    /// The wallet's global id.
    pub id: ID,
    /// The wallet's UUID, as inputs take it.
    pub wallet_id: Uuid,
    /// The currency.
    pub currency: CurrencyCode,
    /// What has matured and is not paid yet: available, reserved and in transit together.
    pub balance: Money,
    /// What is earned and has not matured.
    pub held: Money,
    /// What can be asked for.
    pub available: Money,
    /// What is asked for and not yet sent.
    pub reserved: Money,
    /// What is sent and not yet confirmed.
    pub in_transit: Money,
    /// Grows with every change; give it as `expectedVersion`.
    pub version: u32,
    /// The place in the log of the last change.
    pub changed_at_position: Position,
    #[graphql(skip)]
    partner: Uuid,
}

/// One accrual with its own day of maturity.
#[derive(SimpleObject, Clone, Debug)]
#[graphql(complex)]
pub struct Lot {
    /// The lot's UUID; ask `explainCommission` for its reasons.
    pub lot_id: Uuid,
    /// For a sale of one's own or of a partner below.
    pub kind: AccrualKind,
    /// 0 for the seller, else how far above the seller.
    pub level: u32,
    /// The line of the contract.
    pub line: String,
    /// The component of the plan.
    pub component: String,
    /// The version of the commission plan.
    pub plan_version: u32,
    /// The amount that it is reckoned from.
    pub base: Money,
    /// The rate in per cent.
    pub rate: Decimal,
    /// What is earned.
    pub amount: Money,
    /// When it was credited.
    pub accrued_at: DateTime<Utc>,
    /// From when on it can be available.
    pub matures_at: DateTime<Utc>,
    /// When it became available; null while it is held.
    pub matured_at: Option<DateTime<Utc>>,
    #[graphql(skip)]
    deal: Uuid,
}

/// One change of a balance. All of them together are the balance.
#[derive(SimpleObject, Clone, Debug)]
pub struct StatementLine {
    /// The place in the log.
    pub position: Position,
    /// Why the balance changed.
    pub kind: StatementKind,
    /// By how much; negative where it fell.
    pub amount: Money,
    /// The balance after it.
    pub balance_after: Money,
    /// When it happened.
    pub occurred_at: DateTime<Utc>,
    /// The lot that matured.
    pub lot_id: Option<Uuid>,
    /// The payout that was paid.
    pub payout_id: Option<Uuid>,
}

/// Why a balance changed.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
#[graphql(remote = "statement_lines::Kind")]
pub enum StatementKind {
    /// A lot matured.
    Matured,
    /// A payout was paid.
    Paid,
}

/// A request for money out of a wallet.
#[derive(SimpleObject, Clone, Debug)]
#[graphql(complex)]
pub struct Payout {
    /// The payout's UUID within its wallet, as inputs take it.
    pub payout_id: Uuid,
    /// How far it has come.
    pub state: PayoutState,
    /// How much.
    pub amount: Money,
    /// Who asked for it.
    pub requested_by: String,
    /// When it was asked for.
    pub requested_at: DateTime<Utc>,
    /// Who approved it.
    pub approved_by: Option<String>,
    /// When it was approved.
    pub approved_at: Option<DateTime<Utc>>,
    /// When it was sent to the payment provider.
    pub submitted_at: Option<DateTime<Utc>>,
    /// The payment provider's key of it.
    pub provider_key: Option<String>,
    /// When it was paid.
    pub paid_at: Option<DateTime<Utc>>,
    /// What the payment provider kept.
    pub fee: Option<Money>,
    /// When it was cancelled or rejected.
    pub ended_at: Option<DateTime<Utc>>,
    /// Why it was rejected.
    pub rejection: Option<PayoutRejectionCode>,
    /// Why it was rejected, in words.
    pub rejection_reason: Option<String>,
    #[graphql(skip)]
    wallet: Uuid,
    #[graphql(skip)]
    partner: Uuid,
}

/// How far a payout has come.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
#[graphql(remote = "payouts::State")]
pub enum PayoutState {
    /// Asked for.
    Requested,
    /// Approved by finance.
    Approved,
    /// On its way.
    Submitted,
    /// Paid.
    Paid,
    /// Taken back by the partner.
    Cancelled,
    /// Rejected by finance.
    Rejected,
}

mirrors!(PayoutState as payouts::State);

impl Global for Wallet {
    const KIND: u8 = 4;
}

impl Shows for Wallet {
    type Table = wallets::Entity;

    fn show(row: wallets::Model) -> Result<Self, Failure> {
        let amount = |minor| money(minor, &row.currency);
        Ok(Self {
            id: Self::global(row.id),
            wallet_id: row.id,
            currency: CurrencyCode(currency(&row.currency)?),
            balance: amount(row.balance_minor)?,
            held: amount(row.held_minor)?,
            available: amount(row.available_minor)?,
            reserved: amount(row.reserved_minor)?,
            in_transit: amount(row.in_transit_minor)?,
            version: number(row.version)?,
            changed_at_position: Position(row.last_position.cast_unsigned()),
            partner: row.partner,
        })
    }
}

impl Shows for Lot {
    type Table = lots::Entity;

    fn show(row: lots::Model) -> Result<Self, Failure> {
        Ok(Self {
            lot_id: row.id,
            kind: word::<domain::commission::AccrualKind>(&row.kind)?.into(),
            level: number(row.level)?,
            line: row.line,
            component: row.component,
            plan_version: number(row.plan_version)?,
            base: money(row.base_minor, &row.currency)?,
            rate: percent(Ppm(number(row.rate_ppm)?)),
            amount: money(row.amount_minor, &row.currency)?,
            accrued_at: row.accrued_at,
            matures_at: row.matures_at,
            matured_at: row.matured_at,
            deal: row.deal,
        })
    }
}

impl Shows for StatementLine {
    type Table = statement_lines::Entity;

    fn show(row: statement_lines::Model) -> Result<Self, Failure> {
        Ok(Self {
            position: Position(row.position.cast_unsigned()),
            kind: row.kind.into(),
            amount: money(row.amount_minor, &row.currency)?,
            balance_after: money(row.balance_after_minor, &row.currency)?,
            occurred_at: row.occurred_at,
            lot_id: row.lot,
            payout_id: row.payout,
        })
    }
}

impl Shows for Payout {
    type Table = payouts::Entity;

    fn show(row: payouts::Model) -> Result<Self, Failure> {
        let rejection = row
            .rejection
            .as_deref()
            .map(word::<domain::wallet::PayoutRejectionCode>)
            .transpose()?;
        Ok(Self {
            payout_id: row.payout,
            state: row.state.into(),
            amount: money(row.amount_minor, &row.currency)?,
            requested_by: row.requested_by,
            requested_at: row.requested_at,
            approved_by: row.approved_by,
            approved_at: row.approved_at,
            submitted_at: row.submitted_at,
            provider_key: row.provider_key,
            paid_at: row.paid_at,
            fee: row.fee_minor.map(|minor| money(minor, &row.currency)).transpose()?,
            ended_at: row.ended_at,
            rejection: rejection.map(PayoutRejectionCode::from),
            rejection_reason: row.rejection_reason,
            wallet: row.wallet,
            partner: row.partner,
        })
    }
}
