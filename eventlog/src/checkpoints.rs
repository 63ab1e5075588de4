//! How far a follower of the log has come, kept with the log.

use crate::event::ReadError;
use crate::log::Log;

/// Whoever sees to it that events have their effects.
pub const REACTOR: &str = "reactor";

/// Whoever finds out which mail events cause.
pub const OUTBOX: &str = "outbox";

/// Whether any process has served the log.
const SERVED: &str = "served";

impl Log {
    /// The position that `name` has dealt with; 0 at the start.
    pub async fn checkpoint(&self, name: &str) -> Result<u64, ReadError> {
        self.engine().checkpoint(name).await.map_err(ReadError::Unavailable)
    }

    /// Says for good that the log is served, also before it has an event.
    pub async fn serve(&self) -> Result<(), ReadError> {
        self.set_checkpoint(SERVED, 1).await
    }

    /// Whether anybody has said so.
    pub async fn is_served(&self) -> Result<bool, ReadError> {
        Ok(self.checkpoint(SERVED).await? > 0)
    }

    pub async fn set_checkpoint(&self, name: &str, position: u64) -> Result<(), ReadError> {
        self.engine().set_checkpoint(name, position).await.map_err(ReadError::Unavailable)
    }
}
