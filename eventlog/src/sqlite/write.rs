//! Group commit on SQLite: look, write and commit on the one connection that may.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::EventId;
use serde_json::json;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Executor, QueryBuilder, Sqlite};
use tokio::sync::Mutex;
use tokio::time::timeout;

use super::keys::wipe;
use super::{BUSY, Owned, sequences, text};
use crate::append::{Append, Row, Stream};
use crate::at_rest::{AtRest, applied, select_receipts};
use crate::clock::at_rest;
use crate::fault::Cause;
use crate::verdict::{Known, Verdict, answers, judge, writes};
use crate::written::{PROBE, ROOM, UNPROBE, WriteFault, Written};

/// Rows to a statement; 14 values each stay far below SQLite's limit of variables.
const ROWS: usize = 500;

/// The turn-taker of the one writing connection. One that has failed is dropped; the next batch opens another.
pub(crate) struct Writer {
    pub(super) connection: Arc<Mutex<Option<SqliteConnection>>>,
    pub(super) options: SqliteConnectOptions,
    /// Whether a key that was destroyed may still stand in the write-ahead log.
    pub(super) lingers: Arc<AtomicBool>,
    /// The data directory is ours until the last batch is written.
    pub(super) _lock: Option<Arc<Owned>>,
}

/// The end of the log before a batch, and what its events are stamped with.
struct Head {
    position: u64,
    recorded_at: DateTime<Utc>,
}

impl Writer {
    pub async fn write(
        &mut self,
        batch: &[&Append],
        now: DateTime<Utc>,
    ) -> Result<Written, WriteFault> {
        // Whoever else writes in this process waits for somebody else's tool as long: nothing is written before that.
        let slot = timeout(BUSY, self.connection.lock()).await;
        let mut slot = slot.map_err(|late| WriteFault::Lost(Cause::new(late)))?;
        let mut connection = match slot.take() {
            Some(connection) => connection,
            None => self.options.connect().await.map_err(lost)?,
        };
        let written = write(&mut connection, batch, now).await?;
        if self.lingers.load(Ordering::Relaxed) && wiped(&mut connection).await {
            self.lingers.store(false, Ordering::Relaxed);
        }
        *slot = Some(connection);
        Ok(written)
    }

    /// Whether the file's one writer can be had, and takes what is written.
    pub async fn probe(&mut self) -> Result<(), sqlx::Error> {
        let mut slot = self.connection.lock().await;
        let mut connection = match slot.take() {
            Some(connection) => connection,
            None => self.options.connect().await?,
        };
        sqlx::query(PROBE).bind(ROOM).execute(&mut connection).await?;
        connection.execute(UNPROBE).await?;
        *slot = Some(connection);
        Ok(())
    }
}

/// Whether the write-ahead log could be begun anew without waiting for anybody; there is a next time.
async fn wiped(connection: &mut SqliteConnection) -> bool {
    let hurried = have_patience(connection, Duration::ZERO).await.is_ok();
    let wiped = hurried && wipe(connection).await.unwrap_or_default();
    have_patience(connection, BUSY).await.is_ok() && wiped
}

/// Says how long the connection waits for somebody else who writes or reads.
pub(super) async fn have_patience(
    connection: &mut SqliteConnection,
    patience: Duration,
) -> Result<(), sqlx::Error> {
    let busy = format!("PRAGMA busy_timeout = {}", patience.as_millis());
    connection.execute(busy.as_str()).await.map(drop)
}

async fn write(
    connection: &mut SqliteConnection,
    batch: &[&Append],
    now: DateTime<Utc>,
) -> Result<Written, WriteFault> {
    let head = begin(connection, now).await.map_err(lost)?;
    let known = known(connection, batch).await.map_err(lost)?;
    let verdicts = judge(batch, &known);
    if writes(batch, &verdicts).next().is_none() {
        connection.execute("ROLLBACK").await.map_err(lost)?;
        return Ok(Written {
            answers: answers(batch, &verdicts, head.position, now),
            head: head.position,
        });
    }
    let written = insert(connection, batch, &verdicts, &head).await.map_err(lost)?;
    connection.execute("COMMIT").await.map_err(|error| WriteFault::Unknown(Cause::new(error)))?;
    Ok(Written {
        answers: answers(batch, &verdicts, head.position, head.recorded_at),
        head: head.position + written,
    })
}

async fn begin(connection: &mut SqliteConnection, now: DateTime<Utc>) -> Result<Head, sqlx::Error> {
    let row =
        connection.fetch_one("BEGIN IMMEDIATE; SELECT position, recorded_at FROM log_head").await?;
    Ok(Head { position: row.number(0)?, recorded_at: row.instant(1)?.max(at_rest(now)) })
}

async fn known(connection: &mut SqliteConnection, batch: &[&Append]) -> Result<Known, sqlx::Error> {
    let streams: Vec<Stream> = Known::believed(batch).sequences.into_keys().collect();
    let sequences = sequences(&mut *connection, &streams).await?;
    let sequences = streams.into_iter().zip(sequences).collect();
    let mut known = Known { sequences, ..Known::default() };
    let commands: Vec<_> = batch.iter().map(|append| append.command_id()).collect();
    let rows =
        sqlx::query(select_receipts!("WHERE command_id IN (SELECT value FROM json_each(?))"))
            .bind(json!(commands).to_string())
            .fetch_all(connection)
            .await?;
    known.applied = rows.iter().map(applied).collect::<Result<_, _>>()?;
    Ok(known)
}

