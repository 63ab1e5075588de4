//! Apportionment by largest remainder: one level of a line, reckoned exactly for all sellers and rounded once.

use serde::{Deserialize, Serialize};

use crate::{Exact, Money, PartnerId, Ppm, largest_remainder};

use super::AccrualKind;

/// What a component pays at one level for one line.
///
/// The whole is the sum of the exact parts, rounded half to even. The parts come of it by largest remainder, a tie
/// going to the seller with the lesser id, so that selling together neither makes nor loses a unit.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Apportionment {
    pub kind: AccrualKind,
    /// 0 is the sellers' own.
    pub level: u32,
    /// The line's net amount.
    pub base: Money,
    pub rate: Ppm,
    /// The whole before rounding, in minor units.
    pub exact: Exact,
    pub whole: Money,
    /// In the order of the sellers' ids.
    pub parts: Vec<Part>,
}

/// What one seller's part of the sale earns for one partner.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    pub seller: PartnerId,
    pub beneficiary: PartnerId,
    pub share: Ppm,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub factor: Option<Ppm>,
    /// From the base to `exact`.
    pub steps: Vec<Multiplication>,
    pub exact: Exact,
    pub amount: Money,
}

/// One multiplication.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Multiplication {
    pub term: Term,
    pub times: Exact,
    pub gives: Exact,
}

/// What a step multiplies by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Term {
    /// The seller's part of the sale.
    Share,
    /// The rate of the component or of the level.
    Rate,
    /// The factor of the seller's tier.
    Factor,
}

/// A partner that is to earn something of a seller's part.
#[derive(Clone, Copy)]
pub(super) struct Claim {
    pub seller: PartnerId,
    pub beneficiary: PartnerId,
    pub share: Ppm,
    pub factor: Option<Ppm>,
}

/// Apportions `rate` of `base` to the claims, which come in the order of the sellers' ids. `None` on overflow.
pub(super) fn apportion(
    kind: AccrualKind,
    level: u32,
    base: Money,
    rate: Ppm,
    claims: &[Claim],
) -> Option<Apportionment> {
    let mut parts: Vec<Part> =
        claims.iter().map(|claim| part(base, rate, *claim)).collect::<Option<_>>()?;
    let exact = parts.iter().try_fold(Exact::whole(0), |sum, part| sum.checked_add(part.exact))?;
    let whole = exact.round_half_even()?;
    let weights: Vec<u64> = claims.iter().map(weight).collect();
    // Where nobody has any weight, the whole is nothing and every part stays so.
    let amounts = largest_remainder(whole, &weights).unwrap_or_default();
    for (part, minor) in parts.iter_mut().zip(amounts) {
        part.amount.minor = minor;
    }
    let whole = Money { minor: whole, ..base };
    Some(Apportionment { kind, level, base, rate, exact, whole, parts })
}

/// The claim's part, exact and not yet rounded.
fn part(base: Money, rate: Ppm, claim: Claim) -> Option<Part> {
    let Claim { seller, beneficiary, share, factor } = claim;
    let terms = [(Term::Share, Some(share)), (Term::Rate, Some(rate)), (Term::Factor, factor)];
    let mut exact = Exact::whole(base.minor);
    let mut steps = vec![];
    for (term, ppm) in terms {
        if let Some(ppm) = ppm {
            exact = exact.times(ppm)?;
            steps.push(Multiplication { term, times: Exact::whole(1).times(ppm)?, gives: exact });
        }
    }
    let amount = Money::zero(base.currency);
    Some(Part { seller, beneficiary, share, factor, steps, exact, amount })
}

/// What sets the claims to one level apart: they share its rate.
fn weight(claim: &Claim) -> u64 {
    u64::from(claim.share.0) * u64::from(claim.factor.unwrap_or(Ppm::ONE).0)
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{A, B, C, eur};
    use super::*;

    fn claim(seller: PartnerId, share: u32) -> Claim {
        Claim { seller, beneficiary: seller, share: Ppm(share), factor: None }
    }

    /// What 10 % of `net` comes to, part by part.
    fn tenth(net: &str, claims: &[Claim]) -> Vec<String> {
        let rate = Ppm(100_000);
        let apportionment = apportion(AccrualKind::New, 0, eur(net), rate, claims).expect("fits");
        apportionment.parts.iter().map(|part| part.amount.amount()).collect()
    }

    #[test]
    fn m10_a_tie_goes_to_the_first_id_and_never_to_a_second_cent() {
        assert_eq!(tenth("0.10", &[claim(A, 500_000), claim(B, 500_000)]), ["0.01", "0.00"]);
        let thirds = [claim(A, 333_333), claim(B, 333_333), claim(C, 333_334)];
        assert_eq!(tenth("10.00", &thirds), ["0.33", "0.33", "0.34"]);
        assert_eq!(tenth("20.00", &thirds), ["0.67", "0.66", "0.67"]);
    }

    #[test]
    fn r136_the_whole_is_rounded_once_and_not_each_part() {
        let halves = [claim(A, 500_000), claim(B, 500_000)];
        assert_eq!(tenth("0.30", &halves), ["0.02", "0.01"]); // Each part is 1.5, and both would round to 2.
    }

    #[test]
    fn a_factor_weighs_its_sellers_part_only() {
        let doubled = Claim { factor: Some(Ppm(2_000_000)), ..claim(B, 500_000) };
        assert_eq!(tenth("0.30", &[claim(A, 500_000), doubled]), ["0.01", "0.03"]);
        let nothing = Claim { factor: Some(Ppm(0)), ..claim(A, 1_000_000) };
        assert_eq!(tenth("0.30", &[nothing]), ["0.00"]);
    }

    #[test]
    fn every_step_is_exact() {
        let factor = Some(Ppm(1_100_000));
        let claims = [Claim { factor, ..claim(A, 600_000) }];
        let apportionment =
            apportion(AccrualKind::New, 0, eur("9999.99"), Ppm(200_000), &claims).expect("fits");
        let steps = apportionment.parts[0].steps.iter();
        let written: Vec<String> =
            steps.map(|step| format!("{:?} {} = {}", step.term, step.times, step.gives)).collect();
        assert_eq!(
            written,
            ["Share 3/5 = 2999997/5", "Rate 1/5 = 2999997/25", "Factor 11/10 = 32999967/250"]
        );
    }

    #[test]
    fn a_product_beyond_the_numbers_is_none() {
        let factor = Some(Ppm(u32::MAX));
        let claims = [Claim { factor, ..claim(A, 1_000_000) }];
        let net = Money { minor: i64::MAX, ..eur("0") };
        assert_eq!(apportion(AccrualKind::New, 0, net, Ppm::ONE, &claims), None);
        let plain = apportion(AccrualKind::New, 0, net, Ppm::ONE, &[claim(A, 1_000_000)]);
        assert_eq!(plain.map(|apportionment| apportionment.whole), Some(net));
    }
}
