//! A namespace: one set of view tables, folded up to one position, and disposable.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use eventlog::{Log, steady};
use futures::{StreamExt, TryStreamExt};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr,
    SqlxPostgresConnector, SqlxSqliteConnector, Statement, TransactionTrait,
};
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, Executor, Postgres, Sqlite};

use crate::ground::shape::Shape;
use crate::ground::write::AT_ONCE;
use crate::house;

/// Traces are long; a server that knows LZ4 packs them in half the time.
const COMPRESS: &str = "SELECT set_config(name, 'lz4', false) FROM pg_settings
    WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals)";

/// Where namespaces of a log are kept: beside it.
#[derive(Clone)]
pub(crate) enum Storage {
    Postgres(Box<PgConnectOptions>),
    Sqlite(PathBuf),
}

/// What fills a set of views: tables and folds. Programs of different versions never fill the same one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Version(String);

/// One set of view tables.
pub struct Namespace {
    name: String,
    /// Whose folds fill it.
    version: Version,
    readers: DatabaseConnection,
    writer: DatabaseConnection,
}

/// How a SQLite file is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Care {
    /// Readers beside the writer, and nothing torn by a crash.
    Live,
    /// None: a file that is being built and thrown away if that fails.
    Building,
    /// Not at all.
    Look,
}

impl Storage {
    pub fn of(log: &Log) -> Option<Self> {
        if let Some(pool) = log.postgres_pool() {
            return Some(Self::Postgres(Box::new(pool.connect_options().as_ref().clone())));
        }
        let options = log.sqlite_pool()?.connect_options();
        options.get_filename().parent().map(|dir| Self::Sqlite(dir.into()))
    }

    /// Makes an empty namespace to be built; indexes come later.
    pub async fn create(&self, name: &str, version: &Version) -> Result<Namespace, DbErr> {
        let namespace = match self {
            Self::Postgres(options) => {
                run(options, &format!("CREATE SCHEMA {name}")).await?;
                postgres(options, name, version).await?
            }
            Self::Sqlite(dir) => {
                let path = file(dir, name);
                private(&path)?;
                sqlite(name, &path, version, Care::Building).await?
            }
        };
        namespace.create_tables().await?;
        Ok(namespace)
    }

    /// Opens a namespace for a program of this version.
    pub async fn open(&self, name: &str, version: &Version) -> Result<Namespace, DbErr> {
        match self {
            Self::Postgres(options) => postgres(options, name, version).await,
            Self::Sqlite(dir) => sqlite(name, &file(dir, name), version, Care::Live).await,
        }
    }

    /// Opens a namespace to look at, also beside the process that it belongs to.
    pub async fn look(&self, name: &str) -> Result<Namespace, DbErr> {
        let version = Version::current();
        match self {
            Self::Postgres(options) => postgres(options, name, &version).await,
            Self::Sqlite(dir) => sqlite(name, &file(dir, name), &version, Care::Look).await,
        }
    }

    /// Throws a namespace away, whether it is complete or not.
    pub async fn drop(&self, name: &str) -> Result<(), DbErr> {
        match self {
            Self::Postgres(options) => {
                run(options, &format!("DROP SCHEMA IF EXISTS {name} CASCADE")).await
            }
            Self::Sqlite(dir) => {
                remove(&file(dir, name));
                Ok(())
            }
        }
    }
}

impl Namespace {
    pub fn name(&self) -> &str {
        &self.name
    }

    /// For queries; it cannot write.
    pub fn db(&self) -> &DatabaseConnection {
        &self.readers
    }

    /// The position of the last event that has been folded.
    pub async fn position(&self) -> Result<u64, DbErr> {
        position(&self.readers).await
    }

    /// An empty namespace in a new file that belongs to no log's storage.
    pub(crate) async fn in_file(path: &Path) -> Result<Self, DbErr> {
        let name =
            path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        private(path)?;
        let namespace = sqlite(&name, path, &Version::current(), Care::Building).await?;
        namespace.create_tables().await?;
        Ok(namespace)
    }

    /// An empty namespace in memory.
    pub(crate) async fn in_memory() -> Result<Self, DbErr> {
        let options = SqliteConnectOptions::new().in_memory(true).disable_statement_logging();
        let pool = steady::<Sqlite>()
            .max_connections(1)
            .connect_with(options)
            .await
            .map_err(unreachable)?;
        let only = SqlxSqliteConnector::from_sqlx_sqlite_pool(pool);
        let (name, version) = ("memory".into(), Version::current());
        let namespace = Self { name, version, readers: only.clone(), writer: only };
        namespace.create_tables().await?;
        Ok(namespace)
    }

    pub(crate) fn writer(&self) -> &DatabaseConnection {
        &self.writer
    }

    pub(crate) fn backend(&self) -> DbBackend {
        self.writer.get_database_backend()
    }

