//! The audit trail: every event, who did it, what led to it and what came of it.

mod edges;
mod lists;

use async_graphql::{Enum, ID, SimpleObject};
use chrono::{DateTime, Utc};
use projections::events;
use uuid::Uuid;

pub use self::lists::{AuditFilter, AuditQueries};
use super::ground::{
    failure::Failure,
    list::mirrors,
    node::Global,
    scalars::Position,
    show::{Shows, number},
};

/// Something that happened, as the log has it for ever.
#[derive(SimpleObject, Clone, Debug)]
#[graphql(complex)]
pub struct AuditEvent {
    /// The event's global id.
    pub id: ID,
    /// The event's UUID.
    pub event_id: Uuid,
    /// Its place in the log.
    pub position: Position,
    /// What happened, such as "deal-registered".
    pub event_type: String,
    /// To what sort of thing: "program", "partner", "deal" or "wallet".
    pub aggregate_type: String,
    /// To which one.
    pub aggregate_id: Uuid,
    /// Its number within that one's history.
    pub sequence: u32,
    /// When it was true in the world.
    pub occurred_at: DateTime<Utc>,
    /// When the log took it.
    pub recorded_at: DateTime<Utc>,
    /// Who did it.
    pub actor: Actor,
    /// The command that brought it about.
    pub command_id: Uuid,
    /// The event that caused the command, where one did.
    pub causation_id: Option<Uuid>,
    /// Shared by everything that one command from outside set going.
    pub correlation_id: Uuid,
    #[graphql(skip)]
    partner: Option<Uuid>,
}

/// Somebody who acts.
#[derive(SimpleObject, Clone, Debug)]
pub struct Actor {
    /// What sort of somebody.
    pub kind: ActorKind,
    /// The subject of the sign-in, or the name of the integration or policy.
    pub subject: String,
    /// The partner whose member this is.
    pub partner_id: Option<Uuid>,
    /// For whom, where somebody acts for another.
    pub on_behalf_of: Option<String>,
}

/// What sort of somebody acts.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
#[graphql(remote = "events::Kind")]
pub enum ActorKind {
    /// A person of a partner.
    Member,
    /// A person of the vendor.
    Vendor,
    /// Another system.
    Integration,
    /// A rule of the programme.
    Policy,
}

mirrors!(ActorKind as events::Kind);

impl Global for AuditEvent {
    const KIND: u8 = 5;
}

impl Shows for AuditEvent {
    type Table = events::Entity;

    fn show(row: events::Model) -> Result<Self, Failure> {
        Ok(Self {
            id: Self::global(row.event_id),
            event_id: row.event_id,
            position: Position(row.position.cast_unsigned()),
            event_type: row.event_type,
            aggregate_type: row.aggregate_type,
            aggregate_id: row.aggregate_id,
            sequence: number(row.sequence)?,
            occurred_at: row.occurred_at,
            recorded_at: row.recorded_at,
            actor: Actor {
                kind: row.actor_kind.into(),
                subject: row.actor_id,
                partner_id: row.actor_partner,
                on_behalf_of: row.on_behalf_of,
            },
            command_id: row.command_id,
            causation_id: row.causation_id,
            correlation_id: row.correlation_id,
            partner: row.partner,
        })
    }
}
