//! The event repository (cqrs-es) for the length of one command.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use cqrs_es::Aggregate;
use cqrs_es::persist::{
    PersistedEventRepository, PersistedEventStore, PersistenceError, ReplayFeed, ReplayStream,
    SerializedEvent, SerializedSnapshot,
};
use serde_json::Value;

use crate::append::{Append, AppendError, NewEvent, Part, Provenance, Receipt, Stream};
use crate::engine::Engine;
use crate::event::{RawEvent, ReadError, Span};
use crate::log::Log;
use crate::personal;

/// Events to a page of a replay.
const PAGE: u32 = 1000;

/// Reads what the stock repository reads, opening personal data, and writes through the log's appender.
pub struct LogRepository {
    log: Log,
    span: Span,
    /// Of the one command that may be written; none for reading.
    decided: Option<Decided>,
    receipt: Arc<OnceLock<Receipt>>,
    bytes: Bytes,
}

/// What the append of a decision says besides its events.
pub(crate) struct Decided {
    pub provenance: Provenance,
    pub beside: Vec<Part>,
    pub facts: Vec<(Stream, u64)>,
}

/// How much JSON has been read and written.
#[derive(Clone, Default)]
pub(crate) struct Bytes(Arc<AtomicUsize>);

impl Log {
    pub(crate) fn store<A: Aggregate>(
        &self,
        repository: LogRepository,
    ) -> PersistedEventStore<LogRepository, A> {
        PersistedEventStore::new_event_store(repository).with_upcasters(self.upcasters())
    }
}

impl Bytes {
    pub fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    fn add(&self, more: usize) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }
}

impl LogRepository {
    /// For reading only.
    pub fn new(log: Log) -> Self {
        Self::between(log, Span { after: 0, until: u64::MAX })
    }

    /// For reading some events of a stream.
    pub(crate) fn between(log: Log, span: Span) -> Self {
        Self { log, span, decided: None, receipt: Arc::default(), bytes: Bytes::default() }
    }

    /// For one command.
    pub(crate) fn of_command(log: Log, decided: Decided) -> Self {
        Self { decided: Some(decided), ..Self::new(log) }
    }

    /// Where the receipt will be once something has been written.
    pub(crate) fn receipt(&self) -> Arc<OnceLock<Receipt>> {
        self.receipt.clone()
    }

    pub(crate) fn bytes(&self) -> Bytes {
        self.bytes.clone()
    }

    async fn opened(
        &self,
        mut events: Vec<SerializedEvent>,
    ) -> Result<Vec<SerializedEvent>, PersistenceError> {
        let place = |event: &SerializedEvent| {
            personal::place(&event.aggregate_type, &event.aggregate_id, event.sequence as u64)
        };
        let places: Vec<String> = events.iter().map(place).collect();
        let payloads = events.iter_mut().map(|event| &mut event.payload).zip(&places);
        self.log.keys().open(payloads).await.map_err(unreadable)?;
        Ok(events)
    }
}

impl PersistedEventRepository for LogRepository {
    async fn get_events<A: Aggregate>(
        &self,
        aggregate_id: &str,
    ) -> Result<Vec<SerializedEvent>, PersistenceError> {
        self.get_last_events::<A>(aggregate_id, self.span.after as usize).await
    }

    async fn get_last_events<A: Aggregate>(
        &self,
        aggregate_id: &str,
        last_sequence: usize,
    ) -> Result<Vec<SerializedEvent>, PersistenceError> {
        let span = Span { after: last_sequence as u64, ..self.span };
        let events = match self.log.engine() {
            Engine::Postgres(engine) => engine.loader.load::<A>(aggregate_id, span).await?,
            Engine::Sqlite(engine) => {
                let events = engine.stream(A::TYPE, aggregate_id, span).await;
                events.map_err(|error| PersistenceError::ConnectionError(Box::new(error)))?
            }
        };
        self.bytes.add(events.iter().map(|event| event.payload.to_string().len()).sum());
        self.opened(events).await
    }

