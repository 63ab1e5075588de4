//! Static analysis of a commission plan: what it must not say, found before it is published.

use std::fmt;

use crate::{ClosedList, Exact, Ppm, Tier};

use super::{Component, Plan, Selector};

/// Why a plan cannot be published. Positions count from 0, as in the plan's JSON.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PlanFault {
    #[error("the plan pays nothing: add a component")]
    NoComponents,
    #[error("the component has no name: give it an id, as in new-sales")]
    ComponentUnnamed { component: usize },
    #[error("another component is called {id} as well: give each an id of its own")]
    ComponentTwice { component: usize, id: String },
    #[error("the component selects no product line: name one, or write \"all\"")]
    NoLinesSelected { component: usize },
    #[error(
        "a rate of {rate} is more than the sale: lower it to 1000000 parts per million or less"
    )]
    RateAboveWhole { component: usize, rate: Ppm },
    #[error(
        "a rate of {rate} is more than the sale: lower it to 1000000 parts per million or less"
    )]
    LevelRateAboveWhole { component: usize, level: usize, rate: Ppm },
    #[error("distance 0 is the seller, who earns the component's rate: count the levels from 1")]
    LevelAtSeller { component: usize, level: usize },
    #[error("another level has distance {distance} as well: keep one of them")]
    LevelTwice { component: usize, level: usize, distance: u32 },
    #[error("no level has distance {missing}: add it, with rate 0 where nobody is to earn there")]
    LevelMissing { component: usize, level: usize, missing: u32 },
    #[error(
        "the network is {max_network_depth} deep and reaches no level {distance}: remove the level"
    )]
    LevelTooDeep { component: usize, level: usize, distance: u32, max_network_depth: u32 },
    #[error("the component pays nobody: give it or one of its levels a rate above 0, or remove it")]
    PaysNobody { component: usize },
    #[error("{0}: lower a rate, a factor or a level until the parts are no more than the sale")]
    PaysMoreThanSold(Counterexample),
}

/// A sale for which a plan would pay more than the customer does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Counterexample {
    /// `None` stands for any line that no component names.
    pub product_line: Option<String>,
    pub tier: Tier,
    pub net: i64,
    pub pays: Exact,
}

impl fmt::Display for Counterexample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { product_line, tier, net, pays } = self;
        let line = product_line.as_deref().unwrap_or("a line that no component names");
        write!(
            f,
            "a {tier:?} partner that sells {line} for {net} minor units makes the plan pay {pays}"
        )
    }
}

impl Plan {
    /// The first fault that would make the plan wrong in every sale or ruinous in one.
    ///
    /// `max_network_depth` is the most partners that may stand above another.
    pub fn check(&self, max_network_depth: u32) -> Result<(), PlanFault> {
        if self.components.is_empty() {
            return Err(PlanFault::NoComponents);
        }
        for (index, component) in self.components.iter().enumerate() {
            check_name(index, &self.components)?;
            check_pay(index, component)?;
            check_levels(index, component, max_network_depth)?;
        }
        match overpaid(self) {
            Some(example) => Err(PlanFault::PaysMoreThanSold(example)),
            None => Ok(()),
        }
    }
}

impl PlanFault {
    /// The path of the field at fault in the plan's JSON; empty for the plan as a whole.
    pub fn field(&self) -> Vec<String> {
        let of = |component: &usize, field: &[&str]| {
            let path = ["components".to_owned(), component.to_string()].into_iter();
            path.chain(field.iter().map(|name| (*name).to_owned())).collect()
        };
        match self {
            PlanFault::NoComponents | PlanFault::PaysMoreThanSold(_) => vec!["components".into()],
            PlanFault::ComponentUnnamed { component }
            | PlanFault::ComponentTwice { component, .. } => of(component, &["id"]),
            PlanFault::NoLinesSelected { component } => of(component, &["lines", "only"]),
            PlanFault::RateAboveWhole { component, .. } | PlanFault::PaysNobody { component } => {
                of(component, &["rate"])
            }
            PlanFault::LevelRateAboveWhole { component, level, .. } => {
                of(component, &["levels", &level.to_string(), "rate"])
            }
            PlanFault::LevelAtSeller { component, level }
            | PlanFault::LevelTwice { component, level, .. }
            | PlanFault::LevelMissing { component, level, .. }
            | PlanFault::LevelTooDeep { component, level, .. } => {
                of(component, &["levels", &level.to_string(), "distance"])
            }
        }
    }
}

fn check_name(index: usize, components: &[Component]) -> Result<(), PlanFault> {
    let id = &components[index].id;
    if id.trim().is_empty() {
        return Err(PlanFault::ComponentUnnamed { component: index });
    }
    if components[..index].iter().any(|earlier| earlier.id == *id) {
        return Err(PlanFault::ComponentTwice { component: index, id: id.clone() });
    }
    Ok(())
}

