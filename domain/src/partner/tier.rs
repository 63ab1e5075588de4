//! The tier that a partner stands on, each from an instant on (effective dating).

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::PartnerRefusal;
use crate::{Tier, words::events};

events! {
    /// What happened to the tier.
    pub enum TierEvent {
        "tier-overridden" => Overridden { from: Tier, to: Tier, reason: String, effective_from: DateTime<Utc> },
    }
}

/// Tiers with the instant from which each holds, oldest first.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tiers(Vec<(DateTime<Utc>, Tier)>);

impl Tiers {
    /// The tier valid at `at`.
    pub fn at(&self, at: DateTime<Utc>) -> Tier {
        let held = self.0.iter().filter(|(from, _)| *from <= at).max_by_key(|(from, _)| *from);
        held.map_or(Tier::Registered, |(_, tier)| *tier)
    }

    pub(super) fn override_tier(
        &self,
        to: Tier,
        reason: &str,
        at: DateTime<Utc>,
    ) -> Result<Vec<TierEvent>, PartnerRefusal> {
        let from = self.at(at);
        if from == to {
            return Ok(vec![]); // Already so.
        }
        let reason = reason.to_owned();
        Ok(vec![TierEvent::Overridden { from, to, reason, effective_from: at }])
    }

    pub(super) fn evolve(&mut self, event: &TierEvent) {
        let TierEvent::Overridden { to, effective_from, .. } = event;
        self.0.push((*effective_from, *to));
    }
}
