//! Wallets: a partner's money, its history, and the payouts out of it.

mod mutations;
mod queries;

use async_graphql::{ComplexObject, Context, Enum, ID, SimpleObject};
use chrono::{DateTime, Utc};
use domain::{Ppm, WalletId};
use projections::{Sort, lots, payouts, statement_lines, wallets};
use uuid::Uuid;

pub use self::{mutations::WalletMutations, queries::WalletQueries};
use super::{
    connection::{Connection, connection, cost, page},
    deal::Deal,
    enums::{AccrualKind, PayoutRejectionCode},
    failure::Failure,
    loaders::PayoutsFrom,
    mutation::Changed,
    node::{Kind, global},
    partner::Partner,
    request::Asked,
    scalars::{CurrencyCode, Decimal, Money, Position, percent},
    show::{Shows, currency, money, number, word},
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

impl Shows for Wallet {
    type Row = wallets::Model;

    fn show(row: wallets::Model) -> Result<Self, Failure> {
        let amount = |minor| money(minor, &row.currency);
        Ok(Self {
            id: global(Kind::Wallet, row.id),
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
    type Row = lots::Model;

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
    type Row = statement_lines::Model;

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
    type Row = payouts::Model;

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

impl Changed for Wallet {
    async fn look(ctx: &Context<'_>, id: Uuid) -> Result<Option<Self>, Failure> {
        Asked::of(ctx)?.wallet(id).await
    }
}

#[ComplexObject]
impl Wallet {
    /// The partner whose money it is.
    async fn partner(&self, ctx: &Context<'_>) -> Result<Option<Partner>, Failure> {
        Asked::of(ctx)?.partner(self.partner).await
    }

    /// Every change of the balance, the latest first.
    #[graphql(complexity = "cost(first, last, child_complexity)")]
    async fn statement(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, counted from the beginning; at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many, counted from the end; at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Result<Option<Connection<StatementLine>>, Failure> {
        let asked = Asked::of(ctx)?;
        let page = page(first, after, last, before)?;
        let filter = statement_lines::Filter { wallet: Some(WalletId(self.wallet_id)), kind: None };
        let sort = Sort::descending(statement_lines::Order::Position);
        let scope = asked.scope::<StatementLine>();
        connection(statement_lines::list(&asked.db(), scope, &filter, sort, &page).await?).map(Some)
    }

    /// Everything that was credited, the latest first.
    #[graphql(complexity = "cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments, reason = "each is an argument of the schema")]
    async fn lots(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those that have matured, or only those that have not.")]
        matured: Option<bool>,
        #[graphql(desc = "How many, counted from the beginning; at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many, counted from the end; at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Result<Option<Connection<Lot>>, Failure> {
        let asked = Asked::of(ctx)?;
        let page = page(first, after, last, before)?;
        let filter = lots::Filter {
            wallet: Some(WalletId(self.wallet_id)),
            matured,
            ..lots::Filter::default()
        };
        let sort = Sort::descending(lots::Order::AccruedAt);
        connection(lots::list(&asked.db(), asked.scope::<Lot>(), &filter, sort, &page).await?)
            .map(Some)
    }

    /// Every payout that was asked for, the latest first.
    async fn payouts(&self, ctx: &Context<'_>) -> Result<Option<Vec<Payout>>, Failure> {
        Payout::show_all(Asked::of(ctx)?.load(PayoutsFrom(self.wallet_id)).await?).map(Some)
    }
}

#[ComplexObject]
impl Lot {
    /// The deal that earned it. Null where it is another partner's.
    async fn deal(&self, ctx: &Context<'_>) -> Result<Option<Deal>, Failure> {
        Asked::of(ctx)?.deal(self.deal).await
    }
}

#[ComplexObject]
impl Payout {
    /// The wallet.
    async fn wallet(&self, ctx: &Context<'_>) -> Result<Option<Wallet>, Failure> {
        Asked::of(ctx)?.wallet(self.wallet).await
    }

    /// The partner that asks.
    async fn partner(&self, ctx: &Context<'_>) -> Result<Option<Partner>, Failure> {
        Asked::of(ctx)?.partner(self.partner).await
    }
}