fn check_pay(index: usize, component: &Component) -> Result<(), PlanFault> {
    if matches!(&component.lines, Selector::Only(names) if names.is_empty()) {
        return Err(PlanFault::NoLinesSelected { component: index });
    }
    let rate = component.rate.ppm();
    if rate > Ppm::ONE {
        return Err(PlanFault::RateAboveWhole { component: index, rate });
    }
    if tiers().all(|tier| most_paid(component, tier) == 0) {
        return Err(PlanFault::PaysNobody { component: index });
    }
    Ok(())
}

fn check_levels(
    index: usize,
    component: &Component,
    max_network_depth: u32,
) -> Result<(), PlanFault> {
    for (level, entry) in component.levels.iter().enumerate() {
        let distance = entry.distance;
        if distance == 0 {
            return Err(PlanFault::LevelAtSeller { component: index, level });
        }
        if distance > max_network_depth {
            return Err(PlanFault::LevelTooDeep {
                component: index,
                level,
                distance,
                max_network_depth,
            });
        }
        if component.levels[..level].iter().any(|earlier| earlier.distance == distance) {
            return Err(PlanFault::LevelTwice { component: index, level, distance });
        }
        let below = distance - 1;
        if below > 0 && component.levels.iter().all(|other| other.distance != below) {
            return Err(PlanFault::LevelMissing { component: index, level, missing: below });
        }
        if entry.rate > Ppm::ONE {
            return Err(PlanFault::LevelRateAboveWhole {
                component: index,
                level,
                rate: entry.rate,
            });
        }
    }
    Ok(())
}

/// A sale that pays out more than it brings in, all components that select its line taken together.
fn overpaid(plan: &Plan) -> Option<Counterexample> {
    let named = plan.components.iter().filter_map(|component| match &component.lines {
        Selector::All => None,
        Selector::Only(names) => Some(names),
    });
    let mut lines: Vec<Option<&String>> = named.flatten().map(Some).collect();
    lines.push(None); // Stands for any line without a component of its own.
    lines.iter().find_map(|line| tiers().find_map(|tier| overpaid_for(plan, *line, tier)))
}

fn overpaid_for(plan: &Plan, line: Option<&String>, tier: Tier) -> Option<Counterexample> {
    const NET: i64 = 1_000_000;
    let paying = plan.components.iter().filter(|component| match line {
        Some(name) => component.lines.selects(name),
        None => component.lines == Selector::All,
    });
    let paid: i128 = paying.map(|component| most_paid(component, tier)).sum();
    let pays = Exact::ratio(paid, 1_000_000)?; // Of the million that is NET.
    (paid > WHOLE).then(|| Counterexample { product_line: line.cloned(), tier, net: NET, pays })
}

/// A whole in millionths of a millionth, the unit of a rate times a factor.
const WHOLE: i128 = 1_000_000 * 1_000_000;

/// The part of [`WHOLE`] that a component pays when one partner of `tier` sells and every level is earned.
fn most_paid(component: &Component, tier: Tier) -> i128 {
    let factor = component.rate.factor(tier).unwrap_or(Ppm::ONE);
    let seller = i128::from(component.rate.ppm().0) * i128::from(factor.0);
    let levels: i128 = component.levels.iter().map(|level| i128::from(level.rate.0)).sum();
    seller + levels * 1_000_000
}