/// Writes what the verdicts say; answers how many events that were.
async fn insert(
    connection: &mut SqliteConnection,
    batch: &[&Append],
    verdicts: &[Verdict],
    head: &Head,
) -> Result<u64, sqlx::Error> {
    let rows: Vec<NewRow<'_>> = rows(batch, verdicts, head.position);
    let recorded_at = text(head.recorded_at);
    for rows in rows.chunks(ROWS) {
        events_statement(rows, &recorded_at).build().execute(&mut *connection).await?;
    }
    let appends: Vec<(&Append, u64)> = writes(batch, verdicts).collect();
    for appends in appends.chunks(ROWS) {
        let statement = receipts_statement(appends, head.position, &recorded_at);
        { statement }.build().execute(&mut *connection).await?;
    }
    sqlx::query("UPDATE log_head SET position = ?, recorded_at = ?")
        .bind((head.position + rows.len() as u64).cast_signed())
        .bind(recorded_at)
        .execute(connection)
        .await?;
    Ok(rows.len() as u64)
}

/// One event of an append, with its place.
struct NewRow<'b> {
    append: &'b Append,
    row: Row<'b>,
    index: usize,
    position: u64,
}

fn rows<'b>(batch: &[&'b Append], verdicts: &[Verdict], head: u64) -> Vec<NewRow<'b>> {
    let rows = writes(batch, verdicts).flat_map(|(append, offset)| {
        let places = (head + offset..).zip(append.rows()).enumerate();
        places.map(move |(index, (position, row))| NewRow { append, row, index, position })
    });
    rows.collect()
}

fn events_statement<'r>(rows: &'r [NewRow<'r>], recorded_at: &'r str) -> QueryBuilder<'r, Sqlite> {
    let mut statement = QueryBuilder::new(
        "INSERT INTO events (aggregate_type, aggregate_id, sequence, event_type, event_version, payload, position, \
         event_id, recorded_at, occurred_at, command_id, causation_id, correlation_id, actor) ",
    );
    statement.push_values(rows, |mut values, new| {
        let NewRow { append, row: Row { part, sequence, event }, index, position } = new;
        let provenance = &append.provenance;
        values
            .push_bind(part.aggregate_type)
            .push_bind(part.aggregate_id.to_string())
            .push_bind(sequence.cast_signed())
            .push_bind(event.event_type.as_str())
            .push_bind(event.event_version.to_string())
            .push_bind(event.payload.as_str())
            .push_bind(position.cast_signed())
            .push_bind(EventId::of(provenance.command_id, *index).to_string())
            .push_bind(recorded_at)
            .push_bind(text(provenance.occurred_at))
            .push_bind(provenance.command_id.to_string())
            .push_bind(provenance.causation_id.map(|id| id.to_string()))
            .push_bind(provenance.correlation_id.to_string())
            .push_bind(append.actor_at_rest());
    });
    statement
}

fn receipts_statement<'r>(
    appends: &'r [(&'r Append, u64)],
    head: u64,
    recorded_at: &'r str,
) -> QueryBuilder<'r, Sqlite> {
    let mut statement = QueryBuilder::new(
        "INSERT INTO receipts (command_id, fingerprint, aggregate_type, aggregate_id, first_position, last_position, \
         recorded_at) ",
    );
    statement.push_values(appends, |mut values, (append, offset)| {
        let first = head + offset;
        values
            .push_bind(append.command_id().to_string())
            .push_bind(append.provenance.fingerprint.as_slice())
            .push_bind(append.own.aggregate_type)
            .push_bind(append.own.aggregate_id.to_string())
            .push_bind(first.cast_signed())
            .push_bind((first + append.length()).cast_signed() - 1)
            .push_bind(recorded_at);
    });
    statement
}

/// What SQLite says of the rows, as opposed to a file that is busy, full or broken.
fn lost(error: sqlx::Error) -> WriteFault {
    const ROWS: [u32; 3] = [18, 19, 20]; // SQLITE_TOOBIG, SQLITE_CONSTRAINT, SQLITE_MISMATCH
    let told = error.as_database_error().and_then(|error| error.code()?.parse::<u32>().ok());
    if told.is_some_and(|code| ROWS.contains(&(code & 0xff))) {
        WriteFault::Refused(Cause::new(error))
    } else {
        WriteFault::Lost(Cause::new(error))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Engine, options};
    use super::*;

    #[tokio::test]
    async fn a_probe_fails_while_the_file_has_no_room_for_a_batch_and_leaves_nothing_behind() {
        let aside = tempfile::tempdir().expect("a temporary directory can be made");
        let dir = aside.path().join("data");
        Engine::migrate(&dir).await.expect("it can be made");
        let mut peer = options(&dir).connect().await.expect("it is there");
        let sql = "SELECT page_count, (SELECT count(*) FROM probes) FROM pragma_page_count()";
        let (pages, _): (i64, i64) =
            sqlx::query_as(sql).fetch_one(&mut peer).await.expect("it can be read");
        for (room, taken) in [(0, false), (8, false), (32, true)] {
            let most = (pages + room).to_string();
            let options = options(&dir).pragma("max_page_count", most);
            let mut writer = Writer {
                connection: Arc::default(),
                options,
                lingers: Arc::default(),
                _lock: None,
            };
            assert_eq!(writer.probe().await.is_ok(), taken, "{room} pages");
        }
        let (_, left): (i64, i64) =
            sqlx::query_as(sql).fetch_one(&mut peer).await.expect("it can be read");
        assert_eq!(left, 0);
    }
}
