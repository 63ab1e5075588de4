//! Rule matching: which components pay for which lines, and by which test the others do not.

use serde::{Deserialize, Serialize};

use super::apportion::{Apportionment, Claim, apportion};
use super::upline::{Walk, walk};
use super::{AccrualKind, CalculationError, Component, ComponentKind, Input, Line, Seller};

/// One component that might pay for one line.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Candidate {
    pub line: String,
    pub component: String,
    pub verdict: Verdict,
}

/// Whether a component pays for a line.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Verdict {
    Rejected(Rejection),
    Pays {
        /// From each seller upwards, in the order of the sellers' ids.
        walks: Vec<Walk>,
        /// The sellers' level, then each that somebody above them earns.
        levels: Vec<Apportionment>,
    },
}

/// The first test that a line failed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rejection {
    /// The component is for other product lines.
    LineNotSelected,
    /// The line's net amount is zero.
    NothingSold,
}

/// Judges every component for every line, in the order of both.
pub(super) fn candidates(input: &Input) -> Result<Vec<Candidate>, CalculationError> {
    let mut candidates = vec![];
    for line in &input.lines {
        for component in &input.plan.body.components {
            let overflow = || CalculationError::Overflow {
                line: line.id.clone(),
                component: component.id.clone(),
            };
            let verdict = judge(line, component, &input.sellers).ok_or_else(overflow)?;
            let (line, component) = (line.id.clone(), component.id.clone());
            candidates.push(Candidate { line, component, verdict });
        }
    }
    Ok(candidates)
}

/// The first test that rules the component out for the line, or else what it pays. `None` on overflow.
fn judge(line: &Line, component: &Component, sellers: &[Seller]) -> Option<Verdict> {
    if !component.lines.selects(&line.product_line) {
        return Some(Verdict::Rejected(Rejection::LineNotSelected));
    }
    if !line.net.is_positive() {
        return Some(Verdict::Rejected(Rejection::NothingSold));
    }
    let walks: Vec<Walk> = sellers.iter().map(|seller| walk(seller, &component.levels)).collect();
    let mut levels = vec![sellers_level(line, component, sellers)?];
    for level in &component.levels {
        let earners = sellers.iter().zip(&walks).filter_map(|(seller, walk)| {
            let beneficiary = walk.earner(level.distance)?;
            Some(Claim { seller: seller.partner, beneficiary, share: seller.share, factor: None })
        });
        let claims: Vec<Claim> = earners.collect();
        if !claims.is_empty() {
            let kind = AccrualKind::Override;
            levels.push(apportion(kind, level.distance, line.net, level.rate, &claims)?);
        }
    }
    levels.sort_by_key(|apportionment| apportionment.level);
    Some(Verdict::Pays { walks, levels })
}

fn sellers_level(line: &Line, component: &Component, sellers: &[Seller]) -> Option<Apportionment> {
    let kind = match component.kind {
        ComponentKind::New => AccrualKind::New,
    };
    let claim = |seller: &Seller| Claim {
        seller: seller.partner,
        beneficiary: seller.partner,
        share: seller.share,
        factor: component.rate.factor(seller.tier),
    };
    let claims: Vec<Claim> = sellers.iter().map(claim).collect();
    apportion(kind, 0, line.net, component.rate.ppm(), &claims)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::fixtures::*;
    use super::*;

    #[test]
    fn m3_each_line_has_a_leg_at_its_own_rate() {
        let plan = plan(json!([
            { "id": "cloud", "lines": { "only": ["cloud"] }, "rate": { "percent": 200_000 } },
            { "id": "crm", "lines": { "only": ["crm"] }, "rate": { "percent": 100_000 } }
        ]));
        let mut sale = sale("100.00", &[seller(A)], plan);
        sale.lines.push(line("2", "crm", eur("50.00")));
        let calculation = calculated(sale);
        let legs = calculation.legs().iter();
        let legs: Vec<_> = legs
            .map(|leg| {
                (leg.line.as_str(), leg.component.as_str(), leg.base, leg.rate.0, leg.amount)
            })
            .collect();
        assert_eq!(
            legs,
            [
                ("1", "cloud", eur("100.00"), 200_000, eur("20.00")),
                ("2", "crm", eur("50.00"), 100_000, eur("5.00")),
            ]
        );
        let rejected =
            calculation.trace().candidates.iter().filter(|candidate| {
                candidate.verdict == Verdict::Rejected(Rejection::LineNotSelected)
            });
        assert_eq!(rejected.count(), 2);
    }

    #[test]
    fn every_component_that_selects_a_line_pays_for_it() {
        let plan = plan(json!([
            { "id": "base", "rate": { "percent": 100_000 } },
            { "id": "push", "lines": { "only": ["cloud"] }, "rate": { "percent": 50_000 } }
        ]));
        let sale = sale("100.00", &[seller(A)], plan);
        assert_eq!(earned(sale), amounts(&[(A, "10.00"), (A, "5.00")]));
    }
}
