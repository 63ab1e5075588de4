//! How partners are asked for.

use chrono::{DateTime, Utc};
use domain::Tier;
use projections::partners::PartnerStage;
use uuid::Uuid;

use super::Partner;
use crate::graphql::ground::{list::queries, word::Word};

queries! {
    /// Queries of partners.
    PartnerQueries;

    one {
        /// A partner by its UUID. Null where there is none, and where you may not see it.
        partner: Partner by partner_id, "The partner's UUID.";
    }

    /// The partners that you may see.
    list partners: partners as Partner {
        filter PartnerFilter, "Which partners; every part that is given must hold." {
            /// Of this programme.
            program: Uuid = is Program,
            /// At any of these stages.
            stages: Vec<Word<PartnerStage>> = any_of Stage,
            /// In this country, by the two letters of ISO 3166.
            country: String = is Country,
            /// Of whose name each of these words begins a word, whatever its case and accents: "lodz" finds "Łódź". At most 8
            /// words.
            name: String = named in partner_words as Id,
            /// Of any of these tiers.
            tiers: Vec<Word<Tier>> = any_of Tier,
            /// Whether they have joined the network.
            joined: bool = set JoinedAt,
            /// Who joined the network at this instant or later.
            joined_from: DateTime<Utc> = from JoinedAt,
            /// Who joined the network before this instant.
            joined_until: DateTime<Utc> = before JoinedAt,
            /// Whether anybody of theirs was ever given a certificate, be it over by now.
            certified: bool = some Certified,
            /// Who applied at this instant or later.
            applied_from: DateTime<Utc> = from AppliedAt,
            /// Who applied before this instant.
            applied_until: DateTime<Utc> = before AppliedAt,
        }
        order PartnerOrder, "In which order partners stand."
        by PartnerOrderField, "By what partners can be ordered." {
            /// When they applied.
            AppliedAt = AppliedAt,
            /// Their names, whatever case and accents.
            Name = SortName,
            /// How high they stand on the ladder of tiers.
            Tier = TierRank,
            /// When they changed last.
            LastChange = LastPosition,
        } usually AppliedAt Descending, "In which order; the latest application first where it is left out.";
    }
}
