//! Opening a log: migrations, its engine, then the appender and the listener that work for it.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::{mpsc, watch};

use crate::clock::Clock;
use crate::engine::Engine;
use crate::log::{Log, Work};
use crate::queue::{Head, QUEUE};
use crate::schema::OpenError;
use crate::{appender, follower, postgres, sqlite};

/// Where the log is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Target {
    /// A file in this directory, which belongs to one process at a time.
    Sqlite { dir: PathBuf },
    /// A database that several processes may share.
    Postgres { url: String },
}

impl Log {
    /// Opens a log whose schema is up to date.
    pub async fn open(target: Target, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        let engine = match target {
            Target::Sqlite { dir } => Engine::Sqlite(sqlite::Engine::open(&dir).await?),
            Target::Postgres { url } => Engine::Postgres(postgres::Engine::open(&url).await?),
        };
        let engine = Arc::new(engine);
        let head = Arc::new(Head::at(engine.head().await.map_err(OpenError::Unreachable)?));
        let (jobs, queue) = mpsc::channel(QUEUE);
        let (closing, closed) = watch::channel(false);
        let appender = appender::run(engine.writer(), queue, closed, clock, head.clone());
        let listener = match &*engine {
            Engine::Postgres(_) => {
                Some(tokio::spawn(follower::listen(engine.clone(), head.clone())))
            }
            Engine::Sqlite(_) => None, // Nobody else writes.
        };
        let work = Work { jobs, closing, appender: tokio::spawn(appender), listener };
        Ok(Self::over(engine, head, work))
    }

    /// Brings the schema of `target` up to date, creating the file where there is none.
    pub async fn migrate(target: &Target) -> Result<(), OpenError> {
        match target {
            Target::Sqlite { dir } => sqlite::Engine::migrate(dir).await,
            Target::Postgres { url } => postgres::Engine::migrate(url).await,
        }
    }

    /// Migrates, then opens.
    pub async fn open_migrated(target: Target, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        Self::migrate(&target).await?;
        Self::open(target, clock).await
    }
}
