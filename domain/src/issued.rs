//! The command and event envelope (metadata): who asks for what and when, and what the log adds.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    CommandId, EventId, PartnerId,
    bounds::{ByType, bounded, check},
    commands::Permitted,
    refusal::{Forbidden, Invalid},
    roles::Role,
};

bounded! {
    /// Somebody who acts, and in which role.
    #[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct Actor {
        pub role: Role,
        /// The subject of the sign-in, or the name of the integration or policy.
        pub id: String as LINE,
        /// The partner whose member this is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub partner: Option<PartnerId>,
        /// For whom, where somebody acts for another.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub on_behalf_of: Option<String> as LINE,
    }
}

impl Actor {
    /// Somebody of no partner.
    pub fn of(role: Role, id: impl Into<String>) -> Self {
        Self { role, id: id.into(), partner: None, on_behalf_of: None }
    }

    pub fn member(role: Role, id: impl Into<String>, partner: PartnerId) -> Self {
        Self { partner: Some(partner), ..Self::of(role, id) }
    }

    /// Whose will this is: whoever acts, and for whom.
    pub fn subjects(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.id.as_str()).chain(self.on_behalf_of.as_deref())
    }

    /// Whose will is behind both, in whatever roles they act.
    pub fn same_will<'a>(&'a self, other: &Self) -> Option<&'a str> {
        self.subjects().find(|subject| other.subjects().any(|known| known == *subject))
    }

    /// Whether what belongs to `owner` is out of reach: a member reaches its own partner's only.
    pub fn is_foreign_to(&self, owner: PartnerId) -> bool {
        if self.role.is_member() {
            self.partner != Some(owner)
        } else {
            self.partner.is_some_and(|own| own != owner)
        }
    }
}

/// A command with who asks, when, and under which idempotency key.
#[derive(Clone, PartialEq, Debug)]
pub struct Issued<C> {
    pub by: Actor,
    /// The aggregate that is asked.
    pub target: Uuid,
    /// When it is true in the world; becomes the events' `occurred_at`.
    pub at: DateTime<Utc>,
    /// Whether a person has said so, instead of asking for it now.
    pub dated: bool,
    pub command_id: CommandId,
    pub command: C,
}

impl<C: Permitted> Issued<C> {
    /// Refuses who may not give this command at all, whatever it is about.
    pub fn permit(&self) -> Result<(), Forbidden> {
        let (role, roles) = (self.by.role, self.command.roles());
        if roles.contains(role) {
            return Ok(());
        }
        let (role, command) = (role.name(), self.command.name());
        Err(Forbidden { role, command, allowed: roles.to_string() })
    }

    /// Refuses what could not be kept or folded, whatever is asked of whom.
    pub fn check(&self) -> Result<(), Invalid> {
        check("by", &self.by, ByType)?;
        check("at", &self.at, ByType)?;
        self.command.check(ByType)
    }
}

/// What the log knows of an event besides its payload.
#[derive(Clone, PartialEq, Debug)]
pub struct Envelope {
    pub event_id: EventId,
    /// Dense and without a gap over the whole log, from 1.
    pub position: u64,
    pub aggregate_type: String,
    pub aggregate_id: Uuid,
    /// Dense within the aggregate, from 1.
    pub sequence: u64,
    pub event_type: String,
    pub event_version: u32,
    /// When it was true in the world.
    pub occurred_at: DateTime<Utc>,
    /// When the log took it; never decreases with the position.
    pub recorded_at: DateTime<Utc>,
    pub actor: Actor,
    pub command_id: CommandId,
    /// The event that caused the command, where one did.
    pub causation_id: Option<EventId>,
    /// Shared by everything that one outside command set going.
    pub correlation_id: Uuid,
}
