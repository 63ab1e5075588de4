//! Connection pooling: what is the same for every pool.

/// Options that every pool begins with: connections stay as long as the pool.
///
/// With a lifetime or an idle time sqlx 0.8.6 runs a maintenance task, which now and then counts below zero and spins
/// for ever (sqlx issue 3645).
pub fn steady<D: sqlx::Database>() -> sqlx::pool::PoolOptions<D> {
    sqlx::pool::PoolOptions::new().idle_timeout(None).max_lifetime(None)
}
