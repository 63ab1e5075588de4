//! Group commit on PostgreSQL: one round trip a batch when nobody is in the way, a transaction otherwise.

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgDatabaseError, PgSeverity};
use sqlx::{ConnectOptions, Connection, Executor, Row};
use uuid::Uuid;

use super::columns::Columns;
use super::sequences;
use crate::append::{Append, Stream};
use crate::at_rest::{applied, select_receipts};
use crate::clock::at_rest;
use crate::fault::Cause;
use crate::verdict::{Known, Verdict, answers, judge, writes};
use crate::written::{PROBE, ROOM, UNPROBE, WriteFault, Written};

/// After this long a connection is asked whether it still lives, so that a server that was restarted in a quiet
/// hour does not leave the next command's outcome in doubt.
const QUIET: Duration = Duration::from_secs(1);

/// Nobody may keep the others from appending for longer, be it that its machine has stopped.
const LIMITS: [(&str, &str); 3] = [
    ("lock_timeout", "3s"),
    ("statement_timeout", "5s"),
    ("idle_in_transaction_session_timeout", "5s"),
];

/// The connection that appends. One that has failed is dropped; the next batch opens another.
pub(crate) struct Writer {
    options: PgConnectOptions,
    connection: Option<(PgConnection, Instant)>,
}

/// What `append_batch` answers.
struct Attempt {
    head: u64,
    recorded_at: DateTime<Utc>,
    written: bool,
}

impl Writer {
    pub fn new(options: PgConnectOptions) -> Self {
        // The tables grow under statements that are planned once: never plan for small ones. That makes what has to
        // scan look dear, which must not set off the compiler.
        Self {
            options: options.options([("enable_seqscan", "off"), ("jit", "off")]).options(LIMITS),
            connection: None,
        }
    }

    pub async fn write(
        &mut self,
        batch: &[&Append],
        now: DateTime<Utc>,
    ) -> Result<Written, WriteFault> {
        let mut connection =
            self.connection().await.map_err(|error| WriteFault::Lost(Cause::new(error)))?;
        let written = write(&mut connection, batch, now).await?;
        self.connection = Some((connection, Instant::now()));
        Ok(written)
    }

    /// Whether the lock of the head is to be had, and the database takes what is written.
    pub async fn probe(&mut self) -> Result<(), sqlx::Error> {
        let mut connection = self.connection().await?;
        connection.execute("SELECT FROM log_head FOR UPDATE").await?;
        sqlx::query(PROBE).bind(ROOM).execute(&mut connection).await?;
        connection.execute(UNPROBE).await?;
        self.connection = Some((connection, Instant::now()));
        Ok(())
    }

    async fn connection(&mut self) -> Result<PgConnection, sqlx::Error> {
        if let Some((mut connection, used)) = self.connection.take()
            && (used.elapsed() < QUIET || connection.ping().await.is_ok())
        {
            return Ok(connection);
        }
        self.options.connect().await
    }
}

async fn write(
    connection: &mut PgConnection,
    batch: &[&Append],
    now: DateTime<Utc>,
) -> Result<Written, WriteFault> {
    let known = Known::believed(batch);
    let verdicts = judge(batch, &known);
    let attempt = append(connection, batch, &verdicts, &known, now).await.map_err(committing)?;
    if attempt.written {
        return Ok(finished(batch, &verdicts, &attempt));
    }
    write_after_reading(connection, batch, now).await
}

/// Looks first and then writes what may be written, in one transaction under the lock of the head.
async fn write_after_reading(
    connection: &mut PgConnection,
    batch: &[&Append],
    now: DateTime<Utc>,
) -> Result<Written, WriteFault> {
    connection.execute("BEGIN; SELECT FROM log_head FOR UPDATE").await.map_err(before_commit)?;
    let known = known(connection, batch).await.map_err(before_commit)?;
    let verdicts = judge(batch, &known);
    if writes(batch, &verdicts).next().is_none() {
        connection.execute("ROLLBACK").await.map_err(before_commit)?;
        return Ok(Written { answers: answers(batch, &verdicts, 0, now), head: 0 });
    }
    let attempt = append(connection, batch, &verdicts, &known, now).await.map_err(before_commit)?;
    if !attempt.written {
        return Err(WriteFault::Lost(Cause::new("the log changed under the lock of its head")));
    }
    connection.execute("COMMIT").await.map_err(committing)?;
    Ok(finished(batch, &verdicts, &attempt))
}