    /// The checkpoint under its lock; none where another reader has it, an error where the rows are another version's.
    pub(crate) async fn lock(
        &self,
        transaction: &DatabaseTransaction,
    ) -> Result<Option<u64>, DbErr> {
        let sql = match self.backend() {
            DbBackend::Postgres => {
                "SELECT position, version FROM checkpoint FOR UPDATE SKIP LOCKED"
            }
            DbBackend::Sqlite | DbBackend::MySql => "SELECT position, version FROM checkpoint",
        };
        let row = transaction.query_one(Statement::from_string(self.backend(), sql)).await?;
        let Some(row) = row else { return Ok(None) };
        if row.try_get::<String>("", "version")? != self.version.0 {
            let problem = format!("another version of this program fills {}", self.name);
            return Err(DbErr::Custom(problem));
        }
        Ok(Some(row.try_get::<i64>("", "position")?.cast_unsigned()))
    }

    /// Makes keys and indexes, and tells the planner what is in the tables.
    pub(crate) async fn index(&self) -> Result<(), DbErr> {
        let at_once = if self.backend() == DbBackend::Postgres { AT_ONCE } else { 1 };
        let tables = futures::stream::iter(house::shapes());
        let tables = tables.map(|shape| async move { self.index_table(&shape).await });
        tables.buffer_unordered(at_once).try_collect().await
    }

    async fn index_table(&self, shape: &Shape) -> Result<(), DbErr> {
        for statement in shape.index(self.backend()) {
            self.writer.execute_unprepared(&statement).await?;
        }
        // Without a name it would go through the log too, and through every other namespace.
        self.writer.execute_unprepared(&format!("ANALYZE {}", shape.table)).await?;
        Ok(())
    }

    pub(crate) async fn begin(&self) -> Result<DatabaseTransaction, DbErr> {
        self.writer.begin().await
    }

    pub(crate) async fn close(&self) -> Result<(), DbErr> {
        self.readers.clone().close().await?;
        self.writer.clone().close().await
    }

    async fn create_tables(&self) -> Result<(), DbErr> {
        for shape in house::shapes() {
            self.writer.execute_unprepared(&shape.create(self.backend())).await?;
        }
        let checkpoint = "CREATE TABLE checkpoint
            (only_row integer PRIMARY KEY, position bigint NOT NULL, version text NOT NULL)";
        self.writer.execute_unprepared(checkpoint).await?;
        let begin = "INSERT INTO checkpoint (only_row, position, version) VALUES (1, 0, $1)";
        let begin =
            Statement::from_sql_and_values(self.backend(), begin, [self.version.0.as_str().into()]);
        self.writer.execute(begin).await?;
        Ok(())
    }
}

impl Version {
    /// That of this program: what its tables look like, and which version of its folds fills each.
    pub fn current() -> Self {
        Self::of(house::shapes().iter().map(AsRef::as_ref))
    }

    /// That of each table by itself.
    pub fn of_tables() -> BTreeMap<String, Self> {
        let shapes = house::shapes().into_iter();
        shapes.map(|shape| (shape.table.clone(), Self::of([&*shape]))).collect()
    }

    fn of<'s>(shapes: impl IntoIterator<Item = &'s Shape>) -> Self {
        let mut statements = vec![];
        for shape in shapes {
            statements.extend(shape.index(DbBackend::Postgres));
            statements.push(shape.create(DbBackend::Postgres));
            statements.push(format!("fold {}", shape.fold));
        }
        Self::named(&statements.join(";"))
    }

    /// That of another program, for whoever tries how two get on.
    pub fn named(name: &str) -> Self {
        Self(domain::derived(uuid::Uuid::nil(), name).simple().to_string())
    }

    pub fn text(&self) -> &str {
        &self.0
    }
}

pub(crate) async fn position(db: &impl ConnectionTrait) -> Result<u64, DbErr> {
    let sql = "SELECT position FROM checkpoint";
    let row = db.query_one(Statement::from_string(db.get_database_backend(), sql)).await?;
    let row = row.ok_or_else(|| DbErr::RecordNotFound("the namespace has no checkpoint".into()))?;
    Ok(row.try_get::<i64>("", "position")?.cast_unsigned())
}

pub(crate) async fn set_position(db: &impl ConnectionTrait, position: u64) -> Result<(), DbErr> {
    let sql = "UPDATE checkpoint SET position = $1";
    let statement = Statement::from_sql_and_values(
        db.get_database_backend(),
        sql,
        [position.cast_signed().into()],
    );
    db.execute(statement).await?;
    Ok(())
}

/// Deletes a SQLite file with what SQLite keeps beside it.
pub(crate) fn remove(path: &Path) {
    for suffix in ["", "-wal", "-shm", "-journal"] {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        if let Err(error) = std::fs::remove_file(&name)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            tracing::warn!(file = %name.display(), %error, "a namespace's file could not be removed");
        }
    }
}

