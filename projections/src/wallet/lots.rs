//! The read model of lots: each accrual with its own maturity.

use domain::commission::AccrualKind;
use domain::wallet::WalletEvent;
use sea_orm::entity::prelude::*;

use crate::ground::{Misfit, Placed, Portrait, Word, code, table};

table! {
    "lots" of Some(Column::Partner), stamped [last_position], found by ["wallet, accrued_at, id"];
    #[derive(Default)]
    pub struct Model {
        pub id: Uuid,
        pub program: Uuid,
        /// Who earns it.
        pub partner: Uuid,
        pub wallet: Uuid,
        pub deal: Uuid,
        /// The event that made commission due.
        pub trigger: Uuid,
        /// `new` for the seller, `override` for whoever stands above.
        pub kind: Word<AccrualKind>,
        /// 0 for the seller, else how far above.
        pub level: i64,
        pub line: String,
        pub component: String,
        pub plan_version: i64,
        pub base_minor: i64,
        pub rate_ppm: i64,
        pub amount_minor: i64,
        pub currency: String,
        pub matures_at: DateTimeUtc,
        pub matured_at: Option<DateTimeUtc>,
        pub trace_hash: String,
        pub accrued_at: DateTimeUtc,
        pub accrued_event: Uuid,
        pub matured_event: Option<Uuid>,
    }
}

impl Portrait for Entity {
    type Event = WalletEvent;

    fn key(event: &WalletEvent, _placed: &Placed) -> Option<Uuid> {
        if let WalletEvent::Accrued { accrual } = event {
            Some(accrual.lot.0)
        } else if let WalletEvent::Matured { lot, .. } = event {
            Some(lot.0)
        } else {
            None
        }
    }

    fn found(event: &WalletEvent, placed: &Placed) -> Result<Option<Model>, Misfit> {
        let WalletEvent::Accrued { accrual } = event else { return Ok(None) };
        Ok(Some(Model {
            id: accrual.lot.0,
            program: accrual.program.0,
            partner: accrual.partner.0,
            wallet: placed.aggregate(),
            deal: accrual.deal.0,
            trigger: accrual.trigger.0,
            kind: Word(accrual.kind),
            level: accrual.level.into(),
            line: accrual.line.clone(),
            component: accrual.component.clone(),
            plan_version: accrual.plan_version.into(),
            base_minor: accrual.base.minor,
            rate_ppm: accrual.rate.0.into(),
            amount_minor: accrual.amount.minor,
            currency: code(accrual.amount),
            matures_at: accrual.matures_at,
            trace_hash: accrual.trace_hash.clone(),
            accrued_at: placed.at(),
            accrued_event: placed.event_id(),
            ..Model::default()
        }))
    }

    fn change(row: &mut Model, event: &WalletEvent, placed: &Placed) -> Result<(), Misfit> {
        if let WalletEvent::Accrued { .. } = event {
            return placed.twice::<Entity>();
        }
        row.matured_at = Some(placed.at());
        row.matured_event = Some(placed.event_id());
        Ok(())
    }
}
