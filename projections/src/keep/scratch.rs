//! Scratch space (temporary files): a directory to build views aside in, locked for as long as somebody is at work.

use std::fs::{DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use uuid::Uuid;

/// How the names of such directories begin.
const PREFIX: &str = "scratch-";

/// A directory that is gone when it is dropped, and after the next sweep where the process had no time for that.
pub(crate) struct Scratch {
    dir: PathBuf,
    _held: File,
}

impl Scratch {
    /// Makes one in the data directory `within`, which must be its owner's alone.
    pub fn make(within: &Path) -> io::Result<Self> {
        eventlog::private_dir(within).map_err(io::Error::other)?;
        let dir = within.join(format!("{PREFIX}{}", Uuid::now_v7()));
        DirBuilder::new().mode(0o700).create(&dir)?;
        let held = File::open(&dir)?;
        held.try_lock()?;
        Ok(Self { dir, _held: held })
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        remove(&self.dir);
    }
}

/// Removes what those have left in the data directory `within` who were ended in the middle of their work.
pub fn sweep_scratch(within: &Path) {
    let entries = std::fs::read_dir(within).into_iter().flatten().flatten();
    for entry in entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(PREFIX)) {
        if let Ok(left) = File::open(entry.path())
            && left.try_lock().is_ok()
        {
            remove(&entry.path());
        }
    }
}

fn remove(dir: &Path) {
    if let Err(error) = std::fs::remove_dir_all(dir) {
        tracing::warn!(dir = %dir.display(), %error, "scratch space could not be removed");
    }
}
