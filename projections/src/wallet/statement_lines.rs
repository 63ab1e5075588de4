//! The wallet statement (running balance): each change of the balance, in order; they add up to it (R74).

use domain::wallet::WalletEvent;
use sea_orm::entity::prelude::*;

use super::wallets;
use crate::ground::{Misfit, Placed, Trail, table, words};

table! {
    "statement_lines" of Some(Column::Partner), found by ["wallet, position, id"];
    pub struct Model {
        /// Of the event.
        pub id: Uuid,
        pub wallet: Uuid,
        pub partner: Uuid,
        pub position: i64,
        pub kind: StatementKind,
        /// Positive where the balance grows.
        pub amount_minor: i64,
        pub balance_after_minor: i64,
        pub currency: String,
        pub occurred_at: DateTimeUtc,
        pub lot: Option<Uuid>,
        pub payout: Option<Uuid>,
    }
}

words! {
    /// Why a balance changed.
    pub enum StatementKind {
        "matured" => Matured: "A lot matured.",
        "paid" => Paid: "A payout was paid.",
    }
}

impl Trail<wallets::Entity> for Entity {
    fn rows(after: &wallets::Model, placed: &Placed) -> Result<Vec<Model>, Misfit> {
        let (kind, amount, lot, payout) = match placed.told::<WalletEvent>() {
            Some(WalletEvent::Matured { lot, amount }) => {
                (StatementKind::Matured, amount.minor, Some(lot.0), None)
            }
            Some(WalletEvent::PayoutPaid { payout, amount, .. }) => {
                (StatementKind::Paid, -amount.minor, None, Some(payout.0))
            }
            Some(
                WalletEvent::Accrued { .. }
                | WalletEvent::PayoutRequested { .. }
                | WalletEvent::PayoutCancelled { .. }
                | WalletEvent::PayoutRejected { .. }
                | WalletEvent::PayoutApproved { .. }
                | WalletEvent::PayoutSubmitted { .. }
                | WalletEvent::Frozen { .. }
                | WalletEvent::FundsFrozen { .. }
                | WalletEvent::Unfrozen { .. },
            )
            | None => return Ok(vec![]),
        };
        Ok(vec![Model {
            id: placed.event_id(),
            wallet: after.id,
            partner: after.partner,
            position: placed.position(),
            kind,
            amount_minor: amount,
            balance_after_minor: after.balance_minor,
            currency: after.currency.clone(),
            occurred_at: placed.at(),
            lot,
            payout,
        }])
    }
}
