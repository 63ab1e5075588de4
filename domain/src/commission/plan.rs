//! The commission plan, a domain-specific language in JSON: what makes commission due, who earns what, how it is held.
//!
//! The JSON is meant to be written by hand:
//!
//! ```json
//! {
//!   "trigger": "contract-status",
//!   "components": [{
//!     "id": "new-sales",
//!     "rate": { "times": { "rate": 200000, "by_tier": { "gold": 1100000 } } },
//!     "levels": [{ "distance": 1, "rate": 50000, "eligible": "certified", "compression": "compress" }]
//!   }],
//!   "hold": { "days": 14 }
//! }
//! ```

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{
    Invalid, Ppm, Tier,
    bounds::{Bound, Bounded, ByType, LINE, bounded, boundless, bounds, check},
    words::words,
};

boundless!(Trigger, ComponentKind, Eligibility, Compression);

bounded! {
    /// What a programme pays for a sale.
    ///
    /// Every component that selects a line pays for it, each by legs of its own: components add up and none replaces
    /// another. [`Plan::check`] therefore weighs them together.
    #[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct Plan {
        pub trigger: Trigger,
        pub components: Vec<Component>,
        #[serde(default)]
        pub hold: Hold,
    }
}

/// What makes commission due.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trigger {
    /// The contract enters a status that calculates commission.
    ContractStatus,
    /// The customer pays.
    Payment,
}

bounded! {
    /// One reason to pay, with its rate and the levels above the seller.
    #[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct Component {
        /// Names it within the plan, in traces and on statements.
        pub id: String as LINE,
        #[serde(default)]
        pub kind: ComponentKind,
        #[serde(default)]
        pub lines: Selector,
        pub rate: Rate,
        #[serde(default)]
        pub levels: Vec<Level>,
    }
}

/// For what the seller is paid.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ComponentKind {
    /// A first sale.
    #[default]
    New,
}

words! {
    /// For what a wallet is credited.
    pub enum AccrualKind {
        "new" => New: "A first sale of one's own.",
        "override" => Override: "A sale by a partner below.",
    }
}

/// For which product lines.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Selector {
    #[default]
    All,
    Only(BTreeSet<String>),
}

/// What the seller earns of its share of a line's net amount.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Rate {
    /// In parts per million, as every rate: 200000 is 20 %.
    Percent(Ppm),
    /// A rate times the factor of the seller's tier; a tier without a row has factor one.
    Times { rate: Ppm, by_tier: BTreeMap<Tier, Ppm> },
}

bounded! {
    /// What a partner above the seller earns of the seller's share of a line's net amount.
    #[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct Level {
        /// 1 is the seller's parent.
        pub distance: u32 as DEPTH,
        pub rate: Ppm,
        #[serde(default)]
        pub eligible: Eligibility,
        #[serde(default)]
        pub compression: Compression,
    }
}

/// Who may earn a level.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Eligibility {
    #[default]
    Anyone,
    /// Whoever holds a valid certificate at the trigger's instant.
    Certified,
}

/// What becomes of a level whose turn falls on a partner that may not earn it.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Compression {
    /// Nobody earns it; the next partner up is asked for the next level.
    #[default]
    Skip,
    /// The next partner up is asked for the same level.
    Compress,
    /// Nobody above earns anything.
    Stop,
}

bounded! {
    /// How long an accrual is held before it can be paid out.
    #[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct Hold {
        /// Whole days in the programme's time zone; 0 matures at once.
        pub days: u32 as DAYS_IF_ANY,
    }
}

impl Bounded for Selector {
    fn check(&self, _: ByType) -> Result<(), Invalid> {
        match self {
            Self::All => Ok(()),
            Self::Only(names) => check("only", names, LINE),
        }
    }

    fn bounds(_: ByType) -> Vec<Bound> {
        bounds::<_, BTreeSet<String>>("only", LINE)
    }
}

impl Bounded for Rate {
    fn check(&self, _: ByType) -> Result<(), Invalid> {
        match self {
            Self::Percent(rate) => rate.check(ByType),
            Self::Times { rate, by_tier } => {
                rate.check(ByType)?;
                by_tier.check(ByType)
            }
        }
    }

    fn bounds(_: ByType) -> Vec<Bound> {
        vec![]
    }
}

impl Selector {
    pub fn selects(&self, product_line: &str) -> bool {
        match self {
            Selector::All => true,
            Selector::Only(names) => names.contains(product_line),
        }
    }
}

impl Rate {
    /// The rate before any factor.
    pub fn ppm(&self) -> Ppm {
        match self {
            Rate::Percent(rate) | Rate::Times { rate, .. } => *rate,
        }
    }

    /// What multiplies the rate for a seller of `tier`; `None` where the tier does not matter.
    pub fn factor(&self, tier: Tier) -> Option<Ppm> {
        match self {
            Rate::Percent(_) => None,
            Rate::Times { by_tier, .. } => Some(by_tier.get(&tier).copied().unwrap_or(Ppm::ONE)),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_plan_written_by_hand_needs_only_what_it_says() {
        let written = json!({
            "trigger": "contract-status",
            "components": [{ "id": "new-sales", "rate": { "percent": 200_000 } }]
        });
        let plan: Plan = serde_json::from_value(written).expect("is a plan");
        let component = Component {
            id: "new-sales".into(),
            kind: ComponentKind::New,
            lines: Selector::All,
            rate: Rate::Percent(Ppm(200_000)),
            levels: vec![],
        };
        let hold = Hold { days: 0 };
        assert_eq!(
            plan,
            Plan { trigger: Trigger::ContractStatus, components: vec![component], hold }
        );
    }

    #[test]
    fn a_plan_is_written_in_full() {
        let written = json!({
            "trigger": "payment",
            "components": [{
                "id": "cloud",
                "kind": "new",
                "lines": { "only": ["cloud", "storage"] },
                "rate": { "times": { "rate": 200_000, "by_tier": { "gold": 1_100_000 } } },
                "levels": [{ "distance": 1, "rate": 50_000, "eligible": "certified", "compression": "compress" }]
            }],
            "hold": { "days": 14 }
        });
        let plan: Plan = serde_json::from_value(written.clone()).expect("is a plan");
        assert_eq!(serde_json::to_value(plan).expect("serializes"), written);
    }

    #[test]
    fn a_word_that_no_plan_knows_is_refused() {
        for written in [
            json!({ "trigger": "payment", "components": [], "holds": { "days": 1 } }),
            json!({ "trigger": "payment", "components": [], "hold": { "day": 1 } }),
            json!({ "trigger": "signature", "components": [] }),
            json!({ "trigger": "payment", "components": [{ "id": "a", "rate": { "percent": 0.2 } }] }),
            json!({ "trigger": "payment", "components": [{ "id": "a", "rate": { "percent": -1 } }] }),
        ] {
            assert!(serde_json::from_value::<Plan>(written.clone()).is_err(), "{written}");
        }
    }

    #[test]
    fn a_tier_without_a_row_has_factor_one() {
        let by_tier = BTreeMap::from([(Tier::Gold, Ppm(1_100_000))]);
        let rate = Rate::Times { rate: Ppm(200_000), by_tier };
        assert_eq!(rate.factor(Tier::Gold), Some(Ppm(1_100_000)));
        assert_eq!(rate.factor(Tier::Silver), Some(Ppm::ONE));
        assert_eq!(Rate::Percent(Ppm(200_000)).factor(Tier::Gold), None);
    }
}
