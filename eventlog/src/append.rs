//! What is handed to the log and what it answers.

use chrono::{DateTime, Utc};
use domain::{Actor, CommandId, EventId};
use uuid::Uuid;

use crate::fault::Cause;
use crate::personal::PersonalError;

/// One aggregate's events.
pub type Stream = (&'static str, Uuid);

/// The events of one command, all or none. Without any it leaves its receipt only.
#[derive(Clone, Debug)]
pub struct Append {
    pub provenance: Provenance,
    /// Of the aggregate that decided; the receipt names its stream.
    pub own: Part,
    /// What happens to other aggregates in the same moment, as where something is taken that only one may have.
    pub beside: Vec<Part>,
    /// The streams that the decision rested on, and how far it has seen them: a conflict where one has moved on.
    pub facts: Vec<(Stream, u64)>,
}

/// Events to be added to one stream.
#[derive(Clone, Debug)]
pub struct Part {
    pub aggregate_type: &'static str,
    pub aggregate_id: Uuid,
    /// The last sequence that whoever decided has seen; 0 for a new stream.
    pub expected: u64,
    pub events: Vec<NewEvent>,
}

/// An event of an append in its place.
pub(crate) struct Row<'a> {
    pub part: &'a Part,
    pub sequence: u64,
    pub event: &'a NewEvent,
}

/// Where events come from.
#[derive(Clone, PartialEq, Debug)]
pub struct Provenance {
    pub command_id: CommandId,
    /// A hash of the command's body: the same id with another one is a mistake, not a retry.
    pub fingerprint: [u8; 32],
    pub occurred_at: DateTime<Utc>,
    pub actor: Actor,
    pub causation_id: Option<EventId>,
    pub correlation_id: Uuid,
}

/// An event that has no place yet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewEvent {
    pub event_type: String,
    pub event_version: u32,
    /// JSON. Personal values in it are sealed on the way into the log.
    pub payload: String,
}

/// Proof that a command was carried out and that its events are in the log, for good.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Receipt {
    pub command_id: CommandId,
    /// Where its first event stands; where its outcome held already and there is none, where the next one came.
    pub first_position: u64,
    /// Where its last event stands; the log's head at that time where there is none.
    pub last_position: u64,
    pub recorded_at: DateTime<Utc>,
    /// The command had been applied before; this is the receipt of that time.
    pub duplicate: bool,
}

impl Receipt {
    /// How many events the command brought about.
    pub fn events(&self) -> u64 {
        self.last_position + 1 - self.first_position
    }
}

/// Why events were not appended, or may not have been.
#[derive(Clone, Debug, thiserror::Error)]
pub enum AppendError {
    #[error("somebody else has changed this in the meantime")]
    Conflict,
    #[error("this command id has been used for another command")]
    CommandIdReused,
    #[error("personal data could not be sealed")]
    Personal(#[from] PersonalError),
    /// Nothing was appended, and nothing would be if it were asked again.
    #[error("the database refuses these events")]
    Impossible(#[source] Cause),
    /// Nothing was appended.
    #[error("the log cannot be written at the moment")]
    Unavailable(#[source] Cause),
    /// The database did not say whether it committed: ask again with the same command id.
    #[error("the log did not say whether it took the events; ask again with the same command id")]
    UnknownOutcome(#[source] Cause),
}

impl Append {
    /// Events of one stream, decided on nothing else.
    pub fn alone(provenance: Provenance, own: Part) -> Self {
        Self { provenance, own, beside: vec![], facts: vec![] }
    }

    pub(crate) fn parts(&self) -> impl Iterator<Item = &Part> {
        std::iter::once(&self.own).chain(&self.beside)
    }

    /// How many events there are in all parts.
    pub(crate) fn length(&self) -> u64 {
        self.parts().map(|part| part.events.len() as u64).sum()
    }

    /// The events of all parts in the order in which the log takes them.
    pub(crate) fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.parts().flat_map(|part| {
            let places = (part.expected + 1..).zip(&part.events);
            places.map(move |(sequence, event)| Row { part, sequence, event })
        })
    }

    /// Every stream that must be where whoever decided has seen it.
    pub(crate) fn seen(&self) -> impl Iterator<Item = (Stream, u64)> {
        let parts = self.parts().map(|part| (part.stream(), part.expected));
        parts.chain(self.facts.iter().copied())
    }

    pub(crate) fn command_id(&self) -> CommandId {
        self.provenance.command_id
    }

    /// The actor as the log keeps it.
    pub(crate) fn actor_at_rest(&self) -> String {
        serde_json::to_string(&self.provenance.actor).unwrap_or_default() // An actor is strings and ids: it always has JSON.
    }
}

impl Part {
    pub(crate) fn stream(&self) -> Stream {
        (self.aggregate_type, self.aggregate_id)
    }
}
