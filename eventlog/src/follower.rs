//! A catch-up subscription to the log: what is there, then whatever comes.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::engine::Engine;
use crate::event::{RawEvent, ReadError};
use crate::fault::Cause;
use crate::log::Log;
use crate::queue::Head;

/// How long an event may go unnoticed if nobody announces it.
const NET: Duration = Duration::from_millis(500);

/// Reads on from a position, waiting at the end of the log. Nothing is skipped and nothing comes twice.
pub struct Follower {
    log: Log,
    head: watch::Receiver<u64>,
    position: u64,
}

impl Log {
    /// Follows the log from the event after `position`.
    pub fn follow(&self, position: u64) -> Follower {
        Follower { log: self.clone(), head: self.head(), position }
    }

    /// The position of the last event as the database has it now.
    pub async fn reach(&self) -> Result<u64, ReadError> {
        let head = self.engine().head().await.map_err(ReadError::Unavailable)?;
        self.note_head(head);
        Ok(head)
    }
}

impl Follower {
    /// The position that has been handed out last.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// The next events, at least one and at most `limit`; waits where there is none. After an error the next call
    /// tries again from the same place. May be dropped and called again at any time.
    pub async fn next(&mut self, limit: u32) -> Result<Vec<RawEvent>, ReadError> {
        loop {
            self.wait().await?;
            let events = self.log.read_after(self.position, limit).await?;
            if let Some(last) = events.last() {
                self.position = last.envelope.position;
                return Ok(events);
            }
        }
    }

    /// Returns once the log reaches beyond the position.
    async fn wait(&mut self) -> Result<(), ReadError> {
        let position = self.position;
        while *self.head.borrow_and_update() <= position {
            match tokio::time::timeout(NET, self.head.changed()).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) => {
                    return Err(ReadError::Unavailable(Cause::new("the log has been closed")));
                }
                Err(_) => {
                    self.log.reach().await?;
                }
            }
        }
        Ok(())
    }
}

/// Hears from the database how far other processes have come, for as long as it runs.
pub(crate) async fn listen(engine: Arc<Engine>, head: Arc<Head>) {
    loop {
        if let Err(error) = hear(&engine, &head).await {
            tracing::warn!(%error, "the log's listener lost its connection and opens another");
        }
        tokio::time::sleep(NET).await;
    }
}

async fn hear(engine: &Engine, head: &Head) -> Result<(), Cause> {
    let Engine::Postgres(postgres) = engine else { return Ok(()) };
    let mut listener = postgres.listen().await.map_err(Cause::new)?;
    head.reached(engine.head().await?); // What was said before we listened.
    loop {
        let Some(news) = listener.try_recv().await.map_err(Cause::new)? else {
            return Err(Cause::new("the connection was closed"));
        };
        match news.payload().parse() {
            Ok(position) => head.reached(position),
            Err(_) => head.reached(engine.head().await?),
        }
    }
}
