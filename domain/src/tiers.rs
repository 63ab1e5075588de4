//! The ladder of tiers that a partner stands on.

use serde::{Deserialize, Serialize};

/// A partner's status, lowest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tier {
    Registered,
    Certified,
    Silver,
    Gold,
    Platinum,
}
