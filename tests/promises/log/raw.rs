//! The tables beneath the log, for tests that look at or damage them.

use eventlog::Target;
use sqlx::{Connection, Executor, PgConnection, Row, SqliteConnection};
use tests::Place;

/// A connection that goes around the log.
pub enum Raw {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Raw {
    pub async fn of(place: &Place) -> Self {
        match &place.target {
            Target::Sqlite { dir } => {
                let url = format!("sqlite://{}", dir.join("log.sqlite").display());
                Self::Sqlite(SqliteConnection::connect(&url).await.expect("the file opens"))
            }
            Target::Postgres { url } => {
                Self::Postgres(PgConnection::connect(url).await.expect("the server answers"))
            }
        }
    }

    pub async fn run(&mut self, sql: &str) -> Result<(), sqlx::Error> {
        match self {
            Self::Sqlite(connection) => connection.execute(sql).await.map(drop),
            Self::Postgres(connection) => connection.execute(sql).await.map(drop),
        }
    }

    /// The first column of every row, which must be text.
    pub async fn texts(&mut self, sql: &str) -> Vec<String> {
        match self {
            Self::Sqlite(connection) => {
                let rows = connection.fetch_all(sql).await.expect("it can be read");
                rows.iter().map(|row| row.get(0)).collect()
            }
            Self::Postgres(connection) => {
                let rows = connection.fetch_all(sql).await.expect("it can be read");
                rows.iter().map(|row| row.get(0)).collect()
            }
        }
    }

    /// Takes away what keeps events unchanged, as somebody with the run of the database could.
    pub async fn unlock(&mut self) {
        let sql = match self {
            Self::Sqlite(_) => "DROP TRIGGER events_stay_unchanged",
            Self::Postgres(_) => "ALTER TABLE events DISABLE TRIGGER events_stay",
        };
        self.run(sql).await.expect("the trigger is there");
    }
    /// The same with what keeps keys.
    pub async fn unlock_keys(&mut self) {
        let sql = match self {
            Self::Sqlite(_) => "DROP TRIGGER keys_stay",
            Self::Postgres(_) => "ALTER TABLE subject_keys DISABLE TRIGGER keys_stay",
        };
        self.run(sql).await.expect("the trigger is there");
    }
}
