//! How the audit trail is browsed.

use chrono::{DateTime, Utc};
use domain::Role;
use uuid::Uuid;

use super::AuditEvent;
use crate::graphql::ground::{list::queries, word::Word};

queries! {
    /// Queries of the audit trail.
    AuditQueries;

    /// The events of the log, the latest first.
    list events: events as AuditEvent {
        filter AuditFilter, "Which events; every part that is given must hold." {
            /// Of any of these types, such as "deal-registered".
            types: Vec<String> = any_of EventType,
            /// That happened to this sort of thing: "program", "partner", "deal", "wallet" or "account".
            aggregate_type: String = is AggregateType,
            /// That happened to the thing with this UUID.
            aggregate_id: Uuid = is AggregateId,
            /// Of this programme.
            program: Uuid = is Program,
            /// That concern this partner.
            partner: Uuid = is Partner,
            /// Done by whoever has this subject or name.
            actor: String = is ActorId,
            /// Done in this role.
            actor_role: Word<Role> = is ActorRole,
            /// Set going by the same command from outside.
            correlation_id: Uuid = is CorrelationId,
            /// Brought about by this command.
            command_id: Uuid = is CommandId,
            /// True in the world at this instant or later.
            occurred_from: DateTime<Utc> = from OccurredAt,
            /// True in the world before this instant.
            occurred_until: DateTime<Utc> = before OccurredAt,
            /// Recorded at this instant or later.
            recorded_from: DateTime<Utc> = from RecordedAt,
            /// Recorded before this instant.
            recorded_until: DateTime<Utc> = before RecordedAt,
        }
        along Position usually Descending, "In which order of the log; the latest first where it is left out.";
    }
}
