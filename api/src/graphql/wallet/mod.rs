//! Wallets as GraphQL objects: a partner's money, its history, and the payouts out of it.

mod edges;
mod lists;
mod mutations;

use async_graphql::ID;
use chrono::{DateTime, Utc};
use domain::{Ppm, commission::AccrualKind, wallet::PayoutRejectionCode};
use projections::{payouts, statement_lines};
use uuid::Uuid;

pub use self::{lists::WalletQueries, mutations::WalletMutations};
use super::ground::{
    node::Global,
    scalars::{CurrencyCode, Decimal, Money, Position, percent},
    show::{money, number, shown, shows},
    word::Word,
};

shows! {
    /// One partner's money in one currency.
    #[graphql(complex)]
    Wallet of wallets as row given { let amount = |minor| money(minor, &row.currency); } {
        /// The wallet's global id.
        id: ID = Self::global(row.id),
        /// The wallet's UUID, as inputs take it.
        wallet_id: Uuid = row.id,
        /// The currency.
        currency: CurrencyCode = shown(row.currency.clone())?,
        /// What has matured and is not paid yet: available, reserved, in transit and frozen together.
        balance: Money = amount(row.balance_minor)?,
        /// What is earned and has not matured.
        held: Money = amount(row.held_minor)?,
        /// What can be asked for.
        available: Money = amount(row.available_minor)?,
        /// What is asked for and not yet sent.
        reserved: Money = amount(row.reserved_minor)?,
        /// What is sent and not yet confirmed.
        in_transit: Money = amount(row.in_transit_minor)?,
        /// What has matured and is kept from being asked for.
        frozen: Money = amount(row.frozen_minor)?,
        /// Whether nothing is paid out of it, also where nothing has matured.
        is_frozen: bool = row.freezes > 0,
        /// Grows with every change; give it as `expectedVersion`.
        version: u32,
        /// The place in the log of the last change.
        changed_at_position: Position = shown(row.last_position)?,
        #[graphql(skip)]
        partner: Uuid,
    }
}

shows! {
    /// One accrual with its own day of maturity.
    #[graphql(complex)]
    Lot of lots as row {
        /// The lot's UUID; ask `explainCommission` for its reasons.
        lot_id: Uuid = row.id,
        /// For a sale of one's own or of a partner below.
        kind: Word<AccrualKind>,
        /// 0 for the seller, else how far above the seller.
        level: u32,
        /// The line of the contract.
        line: String,
        /// The component of the plan.
        component: String,
        /// The version of the commission plan.
        plan_version: u32,
        /// The amount that it is reckoned from.
        base: Money = money(row.base_minor, &row.currency)?,
        /// The rate in per cent.
        rate: Decimal = percent(Ppm(number(row.rate_ppm)?)),
        /// What is earned.
        amount: Money = money(row.amount_minor, &row.currency)?,
        /// When it was credited.
        accrued_at: DateTime<Utc>,
        /// From when on it can be available.
        matures_at: DateTime<Utc>,
        /// When it became available; null while it is held.
        matured_at: Option<DateTime<Utc>>,
        #[graphql(skip)]
        deal: Uuid,
    }
}

shows! {
    /// One change of a balance. All of them together are the balance.
    StatementLine of statement_lines as row {
        /// The place in the log.
        position: Position,
        /// Why the balance changed.
        kind: Word<statement_lines::StatementKind>,
        /// By how much; negative where it fell.
        amount: Money = money(row.amount_minor, &row.currency)?,
        /// The balance after it.
        balance_after: Money = money(row.balance_after_minor, &row.currency)?,
        /// When it happened.
        occurred_at: DateTime<Utc>,
        /// The lot that matured.
        lot_id: Option<Uuid> = row.lot,
        /// The payout that was paid.
        payout_id: Option<Uuid> = row.payout,
    }
}

shows! {
    /// A request for money out of a wallet.
    #[graphql(complex)]
    Payout of payouts as row {
        /// The payout's UUID within its wallet, as inputs take it.
        payout_id: Uuid = row.payout,
        /// How far it has come.
        state: Word<payouts::PayoutState>,
        /// How much.
        amount: Money = money(row.amount_minor, &row.currency)?,
        /// Who asked for it.
        requested_by: String,
        /// When it was asked for.
        requested_at: DateTime<Utc>,
        /// Who approved it.
        approved_by: Option<String>,
        /// When it was approved.
        approved_at: Option<DateTime<Utc>>,
        /// When it was sent to the payment provider.
        submitted_at: Option<DateTime<Utc>>,
        /// The payment provider's key of it.
        provider_key: Option<String>,
        /// When it was paid.
        paid_at: Option<DateTime<Utc>>,
        /// What the payment provider kept.
        fee: Option<Money> = row.fee_minor.map(|minor| money(minor, &row.currency)).transpose()?,
        /// When it was cancelled or rejected.
        ended_at: Option<DateTime<Utc>>,
        /// Why it was rejected.
        rejection: Option<Word<PayoutRejectionCode>>,
        /// Why it was rejected, in words.
        rejection_reason: Option<String>,
        #[graphql(skip)]
        wallet: Uuid,
        #[graphql(skip)]
        partner: Uuid,
    }
}

impl Global for Wallet {
    const KIND: u8 = 4;
}
