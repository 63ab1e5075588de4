//! The blue-green switch: which namespace answers, in a table beside the log.

use chrono::{DateTime, Utc};
use eventlog::{Log, steady};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr,
    SqlxPostgresConnector, SqlxSqliteConnector, Statement, TransactionTrait, Value,
};

/// The table `read_namespaces`.
#[derive(Clone)]
pub(crate) struct Pointer {
    db: DatabaseConnection,
}

/// A namespace that somebody has made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Known {
    pub name: String,
    pub version: String,
}

impl Pointer {
    pub fn of(log: &Log) -> Option<Self> {
        if let Some(pool) = log.postgres_pool() {
            return Some(Self { db: SqlxPostgresConnector::from_sqlx_postgres_pool(pool.clone()) });
        }
        let options =
            log.sqlite_pool()?.connect_options().as_ref().clone().pragma("query_only", "off");
        let pool = steady().max_connections(1).min_connections(0).connect_lazy_with(options);
        Some(Self { db: SqlxSqliteConnector::from_sqlx_sqlite_pool(pool) })
    }

    pub async fn live(&self) -> Result<Option<Known>, DbErr> {
        let query = self.statement("SELECT name, version FROM read_namespaces WHERE live", []);
        let Some(row) = self.db.query_one(query).await? else { return Ok(None) };
        Ok(Some(Known { name: row.try_get("", "name")?, version: row.try_get("", "version")? }))
    }

    /// Takes the next name that nobody has used.
    pub async fn reserve(&self, version: &str, now: DateTime<Utc>) -> Result<String, DbErr> {
        let transaction = self.alone().await?;
        let names =
            transaction.query_all(self.statement("SELECT name FROM read_namespaces", [])).await?;
        let numbers = names.iter().filter_map(|row| row.try_get::<String>("", "name").ok());
        let last: u64 =
            numbers.filter_map(|name| name.strip_prefix("read_")?.parse().ok()).max().unwrap_or(0);
        let name = format!("read_{}", last + 1);
        let insert = "INSERT INTO read_namespaces (name, version, created_at) VALUES ($1, $2, $3)";
        transaction
            .execute(self.statement(insert, [(&*name).into(), version.into(), now.into()]))
            .await?;
        transaction.commit().await?;
        Ok(name)
    }

    /// Makes a namespace the one that answers. With `unless_live` only where there is none; tells whether it is.
    pub async fn flip(
        &self,
        name: &str,
        now: DateTime<Utc>,
        unless_live: bool,
    ) -> Result<bool, DbErr> {
        let transaction = self.alone().await?;
        if unless_live {
            let live = self.statement("SELECT name FROM read_namespaces WHERE live", []);
            if transaction.query_one(live).await?.is_some() {
                transaction.rollback().await?;
                return Ok(false);
            }
        }
        let retire = "UPDATE read_namespaces SET live = false, retired_at = $1 WHERE live";
        transaction.execute(self.statement(retire, [now.into()])).await?;
        let promote = "UPDATE read_namespaces SET live = true WHERE name = $1";
        transaction.execute(self.statement(promote, [name.into()])).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Namespaces that were replaced before `before`, and those whose building nobody has finished since `abandoned`.
    pub async fn disused(
        &self,
        before: DateTime<Utc>,
        abandoned: DateTime<Utc>,
    ) -> Result<Vec<String>, DbErr> {
        let query = "SELECT name FROM read_namespaces
             WHERE NOT live AND (retired_at < $1 OR (retired_at IS NULL AND created_at < $2))";
        let rows =
            self.db.query_all(self.statement(query, [before.into(), abandoned.into()])).await?;
        rows.iter().map(|row| row.try_get("", "name")).collect()
    }

    pub async fn forget(&self, name: &str) -> Result<(), DbErr> {
        let delete = self
            .statement("DELETE FROM read_namespaces WHERE name = $1 AND NOT live", [name.into()]);
        self.db.execute(delete).await?;
        Ok(())
    }

    /// A transaction during which nobody else changes the table.
    async fn alone(&self) -> Result<DatabaseTransaction, DbErr> {
        let transaction = self.db.begin().await?;
        let lock = match self.db.get_database_backend() {
            DbBackend::Postgres => "LOCK TABLE read_namespaces IN SHARE ROW EXCLUSIVE MODE",
            // Whoever reads first and writes then is refused at once where the log was written in between; a write waits.
            DbBackend::Sqlite | DbBackend::MySql => "DELETE FROM read_namespaces WHERE false",
        };
        transaction.execute_unprepared(lock).await?;
        Ok(transaction)
    }

    fn statement<const N: usize>(&self, sql: &str, values: [Value; N]) -> Statement {
        Statement::from_sql_and_values(self.db.get_database_backend(), sql, values)
    }
}
