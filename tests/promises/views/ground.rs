//! A log with a history and views that follow it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use eventlog::{Clock, Log};
use projections::{Report, VerifyError, Views, verify};
use sea_orm::{ConnectOptions, Database, DatabaseConnection};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Column, Connection, Row, SqliteConnection, TypeInfo};
use tests::{Place, append_all, history};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub const PATIENCE: Duration = Duration::from_secs(60);

/// It is always the same time here, so that two logs of one history are equal.
pub struct Still;

impl Clock for Still {
    fn now(&self) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + chrono::TimeDelta::days(25_000)
    }

    fn by_hand(&self) -> bool {
        true
    }
}

/// Views with their reader at work.
pub struct Reading {
    pub log: Log,
    pub views: Views,
    /// Ends the reader when it is dropped.
    stop: oneshot::Sender<()>,
    reader: JoinHandle<()>,
}

impl Reading {
    pub async fn at(place: &Place) -> Self {
        Self::of(place.log_at(Arc::new(Still)).await).await
    }

    pub async fn of(log: Log) -> Self {
        let views = Views::open(&log).await.expect("the views open");
        Self::with_views(log, views)
    }

    pub fn with_views(log: Log, views: Views) -> Self {
        let (stop, stopped) = oneshot::channel();
        let reading = views.clone();
        let reader = tokio::spawn(async move { reading.run(async { drop(stopped.await) }).await });
        Self { log, views, stop, reader }
    }

    /// Ends the reader, and waits until it has ended.
    pub async fn end(self) {
        drop(self.stop);
        self.reader.await.expect("it does not panic");
    }

    /// With a history that the views have read.
    pub async fn with_history(place: &Place, events: usize, seed: u64) -> Self {
        let reading = Self::at(place).await;
        append_all(&reading.log, history(events, seed)).await.expect("the history is taken");
        reading.caught_up().await;
        reading
    }

    pub async fn caught_up(&self) {
        let head = *self.log.head().borrow();
        self.views.wait_for(head, PATIENCE).await.expect("the views catch up");
    }
}

/// The live views compared with the log.
pub async fn proof(log: &Log) -> Result<Report, VerifyError> {
    let aside = tests::directory();
    verify(log, aside.path(), |_| {}).await
}

/// Every row of a SQLite file with the views, as text, table by table, but for what is sealed: no two logs have the
/// same ciphertext.
pub async fn rows(file: &Path) -> Vec<(String, Vec<String>)> {
    let options = SqliteConnectOptions::new().filename(file).read_only(true);
    let mut connection = SqliteConnection::connect_with(&options).await.expect("the file opens");
    let mut tables = vec![];
    for table in projections::tables() {
        let rows = sqlx::query(&format!("SELECT * FROM {table}"))
            .fetch_all(&mut connection)
            .await
            .expect("the table is there");
        let mut rows: Vec<String> = rows.iter().map(text).collect();
        rows.sort();
        tables.push((table, rows));
    }
    tables
}

fn text(row: &sqlx::sqlite::SqliteRow) -> String {
    let values = row.columns().iter().map(|column| {
        let nth = column.ordinal();
        match row
            .try_get_raw(nth)
            .map(|value| sqlx::ValueRef::type_info(&value).name().to_owned())
            .expect("a value")
            .as_str()
        {
            "NULL" => "null".to_owned(),
            "BLOB" => format!("{:?}", row.get::<Vec<u8>, _>(nth)),
            "INTEGER" => row.get::<i64, _>(nth).to_string(),
            _ => match serde_json::from_str::<Vec<eventlog::SealedValue>>(row.get(nth)) {
                Ok(sealed) => format!(
                    "{:?}",
                    sealed.iter().map(|value| (&value.place, value.subject)).collect::<Vec<_>>()
                ),
                Err(_) => row.get(nth),
            },
        }
    });
    values.collect::<Vec<_>>().join("|")
}

/// Runs a statement against the live views behind their back.
pub async fn tamper(views: &Views, place: &Place, sql: &str) {
    let name = views.current().name().to_owned();
    match &place.target {
        eventlog::Target::Sqlite { dir } => {
            let options = SqliteConnectOptions::new().filename(dir.join(format!("{name}.sqlite")));
            let mut connection =
                SqliteConnection::connect_with(&options).await.expect("the file opens");
            sqlx::query(sql).execute(&mut connection).await.expect("it can be changed");
        }
        eventlog::Target::Postgres { url } => {
            let mut connection =
                sqlx::PgConnection::connect(url).await.expect("the database answers");
            sqlx::query(&format!("SET search_path = {name}"))
                .execute(&mut connection)
                .await
                .expect("it is there");
            sqlx::query(sql).execute(&mut connection).await.expect("it can be changed");
        }
    }
}

/// A connection to the live views that may change them.
pub async fn beside(views: &Views, place: &Place) -> DatabaseConnection {
    let name = views.current().name().to_owned();
    let options = match &place.target {
        eventlog::Target::Sqlite { dir } => {
            let file = dir.join(format!("{name}.sqlite"));
            ConnectOptions::new(format!("sqlite://{}?mode=rw", file.display()))
        }
        eventlog::Target::Postgres { url } => {
            ConnectOptions::new(url).set_schema_search_path(name).to_owned()
        }
    };
    Database::connect(options).await.expect("the database answers")
}
