//! Explainability of commission as objects: how it was calculated and why, to each its own line of it.

use async_graphql::SimpleObject;
use chrono::{DateTime, Utc};
use domain::commission::{AccrualKind, Calculation as Again, NothingEarned, Trace};
use projections::commissions;
use uuid::Uuid;

use crate::graphql::ground::{
    asked::Asked,
    failure::Failure,
    scalars::{Decimal, Json, Money},
    show::{read, shown, shows},
    word::Word,
};

shows! {
    /// What one event earned, or why it earned nothing.
    #[graphql(complex)]
    Calculation of commissions as row {
        /// The event that made commission due.
        trigger: Uuid,
        /// When it was calculated.
        calculated_at: DateTime<Utc>,
        /// The version of the commission plan; null where no plan was in force.
        plan_version: Option<u32>,
        /// Why nothing was earned.
        nothing: Option<Word<NothingEarned>>,
        /// The hash of everything that the calculation rests on.
        trace_hash: Option<String>,
        /// Everything that the calculation rests on: inputs, candidates with verdicts, steps and rounding.
        trace: Option<Json>,
    }
}

shows! {
    /// What one partner earns of one line of a contract.
    Leg of (leg: domain::commission::Leg) {
        /// The lot in the wallet that it became.
        lot_id: Uuid = leg.lot.0,
        /// The partner that earns it.
        beneficiary_id: Uuid = leg.beneficiary.0,
        /// The line of the contract.
        line: String,
        /// The component of the plan.
        component: String,
        /// For a sale of one's own or of a partner below.
        kind: Word<AccrualKind>,
        /// 0 for the seller, else how far above the seller.
        level: u32,
        /// The line's net amount.
        base: Money,
        /// The seller's part of the sale in per cent.
        share: Decimal,
        /// The rate in per cent.
        rate: Decimal,
        /// The factor of the seller's tier in per cent, where the rate has one.
        factor: Option<Decimal>,
        /// What is earned.
        amount: Money,
        /// When the amount is available.
        matures_at: DateTime<Utc>,
    }
}

/// Why a lot has the amount that it has.
#[derive(SimpleObject, Clone, Debug)]
pub struct Explanation {
    /// What was earned by the same calculation. A member sees its own partner's legs only.
    pub legs: Vec<Leg>,
    /// The hash that was recorded with the calculation.
    pub trace_hash: String,
    /// The hash of the same facts calculated once more, just now. Null where another version of the engine calculated.
    pub recalculated_hash: Option<String>,
    /// Whether both agree. Null where another version of the engine calculated.
    pub holds: Option<bool>,
    /// Everything that the calculation rests on: inputs, candidates with verdicts, steps and rounding.
    pub trace: Option<Json>,
}

impl Explanation {
    /// Calculates the recorded facts once more, without the store.
    pub fn of(asked: &Asked, row: commissions::Model) -> Result<Option<Self>, Failure> {
        let (Some(kept), Some(trace_hash)) = (row.trace, row.trace_hash) else { return Ok(None) };
        let trace: Trace = read(&kept)?;
        let recalculated_hash =
            trace.reevaluate().ok().map(|again: Again| again.trace_hash().to_owned());
        Ok(Some(Self {
            holds: recalculated_hash.as_ref().map(|hash| *hash == trace_hash),
            legs: own(asked, trace.legs)?,
            trace_hash,
            recalculated_hash,
            trace: Some(Json(kept)),
        }))
    }
}

/// M18: of what others earn, their rates and their amounts, a partner sees nothing.
pub fn own(asked: &Asked, mut legs: Vec<domain::commission::Leg>) -> Result<Vec<Leg>, Failure> {
    legs.retain(|leg| asked.sees(leg.beneficiary));
    shown(legs)
}
