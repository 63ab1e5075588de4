//! The handle to the event log as the rest of the program sees it: opened once, cloned freely.

use std::sync::{Arc, Mutex, PoisonError};

use cqrs_es::persist::EventUpcaster;
use sqlx::{PgPool, SqlitePool};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use crate::engine::Engine;
use crate::kept::Kept;
use crate::keys::KeyRing;
use crate::queue::{Head, Job};
use crate::turns::Turns;

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
    turns: Turns,
    kept: Kept,
    past: Kept,
    closing: watch::Sender<bool>,
    appender: Mutex<Option<JoinHandle<()>>>,
    listener: Option<JoinHandle<()>>,
}

/// Who works for a log, and how they are told to end.
pub(crate) struct Work {
    pub jobs: mpsc::Sender<Job>,
    pub closing: watch::Sender<bool>,
    pub appender: JoinHandle<()>,
    pub listener: Option<JoinHandle<()>>,
}

impl Log {
    pub(crate) fn over(engine: Arc<Engine>, head: Arc<Head>, work: Work) -> Self {
        let Work { jobs, closing, appender, listener } = work;
        let (keys, turns) = (KeyRing::new(engine.clone()), Turns::default());
        let (kept, past) = (Kept::latest(), Kept::past());
        let appender = Mutex::new(Some(appender));
        let shared =
            Shared { engine, jobs, head, keys, turns, kept, past, closing, appender, listener };
        Self { shared: Arc::new(shared), upcasters: Vec::new }
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

    /// The pool, where the log is on PostgreSQL.
    pub fn postgres_pool(&self) -> Option<&PgPool> {
        match self.engine() {
            Engine::Postgres(engine) => Some(&engine.pool),
            Engine::Sqlite(_) => None,
        }
    }

    /// The readers, where the log is in a SQLite file. They cannot write.
    pub fn sqlite_pool(&self) -> Option<&SqlitePool> {
        match self.engine() {
            Engine::Postgres(_) => None,
            Engine::Sqlite(engine) => Some(&engine.pool),
        }
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

    /// Aggregates as they stood at earlier positions.
    pub(crate) fn past(&self) -> &Kept {
        &self.shared.past
    }

    pub(crate) fn turns(&self) -> &Turns {
        &self.shared.turns
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