fn finished(batch: &[&Append], verdicts: &[Verdict], attempt: &Attempt) -> Written {
    let written: u64 = writes(batch, verdicts).map(|(append, _)| append.length()).sum();
    Written {
        answers: answers(batch, verdicts, attempt.head, attempt.recorded_at),
        head: attempt.head + written,
    }
}

async fn known(connection: &mut PgConnection, batch: &[&Append]) -> Result<Known, sqlx::Error> {
    let streams: Vec<Stream> = Known::believed(batch).sequences.into_keys().collect();
    let sequences = sequences(&mut *connection, &streams).await?;
    let sequences = streams.into_iter().zip(sequences).collect();
    let mut known = Known { sequences, ..Known::default() };
    let commands: Vec<Uuid> = batch.iter().map(|append| append.command_id().0).collect();
    let rows = sqlx::query(select_receipts!("WHERE command_id = ANY ($1)"))
        .bind(commands)
        .fetch_all(connection)
        .await?;
    known.applied = rows.iter().map(applied).collect::<Result<_, _>>()?;
    Ok(known)
}

/// Asks the server to lock, check and write; see the function in the migrations.
async fn append(
    connection: &mut PgConnection,
    batch: &[&Append],
    verdicts: &[Verdict],
    known: &Known,
    now: DateTime<Utc>,
) -> Result<Attempt, sqlx::Error> {
    let new = Columns::of(batch, verdicts);
    let (mut types, mut ids, mut sequences) = (vec![], vec![], vec![]);
    for (stream, sequence) in &known.sequences {
        types.push(stream.0);
        ids.push(stream.1.to_string());
        sequences.push(sequence.cast_signed());
    }
    // Commands that are known to be applied have their answer; only those that would be written must be new.
    let commands = batch.iter().map(|append| append.command_id());
    let commands: Vec<Uuid> =
        commands.filter(|id| !known.applied.contains_key(id)).map(|id| id.0).collect();
    let row = sqlx::query(
        "SELECT * FROM append_batch($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,
                                    $19, $20, $21, $22, $23)",
    )
    .bind(at_rest(now))
    .bind(types)
    .bind(ids)
    .bind(sequences)
    .bind(commands)
    .bind(new.aggregate_types)
    .bind(new.aggregate_ids)
    .bind(new.sequences)
    .bind(new.event_types)
    .bind(new.event_versions)
    .bind(new.payloads)
    .bind(new.event_ids)
    .bind(new.occurred_ats)
    .bind(new.command_ids)
    .bind(new.causation_ids)
    .bind(new.correlation_ids)
    .bind(new.actors)
    .bind(new.receipts.command_ids)
    .bind(new.receipts.fingerprints)
    .bind(new.receipts.aggregate_types)
    .bind(new.receipts.aggregate_ids)
    .bind(new.receipts.first_offsets)
    .bind(new.receipts.last_offsets)
    .fetch_one(connection)
    .await?;
    Ok(Attempt {
        head: row.try_get::<i64, _>(0)?.cast_unsigned(),
        recorded_at: row.try_get(1)?,
        written: row.try_get(2)?,
    })
}

fn before_commit(error: sqlx::Error) -> WriteFault {
    fault(error, WriteFault::Lost)
}

fn committing(error: sqlx::Error) -> WriteFault {
    fault(error, WriteFault::Unknown)
}

/// A plain error of the server ends the transaction; a fatal one ends the connection and may come after a commit.
fn fault(error: sqlx::Error, broken: fn(Cause) -> WriteFault) -> WriteFault {
    let told =
        error.as_database_error().and_then(|error| error.try_downcast_ref::<PgDatabaseError>());
    match told {
        Some(told) if matches!(told.severity(), PgSeverity::Error) => {
            // A time at which it takes nothing: deadlocks, no resources, no lock, an operator, its own trouble.
            let later =
                ["40", "53", "55", "57", "58"].iter().any(|class| told.code().starts_with(class));
            if later {
                WriteFault::Lost(Cause::new(error))
            } else {
                WriteFault::Refused(Cause::new(error))
            }
        }
        Some(_) | None => broken(Cause::new(error)),
    }
}
