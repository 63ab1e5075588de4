//! Files for their owner alone (Unix permissions): made so, and refused where others could open them.

use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use crate::schema::OpenError;

/// Rights of anybody but the owner.
const OTHERS: u32 = 0o077;

/// Makes a data directory for its owner alone: it holds keys. One that is there already must be so.
pub fn private_dir(dir: &Path) -> Result<(), OpenError> {
    let unusable = |error| OpenError::Directory(dir.into(), error);
    DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(unusable)?;
    check_dir(dir)
}

/// Refuses a data directory that others could open, or any file in it.
pub(crate) fn check_dir(dir: &Path) -> Result<(), OpenError> {
    let unusable = |error| OpenError::Directory(dir.into(), error);
    check(dir)?;
    for entry in fs::read_dir(dir).map_err(unusable)? {
        match check(&entry.map_err(unusable)?.path()) {
            // Another process has taken away what was its own.
            Err(OpenError::Directory(_, error)) if error.kind() == io::ErrorKind::NotFound => {}
            checked => checked?,
        }
    }
    Ok(())
}

/// Makes a file for its owner alone; an error where there is one already.
pub fn private_file(path: &Path) -> io::Result<File> {
    File::options().write(true).create_new(true).mode(0o600).open(path)
}

fn check(path: &Path) -> Result<(), OpenError> {
    let there = fs::metadata(path).map_err(|error| OpenError::Directory(path.into(), error))?;
    if there.permissions().mode() & OTHERS == 0 {
        return Ok(());
    }
    let may = if there.is_dir() { "700" } else { "600" };
    Err(OpenError::Exposed { path: path.into(), may })
}
