//! Applications that wait as GraphQL objects (work queue): for whom, since when, and whether somebody is late.

use chrono::{DateTime, Utc};
use domain::partner::WaitingFor;
use uuid::Uuid;

use super::Partner;
use crate::graphql::ground::{edges::edges, list::queries, show::shows, word::Word};

shows! {
    /// An application that is not decided.
    #[graphql(complex)]
    WaitingApplication of waiting_applications as row {
        /// The partner's UUID, as inputs take it.
        partner_id: Uuid = row.partner,
        /// Whom it waits for.
        waiting_for: Word<WaitingFor>,
        /// Since when.
        waiting_since: DateTime<Utc> = row.since,
        /// By when somebody is to act, where the programme says so.
        due_at: Option<DateTime<Utc>>,
        /// When it lapses, where it waits for an answer of the candidate.
        lapses_at: Option<DateTime<Utc>>,
        /// When it was escalated, as nobody had acted in time.
        escalated_at: Option<DateTime<Utc>>,
        /// Who reviews it.
        reviewer: Option<String>,
    }
}

edges! {
    WaitingApplication by partner_id;
    one {
        /// The partner that applies.
        partner: Partner = partner_id;
    }
}

queries! {
    /// Queries of applications that wait.
    WaitingQueries;

    /// The applications that are not decided.
    list applications_waiting: waiting_applications as WaitingApplication {
        filter WaitingFilter, "Which ones; every part that is given must hold." {
            /// Of this programme.
            program: Uuid = is Program,
            /// That wait for any of these.
            waiting_for: Vec<Word<WaitingFor>> = any_of WaitingFor,
            /// That this sign-in reviews.
            reviewer: String = is Reviewer,
            /// Whether they were escalated.
            escalated: bool = set EscalatedAt,
            /// That wait since this instant or later.
            since_from: DateTime<Utc> = from Since,
            /// That wait since before this instant.
            since_until: DateTime<Utc> = before Since,
        }
        order WaitingOrder, "In which order they stand."
        by WaitingOrderField, "By what they can be ordered." {
            /// Since when they wait.
            WaitingSince = Since,
        } usually Since Ascending, "In which order; the longest wait first where it is left out.";
    }
}
