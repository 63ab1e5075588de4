//! A stored event with its envelope, and why one could not be read.

use domain::{Actor, Envelope};

use crate::fault::Cause;
use crate::personal::PersonalError;

/// An event as it was written, with personal data opened.
#[derive(Clone, PartialEq, Debug)]
pub struct RawEvent {
    pub envelope: Envelope,
    /// JSON of the event's own version; upcasting is up to whoever decodes it.
    pub payload: String,
}

/// Which events of a stream: those after one, up to and with another.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    pub after: u64,
    pub until: u64,
}

/// Why events could not be read.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ReadError {
    #[error("the log cannot be read at the moment")]
    Unavailable(#[source] Cause),
    /// The log is damaged: positions are dense.
    #[error("the log has a gap: expected position {expected}, found {found}")]
    Gap { expected: u64, found: u64 },
    #[error("personal data could not be opened")]
    Personal(#[source] PersonalError),
}

/// The columns of an event in the order in which both engines take them apart.
macro_rules! select_events {
    ($rest:literal) => {
        concat!(
            "SELECT position, event_id, aggregate_type, aggregate_id, sequence, event_type, event_version, occurred_at, \
             recorded_at, actor, command_id, causation_id, correlation_id, payload FROM events ",
            $rest
        )
    };
}
pub(crate) use select_events;

/// Parses actors; most events have the same one as the event before.
#[derive(Default)]
pub(crate) struct ActorMemo(Option<(String, Actor)>);

impl ActorMemo {
    pub fn parse(&mut self, json: &str) -> Result<Actor, serde_json::Error> {
        match &self.0 {
            Some((known, actor)) if known == json => Ok(actor.clone()),
            Some(_) | None => {
                let actor: Actor = serde_json::from_str(json)?;
                self.0 = Some((json.to_owned(), actor.clone()));
                Ok(actor)
            }
        }
    }
}
