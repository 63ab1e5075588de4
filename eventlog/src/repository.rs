//! The event repository (cqrs-es), for reading: events are written by the log's appender alone.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use cqrs_es::Aggregate;
use cqrs_es::persist::{
    PersistedEventRepository, PersistenceError, ReplayFeed, ReplayStream, SerializedEvent,
    SerializedSnapshot,
};
use domain::{DecodeError, EVENT_VERSION};
use serde_json::Value;

use crate::engine::Engine;
use crate::event::{RawEvent, ReadError, Span};
use crate::log::Log;

/// Events to a page of a replay.
const PAGE: u32 = 1000;

/// Reads what the stock repository reads. Personal data stays sealed: no decision depends on it.
pub struct LogRepository {
    log: Log,
    span: Span,
    /// How much JSON has been read.
    pub(crate) bytes: Arc<AtomicUsize>,
}

impl LogRepository {
    pub fn new(log: Log) -> Self {
        Self::between(log, Span { after: 0, until: u64::MAX })
    }

    /// For some events of a stream.
    pub(crate) fn between(log: Log, span: Span) -> Self {
        Self { log, span, bytes: Arc::default() }
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
        events.iter().try_for_each(known)?;
        let read = events.iter().map(|event| event.payload.to_string().len()).sum();
        self.bytes.fetch_add(read, Ordering::Relaxed);
        Ok(events)
    }

    async fn get_snapshot<A: Aggregate>(
        &self,
        _: &str,
    ) -> Result<Option<SerializedSnapshot>, PersistenceError> {
        Err(other("snapshots are not kept: events are the one truth"))
    }

    async fn persist<A: Aggregate>(
        &self,
        _: &[SerializedEvent],
        _: Option<(String, Value, usize)>,
    ) -> Result<(), PersistenceError> {
        Err(other("this repository only reads; append to the log"))
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

/// Whether this program knows the version of an event: what a later one says may not be left out of a decision.
fn known(event: &SerializedEvent) -> Result<(), PersistenceError> {
    let version = event.event_version.parse().unwrap_or(u32::MAX);
    if version <= EVENT_VERSION {
        return Ok(());
    }
    let newer = DecodeError::Newer { event_type: event.event_type.clone(), version };
    Err(PersistenceError::DeserializationError(Box::new(newer)))
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

fn unreadable(error: ReadError) -> PersistenceError {
    match error {
        ReadError::Unavailable(cause) => PersistenceError::ConnectionError(Box::new(cause)),
        ReadError::Gap { .. } => PersistenceError::DeserializationError(Box::new(error)),
    }
}

fn other(problem: &str) -> PersistenceError {
    PersistenceError::UnknownError(problem.into())
}
