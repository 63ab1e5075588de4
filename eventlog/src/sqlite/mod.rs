//! The SQLite storage engine: one process, one writer, many readers.

mod clock;
mod credentials;
mod keys;
mod open_items;
mod outbox;
mod read;
mod write;

use std::fs::{File, TryLockError};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use domain::CommandId;
use serde_json::json;
use sqlx::migrate::{Migrate, Migrator};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteExecutor, SqliteJournalMode, SqlitePool,
    SqliteRow, SqliteSynchronous,
};
use sqlx::{ConnectOptions, Connection, Row};
use tokio::sync::Mutex;
use uuid::Uuid;

use crate::append::Stream;
use crate::at_rest::{AtRest, applied, parsed, select_receipts, undecodable};
use crate::clock::at_rest;
use crate::fault::Cause;
use crate::open_item::Dismissal;
use crate::pools::steady;
use crate::private::{check_dir, private_dir, private_file};
use crate::schema::{OpenError, check_current};
use crate::verdict::Applied;

pub(crate) use write::Writer;

static MIGRATIONS: Migrator = sqlx::migrate!("../migrations/sqlite");

const FILE: &str = "log.sqlite";
const LOCK: &str = "log.lock";

/// How long somebody else's tool may keep us from writing.
const BUSY: Duration = Duration::from_secs(3);

/// The pool of those who read, and the connection that everybody who writes takes in turn.
pub(crate) struct Engine {
    pub pool: SqlitePool,
    writer: Arc<Mutex<Option<SqliteConnection>>>,
    options: SqliteConnectOptions,
    /// Whether a key that was destroyed may still stand in the write-ahead log.
    lingers: Arc<AtomicBool>,
    /// None where somebody else may write.
    lock: Option<Arc<Owned>>,
}

impl Engine {
    pub async fn sequences(&self, streams: &[Stream]) -> Result<Vec<u64>, sqlx::Error> {
        sequences(&self.pool, streams).await
    }

    pub async fn open(dir: &Path) -> Result<Self, OpenError> {
        let lock = own(dir)?;
        let options = options(dir);
        let mut writer = current(&options).await?;
        let lingers = Arc::new(AtomicBool::new(!keys::wipe(&mut writer).await?));
        let pool = steady()
            .max_connections(8)
            .test_before_acquire(false)
            .connect_with(options.clone().pragma("query_only", "on"))
            .await?;
        Ok(Self {
            pool,
            writer: Arc::new(Mutex::new(Some(writer))),
            options,
            lingers,
            lock: Some(Arc::new(lock)),
        })
    }

    /// Opens a file to read it only, also beside the process that it belongs to.
    pub async fn open_to_read(dir: &Path) -> Result<Self, OpenError> {
        let options = SqliteConnectOptions::new().filename(dir.join(FILE)).busy_timeout(BUSY);
        Self::beside(dir, options.read_only(true)).await
    }

    /// Opens a file for what may be said beside the process that it belongs to.
    pub async fn open_beside(dir: &Path) -> Result<Self, OpenError> {
        Self::beside(dir, options(dir)).await
    }

    async fn beside(dir: &Path, options: SqliteConnectOptions) -> Result<Self, OpenError> {
        check_dir(dir)?;
        current(&options).await?.close().await?;
        let pool = steady().max_connections(8).test_before_acquire(false);
        let pool = pool.connect_with(options.clone()).await?;
        Ok(Self { pool, writer: Arc::default(), options, lingers: Arc::default(), lock: None })
    }

