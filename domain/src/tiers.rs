//! The ladder of tiers that a partner stands on.

use crate::words::words;

words! {
    /// The ladder of tiers, lowest first.
    pub enum Tier {
        "registered" => Registered: "Where every approved partner begins.",
        "certified" => Certified: "A partner with a valid certificate.",
        "silver" => Silver: "The third step of the ladder.",
        "gold" => Gold: "The fourth step of the ladder.",
        "platinum" => Platinum: "The highest tier.",
    }
}
