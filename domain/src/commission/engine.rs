//! The rule engine: from the facts of a sale and the plan in force to the legs that it pays, and why.

use super::candidate::candidates;
use super::leg::{Leg, legs};
use super::{CalculationError, Candidate, Input, NothingEarned, Trace, Verdict};

/// Grows whenever the same input may come to another result or another trace.
pub const ENGINE_VERSION: u32 = 1;

/// What a trigger earns, with the trace of how and the trace's hash.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Calculation {
    /// At least one leg, in the trace.
    Earned { trace: Trace, trace_hash: String },
    /// No leg at all.
    Nothing { reason: NothingEarned, trace: Trace, trace_hash: String },
}

/// Calculates what the trigger earns.
///
/// A preview of a commission is this very function, called with facts that may come true and without recording what
/// it says. Every component that selects a line pays for it. Each seller earns on its share, and so does each
/// seller's upline: a partner above two sellers earns on both shares, each as a leg of its own, and so never twice on
/// the same part of the sale. A partner that sells and stands above a co-seller earns on its own share as seller and
/// on the other as upline. Legs are in the order of lines, components, levels and sellers' ids; none is zero.
pub fn calculate(mut input: Input) -> Result<Calculation, CalculationError> {
    input.sellers.sort_by_key(|seller| seller.partner);
    input.check()?;
    let not_due = not_due(&input);
    let candidates = if not_due.is_some() { vec![] } else { candidates(&input)? };
    let legs = legs(&input, &candidates)?;
    let nothing = not_due.or_else(|| nothing_of(&candidates, &legs));
    let trace = Trace { engine: ENGINE_VERSION, input, candidates, legs, nothing };
    let trace_hash = trace.hash();
    Ok(match nothing {
        None => Calculation::Earned { trace, trace_hash },
        Some(reason) => Calculation::Nothing { reason, trace, trace_hash },
    })
}

impl Trace {
    /// Calculates again from the input alone; an honest trace gives the same legs and the same hash.
    ///
    /// Refused where another version of the engine calculated: its answer may differ and be right.
    pub fn reevaluate(&self) -> Result<Calculation, CalculationError> {
        if self.engine == ENGINE_VERSION {
            calculate(self.input.clone())
        } else {
            let (traced, running) = (self.engine, ENGINE_VERSION);
            Err(CalculationError::OtherEngine { traced, running })
        }
    }
}

impl Calculation {
    /// What is earned; empty where nothing is.
    pub fn legs(&self) -> &[Leg] {
        &self.trace().legs
    }

    pub fn trace(&self) -> &Trace {
        match self {
            Calculation::Earned { trace, .. } | Calculation::Nothing { trace, .. } => trace,
        }
    }

    pub fn trace_hash(&self) -> &str {
        match self {
            Calculation::Earned { trace_hash, .. } | Calculation::Nothing { trace_hash, .. } => {
                trace_hash
            }
        }
    }
}

/// What rules commission out before any line is looked at.
fn not_due(input: &Input) -> Option<NothingEarned> {
    if !input.plan.in_force(input.at) {
        Some(NothingEarned::PlanNotInForce)
    } else if input.plan.body.trigger != input.trigger.kind {
        Some(NothingEarned::OtherTrigger)
    } else if input.lines.is_empty() {
        Some(NothingEarned::NoLines)
    } else {
        None
    }
}

