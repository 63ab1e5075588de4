//! Batched loading (data loader) from PostgreSQL: what is asked for at the same moment is read by one statement.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use cqrs_es::Aggregate;
use cqrs_es::persist::{PersistedEventRepository, PersistenceError, SerializedEvent};
use postgres_es::PostgresEventRepository;
use serde_json::Value;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgRow};
use sqlx::types::Json;
use sqlx::{ConnectOptions, Row};
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::time::timeout;

use crate::event::Span;
use crate::fault::Cause;

/// Connections that load. While one waits for the server, the other gathers what is asked meanwhile.
const WORKERS: usize = 2;

/// At most this many aggregates share a statement.
const BATCH: usize = 64;

/// How long the server may take for a statement, be it that it cannot be heard.
const READ: Duration = Duration::from_secs(6);

/// With fewer than this under way one goes by itself, as there is nobody to share a statement with.
const ALONE: usize = 1;

/// Hands aggregates' events to whoever decides on them.
pub(crate) struct Loader {
    pool: PgPool,
    asks: mpsc::Sender<Ask>,
    under_way: AtomicUsize,
}

/// Counts one load for as long as it lasts, however it ends.
struct UnderWay<'l>(&'l AtomicUsize);

/// One aggregate and who waits for its events.
struct Ask {
    aggregate_type: &'static str,
    aggregate_id: String,
    span: Span,
    answer: oneshot::Sender<Result<Vec<SerializedEvent>, Cause>>,
}

impl Loader {
    pub fn new(pool: PgPool, options: &PgConnectOptions) -> Self {
        // The table grows under a statement that is planned once: it must go by the key, however small the table was.
        let ways =
            ["enable_seqscan", "enable_hashjoin", "enable_mergejoin", "enable_bitmapscan", "jit"];
        let options = options.clone().options(ways.map(|way| (way, "off")));
        let options = options.options([("statement_timeout", "5s")]);
        let (asks, queue) = mpsc::channel(BATCH * 4);
        let queue = Arc::new(Mutex::new(queue));
        for _ in 0..WORKERS {
            tokio::spawn(work(options.clone(), queue.clone()));
        }
        Self { pool, asks, under_way: AtomicUsize::new(0) }
    }

    /// Some events of an aggregate in their order, as they are at rest.
    pub async fn load<A: Aggregate>(
        &self,
        aggregate_id: &str,
        span: Span,
    ) -> Result<Vec<SerializedEvent>, PersistenceError> {
        let others = self.under_way.fetch_add(1, Ordering::Relaxed);
        let _under_way = UnderWay(&self.under_way);
        // The stock crate writes the sequence into its statement, so that each would be planned anew.
        if others < ALONE && matches!(span, Span { after: 0, until: u64::MAX }) {
            return PostgresEventRepository::new(self.pool.clone())
                .get_events::<A>(aggregate_id)
                .await;
        }
        let loaded = self.load_in_company(A::TYPE, aggregate_id, span).await;
        loaded.map_err(|cause| PersistenceError::ConnectionError(Box::new(cause)))
    }

    async fn load_in_company(
        &self,
        aggregate_type: &'static str,
        aggregate_id: &str,
        span: Span,
    ) -> Result<Vec<SerializedEvent>, Cause> {
        let (answer, answered) = oneshot::channel();
        let ask = Ask { aggregate_type, aggregate_id: aggregate_id.into(), span, answer };
        self.asks.send(ask).await.map_err(|_| closed())?;
        answered.await.unwrap_or_else(|_| Err(closed()))
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

fn closed() -> Cause {
    Cause::new("the log has been closed")
}

async fn work(options: PgConnectOptions, queue: Arc<Mutex<mpsc::Receiver<Ask>>>) {
    let mut connection = None;
    let mut asks = Vec::with_capacity(BATCH);
    while queue.lock().await.recv_many(&mut asks, BATCH).await > 0 {
        let loaded = match read_in_time(&options, &mut connection, &asks).await {
            Err(_) => read_in_time(&options, &mut connection, &asks).await, // On a fresh connection; it harms nobody.
            loaded => loaded,
        };
        match loaded {
            Ok(streams) => answer(&mut asks, streams.into_iter().map(Ok)),
            Err(error) => answer(&mut asks, std::iter::repeat(Err(Cause::new(error)))),
        }
    }
}

fn answer(asks: &mut Vec<Ask>, answers: impl Iterator<Item = Result<Vec<SerializedEvent>, Cause>>) {
    for (ask, answer) in asks.drain(..).zip(answers) {
        drop(ask.answer.send(answer)); // Whoever asked may have gone.
    }
}

async fn read_in_time(
    options: &PgConnectOptions,
    slot: &mut Option<PgConnection>,
    asks: &[Ask],
) -> Result<Vec<Vec<SerializedEvent>>, sqlx::Error> {
    let read = timeout(READ, read(options, slot, asks)).await;
    read.unwrap_or(Err(sqlx::Error::PoolTimedOut))
}

/// One stream an ask. A connection that fails is not used again.
async fn read(
    options: &PgConnectOptions,
    slot: &mut Option<PgConnection>,
    asks: &[Ask],
) -> Result<Vec<Vec<SerializedEvent>>, sqlx::Error> {
    let mut connection = match slot.take() {
        Some(connection) => connection,
        None => options.connect().await?,
    };
    let types: Vec<&str> = asks.iter().map(|ask| ask.aggregate_type).collect();
    let ids: Vec<&str> = asks.iter().map(|ask| ask.aggregate_id.as_str()).collect();
    let afters: Vec<i64> = asks.iter().map(|ask| ask.span.after.cast_signed()).collect();
    let end = |ask: &Ask| i64::try_from(ask.span.until).unwrap_or(i64::MAX);
    let untils: Vec<i64> = asks.iter().map(end).collect();
    let rows = sqlx::query(
        "SELECT s.nth, e.sequence, e.event_type, e.event_version, e.payload
         FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[])
              WITH ORDINALITY AS s (type, id, after, until, nth)
         JOIN events e ON e.aggregate_type = s.type AND e.aggregate_id = s.id
              AND e.sequence > s.after AND e.sequence <= s.until
         ORDER BY s.nth, e.sequence",
    )
    .bind(types)
    .bind(ids)
    .bind(afters)
    .bind(untils)
    .fetch_all(&mut connection)
    .await?;
    *slot = Some(connection);
    let mut streams = vec![vec![]; asks.len()];
    for row in &rows {
        let nth = usize::try_from(row.try_get::<i64, _>(0)? - 1).unwrap_or_default();
        streams[nth].push(event(row, &asks[nth])?);
    }
    Ok(streams)
}

fn event(row: &PgRow, ask: &Ask) -> Result<SerializedEvent, sqlx::Error> {
    Ok(SerializedEvent::new(
        ask.aggregate_id.clone(),
        usize::try_from(row.try_get::<i64, _>(1)?).unwrap_or_default(),
        ask.aggregate_type.into(),
        row.try_get(2)?,
        row.try_get(3)?,
        row.try_get::<Json<Value>, _>(4)?.0,
        Value::Object(serde_json::Map::new()),
    ))
}
