//! Reproducible calculation: every commission is calculated once more from its trace, and every accrual equals its leg.

use std::collections::BTreeMap;

use domain::commission::{Calculation, Leg, Trace};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use crate::deal::commissions;
use crate::ground::Broken;
use crate::wallet::lots;

/// Calculations to a query.
const TRACES: u64 = 500;

/// What [`check`] claims.
pub(crate) const CLAIMS: [&str; 2] = [REEVALUATED, EQUAL];

const REEVALUATED: &str = "every calculation comes to the same result from its trace alone";

const EQUAL: &str = "every accrual equals its leg";

/// Every calculation once more, and every accrual beside its leg.
pub(crate) async fn check(db: &impl ConnectionTrait) -> Result<(), Broken> {
    let mut position = 0_i64;
    loop {
        let page = commissions::Entity::find()
            .filter(commissions::Column::Position.gt(position))
            .order_by_asc(commissions::Column::Position)
            .limit(TRACES)
            .all(db)
            .await?;
        let Some(last) = page.last() else { return Ok(()) };
        position = last.position;
        let mut legs = Legs::new();
        for commission in &page {
            legs.extend(reevaluated(commission)?);
        }
        let earned = legs.keys().copied().collect::<Vec<Uuid>>();
        for ids in earned.chunks(1000) {
            for lot in lots::Entity::find()
                .filter(lots::Column::Id.is_in(ids.iter().copied()))
                .all(db)
                .await?
            {
                check_lot(&lot, &legs)?;
            }
        }
    }
}

/// The legs of calculations by lot, each with the hash of its trace.
type Legs = BTreeMap<Uuid, (Leg, String)>;

/// The legs of a calculation that comes to the same result again.
fn reevaluated(row: &commissions::Model) -> Result<Legs, Broken> {
    let broken = |detail: String| Broken::Claim {
        claim: REEVALUATED,
        table: "commissions",
        key: row.id.to_string(),
        detail,
    };
    let (Some(trace), Some(hash)) = (&row.trace, &row.trace_hash) else { return Ok(Legs::new()) };
    let trace: Trace =
        serde_json::from_value(trace.clone()).map_err(|error| broken(error.to_string()))?;
    match trace.reevaluate() {
        Ok(Calculation::Earned { trace: again, trace_hash })
            if trace_hash == *hash && again.legs == trace.legs =>
        {
            Ok(trace.legs.into_iter().map(|leg| (leg.lot.0, (leg, hash.clone()))).collect())
        }
        Ok(Calculation::Earned { trace_hash, .. }) => {
            Err(broken(format!("{trace_hash} where {hash} is recorded")))
        }
        Ok(Calculation::Nothing { .. }) => Err(broken("it earns nothing".into())),
        Err(error) => Err(broken(error.to_string())),
    }
}

fn check_lot(lot: &lots::Model, legs: &Legs) -> Result<(), Broken> {
    let Some((leg, hash)) = legs.get(&lot.id) else { return Ok(()) };
    let same = lot.amount_minor == leg.amount.minor
        && lot.currency == leg.amount.currency.code()
        && lot.base_minor == leg.base.minor
        && lot.partner == leg.beneficiary.0
        && lot.level == i64::from(leg.level)
        && lot.trace_hash == *hash;
    if same {
        return Ok(());
    }
    let detail = format!("{} {} where its leg has {}", lot.amount_minor, lot.currency, leg.amount);
    Err(Broken::Claim { claim: EQUAL, table: "lots", key: lot.id.to_string(), detail })
}
