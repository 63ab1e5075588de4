//! Opening a log: migrations, its engine, then the appender and the listener that work for it.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::{Mutex, mpsc};
use tokio_util::sync::CancellationToken;

use crate::appender::Appender;
use crate::clock::Clock;
use crate::engine::Engine;
use crate::log::{Log, Work};
use crate::personal::Secret;
use crate::queue::{Head, Health, QUEUE};
use crate::schema::OpenError;
use crate::supervisor::Tasks;
use crate::watch::Watch;
use crate::{follower, postgres, sqlite};

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
        let secret = secret(&engine).await?;
        let engine = Arc::new(engine);
        let head = Arc::new(Head::at(engine.head().await.map_err(OpenError::Unreachable)?));
        let clock = Arc::new(Watch::new(clock));
        if let Err(error) = clock.compare(&engine).await {
            tracing::debug!(%error, "the clock cannot be compared"); // Until it can, nothing is decided.
        }
        let (jobs, queue) = mpsc::channel(QUEUE);
        let (tasks, closing) = (Tasks::default(), CancellationToken::new());
        let health = Arc::<Health>::default();
        let appender = Appender {
            writer: engine.writer(),
            queue,
            closing: closing.clone(),
            clock: clock.clone(),
            head: head.clone(),
            health: health.clone(),
        };
        let appender = Arc::new(Mutex::new(appender));
        let appending = move || {
            let appender = appender.clone();
            async move { appender.lock().await.run().await }
        };
        let appending = tokio::spawn(tasks.clone().keep("appender", closing.clone(), appending));
        let (watch, watched, closed) = (clock.clone(), engine.clone(), closing.clone());
        let watching = move || {
            let (watch, engine, closed) = (watch.clone(), watched.clone(), closed.clone());
            async move { closed.run_until_cancelled(watch.keep(&engine)).await.unwrap_or_default() }
        };
        let watching = tokio::spawn(tasks.clone().keep("clock", closing.clone(), watching));
        if let Engine::Postgres(_) = &*engine {
            let (engine, head, closed) = (engine.clone(), head.clone(), closing.clone());
            let listening = move || {
                let (engine, head, closed) = (engine.clone(), head.clone(), closed.clone());
                async move {
                    tokio::select! {
                        () = closed.cancelled() => {}
                        () = follower::listen(engine, head) => {}
                    }
                }
            };
            tokio::spawn(tasks.clone().keep("listener", closing.clone(), listening));
        } // In a file nobody else writes.
        let work = Work { clock, jobs, health, tasks, closing };
        Ok(Self::over(engine, secret, head, work, vec![appending, watching]))
    }

    /// Opens a log whose schema is up to date to read it only, also a file that another process works with.
    pub async fn open_to_read(target: Target, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        let engine = match target {
            Target::Sqlite { dir } => Engine::Sqlite(sqlite::Engine::open_to_read(&dir).await?),
            Target::Postgres { url } => {
                Engine::Postgres(postgres::Engine::open_to_read(&url).await?)
            }
        };
        let secret = secret(&engine).await?;
        let head = Head::at(engine.head().await.map_err(OpenError::Unreachable)?);
        let work = Work {
            clock: Arc::new(Watch::new(clock)),
            jobs: mpsc::channel(1).0, // Nobody takes what is sent.
            health: Arc::default(),
            tasks: Tasks::default(),
            closing: CancellationToken::new(),
        };
        Ok(Self::over(Arc::new(engine), secret, Arc::new(head), work, vec![]))
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

async fn secret(engine: &Engine) -> Result<Secret, OpenError> {
    engine.secret().await.map_err(OpenError::Unreachable)?.ok_or(OpenError::NoSecret)
}
