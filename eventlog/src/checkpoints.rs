//! How far a follower of the log has come, kept with the log.

use crate::event::ReadError;
use crate::log::Log;

/// Whoever sees to it that events have their effects.
pub const REACTOR: &str = "reactor";

impl Log {
    /// The position that `name` has dealt with; 0 at the start.
    pub async fn checkpoint(&self, name: &str) -> Result<u64, ReadError> {
        self.engine().checkpoint(name).await.map_err(ReadError::Unavailable)
    }

    pub async fn set_checkpoint(&self, name: &str, position: u64) -> Result<(), ReadError> {
        self.engine().set_checkpoint(name, position).await.map_err(ReadError::Unavailable)
    }
}