/// Makes the file for its owner alone.
fn private(path: &Path) -> Result<(), DbErr> {
    let made = eventlog::private_file(path);
    made.map(drop)
        .map_err(|error| DbErr::Custom(format!("{} cannot be made: {error}", path.display())))
}

fn file(dir: &Path, name: &str) -> PathBuf {
    dir.join(format!("{name}.sqlite"))
}

/// Runs a statement on a connection of its own.
async fn run(options: &PgConnectOptions, sql: &str) -> Result<(), DbErr> {
    let mut connection = options.connect().await.map_err(unreachable)?;
    connection.execute(sql).await.map_err(unreachable)?;
    connection.close().await.map_err(unreachable)
}

async fn postgres(
    options: &PgConnectOptions,
    name: &str,
    version: &Version,
) -> Result<Namespace, DbErr> {
    let options = options.clone().statement_cache_capacity(500).disable_statement_logging();
    // What is lost in a crash is folded again: the checkpoint is lost with it.
    let writing = options.clone().options([
        ("search_path", name),
        ("synchronous_commit", "off"),
        ("idle_in_transaction_session_timeout", "30s"), // One who stops within a batch lets the others fold.
    ]);
    let reading = options.options([("search_path", name), ("default_transaction_read_only", "on")]);
    let pool = |most: u32| {
        steady::<Postgres>().max_connections(most).acquire_timeout(Duration::from_secs(5))
    };
    let writer = pool(2).after_connect(|connection, _| {
        Box::pin(async move { connection.execute(COMPRESS).await.map(drop) })
    });
    let writer = writer.connect_with(writing).await.map_err(unreachable)?;
    let readers =
        pool(16).test_before_acquire(false).connect_with(reading).await.map_err(unreachable)?;
    Ok(Namespace {
        name: name.into(),
        version: version.clone(),
        readers: SqlxPostgresConnector::from_sqlx_postgres_pool(readers),
        writer: SqlxPostgresConnector::from_sqlx_postgres_pool(writer),
    })
}

async fn sqlite(
    name: &str,
    path: &Path,
    version: &Version,
    care: Care,
) -> Result<Namespace, DbErr> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .statement_cache_capacity(500)
        .create_if_missing(care == Care::Building)
        .disable_statement_logging();
    let options = match care {
        Care::Live => {
            options.journal_mode(SqliteJournalMode::Wal).synchronous(SqliteSynchronous::Normal)
        }
        Care::Building => {
            let options =
                options.journal_mode(SqliteJournalMode::Off).synchronous(SqliteSynchronous::Off);
            // Room to sort an index in.
            options.pragma("cache_size", "-65536").pragma("temp_store", "memory")
        }
        Care::Look => options.read_only(true),
    };
    let writing = steady::<Sqlite>().max_connections(1).connect_with(options.clone());
    let writer = SqlxSqliteConnector::from_sqlx_sqlite_pool(writing.await.map_err(unreachable)?);
    let readers = match care {
        Care::Building => writer.clone(),
        Care::Live | Care::Look => {
            let reading = options.pragma("query_only", "on");
            let pool = steady::<Sqlite>()
                .max_connections(8)
                .test_before_acquire(false)
                .connect_with(reading);
            SqlxSqliteConnector::from_sqlx_sqlite_pool(pool.await.map_err(unreachable)?)
        }
    };
    Ok(Namespace { name: name.into(), version: version.clone(), readers, writer })
}

fn unreachable(error: sqlx::Error) -> DbErr {
    DbErr::Conn(sea_orm::RuntimeErr::SqlxError(error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::house::homes;

    #[test]
    fn a_fold_that_is_counted_up_is_another_version_as_tables_are_that_look_different() {
        let shape = || Shape::of::<homes::Entity>();
        let version = |shape: Shape| Version::of([&shape]);
        assert_eq!(version(shape()), version(shape()));
        let fold = shape().fold + 1;
        for other in [
            Shape { fold, ..shape() },
            Shape { table: "houses".into(), ..shape() },
            Shape { indexes: &["program"], ..shape() },
            Shape { key: "aggregate".into(), ..shape() },
            Shape { columns: vec![], ..shape() },
        ] {
            assert_ne!(version(shape()), version(other));
        }
    }

    #[test]
    fn the_version_of_this_program_is_that_of_all_its_tables() {
        let shapes = house::shapes();
        let all = || shapes.iter().map(AsRef::as_ref);
        assert_eq!(Version::current(), Version::of(all()));
        for nth in 0..shapes.len() {
            let others = all().take(nth).chain(all().skip(nth + 1));
            assert_ne!(Version::current(), Version::of(others));
        }
    }
}
