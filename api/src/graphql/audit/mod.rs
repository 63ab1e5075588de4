//! The audit trail as objects: every event, who did it, what led to it and what came of it.

mod edges;
mod lists;
mod open;

use async_graphql::{ID, SimpleObject};
use chrono::{DateTime, Utc};
use uuid::Uuid;

pub use self::{
    lists::{AuditFilter, AuditQueries},
    open::{OpenItem, OpenQueries},
};
use super::ground::{
    node::Global,
    scalars::Position,
    show::{shown, shows},
    word::Word,
};

shows! {
    /// Something that happened, as the log has it for ever.
    #[graphql(complex)]
    AuditEvent of events as row {
        /// The event's global id.
        id: ID = Self::global(row.event_id),
        /// The event's UUID.
        event_id: Uuid,
        /// Its place in the log.
        position: Position,
        /// What happened, such as "deal-registered".
        event_type: String,
        /// To what sort of thing: "program", "partner", "deal" or "wallet".
        aggregate_type: String,
        /// To which one.
        aggregate_id: Uuid,
        /// Its number within that one's history.
        sequence: u32,
        /// When it was true in the world.
        occurred_at: DateTime<Utc>,
        /// When the log took it.
        recorded_at: DateTime<Utc>,
        /// Who did it.
        actor: Actor = Actor {
            role: shown(row.actor_role)?,
            subject: row.actor_id,
            partner_id: row.actor_partner,
            on_behalf_of: row.on_behalf_of,
        },
        /// The command that brought it about.
        command_id: Uuid,
        /// The event that caused the command, where one did.
        causation_id: Option<Uuid>,
        /// Shared by everything that one command from outside set going.
        correlation_id: Uuid,
        #[graphql(skip)]
        partner: Option<Uuid>,
    }
}

/// Somebody who acts.
#[derive(SimpleObject, Clone, Debug)]
pub struct Actor {
    /// In which role.
    pub role: Word<domain::Role>,
    /// The subject of the sign-in, or the name of the integration or policy.
    pub subject: String,
    /// The partner whose member this is.
    pub partner_id: Option<Uuid>,
    /// For whom, where somebody acts for another.
    pub on_behalf_of: Option<String>,
}

impl Global for AuditEvent {
    const KIND: u8 = 5;
}
