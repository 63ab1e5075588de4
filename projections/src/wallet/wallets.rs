//! The read model of wallet balances.

use domain::wallet::WalletEvent;
use sea_orm::entity::prelude::*;

use crate::ground::{Misfit, Placed, Portrait, add, code, table};

table! {
    "wallets" of Some(Column::Partner), stamped [last_position, version], found by [
        "balance_minor, id",
        "partner, currency, id",
        "program, balance_minor, id",
        "currency, balance_minor, id",
    ];
    #[derive(Default)]
    pub struct Model {
        pub id: Uuid,
        pub program: Uuid,
        pub partner: Uuid,
        pub currency: String,
        /// Accrued and not matured.
        pub held_minor: i64,
        /// Matured and free.
        pub available_minor: i64,
        /// Asked for, not yet sent.
        pub reserved_minor: i64,
        /// Sent, not yet confirmed.
        pub in_transit_minor: i64,
        /// Matured, and kept from being asked for.
        pub frozen_minor: i64,
        /// For how many reasons nothing is paid out.
        pub freezes: i64,
        /// Matured and not yet paid: what the partner sees (R74).
        pub balance_minor: i64,
    }
}

impl Portrait for Entity {
    type Event = WalletEvent;

    fn found(event: &WalletEvent, placed: &Placed) -> Result<Option<Model>, Misfit> {
        let WalletEvent::Accrued { accrual } = event else { return Ok(None) };
        Ok(Some(Model {
            id: placed.aggregate(),
            program: accrual.program.0,
            partner: accrual.partner.0,
            currency: code(accrual.amount),
            held_minor: accrual.amount.minor,
            ..Model::default()
        }))
    }

    fn change(row: &mut Model, event: &WalletEvent, _placed: &Placed) -> Result<(), Misfit> {
        match event {
            WalletEvent::Accrued { accrual } => {
                add::<Entity>(&mut row.held_minor, accrual.amount.minor)?;
            }
            WalletEvent::Matured { amount, .. } => {
                shift(&mut row.held_minor, &mut row.available_minor, amount.minor)?;
            }
            WalletEvent::PayoutRequested { amount, .. } => {
                shift(&mut row.available_minor, &mut row.reserved_minor, amount.minor)?;
            }
            WalletEvent::PayoutCancelled { amount, .. }
            | WalletEvent::PayoutRejected { amount, .. } => {
                shift(&mut row.reserved_minor, &mut row.available_minor, amount.minor)?;
            }
            WalletEvent::PayoutApproved { .. } => {}
            WalletEvent::PayoutSubmitted { amount, .. } => {
                shift(&mut row.reserved_minor, &mut row.in_transit_minor, amount.minor)?;
            }
            WalletEvent::PayoutPaid { amount, .. } => {
                add::<Entity>(&mut row.in_transit_minor, -amount.minor)?;
            }
            WalletEvent::Frozen { amount, .. } => {
                row.freezes += 1;
                shift(&mut row.available_minor, &mut row.frozen_minor, amount.minor)?;
            }
            WalletEvent::FundsFrozen { amount } => {
                shift(&mut row.available_minor, &mut row.frozen_minor, amount.minor)?;
            }
            WalletEvent::Unfrozen { amount, .. } => {
                row.freezes -= 1;
                shift(&mut row.frozen_minor, &mut row.available_minor, amount.minor)?;
            }
        }
        row.balance_minor = row.available_minor;
        add::<Entity>(&mut row.balance_minor, row.reserved_minor)?;
        add::<Entity>(&mut row.balance_minor, row.in_transit_minor)?;
        add::<Entity>(&mut row.balance_minor, row.frozen_minor)
    }
}

fn shift(from: &mut i64, to: &mut i64, amount: i64) -> Result<(), Misfit> {
    add::<Entity>(from, -amount)?;
    add::<Entity>(to, amount)
}