fn tiers() -> impl Iterator<Item = Tier> {
    Tier::ALL.iter().map(|(tier, ..)| *tier)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn check(components: Value) -> Result<(), PlanFault> {
        let plan = json!({ "trigger": "payment", "components": components });
        serde_json::from_value::<Plan>(plan).expect("is a plan").check(3)
    }

    /// A component with these levels, as pairs of distance and rate.
    fn levels(levels: &[(u32, u32)]) -> Value {
        let levels =
            levels.iter().map(|(distance, rate)| json!({ "distance": distance, "rate": rate }));
        json!([{ "id": "a", "rate": { "percent": 100_000 }, "levels": levels.collect::<Vec<_>>() }])
    }

    #[test]
    fn e21_a_plan_has_a_component() {
        assert_eq!(check(json!([])), Err(PlanFault::NoComponents));
        assert_eq!(check(json!([{ "id": "a", "rate": { "percent": 1 } }])), Ok(()));
    }

    #[test]
    fn e21_components_have_names_of_their_own() {
        let named = |first: &str, second: &str| {
            let rate = json!({ "percent": 1 });
            check(json!([{ "id": first, "rate": rate }, { "id": second, "rate": rate }]))
        };
        assert_eq!(named("a", "b"), Ok(()));
        assert_eq!(
            named("a", "a"),
            Err(PlanFault::ComponentTwice { component: 1, id: "a".into() })
        );
        assert_eq!(named("a", " "), Err(PlanFault::ComponentUnnamed { component: 1 }));
    }

    #[test]
    fn e21_a_component_selects_a_line() {
        let only = |lines: &[&str]| {
            check(json!([{ "id": "a", "lines": { "only": lines }, "rate": { "percent": 1 } }]))
        };
        assert_eq!(only(&["cloud"]), Ok(()));
        assert_eq!(only(&[]), Err(PlanFault::NoLinesSelected { component: 0 }));
    }

    #[test]
    fn e21_a_rate_is_at_most_the_sale() {
        let percent = |rate: u32| check(json!([{ "id": "a", "rate": { "percent": rate } }]));
        assert_eq!(percent(1_000_000), Ok(()));
        let rate = Ppm(1_000_001);
        assert_eq!(percent(1_000_001), Err(PlanFault::RateAboveWhole { component: 0, rate }));
        let fault = PlanFault::LevelRateAboveWhole { component: 0, level: 0, rate };
        assert_eq!(check(levels(&[(1, 1_000_001)])), Err(fault));
        assert_eq!(check(levels(&[(1, 900_000)])), Ok(()));
    }

    #[test]
    fn e21_a_component_pays_somebody() {
        assert_eq!(check(levels(&[(1, 0)])), Ok(()));
        let nobody = json!([{ "id": "a", "rate": { "percent": 0 }, "levels": [{ "distance": 1, "rate": 0 }] }]);
        assert_eq!(check(nobody), Err(PlanFault::PaysNobody { component: 0 }));
        let only_the_parent = json!([{ "id": "a", "rate": { "percent": 0 }, "levels": [{ "distance": 1, "rate": 1 }] }]);
        assert_eq!(check(only_the_parent), Ok(()));
    }

    #[test]
    fn e21_levels_count_from_the_parent_without_a_gap_in_any_order() {
        assert_eq!(check(levels(&[(2, 1), (1, 1), (3, 1)])), Ok(()));
        let seller = PlanFault::LevelAtSeller { component: 0, level: 1 };
        assert_eq!(check(levels(&[(1, 1), (0, 1)])), Err(seller));
        let twice = PlanFault::LevelTwice { component: 0, level: 2, distance: 1 };
        assert_eq!(check(levels(&[(1, 1), (2, 1), (1, 1)])), Err(twice));
        let gap = PlanFault::LevelMissing { component: 0, level: 1, missing: 2 };
        assert_eq!(check(levels(&[(1, 1), (3, 1)])), Err(gap));
    }

    #[test]
    fn e21_levels_reach_no_deeper_than_the_network() {
        let deep =
            PlanFault::LevelTooDeep { component: 0, level: 3, distance: 4, max_network_depth: 3 };
        assert_eq!(check(levels(&[(1, 1), (2, 1), (3, 1), (4, 1)])), Err(deep));
        assert_eq!(check(levels(&[(1, 1), (2, 1), (3, 1)])), Ok(()));
    }

    #[test]
    fn e21_a_plan_never_pays_more_than_the_sale_and_shows_where_it_would() {
        let gold = |factor: u32| {
            check(json!([{
                "id": "a",
                "rate": { "times": { "rate": 500_000, "by_tier": { "gold": factor } } },
                "levels": [{ "distance": 1, "rate": 250_000 }]
            }]))
        };
        assert_eq!(gold(1_500_000), Ok(()));
        let fault = gold(1_500_001).expect_err("pays more than the sale");
        let pays = "2000001/2".parse().expect("is a fraction");
        let tier = Tier::Gold;
        let example = Counterexample { product_line: None, tier, net: 1_000_000, pays };
        assert_eq!(fault, PlanFault::PaysMoreThanSold(example));
    }

    #[test]
    fn e21_components_that_select_the_same_line_are_weighed_together() {
        let stacked = |lines: &str| {
            check(json!([
                { "id": "a", "lines": { "only": ["cloud", "crm"] }, "rate": { "percent": 600_000 } },
                { "id": "b", "lines": { "only": [lines] }, "rate": { "percent": 600_000 } }
            ]))
        };
        assert_eq!(stacked("storage"), Ok(()));
        let fault = stacked("crm").expect_err("pays more than the sale");
        assert_eq!(fault.field(), ["components"]);
        assert_eq!(
            fault.to_string(),
            "a Registered partner that sells crm for 1000000 minor units makes the plan pay 1200000: \
             lower a rate, a factor or a level until the parts are no more than the sale"
        );
    }

    #[test]
    fn a_fault_names_its_field() {
        let gap = PlanFault::LevelMissing { component: 1, level: 2, missing: 3 };
        assert_eq!(gap.field(), ["components", "1", "levels", "2", "distance"]);
        assert_eq!(
            PlanFault::NoLinesSelected { component: 0 }.field(),
            ["components", "0", "lines", "only"]
        );
    }
}
