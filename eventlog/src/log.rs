//! The handle to the event log as the rest of the program sees it: opened once, cloned freely.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use cqrs_es::persist::EventUpcaster;
use sqlx::{PgPool, SqlitePool};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::clock::Witness;
use crate::engine::Engine;
use crate::fault::Cause;
use crate::kept::Kept;
use crate::keys::KeyRing;
use crate::personal::Secret;
use crate::queue::{Head, Health, Job};
use crate::skew::Skew;
use crate::supervisor::Tasks;
use crate::turns::Turns;
use crate::watch::Watch;

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
    head: Arc<Head>,
    keys: KeyRing,
    turns: Turns,
    kept: Kept,
    past: Kept,
    work: Work,
    /// What has the database in hand until it has ended.
    at_work: Mutex<Vec<JoinHandle<()>>>,
}

/// Who works for a log, how they fare, and how they are told to end.
pub(crate) struct Work {
    pub clock: Arc<Watch>,
    pub jobs: mpsc::Sender<Job>,
    pub health: Arc<Health>,
    pub tasks: Tasks,
    pub closing: CancellationToken,
}

impl Log {
    pub(crate) fn over(
        engine: Arc<Engine>,
        secret: Secret,
        head: Arc<Head>,
        work: Work,
        at_work: Vec<JoinHandle<()>>,
    ) -> Self {
        let (keys, turns) = (KeyRing::new(engine.clone(), secret), Turns::default());
        let (kept, past) = (Kept::latest(), Kept::past());
        let at_work = Mutex::new(at_work);
        let shared = Shared { engine, head, keys, turns, kept, past, work, at_work };
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

    /// What time it is for this process.
    pub fn now(&self) -> DateTime<Utc> {
        self.shared.work.clock.shows()
    }

    /// Whether a reading of this process's clock of just now can be believed; on one that cannot nothing is decided.
    pub fn check_clock(&self, now: DateTime<Utc>) -> Result<(), Skew> {
        self.shared.work.clock.check(now)
    }

    /// What is wrong with the clock, for as long as it is.
    pub fn skew(&self) -> Option<Skew> {
        self.shared.work.clock.wrong()
    }

    /// What time it is, where that can be believed and says something of the world.
    pub(crate) fn sees(&self) -> Option<DateTime<Utc>> {
        self.shared.work.clock.sees()
    }

    pub(crate) async fn compare_clock(&self) -> Result<Witness, Cause> {
        self.shared.work.clock.compare(self.engine()).await
    }

    /// The tasks that work for this process, to which whoever has more of them adds its own.
    pub fn tasks(&self) -> &Tasks {
        &self.shared.work.tasks
    }

    /// Whether the last write failed for no fault of what was to be written, and none has gone well since.
    pub fn is_failing(&self) -> bool {
        self.shared.work.health.is_failing()
    }

    /// How long the append that came first has been waiting; zero where none waits.
    pub fn longest_wait(&self) -> Duration {
        self.shared.work.health.longest_wait()
    }

    /// Writes what is waiting, then lets go of the database. Whatever is asked later is `Unavailable`.
    pub async fn close(&self) {
        self.shared.work.closing.cancel();
        let at_work = std::mem::take(
            &mut *self.shared.at_work.lock().unwrap_or_else(PoisonError::into_inner),
        );
        for task in at_work {
            drop(task.await); // A panic has been reported where it happened.
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
        &self.shared.work.jobs
    }

    pub(crate) fn health(&self) -> &Arc<Health> {
        &self.shared.work.health
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
        self.work.closing.cancel(); // Nobody is left who could ask.
    }
}
