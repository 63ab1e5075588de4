//! The input of the engine, point in time: each fact as it was at the trigger's instant.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use crate::{Currency, EventId, Money, PartnerId, Ppm, Published, Tier};

use super::{CalculationError, Plan, Trigger};

/// Everything that decides about a sale's commission; nothing else is read.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    pub trigger: TriggerFacts,
    /// When the trigger was true in the world; tiers, certificates, uplines and shares are those of this instant.
    pub at: DateTime<Utc>,
    pub currency: Currency,
    pub lines: Vec<Line>,
    /// Who sold together. Their order does not matter: it is by id wherever it could.
    pub sellers: Vec<Seller>,
    pub plan: Published<Plan>,
    /// The programme's time zone, in which holds count their days.
    pub zone: Tz,
}

/// The event that makes commission due.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TriggerFacts {
    pub event: EventId,
    pub kind: Trigger,
}

/// One line of the contract, or the part of it that was paid.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    pub id: String,
    pub product_line: String,
    pub net: Money,
    /// The event that the amount comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<EventId>,
}

/// A partner that sold, alone or with others.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seller {
    pub partner: PartnerId,
    /// Its part of the sale; all parts together are the whole.
    pub share: Ppm,
    /// The event that agreed the share.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share_from: Option<EventId>,
    pub tier: Tier,
    /// The event that gave the tier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier_from: Option<EventId>,
    pub certified: bool,
    /// The partners above it, nearest first.
    pub upline: Vec<Node>,
}

/// A partner above a seller.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Node {
    pub partner: PartnerId,
    /// Whether a certificate of it was valid.
    pub certified: bool,
    /// The event that gave or took the certificate, or else placed the partner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<EventId>,
}

impl Input {
    /// Refuses facts that contradict each other, for whatever is reckoned from them would be wrong.
    pub(super) fn check(&self) -> Result<(), CalculationError> {
        self.check_lines()?;
        self.check_shares()?;
        self.sellers.iter().try_for_each(Seller::check_upline)
    }

    fn check_lines(&self) -> Result<(), CalculationError> {
        let mut seen = BTreeSet::new();
        for Line { id, net, .. } in &self.lines {
            if !seen.insert(id) {
                return Err(CalculationError::LineTwice { line: id.clone() });
            }
            if net.currency != self.currency {
                let (expected, found) = (self.currency, net.currency);
                return Err(CalculationError::CurrencyMismatch {
                    line: id.clone(),
                    expected,
                    found,
                });
            }
            if net.minor < 0 {
                return Err(CalculationError::NegativeBase { line: id.clone(), net: *net });
            }
        }
        Ok(())
    }

    fn check_shares(&self) -> Result<(), CalculationError> {
        let mut seen = BTreeSet::new();
        for seller in &self.sellers {
            if !seen.insert(seller.partner) {
                return Err(CalculationError::SellerTwice { partner: seller.partner });
            }
        }
        let total: u64 = self.sellers.iter().map(|seller| u64::from(seller.share.0)).sum();
        if total == u64::from(Ppm::ONE.0) {
            Ok(())
        } else {
            Err(CalculationError::SharesNotWhole { total })
        }
    }
}

impl Seller {
    fn check_upline(&self) -> Result<(), CalculationError> {
        let mut below = BTreeSet::from([self.partner]);
        for node in &self.upline {
            if !below.insert(node.partner) {
                return Err(CalculationError::UplineLoops {
                    seller: self.partner,
                    partner: node.partner,
                });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::*;
    use super::*;

    #[test]
    fn facts_that_agree_pass() {
        let sellers =
            [seller(B).with_share(999_999).under(&[certified(A)]), seller(C).with_share(1)];
        assert_eq!(sale("0.00", &sellers, percent(1)).check(), Ok(()));
    }

    #[test]
    fn shares_are_of_the_whole_sale() {
        let total = |shares: &[(PartnerId, u32)]| {
            let sellers: Vec<Seller> =
                shares.iter().map(|(partner, share)| seller(*partner).with_share(*share)).collect();
            sale("1.00", &sellers, percent(1)).check()
        };
        assert_eq!(total(&[(A, 600_000), (B, 400_000)]), Ok(()));
        for (shares, total_of_them) in [
            (&[(A, 600_000), (B, 399_999)][..], 999_999),
            (&[(A, 600_000), (B, 400_001)][..], 1_000_001),
            (&[(A, u32::MAX), (B, 1_000_001)][..], 4_295_967_296),
            (&[][..], 0),
        ] {
            let fault = CalculationError::SharesNotWhole { total: total_of_them };
            assert_eq!(total(shares), Err(fault));
        }
        let twice = CalculationError::SellerTwice { partner: A };
        assert_eq!(total(&[(A, 500_000), (A, 500_000)]), Err(twice));
    }

    #[test]
    fn a_line_is_in_the_currency_of_the_sale_and_not_below_zero() {
        let with = |net| {
            let mut sale = sale("1.00", &[seller(A)], percent(1));
            sale.lines.push(line("2", "cloud", net));
            sale.check()
        };
        assert_eq!(with(eur("0.00")), Ok(()));
        let (expected, found) = (currency("EUR"), currency("USD"));
        let mismatch = CalculationError::CurrencyMismatch { line: "2".into(), expected, found };
        assert_eq!(with(Money::new(1, found)), Err(mismatch));
        let net = eur("-0.01");
        assert_eq!(with(net), Err(CalculationError::NegativeBase { line: "2".into(), net }));
    }

    #[test]
    fn a_line_counts_once() {
        let mut sale = sale("1.00", &[seller(A)], percent(1));
        sale.lines.push(line("1", "crm", eur("1.00")));
        assert_eq!(sale.check(), Err(CalculationError::LineTwice { line: "1".into() }));
    }

    #[test]
    fn nobody_stands_above_itself() {
        let upline = |nodes: &[Node]| sale("1.00", &[seller(C).under(nodes)], percent(1)).check();
        let loops = |partner| Err(CalculationError::UplineLoops { seller: C, partner });
        assert_eq!(upline(&[certified(B), certified(A)]), Ok(()));
        assert_eq!(upline(&[certified(B), certified(C)]), loops(C));
        assert_eq!(upline(&[certified(B), certified(A), certified(B)]), loops(B));
    }
}