    pub async fn migrate(dir: &Path) -> Result<(), OpenError> {
        let _lock = own(dir)?;
        match private_file(&dir.join(FILE)) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            made => drop(made.map_err(|error| OpenError::Directory(dir.into(), error))?),
        }
        let mut connection = options(dir).connect().await?;
        MIGRATIONS
            .run(&mut connection)
            .await
            .map_err(|error| OpenError::Migration(Cause::new(error)))?;
        keys::add_secret(&mut connection).await?;
        Ok(connection.close().await?)
    }

    /// Asks that open items be tried again, beside the process that the file belongs to.
    pub async fn ask_again(dir: &Path, id: Option<CommandId>) -> Result<u64, OpenError> {
        let mut connection = Self::connect(dir).await?;
        let asked = open_items::ask_again(&mut connection, id).await?;
        connection.close().await?;
        Ok(asked)
    }

    /// Dismisses an open item, beside the process that the file belongs to.
    pub async fn dismiss(
        dir: &Path,
        id: CommandId,
        dismissal: &Dismissal,
    ) -> Result<bool, OpenError> {
        let mut connection = Self::connect(dir).await?;
        let dismissed = open_items::dismiss(&mut connection, id, dismissal).await?;
        connection.close().await?;
        Ok(dismissed)
    }

    /// A connection that changes open items alone, which takes no lock of the file's owner.
    async fn connect(dir: &Path) -> Result<SqliteConnection, OpenError> {
        check_dir(dir)?;
        current(&options(dir)).await
    }

    pub fn writer(&self) -> Writer {
        Writer {
            connection: self.writer.clone(),
            options: self.options.clone(),
            lingers: self.lingers.clone(),
            _lock: self.lock.clone(),
        }
    }

    pub async fn applied(&self, command: CommandId) -> Result<Option<Applied>, sqlx::Error> {
        let row = sqlx::query(select_receipts!("WHERE command_id = ?"))
            .bind(command.to_string())
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(applied).transpose().map(|found| found.map(|(_, applied)| applied))
    }

    pub async fn set_checkpoint(&self, name: &str, position: u64) -> Result<(), sqlx::Error> {
        let mut writer = self.writer.lock().await;
        sqlx::query(
            "INSERT INTO checkpoints (name, position) VALUES (?, ?)
             ON CONFLICT (name) DO UPDATE SET position = excluded.position",
        )
        .bind(name)
        .bind(position.cast_signed())
        .execute(self.ready(&mut writer).await?)
        .await?;
        Ok(())
    }

    pub async fn close(&self) {
        self.pool.close().await;
        if let Some(writer) = self.writer.lock().await.take() {
            // The last connection folds the write-ahead log into the file; nothing is lost if it cannot.
            drop(writer.close().await);
        }
    }

    async fn ready<'c>(
        &self,
        writer: &'c mut Option<SqliteConnection>,
    ) -> Result<&'c mut SqliteConnection, sqlx::Error> {
        Ok(match writer.take() {
            Some(connection) => writer.insert(connection),
            None => writer.insert(self.options.connect().await?),
        })
    }
}

/// The data directory's lock: this process's until it is dropped or the process ends in whatever way.
pub(crate) struct Owned(File);

impl Drop for Owned {
    /// Closing alone would leave the lock to a child that is being started and has the file for a moment.
    fn drop(&mut self) {
        if let Err(error) = self.0.unlock() {
            tracing::warn!(%error, "the data directory was not given back");
        }
    }
}

fn own(dir: &Path) -> Result<Owned, OpenError> {
    private_dir(dir)?;
    let path = dir.join(LOCK);
    let file = File::options().create(true).truncate(false).write(true).mode(0o600).open(&path);
    let file = file.map_err(|error| OpenError::Directory(dir.into(), error))?;
    match file.try_lock() {
        Ok(()) => Ok(Owned(file)),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse { file: path }),
        Err(TryLockError::Error(error)) => Err(OpenError::Directory(dir.into(), error)),
    }
}

/// A connection to a file whose schema is the one that this program knows.
async fn current(options: &SqliteConnectOptions) -> Result<SqliteConnection, OpenError> {
    let mut connection = options.connect().await?;
    let applied = connection.list_applied_migrations().await.unwrap_or_default();
    check_current(&MIGRATIONS, &applied)?;
    Ok(connection)
}

fn options(dir: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(dir.join(FILE))
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(BUSY)
        .foreign_keys(true)
        .pragma("secure_delete", "on") // What is destroyed is not left in the file.
}

/// The last sequence of each stream in their order; 0 where it has not begun.
async fn sequences(
    connection: impl SqliteExecutor<'_>,
    streams: &[Stream],
) -> Result<Vec<u64>, sqlx::Error> {
    let sequences: Vec<Option<i64>> = sqlx::query_scalar(
        "SELECT (SELECT max(e.sequence) FROM events e
                 WHERE e.aggregate_type = s.value ->> 0 AND e.aggregate_id = s.value ->> 1)
         FROM json_each(?) s ORDER BY s.key",
    )
    .bind(json!(streams).to_string())
    .fetch_all(connection)
    .await?;
    Ok(sequences.into_iter().map(|sequence| sequence.unwrap_or(0).cast_unsigned()).collect())
}

impl AtRest for SqliteRow {
    fn number(&self, nth: usize) -> Result<u64, sqlx::Error> {
        self.try_get(nth).map(i64::cast_unsigned)
    }

    fn text(&self, nth: usize) -> Result<&str, sqlx::Error> {
        self.try_get(nth)
    }

    fn bytes_or_null(&self, nth: usize) -> Result<Option<&[u8]>, sqlx::Error> {
        self.try_get(nth)
    }

    fn instant_or_null(&self, nth: usize) -> Result<Option<DateTime<Utc>>, sqlx::Error> {
        let Some(text) = self.try_get::<Option<&str>, _>(nth)? else { return Ok(None) };
        let instant = DateTime::parse_from_rfc3339(text).map_err(undecodable)?;
        Ok(Some(instant.to_utc()))
    }

    fn id_or_null(&self, nth: usize) -> Result<Option<Uuid>, sqlx::Error> {
        self.try_get::<Option<&str>, _>(nth)?.map(parsed).transpose()
    }
}

/// The one form of an instant in the file.
fn text(instant: DateTime<Utc>) -> String {
    at_rest(instant).to_rfc3339_opts(SecondsFormat::Micros, true)
}
