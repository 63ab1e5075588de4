//! An empty log on each engine, so that one claim is proved on both.

use std::fmt;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

use eventlog::{Clock, Log, SystemClock, Target};
use tempfile::TempDir;

use crate::cluster::cluster;

/// Somewhere to keep a log, gone when it is dropped or with the cluster.
pub struct Place {
    pub target: Target,
    _dir: Option<TempDir>,
}

/// A directory that its owner alone can open, as data has to have it, gone when it is dropped.
pub fn directory() -> TempDir {
    let private = Permissions::from_mode(0o700);
    let dir = tempfile::Builder::new().permissions(private).tempdir();
    dir.expect("a temporary directory can be made")
}

/// A fresh place on each engine.
pub async fn places() -> [Place; 2] {
    [Place::sqlite(), Place::postgres().await]
}

impl Place {
    pub fn sqlite() -> Self {
        let dir = directory();
        Self { target: Target::Sqlite { dir: dir.path().into() }, _dir: Some(dir) }
    }

    pub async fn postgres() -> Self {
        let url = cluster().await.database().await;
        Self { target: Target::Postgres { url }, _dir: None }
    }

    /// Opens the log here, with its tables made.
    pub async fn log(&self) -> Log {
        self.log_at(Arc::new(SystemClock)).await
    }

    /// The same with a clock of the test's own.
    pub async fn log_at(&self, clock: Arc<dyn Clock>) -> Log {
        eprintln!("on {self}");
        Log::open_migrated(self.target.clone(), clock).await.expect("the log opens")
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.target {
            Target::Sqlite { dir } => write!(f, "SQLite in {}", dir.display()),
            Target::Postgres { url } => write!(f, "PostgreSQL at {url}"),
        }
    }
}
