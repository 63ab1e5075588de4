//! The pools beneath the log, for those who keep views beside it: the one place where sqlx shows.

use sqlx::{PgPool, SqlitePool};

use crate::engine::Engine;
use crate::log::Log;

impl Log {
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
            Engine::Sqlite(engine) => Some(&engine.readers),
        }
    }
}

/// Options that every pool begins with: connections stay as long as the pool.
///
/// With a lifetime or an idle time sqlx 0.8.6 runs a maintenance task, which now and then counts below zero and spins
/// for ever (sqlx issue 3645).
pub fn steady<D: sqlx::Database>() -> sqlx::pool::PoolOptions<D> {
    sqlx::pool::PoolOptions::new().idle_timeout(None).max_lifetime(None)
}
