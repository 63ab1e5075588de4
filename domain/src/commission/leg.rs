//! Legs (commission splits): what one partner earns of one line by one component, each to become one accrual.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{EventId, Exact, LotId, Money, PartnerId, Ppm, time};

use super::{AccrualKind, Apportionment, CalculationError, Candidate, Input, Verdict};

/// One accrual to be, with all that explains its amount: `base` x `share` x `rate` x `factor`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Leg {
    /// Derived from the trigger and the leg's place, so that calculating twice names the same lot.
    pub lot: LotId,
    pub line: String,
    pub component: String,
    pub kind: AccrualKind,
    /// The plan's level that is earned; 0 is the seller's own.
    pub level: u32,
    /// Whose part of the sale this is.
    pub seller: PartnerId,
    pub beneficiary: PartnerId,
    /// The line's whole net amount, against which refunds count as well.
    pub base: Money,
    /// The seller's part of the base.
    pub share: Ppm,
    pub rate: Ppm,
    /// The factor of the seller's tier, where the rate has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub factor: Option<Ppm>,
    /// The amount before rounding, in minor units.
    pub exact: Exact,
    pub amount: Money,
    /// First instant at which the amount is held no longer.
    pub matures_at: DateTime<Utc>,
}

/// One leg for every part that is at least one minor unit.
pub(super) fn legs(input: &Input, candidates: &[Candidate]) -> Result<Vec<Leg>, CalculationError> {
    let days = input.plan.body.hold.days;
    let matures_at = time::after_days(input.at, days, input.zone)
        .ok_or(CalculationError::HoldBeyondCalendar { days })?;
    let mut legs = vec![];
    for Candidate { line, component, verdict } in candidates {
        let Verdict::Pays { levels, .. } = verdict else { continue };
        for Apportionment { kind, level, base, rate, parts, .. } in levels {
            for part in parts.iter().filter(|part| part.amount.is_positive()) {
                legs.push(Leg {
                    lot: lot(input.trigger.event, *level, part.seller, line, component),
                    line: line.clone(),
                    component: component.clone(),
                    kind: *kind,
                    level: *level,
                    seller: part.seller,
                    beneficiary: part.beneficiary,
                    base: *base,
                    share: part.share,
                    rate: *rate,
                    factor: part.factor,
                    exact: part.exact,
                    amount: part.amount,
                    matures_at,
                });
            }
        }
    }
    Ok(legs)
}

/// The lot of one leg. The line's length keeps `a/b` of `c` apart from `a` of `b/c`.
fn lot(trigger: EventId, level: u32, seller: PartnerId, line: &str, component: &str) -> LotId {
    let length = line.len();
    LotId(trigger.causes(&format!("lot/{level}/{seller}/{length}/{line}/{component}")))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::super::fixtures::{A, at, calculated, percent, refused, sale, seller};
    use super::*;

    #[test]
    fn every_place_has_a_lot_of_its_own_and_the_same_one_each_time() {
        let id = |number| Uuid::from_u128(number);
        let named = |event, level, seller, line, component| {
            lot(EventId(id(event)), level, PartnerId(id(seller)), line, component)
        };
        let first = named(1, 0, 1, "a", "b/c");
        assert_eq!(first, named(1, 0, 1, "a", "b/c"));
        for other in [
            named(2, 0, 1, "a", "b/c"),
            named(1, 1, 1, "a", "b/c"),
            named(1, 0, 2, "a", "b/c"),
            named(1, 0, 1, "a/b", "c"),
        ] {
            assert_ne!(first, other);
        }
    }

    #[test]
    fn a_hold_ends_at_the_start_of_a_day_of_the_programme() {
        let matures = |days| {
            let mut sale = sale("100.00", &[seller(A)], percent(100_000));
            sale.plan.body.hold.days = days;
            calculated(sale).legs()[0].matures_at
        };
        assert_eq!(matures(14), at("2025-01-23T23:00:00Z"));
        assert_eq!(matures(0), at("2025-01-10T12:00:00Z"));
    }

    #[test]
    fn a_hold_beyond_the_calendar_is_refused() {
        let mut sale = sale("100.00", &[seller(A)], percent(100_000));
        sale.plan.body.hold.days = u32::MAX;
        assert_eq!(refused(sale), CalculationError::HoldBeyondCalendar { days: u32::MAX });
    }
}
