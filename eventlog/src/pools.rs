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
