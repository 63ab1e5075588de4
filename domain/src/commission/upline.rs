//! Tree traversal with compression: which partner above a seller earns which level, and why another does not.

use serde::{Deserialize, Serialize};

use crate::PartnerId;

use super::{Compression, Eligibility, Level, Node, Seller};

/// Whom the walk from one seller met, nearest first, up to the last level or the partner that stopped it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Walk {
    pub seller: PartnerId,
    pub met: Vec<Met>,
}

/// One partner above the seller and what came of its turn.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Met {
    pub partner: PartnerId,
    /// Its place above the seller, everybody counted; 1 is the parent.
    pub place: u32,
    /// The level that it was asked for.
    pub level: u32,
    pub outcome: LevelOutcome,
}

/// Whether a partner earns the level that it was asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum LevelOutcome {
    Earns,
    /// It is not what the level asks of a partner, and the level says what happens then.
    Ineligible {
        needs: Eligibility,
        then: Compression,
    },
}

/// Offers the levels, nearest first, to the partners above the seller. Each partner has one turn, so none earns twice.
pub(super) fn walk(seller: &Seller, levels: &[Level]) -> Walk {
    let mut met = vec![];
    let mut distance = 1;
    for (place, node) in (1..).zip(&seller.upline) {
        let Some(level) = levels.iter().find(|level| level.distance == distance) else {
            break;
        };
        let outcome = ask(level, node);
        met.push(Met { partner: node.partner, place, level: distance, outcome });
        match outcome {
            LevelOutcome::Earns | LevelOutcome::Ineligible { then: Compression::Skip, .. } => {
                distance += 1
            }
            LevelOutcome::Ineligible { then: Compression::Compress, .. } => {}
            LevelOutcome::Ineligible { then: Compression::Stop, .. } => break,
        }
    }
    Walk { seller: seller.partner, met }
}

impl Walk {
    /// Who earns the level at `distance`.
    pub(super) fn earner(&self, distance: u32) -> Option<PartnerId> {
        let earns = |met: &&Met| met.level == distance && met.outcome == LevelOutcome::Earns;
        self.met.iter().find(earns).map(|met| met.partner)
    }
}

fn ask(level: &Level, node: &Node) -> LevelOutcome {
    let eligible = match level.eligible {
        Eligibility::Anyone => true,
        Eligibility::Certified => node.certified,
    };
    if eligible {
        LevelOutcome::Earns
    } else {
        LevelOutcome::Ineligible { needs: level.eligible, then: level.compression }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{A, B, C, D, E, certified, seller, uncertified};
    use super::*;
    use crate::Ppm;

    fn level(distance: u32, compression: Compression) -> Level {
        Level { distance, rate: Ppm(50_000), eligible: Eligibility::Certified, compression }
    }

    /// Who earns the levels 1 and 2 above D, where C, B and A stand above it.
    fn earners(upline: &[Node], first: Compression, second: Compression) -> [Option<PartnerId>; 2] {
        let seller = seller(D).under(upline);
        let walk = walk(&seller, &[level(1, first), level(2, second)]);
        [walk.earner(1), walk.earner(2)]
    }

    #[test]
    fn an_eligible_upline_earns_level_by_level_whatever_the_compression() {
        let upline = [certified(C), certified(B), certified(A)];
        for mode in [Compression::Skip, Compression::Compress, Compression::Stop] {
            assert_eq!(earners(&upline, mode, mode), [Some(C), Some(B)]);
        }
    }

    #[test]
    fn g9_an_ineligible_partner_spends_the_level_passes_it_on_or_ends_the_walk() {
        let upline = [uncertified(B), certified(A)];
        let both = |mode| earners(&upline, mode, mode);
        assert_eq!(both(Compression::Skip), [None, Some(A)]);
        assert_eq!(both(Compression::Compress), [Some(A), None]);
        assert_eq!(both(Compression::Stop), [None, None]);
    }

    #[test]
    fn each_level_has_a_compression_of_its_own() {
        let upline = [uncertified(C), uncertified(B), certified(A)];
        assert_eq!(earners(&upline, Compression::Skip, Compression::Compress), [None, Some(A)]);
        assert_eq!(earners(&upline, Compression::Compress, Compression::Skip), [Some(A), None]);
        assert_eq!(earners(&upline, Compression::Skip, Compression::Stop), [None, None]);
    }

    #[test]
    fn each_partner_is_asked_for_the_level_at_its_distance_in_whatever_order_they_are_written() {
        let levels = [level(2, Compression::Stop), level(1, Compression::Compress)];
        let walk = walk(&seller(D).under(&[uncertified(B), certified(A)]), &levels);
        assert_eq!([walk.earner(1), walk.earner(2)], [Some(A), None]);
    }

    #[test]
    fn the_walk_tells_whom_it_met_and_why_they_do_not_earn() {
        let seller = seller(E).under(&[uncertified(C), certified(B), certified(A)]);
        let walk = walk(&seller, &[level(1, Compression::Compress)]);
        let needs = Eligibility::Certified;
        let passed_on = LevelOutcome::Ineligible { needs, then: Compression::Compress };
        let met = vec![
            Met { partner: C, place: 1, level: 1, outcome: passed_on },
            Met { partner: B, place: 2, level: 1, outcome: LevelOutcome::Earns },
        ];
        assert_eq!(walk, Walk { seller: E, met });
    }
}
