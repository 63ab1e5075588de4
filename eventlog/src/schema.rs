//! The version of the database's schema: which migrations it has, and why it could not be opened.

use std::path::PathBuf;

use sqlx::migrate::{AppliedMigration, Migrator};

use crate::fault::Cause;

/// Why the log could not be opened. What the operator can do about it is part of the sentence.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("{} is locked by another process: end that process, or give this one a data directory of its own", file.display())]
    InUse { file: PathBuf },
    #[error("the data directory {} cannot be used", .0.display())]
    Directory(PathBuf, #[source] std::io::Error),
    #[error("others can open {}: run `chmod {} {}`, then start again", path.display(), .may, path.display())]
    Exposed { path: PathBuf, may: &'static str },
    #[error("the log's own secret is missing in the table `secrets`: restore it from a backup")]
    NoSecret,
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