    async fn get_snapshot<A: Aggregate>(
        &self,
        _: &str,
    ) -> Result<Option<SerializedSnapshot>, PersistenceError> {
        Err(no_snapshots())
    }

    async fn persist<A: Aggregate>(
        &self,
        events: &[SerializedEvent],
        snapshot_update: Option<(String, Value, usize)>,
    ) -> Result<(), PersistenceError> {
        if snapshot_update.is_some() {
            return Err(no_snapshots());
        }
        let Some(first) = events.first() else { return Ok(()) };
        let Decided { provenance, beside, facts } =
            self.decided.as_ref().ok_or_else(|| other("this repository only reads"))?;
        let own = Part {
            aggregate_type: A::TYPE,
            aggregate_id: first.aggregate_id.parse().map_err(other)?,
            expected: first.sequence as u64 - 1,
            events: events.iter().map(new_event).collect::<Result<_, _>>()?,
        };
        self.bytes.add(own.events.iter().map(|event| event.payload.len()).sum());
        let (provenance, beside) = (provenance.clone(), beside.clone());
        let append = Append { provenance, own, beside, facts: facts.clone() };
        match self.log.append(append).await {
            Ok(receipt) => {
                self.receipt.get_or_init(|| receipt);
                Ok(())
            }
            Err(AppendError::Conflict) => Err(PersistenceError::OptimisticLockError),
            Err(error) => Err(other(error)),
        }
    }

    async fn stream_events<A: Aggregate>(
        &self,
        aggregate_id: &str,
    ) -> Result<ReplayStream, PersistenceError> {
        let events = self.get_events::<A>(aggregate_id).await?;
        let (mut feed, stream) = ReplayStream::new(PAGE as usize);
        tokio::spawn(async move {
            for event in events {
                if feed.push(Ok(event)).await.is_err() {
                    return; // Whoever asked has seen enough.
                }
            }
        });
        Ok(stream)
    }

    async fn stream_all_events<A: Aggregate>(&self) -> Result<ReplayStream, PersistenceError> {
        let (feed, stream) = ReplayStream::new(PAGE as usize);
        tokio::spawn(replay(self.log.clone(), A::TYPE, feed));
        Ok(stream)
    }
}

/// Feeds all events of one type of aggregate in the order of the log; whatever goes wrong is the last thing fed.
async fn replay(log: Log, aggregate_type: &'static str, mut feed: ReplayFeed) {
    let mut position = 0;
    loop {
        let page = match log.read_after(position, PAGE).await {
            Ok(page) => page,
            Err(error) => {
                drop(feed.push(Err(unreadable(error))).await);
                return;
            }
        };
        let Some(last) = page.last() else { return };
        position = last.envelope.position;
        for event in
            page.into_iter().filter(|event| event.envelope.aggregate_type == aggregate_type)
        {
            if feed.push(serialized(event)).await.is_err() {
                return; // Whoever asked has seen enough.
            }
        }
    }
}

fn serialized(event: RawEvent) -> Result<SerializedEvent, PersistenceError> {
    let envelope = event.envelope;
    Ok(SerializedEvent::new(
        envelope.aggregate_id.to_string(),
        envelope.sequence as usize,
        envelope.aggregate_type,
        envelope.event_type,
        envelope.event_version.to_string(),
        serde_json::from_str(&event.payload)?,
        Value::Object(serde_json::Map::new()),
    ))
}

fn new_event(event: &SerializedEvent) -> Result<NewEvent, PersistenceError> {
    Ok(NewEvent {
        event_type: event.event_type.clone(),
        event_version: event.event_version.parse().map_err(other)?,
        payload: event.payload.to_string(),
    })
}

fn unreadable(error: ReadError) -> PersistenceError {
    match error {
        ReadError::Unavailable(cause) => PersistenceError::ConnectionError(Box::new(cause)),
        ReadError::Gap { .. } | ReadError::Personal(_) => {
            PersistenceError::DeserializationError(Box::new(error))
        }
    }
}

fn no_snapshots() -> PersistenceError {
    other("snapshots are not kept: events are the one truth")
}

fn other(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> PersistenceError {
    PersistenceError::UnknownError(error.into())
}
