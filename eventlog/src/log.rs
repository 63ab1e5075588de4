//! The log as the rest of the program sees it: opened once, cloned freely.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use cqrs_es::persist::EventUpcaster;
use sqlx::migrate::{AppliedMigration, Migrator};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use crate::appender::{self, Head, Job};
use crate::clock::Clock;
use crate::engine::Engine;
use crate::executor::Stripes;
use crate::fault::Cause;
use crate::keys::KeyRing;
use crate::warm::Kept;
use crate::{follower, postgres, sqlite};

/// Where the log is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Target {
    /// A file in this directory, which belongs to one process at a time.
    Sqlite { dir: PathBuf },
    /// A database that several processes may share.
    Postgres { url: String },
}

/// How events of earlier versions become those of today, in the order in which they apply.
pub type Upcasters = fn() -> Vec<Box<dyn EventUpcaster>>;

/// The log of one database. Clones share the appender and the connections.
#[derive(Clone)]
pub struct Log {
    shared: Arc<Shared>,
    upcasters: Upcasters,
}

struct Shared {
    engine: Arc<Engine>,
    jobs: mpsc::Sender<Job>,
    head: Arc<Head>,
    keys: KeyRing,
    stripes: Stripes,
    kept: Kept,
    closing: watch::Sender<bool>,
    appender: Mutex<Option<JoinHandle<()>>>,
    listener: Option<JoinHandle<()>>,
}

/// Why the log could not be opened. What the operator can do about it is part of the sentence.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("{} is locked by another process: end that process, or give this one a data directory of its own", file.display())]
    InUse { file: PathBuf },
    #[error("the data directory {} cannot be used", .0.display())]
    Directory(PathBuf, #[source] std::io::Error),
    #[error("the database lacks migration {missing}: run `accord migrate` first")]
    Behind { missing: i64 },
    #[error(
        "the database has migration {unknown}, which this program does not know: use a newer program"
    )]
    Ahead { unknown: i64 },
    #[error("migration {changed} is not the one that was applied to this database")]
    Changed { changed: i64 },
    #[error("the database could not be brought up to date")]
    Migration(#[source] Cause),
    #[error("the database cannot be reached")]
    Unreachable(#[source] Cause),
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
        let (jobs, queue) = mpsc::channel(appender::QUEUE);
        let (closing, closed) = watch::channel(false);
        let writer = match &*engine {
            Engine::Postgres(engine) => crate::engine::Writer::Postgres(engine.writer()),
            Engine::Sqlite(engine) => crate::engine::Writer::Sqlite(engine.writer()),
        };
        let appender = tokio::spawn(appender::run(writer, queue, closed, clock, head.clone()));
        let listener = match &*engine {
            Engine::Postgres(_) => {
                Some(tokio::spawn(follower::listen(engine.clone(), head.clone())))
            }
            Engine::Sqlite(_) => None, // Nobody else writes.
        };
        let shared = Shared {
            keys: KeyRing::new(engine.clone()),
            engine,
            jobs,
            head,
            stripes: Stripes::default(),
            kept: Kept::default(),
            closing,
            appender: Mutex::new(Some(appender)),
            listener,
        };
        Ok(Self { shared: Arc::new(shared), upcasters: Vec::new })
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

    /// The same log, whose earlier events are read as those of today.
    pub fn upcasting(self, upcasters: Upcasters) -> Self {
        Self { upcasters, ..self }
    }

    /// The position of the last event, and news of every later one. It never goes back.
    pub fn head(&self) -> watch::Receiver<u64> {
        self.shared.head.subscribe()
    }

    /// Writes what is waiting, then lets go of the database. Whatever is asked later is `Unavailable`.
    pub async fn close(&self) {
        self.shared.closing.send_replace(true);
        let appender = self.shared.appender.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(appender) = appender {
            drop(appender.await); // A panic of the appender has been reported where it happened.
        }
        if let Some(listener) = &self.shared.listener {
            listener.abort();
        }
        self.shared.engine.close().await;
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.shared.engine
    }

    pub(crate) fn jobs(&self) -> &mpsc::Sender<Job> {
        &self.shared.jobs
    }

    pub(crate) fn keys(&self) -> &KeyRing {
        &self.shared.keys
    }

    pub(crate) fn kept(&self) -> &Kept {
        &self.shared.kept
    }

    pub(crate) fn stripes(&self) -> &Stripes {
        &self.shared.stripes
    }

    pub(crate) fn upcasters(&self) -> Vec<Box<dyn EventUpcaster>> {
        (self.upcasters)()
    }

    pub(crate) fn note_head(&self, position: u64) {
        self.shared.head.reached(position);
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        if let Some(listener) = &self.listener {
            listener.abort();
        }
    }
}

impl From<sqlx::Error> for OpenError {
    fn from(error: sqlx::Error) -> Self {
        Self::Unreachable(Cause::new(error))
    }
}

/// Whether the database has exactly the migrations of this program.
pub(crate) fn check_current(
    ours: &Migrator,
    applied: &[AppliedMigration],
) -> Result<(), OpenError> {
    for migration in ours.iter() {
        match applied.iter().find(|other| other.version == migration.version) {
            None => return Err(OpenError::Behind { missing: migration.version }),
            Some(other) if other.checksum != migration.checksum => {
                return Err(OpenError::Changed { changed: migration.version });
            }
            Some(_) => {}
        }
    }
    match applied.iter().find(|applied| !ours.version_exists(applied.version)) {
        Some(unknown) => Err(OpenError::Ahead { unknown: unknown.version }),
        None => Ok(()),
    }
}
