//! The network below a partner as GraphQL objects: names, tiers, stages and depths, and nobody's money (M18).

use projections::partners;

use crate::graphql::ground::{show::shows, word::Word};

shows! {
    /// A partner below another in the network. What it sells and earns is its own business.
    NetworkMember of partners as row {
        /// The company's registered name.
        name: String = row.company_name,
        /// Where it stands on the ladder of tiers.
        tier: Word<domain::Tier>,
        /// How far it has come.
        stage: Word<partners::PartnerStage>,
        /// How many levels below the top it stands.
        depth: Option<u32>,
    }
}
