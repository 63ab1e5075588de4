//! The read model of payouts: each request for money and what came of it.

use domain::wallet::{PayoutRejectionCode, WalletEvent};
use domain::{PayoutId, WalletId};
use sea_orm::entity::prelude::*;

use crate::ground::{Misfit, Placed, Portrait, Word, code, table, words};

table! {
    "payouts" of Some(Column::Partner), stamped [last_position], found by [
        "requested_at, id",
        "wallet, requested_at, id",
        "partner, requested_at, id",
        "program, requested_at, id",
        "state, requested_at, id",
    ];
    #[derive(Default)]
    pub struct Model {
        pub id: Uuid,
        /// As whoever asked named it; unique within its wallet.
        pub payout: Uuid,
        pub program: Uuid,
        pub partner: Uuid,
        pub wallet: Uuid,
        pub amount_minor: i64,
        pub currency: String,
        pub state: PayoutState,
        /// Which bank details it was asked for with.
        pub details_id: Uuid,
        pub requested_by: String,
        pub requested_at: DateTimeUtc,
        pub approved_by: Option<String>,
        pub approved_at: Option<DateTimeUtc>,
        pub provider_key: Option<String>,
        pub submitted_at: Option<DateTimeUtc>,
        pub paid_at: Option<DateTimeUtc>,
        /// What the provider kept.
        pub fee_minor: Option<i64>,
        /// When it was cancelled or rejected.
        pub ended_at: Option<DateTimeUtc>,
        pub rejection: Option<Word<PayoutRejectionCode>>,
        pub rejection_reason: Option<String>,
    }
}

words! {
    /// How far a payout has come.
    pub enum PayoutState {
        "requested" => Requested: "Asked for.",
        "approved" => Approved: "Approved by finance.",
        "submitted" => Submitted: "On its way.",
        "paid" => Paid: "Paid.",
        "cancelled" => Cancelled: "Taken back by the partner.",
        "rejected" => Rejected: "Rejected by finance.",
    }
}

/// The id of a payout's row.
pub fn id(wallet: WalletId, payout: PayoutId) -> Uuid {
    domain::derived(wallet.0, &format!("payout/{payout}"))
}

impl Portrait for Entity {
    type Event = WalletEvent;

    fn key(event: &WalletEvent, placed: &Placed) -> Option<Uuid> {
        match event {
            WalletEvent::PayoutRequested { payout, .. }
            | WalletEvent::PayoutCancelled { payout, .. }
            | WalletEvent::PayoutRejected { payout, .. }
            | WalletEvent::PayoutApproved { payout, .. }
            | WalletEvent::PayoutSubmitted { payout, .. }
            | WalletEvent::PayoutPaid { payout, .. } => {
                Some(id(WalletId(placed.aggregate()), *payout))
            }
            WalletEvent::Accrued { .. }
            | WalletEvent::Matured { .. }
            | WalletEvent::Frozen { .. }
            | WalletEvent::FundsFrozen { .. }
            | WalletEvent::Unfrozen { .. } => None,
        }
    }

    fn found(event: &WalletEvent, placed: &Placed) -> Result<Option<Model>, Misfit> {
        let WalletEvent::PayoutRequested { payout, amount, details_id, requested_by, .. } = event
        else {
            return Ok(None);
        };
        Ok(Some(Model {
            id: id(WalletId(placed.aggregate()), *payout),
            payout: payout.0,
            program: placed.program()?,
            partner: placed.partner()?,
            wallet: placed.aggregate(),
            amount_minor: amount.minor,
            currency: code(*amount),
            details_id: details_id.0,
            requested_by: requested_by.id.clone(),
            requested_at: placed.at(),
            ..Model::default()
        }))
    }

    fn change(row: &mut Model, event: &WalletEvent, placed: &Placed) -> Result<(), Misfit> {
        match event {
            WalletEvent::PayoutRequested { .. } => return placed.twice::<Entity>(),
            WalletEvent::PayoutCancelled { .. } => {
                row.state = PayoutState::Cancelled;
                row.ended_at = Some(placed.at());
            }
            WalletEvent::PayoutRejected { code, reason, .. } => {
                row.state = PayoutState::Rejected;
                row.ended_at = Some(placed.at());
                row.rejection = Some(Word(*code));
                row.rejection_reason = Some(reason.clone());
            }
            WalletEvent::PayoutApproved { approved_by, .. } => {
                row.state = PayoutState::Approved;
                row.approved_by = Some(approved_by.clone());
                row.approved_at = Some(placed.at());
            }
            WalletEvent::PayoutSubmitted { provider_key, .. } => {
                row.state = PayoutState::Submitted;
                row.provider_key = Some(provider_key.clone());
                row.submitted_at = Some(placed.at());
            }
            WalletEvent::PayoutPaid { fee, .. } => {
                row.state = PayoutState::Paid;
                row.paid_at = Some(placed.at());
                row.fee_minor = Some(fee.minor);
            }
            WalletEvent::Accrued { .. }
            | WalletEvent::Matured { .. }
            | WalletEvent::Frozen { .. }
            | WalletEvent::FundsFrozen { .. }
            | WalletEvent::Unfrozen { .. } => {}
        }
        Ok(())
    }
}