fn nothing_of(candidates: &[Candidate], legs: &[Leg]) -> Option<NothingEarned> {
    let rejected = |candidate: &Candidate| matches!(candidate.verdict, Verdict::Rejected(_));
    if !legs.is_empty() {
        None
    } else if candidates.iter().all(rejected) {
        Some(NothingEarned::NoComponentApplies)
    } else {
        Some(NothingEarned::LessThanOneUnit)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::fixtures::*;
    use super::super::{Plan, Seller, Trigger};
    use super::*;
    use crate::{Published, Tier, published};

    /// 20 % with gold at 1.1, 5 % to the parent and 2 % to the next, both as these levels say.
    fn two_levels(compression: &str) -> Plan {
        let level = |distance: u32, rate: u32| {
            json!({
                "distance": distance,
                "rate": rate,
                "eligible": "certified",
                "compression": compression
            })
        };
        plan(json!([{
            "id": "new-sales",
            "rate": { "times": { "rate": 200_000, "by_tier": { "gold": 1_100_000 } } },
            "levels": [level(1, 50_000), level(2, 20_000)]
        }]))
    }

    #[test]
    fn g1_r129_the_seller_and_two_levels_above_it_earn() {
        let gold = seller(C).of_tier(Tier::Gold).under(&[certified(B), certified(A)]);
        let sale = sale("9999.99", &[gold], two_levels("skip"));
        assert_eq!(earned(sale), amounts(&[(C, "2200.00"), (B, "500.00"), (A, "200.00")]));
    }

    #[test]
    fn r129_the_plan_says_how_many_levels_are_paid() {
        let level = |distance: u32| json!({ "distance": distance, "rate": 10_000 });
        let paid = |levels: Vec<Value>| {
            let plan =
                plan(json!([{ "id": "a", "rate": { "percent": 100_000 }, "levels": levels }]));
            let upline = [certified(D), certified(C), certified(B), certified(A)];
            earned(sale("100.00", &[seller(E).under(&upline)], plan)).len()
        };
        assert_eq!(paid(vec![]), 1);
        assert_eq!(paid((1..=3).map(level).collect()), 4);
        assert_eq!(paid((1..=9).map(level).collect()), 5);
    }

    #[test]
    fn levels_count_by_their_distance_in_whatever_order_they_are_written() {
        let upline = [certified(B), certified(A)];
        let mut plan = two_levels("skip");
        plan.components[0].levels.reverse();
        let sale = sale("100.00", &[seller(C).under(&upline)], plan);
        assert_eq!(earned(sale), amounts(&[(C, "20.00"), (B, "5.00"), (A, "2.00")]));
    }

    #[test]
    fn g4_a_commission_of_co_sellers_adds_up() {
        let sellers = [seller(A).with_share(600_000), seller(B).with_share(400_000)];
        let sale = sale("166.65", &sellers, percent(200_000));
        assert_eq!(earned(sale), amounts(&[(A, "20.00"), (B, "13.33")]));
    }

    #[test]
    fn m10_the_order_in_which_co_sellers_are_named_does_not_matter() {
        let half = |partner| seller(partner).with_share(500_000);
        let named = |sellers: &[Seller]| earned(sale("0.10", sellers, percent(100_000)));
        assert_eq!(named(&[half(A), half(B)]), amounts(&[(A, "0.01")]));
        assert_eq!(named(&[half(B), half(A)]), amounts(&[(A, "0.01")]));
    }

    #[test]
    fn g9_a_parent_without_a_certificate_is_skipped_passed_over_or_the_end() {
        let paid = |compression| {
            let seller = seller(C).under(&[uncertified(B), certified(A)]);
            earned(sale("100.00", &[seller], two_levels(compression)))
        };
        assert_eq!(paid("skip"), amounts(&[(C, "20.00"), (A, "2.00")]));
        assert_eq!(paid("compress"), amounts(&[(C, "20.00"), (A, "5.00")]));
        assert_eq!(paid("stop"), amounts(&[(C, "20.00")]));
    }

    #[test]
    fn g10_a_half_unit_rounds_to_the_even_one() {
        assert_eq!(earned(sale("1.05", &[seller(A)], percent(100_000))), amounts(&[(A, "0.10")]));
        assert_eq!(earned(sale("1.15", &[seller(A)], percent(100_000))), amounts(&[(A, "0.12")]));
    }

    #[test]
    fn r136_a_commission_is_exact_where_a_float_is_not() {
        let large = sale("90071992547409.93", &[seller(A)], percent(1_000_000));
        assert_eq!(earned(large), amounts(&[(A, "90071992547409.93")]));
        // 0.035 exactly, and 0.034999999999999996 in a float.
        let half = sale("0.70", &[seller(A)], percent(50_000));
        assert_eq!(earned(half), amounts(&[(A, "0.04")]));
    }

    #[test]
    fn a_partner_above_two_sellers_earns_on_the_share_of_each() {
        let under_a = |partner, share| seller(partner).with_share(share).under(&[certified(A)]);
        let sellers = [under_a(B, 600_000), under_a(C, 400_000)];
        let sale = sale("0.50", &sellers, two_levels("skip"));
        // 5 % of 0.50 is 2.5 units and rounds to 2, as if one partner had sold it all.
        let paid = amounts(&[(B, "0.06"), (C, "0.04"), (A, "0.01"), (A, "0.01")]);
        assert_eq!(earned(sale), paid);
    }

    #[test]
    fn a_seller_above_its_co_seller_earns_as_both_on_different_shares() {
        let half = |partner| seller(partner).with_share(500_000);
        let sellers = [half(A), half(B).under(&[certified(A)])];
        let sale = sale("100.00", &sellers, two_levels("skip"));
        assert_eq!(earned(sale), amounts(&[(A, "10.00"), (B, "10.00"), (A, "2.50")]));
    }

    /// What 100.00 earns at an instant by these versions.
    fn earned_by(versions: &[Published<Plan>], instant: &str) -> Option<String> {
        let plan = published::in_force(versions, at(instant))?.clone();
        let sale = Input { at: at(instant), plan, ..sale("100.00", &[seller(A)], percent(1)) };
        calculated(sale).legs().first().map(|leg| leg.amount.amount())
    }

    fn version(version: u32, rate: u32, from: &str, until: Option<&str>) -> Published<Plan> {
        let (effective_from, effective_until) = (at(from), until.map(at));
        Published { version, effective_from, effective_until, ..published(percent(rate)) }
    }

    #[test]
    fn g7_r67_a_change_on_day_nine_earns_by_the_rule_of_day_nine_whenever_it_is_recorded() {
        let versions = [
            version(1, 100_000, "2025-01-01T00:00:00Z", None),
            version(2, 120_000, "2025-01-10T00:00:00Z", None),
        ];
        let earned = |instant| earned_by(&versions, instant);
        assert_eq!(earned("2025-01-09T12:00:00Z").as_deref(), Some("10.00"));
        assert_eq!(earned("2025-01-09T23:59:59.999999Z").as_deref(), Some("10.00"));
        assert_eq!(earned("2025-01-10T00:00:00Z").as_deref(), Some("12.00"));
    }

    #[test]
    fn r67_a_rule_that_expired_one_instant_earlier_does_not_apply() {
        let until = "2025-02-01T00:00:00Z";
        let versions = [version(1, 100_000, "2025-01-01T00:00:00Z", Some(until))];
        assert_eq!(earned_by(&versions, "2025-01-31T23:59:59.999999Z").as_deref(), Some("10.00"));
        assert_eq!(earned_by(&versions, until), None);
        let late = Input {
            at: at(until),
            plan: versions[0].clone(),
            ..sale("100.00", &[seller(A)], percent(1))
        };
        assert_eq!(nothing(late), Some(NothingEarned::PlanNotInForce));
    }

    #[test]
    fn nothing_is_calculated_for_a_reason() {
        let sold = || sale("100.00", &[seller(A)], percent(100_000));
        assert_eq!(nothing(sold()), None);

        let mut paid = sold();
        paid.trigger.kind = Trigger::Payment;
        assert_eq!(nothing(paid), Some(NothingEarned::OtherTrigger));

        assert_eq!(nothing(Input { lines: vec![], ..sold() }), Some(NothingEarned::NoLines));

        let free = sale("0.00", &[seller(A)], percent(100_000));
        assert_eq!(nothing(free), Some(NothingEarned::NoComponentApplies));

        let half_a_unit = sale("0.05", &[seller(A)], percent(100_000));
        assert_eq!(nothing(half_a_unit), Some(NothingEarned::LessThanOneUnit));
        let a_unit = sale("0.06", &[seller(A)], percent(100_000));
        assert_eq!(nothing(a_unit), None);
    }

    #[test]
    fn what_passes_an_amount_is_refused() {
        let plan = plan(
            json!([{ "id": "a", "rate": { "times": { "rate": 1_000_000, "by_tier": { "gold": 1_000_001 } } } }]),
        );
        let of_tier = |tier| sale("92233720368547758.07", &[seller(A).of_tier(tier)], plan.clone());
        assert_eq!(earned(of_tier(Tier::Silver)), amounts(&[(A, "92233720368547758.07")]));
        let overflow = CalculationError::Overflow { line: "1".into(), component: "a".into() };
        assert_eq!(refused(of_tier(Tier::Gold)), overflow);
    }
}
