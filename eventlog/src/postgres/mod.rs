//! The PostgreSQL storage engine: its statements, and what its errors mean.

mod clock;
mod columns;
mod credentials;
mod keys;
mod load;
mod open_items;
mod outbox;
mod read;
mod write;

use std::str::FromStr;
use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::CommandId;
use sqlx::migrate::{Migrate, Migrator};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgExecutor, PgListener, PgPool, PgRow};
use sqlx::{ConnectOptions, Row};
use uuid::Uuid;

use crate::append::Stream;
use crate::at_rest::{AtRest, applied, select_receipts};
use crate::fault::Cause;
use crate::open_item::Dismissal;
use crate::pools::steady;
use crate::schema::{OpenError, check_current};
use crate::verdict::Applied;

use load::Loader;
pub(crate) use write::Writer;

static MIGRATIONS: Migrator = sqlx::migrate!("../migrations/postgres");

/// The channel on which a process tells the others how far the log has grown.
pub(crate) const CHANNEL: &str = "accord_log";

/// The pool for everything but the way of a command: loading and appending have connections of their own.
pub(crate) struct Engine {
    pub pool: PgPool,
    pub loader: Loader,
    options: PgConnectOptions,
}

impl Engine {
    pub async fn sequences(&self, streams: &[Stream]) -> Result<Vec<u64>, sqlx::Error> {
        sequences(&self.pool, streams).await
    }

    pub async fn open(url: &str) -> Result<Self, OpenError> {
        Self::with(options(url)?).await
    }

    /// Opens a database to read it only.
    pub async fn open_to_read(url: &str) -> Result<Self, OpenError> {
        Self::with(options(url)?.options([("default_transaction_read_only", "on")])).await
    }

    async fn with(options: PgConnectOptions) -> Result<Self, OpenError> {
        let mut connection = options.connect().await?;
        check_current(
            &MIGRATIONS,
            &connection.list_applied_migrations().await.unwrap_or_default(),
        )?;
        sqlx::Connection::close(connection).await?;
        // No ping before each use: it costs a round trip a command, and a broken connection says so by itself.
        let pool = steady()
            .min_connections(4)
            .max_connections(24)
            .acquire_timeout(Duration::from_secs(5))
            .test_before_acquire(false)
            .connect_with(options.clone())
            .await?;
        Ok(Self { loader: Loader::new(pool.clone(), &options), pool, options })
    }

    pub async fn migrate(url: &str) -> Result<(), OpenError> {
        let mut connection = options(url)?.connect().await?;
        MIGRATIONS
            .run(&mut connection)
            .await
            .map_err(|error| OpenError::Migration(Cause::new(error)))?;
        keys::add_secret(&mut connection).await?;
        Ok(sqlx::Connection::close(connection).await?)
    }

    /// Asks that open items be tried again, beside whoever works with them.
    pub async fn ask_again(url: &str, id: Option<CommandId>) -> Result<u64, OpenError> {
        let mut connection = Self::connect(url).await?;
        let asked = open_items::ask_again(&mut connection, id).await?;
        sqlx::Connection::close(connection).await?;
        Ok(asked)
    }

    /// Dismisses an open item, beside whoever works with it.
    pub async fn dismiss(
        url: &str,
        id: CommandId,
        dismissal: &Dismissal,
    ) -> Result<bool, OpenError> {
        let mut connection = Self::connect(url).await?;
        let dismissed = open_items::dismiss(&mut connection, id, dismissal).await?;
        sqlx::Connection::close(connection).await?;
        Ok(dismissed)
    }

    /// A connection that changes open items alone.
    async fn connect(url: &str) -> Result<PgConnection, OpenError> {
        let mut connection = options(url)?.connect().await?;
        let applied = connection.list_applied_migrations().await.unwrap_or_default();
        check_current(&MIGRATIONS, &applied)?;
        Ok(connection)
    }

    pub fn writer(&self) -> Writer {
        Writer::new(self.options.clone())
    }

    /// Hears what other processes append.
    pub async fn listen(&self) -> Result<PgListener, sqlx::Error> {
        // A pool of its own, so that the listener never takes a reader's place.
        let pool = steady().max_connections(1).connect_with(self.options.clone()).await?;
        let mut listener = PgListener::connect_with(&pool).await?;
        listener.listen(CHANNEL).await?;
        Ok(listener)
    }

    pub async fn applied(&self, command: CommandId) -> Result<Option<Applied>, sqlx::Error> {
        let row = sqlx::query(select_receipts!("WHERE command_id = $1"))
            .bind(command.0)
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(applied).transpose().map(|found| found.map(|(_, applied)| applied))
    }

    pub async fn set_checkpoint(&self, name: &str, position: u64) -> Result<(), sqlx::Error> {
        sqlx::query(
            "INSERT INTO checkpoints (name, position) VALUES ($1, $2)
             ON CONFLICT (name) DO UPDATE SET position = excluded.position",
        )
        .bind(name)
        .bind(position.cast_signed())
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    pub async fn close(&self) {
        self.pool.close().await;
    }
}

fn options(url: &str) -> Result<PgConnectOptions, OpenError> {
    // What the order and the durability of the log rest on, whatever the server's defaults are.
    let settings =
        [("synchronous_commit", "on"), ("default_transaction_isolation", r"read\ committed")];
    // The server notices that we are gone, and lets go of what was ours.
    let silence = [
        ("tcp_keepalives_idle", "5"),
        ("tcp_keepalives_interval", "2"),
        ("tcp_keepalives_count", "3"),
        ("tcp_user_timeout", "11000"),
    ];
    Ok(PgConnectOptions::from_str(url)?
        .application_name("accord")
        .options(settings)
        .options(silence))
}

/// The last sequence of each stream in their order; 0 where it has not begun.
async fn sequences(
    connection: impl PgExecutor<'_>,
    streams: &[Stream],
) -> Result<Vec<u64>, sqlx::Error> {
    let (types, ids): (Vec<&str>, Vec<String>) =
        streams.iter().map(|(kind, id)| (*kind, id.to_string())).unzip();
    let sequences: Vec<Option<i64>> = sqlx::query_scalar(
        "SELECT (SELECT max(e.sequence) FROM events e WHERE e.aggregate_type = s.type AND e.aggregate_id = s.id)
         FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS s (type, id, nth) ORDER BY s.nth",
    )
    .bind(types)
    .bind(ids)
    .fetch_all(connection)
    .await?;
    Ok(sequences.into_iter().map(|sequence| sequence.unwrap_or(0).cast_unsigned()).collect())
}

impl AtRest for PgRow {
    fn number(&self, nth: usize) -> Result<u64, sqlx::Error> {
        self.try_get(nth).map(i64::cast_unsigned)
    }

    /// A `json` column arrives as the text that was written; no copy through a parsed value.
    fn text(&self, nth: usize) -> Result<&str, sqlx::Error> {
        self.try_get_unchecked(nth)
    }

    fn bytes_or_null(&self, nth: usize) -> Result<Option<&[u8]>, sqlx::Error> {
        self.try_get(nth)
    }

    fn instant_or_null(&self, nth: usize) -> Result<Option<DateTime<Utc>>, sqlx::Error> {
        self.try_get(nth)
    }

    fn id_or_null(&self, nth: usize) -> Result<Option<Uuid>, sqlx::Error> {
        self.try_get(nth)
    }
}
