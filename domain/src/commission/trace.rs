//! Explainability: the trace of a calculation, complete enough to do it again without the store.

use serde::{Deserialize, Serialize};

use crate::{published::hash_of, words::words};

use super::{Candidate, Input, Leg};

/// What was known, what was considered, and what came of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trace {
    /// The version of the engine that calculated.
    pub engine: u32,
    pub input: Input,
    /// Every component for every line, in the order of both.
    pub candidates: Vec<Candidate>,
    pub legs: Vec<Leg>,
    /// Why there are no legs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nothing: Option<NothingEarned>,
}

words! {
    /// Why an event earned nothing.
    pub enum NothingEarned {
        "plan-not-in-force" => PlanNotInForce: "No plan was in force.",
        "other-trigger" => OtherTrigger: "The plan waits for another kind of event.",
        "no-lines" => NoLines: "The sale has no lines.",
        "no-component-applies" => NoComponentApplies: "No component of the plan pays for any of the lines.",
        "less-than-one-unit" => LessThanOneUnit: "Nobody earns as much as one minor unit.",
    }
}

impl Trace {
    /// SHA-256 of the trace's canonical JSON, in hex. Whatever in it can grow is a string there.
    pub fn hash(&self) -> String {
        hash_of(self).expect("a trace has neither floats nor keys that are not text")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::super::fixtures::*;
    use super::super::{
        Apportionment, CalculationError, ENGINE_VERSION, Part, Rate, Rejection, Trigger, Verdict,
        calculate,
    };
    use super::*;
    use crate::{Money, Ppm, Tier};

    fn reread(trace: &Trace) -> Trace {
        let written = serde_json::to_string(trace).expect("serializes");
        serde_json::from_str(&written).expect("parses")
    }

    fn hash(input: Input) -> String {
        calculated(input).trace_hash().to_owned()
    }

    /// Two co-sellers, the first of them under a partner, with every optional fact known.
    fn full() -> Input {
        let mut node = certified(A);
        node.source = Some(event(2));
        let mut first = seller(B).with_share(600_000).of_tier(Tier::Gold).under(&[node]);
        (first.tier_from, first.share_from) = (Some(event(3)), Some(event(4)));
        let levels = json!([{ "distance": 1, "rate": 50_000 }]);
        let plan = plan(json!([{ "id": "a", "rate": { "percent": 200_000 }, "levels": levels }]));
        let mut sale = sale("100.00", &[first, seller(C).with_share(400_000)], plan);
        sale.lines[0].source = Some(event(5));
        sale
    }

    #[test]
    fn e12_the_same_facts_have_the_same_hash() {
        assert_eq!(hash(full()), hash(full()));
    }

    #[test]
    fn e12_any_other_fact_has_another_hash() {
        let changes: [fn(&mut Input); 22] = [
            |input| input.trigger.event = event(9),
            |input| input.trigger.kind = Trigger::Payment,
            |input| input.at += chrono::Duration::microseconds(1),
            |input| input.zone = chrono_tz::Europe::Paris,
            |input| input.lines[0].id = "2".into(),
            |input| input.lines[0].product_line = "crm".into(),
            |input| input.lines[0].net = eur("100.01"),
            |input| input.lines[0].source = None,
            |input| input.lines.push(line("2", "cloud", eur("0.00"))),
            |input| input.sellers[0].partner = D,
            |input| (input.sellers[0].share, input.sellers[1].share) = (Ppm(599_999), Ppm(400_001)),
            |input| input.sellers[0].share_from = None,
            |input| input.sellers[0].tier = Tier::Silver,
            |input| input.sellers[0].tier_from = None,
            |input| input.sellers[0].certified = false,
            |input| input.sellers[0].upline[0].partner = E,
            |input| input.sellers[0].upline[0].certified = false,
            |input| input.sellers[0].upline[0].source = None,
            |input| input.plan.version = 2,
            |input| input.plan.effective_from = at("2025-01-02T00:00:00Z"),
            |input| input.plan.body.components[0].id = "b".into(),
            |input| input.plan.body.hold.days = 1,
        ];
        let mut hashes = BTreeSet::from([hash(full())]);
        for (index, change) in changes.into_iter().enumerate() {
            let mut input = full();
            change(&mut input);
            assert!(hashes.insert(hash(input)), "change {index} does not show");
        }
    }

    #[test]
    fn m14_amounts_beyond_what_a_float_tells_apart_have_hashes_apart() {
        let large = |net| sale(net, &[seller(A)], percent(100_000));
        let (even, odd) = (large("90071992547409.92"), large("90071992547409.93"));
        assert_eq!(earned(even.clone()), earned(odd.clone()));
        assert_ne!(hash(even), hash(odd));
    }

    #[test]
    fn m14_no_number_in_a_trace_can_pass_what_a_float_holds() {
        fn numbers(value: &Value) -> Vec<&serde_json::Number> {
            match value {
                Value::Number(number) => vec![number],
                Value::Array(values) => values.iter().flat_map(numbers).collect(),
                Value::Object(fields) => fields.values().flat_map(numbers).collect(),
                Value::Null | Value::Bool(_) | Value::String(_) => vec![],
            }
        }
        let mut large = full();
        large.lines[0].net = Money { minor: i64::MAX, ..eur("0.00") };
        let trace = serde_json::to_value(calculated(large).trace()).expect("serializes");
        let numbers = numbers(&trace);
        assert!(!numbers.is_empty());
        let fits =
            |number: &&serde_json::Number| number.as_u64().is_some_and(|n| n <= u32::MAX.into());
        assert!(numbers.iter().all(fits), "{numbers:?}");
    }

    #[test]
    fn e1_a_changed_trace_is_found_out() {
        let calculation = calculated(full());
        let mut trace = calculation.trace().clone();
        trace.legs[0].amount = eur("99.99");
        let again = trace.reevaluate().expect("can be calculated");
        assert_ne!(again.legs(), trace.legs);
        assert_ne!(again.trace_hash(), trace.hash());
        assert_eq!(again, calculation);
    }

    #[test]
    fn a_trace_of_another_engine_is_not_judged_by_this_one() {
        let mut trace = calculated(full()).trace().clone();
        trace.engine += 1;
        let (traced, running) = (ENGINE_VERSION + 1, ENGINE_VERSION);
        assert_eq!(trace.reevaluate(), Err(CalculationError::OtherEngine { traced, running }));
    }

    #[test]
    fn e1_the_trace_also_explains_why_nothing_is_earned() {
        let calculation = calculated(sale("0.00", &[seller(A)], percent(100_000)));
        let trace = reread(calculation.trace());
        assert_eq!(trace.candidates[0].verdict, Verdict::Rejected(Rejection::NothingSold));
        assert_eq!(trace.nothing, Some(NothingEarned::NoComponentApplies));
        assert_eq!(trace.reevaluate(), Ok(calculation));
    }

    /// The levels that are paid, each with what a plain formula makes of it: net x rate x the sum of share x factor.
    fn levels_and_formula(trace: &Trace) -> Vec<(&Apportionment, i128)> {
        let levels = trace.candidates.iter().flat_map(|candidate| match &candidate.verdict {
            Verdict::Pays { levels, .. } => levels.as_slice(),
            Verdict::Rejected(_) => &[],
        });
        let weighed = |level: &Apportionment| -> i128 {
            let factor = |part: &Part| part.factor.unwrap_or(Ppm::ONE);
            level
                .parts
                .iter()
                .map(|part| i128::from(part.share.0) * i128::from(factor(part).0))
                .sum()
        };
        let formula = |level: &Apportionment| {
            let product = i128::from(level.base.minor) * i128::from(level.rate.0) * weighed(level);
            half_even(product, 1_000_000_000_000_000_000)
        };
        levels.map(|level| (level, formula(level))).collect()
    }

    fn half_even(product: i128, divisor: i128) -> i128 {
        let down = product / divisor;
        let twice = 2 * (product % divisor);
        if twice > divisor || (twice == divisor && down % 2 == 1) { down + 1 } else { down }
    }

    proptest! {
        #[test]
        fn e1_a_trace_read_back_gives_the_same_legs_and_the_same_hash(input in any_sale()) {
            let calculation = calculated(input);
            let trace = reread(calculation.trace());
            prop_assert_eq!(trace.hash(), calculation.trace_hash());
            prop_assert_eq!(trace.reevaluate(), Ok(calculation));
        }

        #[test]
        fn co_sellers_together_earn_what_one_seller_would(input in any_sale()) {
            let calculation = calculated(input);
            for (level, formula) in levels_and_formula(calculation.trace()) {
                prop_assert_eq!(i128::from(level.whole.minor), formula);
                let parts = level.parts.iter().map(|part| i128::from(part.amount.minor));
                prop_assert_eq!(parts.sum::<i128>(), formula);
            }
        }

        #[test]
        fn legs_are_positive_and_nobody_earns_twice_on_a_part_of_a_sale(input in any_sale()) {
            let calculation = calculated(input);
            let mut lots = BTreeSet::new();
            let mut earned = BTreeSet::new();
            for leg in calculation.legs() {
                prop_assert!(leg.amount.is_positive());
                prop_assert_eq!(leg.level == 0, leg.beneficiary == leg.seller);
                prop_assert!(lots.insert(leg.lot));
                prop_assert!(earned.insert((&leg.line, &leg.component, leg.seller, leg.beneficiary)));
            }
        }

        #[test]
        fn the_order_of_the_sellers_does_not_matter(input in any_sale()) {
            let mut turned = input.clone();
            turned.sellers.reverse();
            prop_assert_eq!(calculated(turned), calculated(input));
        }

        #[test]
        fn wild_numbers_are_refused_or_calculated(
            mut input in any_sale(),
            minor: i64,
            ppm in prop::array::uniform4(any::<u32>()),
            days: u32,
        ) {
            input.lines[0].net.minor = minor;
            input.plan.body.hold.days = days;
            let component = &mut input.plan.body.components[0];
            let by_tier = [(input.sellers[0].tier, Ppm(ppm[0]))].into();
            component.rate = Rate::Times { rate: Ppm(ppm[1]), by_tier };
            if let Some(level) = component.levels.first_mut() {
                level.rate = Ppm(ppm[2]);
                level.distance = ppm[3];
            }
            if let Ok(calculation) = calculate(input) {
                prop_assert!(calculation.legs().iter().all(|leg| leg.amount.is_positive()));
            }
        }
    }
}
