//! The facts of a decision: other aggregates, and the versions on which optimistic concurrency holds it to them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cqrs_es::{Aggregate, DomainEvent};
use domain::{EventId, facts::Decides};
use uuid::Uuid;

use crate::append::{Append, NewEvent, Part, Provenance, Stream};
use crate::fault::Cause;
use crate::load::LoadError;
use crate::log::Log;
use crate::turns::{Touch, Touched};

/// Where a decision asks for its facts. Whatever it is given is noted: the append is a conflict where any of it has
/// changed in the meantime.
pub struct Streams {
    log: Log,
    own: Stream,
    fresh: bool,
    noted: Mutex<Noted>,
}

#[derive(Default)]
struct Noted {
    versions: HashMap<Stream, u64>,
    beside: Vec<Part>,
}

impl Streams {
    /// For one attempt of a command on the aggregate `own`; where that is not the first, nothing that is given is older
    /// than the attempt.
    pub(crate) fn new(log: Log, own: Stream, fresh: bool) -> Self {
        Self { log, own, fresh, noted: Mutex::default() }
    }

    /// The aggregate as it is; what `happens` to it is appended with the events of the decision, or not at all where
    /// there are none. So what only one may have is taken: of two who do, one decides again and sees that it is gone.
    /// What happens to the deciding aggregate is for its decision to say: here it is an error.
    pub async fn load_with<A>(
        &self,
        id: Uuid,
        happens: impl FnOnce(&A) -> Vec<A::Event> + Send,
    ) -> Result<Arc<A>, LoadError>
    where
        A: Aggregate + Clone + 'static,
    {
        let stream = (A::TYPE, id);
        if stream == self.own {
            return Err(LoadError::OwnBeside);
        }
        let state = self.log.fact::<A>(id, self.fresh).await?;
        self.note(stream, state.sequence);
        let part = part::<A>(id, state.sequence, &happens(&state.aggregate))?;
        let mut noted = self.noted();
        match noted.beside.iter_mut().find(|there| there.stream() == stream) {
            Some(there) => there.events.extend(part.events), // A stream that has moved in between is a conflict anyway.
            None => noted.beside.push(part),
        }
        drop(noted);
        Ok(state.aggregate)
    }

    pub(crate) fn note(&self, stream: Stream, sequence: usize) {
        let mut noted = self.noted();
        let version = noted.versions.entry(stream).or_insert(u64::MAX);
        *version = (sequence as u64).min(*version); // Given twice, the older one may have been the one that counted.
    }

    /// Whether everything that was given, the deciding aggregate with it, is still as it was given.
    pub(crate) async fn hold(&self) -> Result<bool, Cause> {
        let (streams, versions): (Vec<Stream>, Vec<u64>) =
            self.noted().versions.iter().map(|(stream, version)| (*stream, *version)).unzip();
        Ok(self.log.engine().sequences(&streams).await? == versions)
    }

    /// Whether anything was given but the deciding aggregate.
    pub(crate) fn rest_on_others(&self) -> bool {
        self.noted().versions.keys().any(|stream| *stream != self.own)
    }

    /// Whose turns make an attempt safe from others of this process.
    pub(crate) fn touched(&self) -> Touched {
        let noted = self.noted();
        let rests = noted.versions.keys().map(|stream| (*stream, Touch::Rests));
        let writes = noted.beside.iter().map(Part::stream).chain([self.own]);
        rests.chain(writes.map(|stream| (stream, Touch::Writes))).collect()
    }

    /// The events of the decision, with what happens beside them and with what they rest on.
    pub(crate) fn append(&self, provenance: Provenance, own: Part) -> Append {
        let noted = self.noted();
        let facts = noted.versions.iter().map(|(stream, version)| (*stream, *version));
        let facts = facts.filter(|(stream, _)| *stream != self.own).collect();
        let beside = if own.events.is_empty() { vec![] } else { noted.beside.clone() };
        Append { provenance, own, beside, facts }
    }

    fn noted(&self) -> MutexGuard<'_, Noted> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl domain::facts::Streams for Streams {
    type Error = LoadError;

    async fn load<A>(&self, id: Uuid) -> Result<Arc<A>, LoadError>
    where
        A: Aggregate + Clone + 'static,
    {
        let state = self.log.fact::<A>(id, self.fresh).await?;
        self.note((A::TYPE, id), state.sequence);
        Ok(state.aggregate)
    }

    async fn load_with<A>(
        &self,
        id: Uuid,
        happens: impl FnOnce(&A) -> Vec<A::Event> + Send,
    ) -> Result<Arc<A>, LoadError>
    where
        A: Decides + Clone + 'static,
    {
        Self::load_with(self, id, happens).await
    }

    fn keyed(&self, name: &str) -> Uuid {
        self.log.keys().keyed_id(name)
    }

    /// Believed at once and checked at the append; looked up where that has failed before.
    async fn is_unused(&self, aggregate_type: &'static str, id: Uuid) -> Result<bool, LoadError> {
        let stream = (aggregate_type, id);
        let sequence = if self.fresh {
            let sequences = self.log.engine().sequences(&[stream]).await;
            sequences.map_err(LoadError::Unavailable)?.into_iter().sum()
        } else {
            0
        };
        self.note(stream, sequence as usize);
        Ok(sequence == 0)
    }

    /// What is past does not change, so nothing is noted.
    async fn load_until<A>(&self, id: Uuid, position: u64) -> Result<Arc<A>, LoadError>
    where
        A: Aggregate + Clone + 'static,
    {
        self.log.fact_until(id, position).await
    }

    async fn own_event(&self, id: EventId) -> Result<Option<u64>, LoadError> {
        let event = self.log.event_in(self.own.0, self.own.1, id).await?;
        Ok(event.map(|event| event.envelope.position))
    }
}

/// What happens to an aggregate after so many events.
pub(crate) fn part<A: Aggregate>(
    id: Uuid,
    sequence: usize,
    events: &[A::Event],
) -> Result<Part, LoadError> {
    let events = events.iter().map(new_event).collect::<Result<_, _>>()?;
    Ok(Part { aggregate_type: A::TYPE, aggregate_id: id, expected: sequence as u64, events })
}

fn new_event<E: DomainEvent>(event: &E) -> Result<NewEvent, LoadError> {
    let undecodable = |error| LoadError::Undecodable(Cause::new(error));
    let payload = serde_json::to_value(event).map_err(|_| undecodable("an event has no JSON"))?;
    let version = event.event_version().parse();
    Ok(NewEvent {
        event_type: event.event_type(),
        event_version: version.map_err(|_| undecodable("an event's version is no number"))?,
        payload: payload.to_string(),
    })
}
