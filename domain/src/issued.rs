//! The command and event envelope (metadata): who asks for what and when, and what the log adds.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    CommandId, EventId, PartnerId,
    bounds::{Bounded, ByType, bounded, check},
    refusal::Invalid,
    words::words,
};

bounded! {
    /// Somebody who acts.
    #[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct Actor {
        pub kind: ActorKind,
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

words! {
    /// What sort of somebody acts.
    pub enum ActorKind {
        "member" => Member: "A person of a partner.",
        "vendor" => Vendor: "A person of the vendor.",
        "integration" => Integration: "Another system.",
        "policy" => Policy: "A rule of the programme.",
    }
}

impl Actor {
    pub fn vendor(id: impl Into<String>) -> Self {
        Self { kind: ActorKind::Vendor, id: id.into(), partner: None, on_behalf_of: None }
    }

    pub fn member(id: impl Into<String>, partner: PartnerId) -> Self {
        Self { kind: ActorKind::Member, id: id.into(), partner: Some(partner), on_behalf_of: None }
    }

    pub fn policy(id: impl Into<String>) -> Self {
        Self { kind: ActorKind::Policy, id: id.into(), partner: None, on_behalf_of: None }
    }

    pub fn integration(id: impl Into<String>) -> Self {
        Self { kind: ActorKind::Integration, id: id.into(), partner: None, on_behalf_of: None }
    }

    /// Whether this is `who`, or somebody who acts for `who`: either way the same will.
    pub fn is_or_acts_for(&self, who: &str) -> bool {
        self.id == who || self.on_behalf_of.as_deref() == Some(who)
    }

    /// Whether what belongs to `owner` is out of reach: a member reaches its own partner's only.
    pub fn is_foreign_to(&self, owner: PartnerId) -> bool {
        match self.kind {
            ActorKind::Member => self.partner != Some(owner),
            ActorKind::Vendor | ActorKind::Integration | ActorKind::Policy => {
                self.partner.is_some_and(|own| own != owner)
            }
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
    pub command_id: CommandId,
    pub command: C,
}

impl<C: Bounded> Issued<C> {
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
