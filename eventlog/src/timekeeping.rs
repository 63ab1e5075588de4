//! What a log says of the time: who serves it notes that it was seen (heartbeat), and an operator asks and confirms.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::time::{sleep, timeout};

use crate::clock::{Clock, Witness};
use crate::engine::Engine;
use crate::event::ReadError;
use crate::fault::Cause;
use crate::log::Log;
use crate::open::Target;
use crate::schema::OpenError;
use crate::skew::{Skew, TOLERANCE, apart};
use crate::{postgres, sqlite};

/// How often it is noted that the log was seen.
const BEAT: Duration = Duration::from_secs(60);

/// How soon that is tried again, where the clock is wrong or the database does not take it.
const AGAIN: Duration = Duration::from_secs(1);

/// How long the database may take for it.
const ANSWER: Duration = Duration::from_secs(5);

/// What the clock of a process shows, what the log's database knows, and what is wrong with it for a process that begins now.
#[derive(Clone, Copy, Debug)]
pub struct Timed {
    pub shows: DateTime<Utc>,
    pub witness: Witness,
    pub skew: Option<Skew>,
}

/// Why a clock was not confirmed.
#[derive(Debug, thiserror::Error)]
pub enum ConfirmError {
    #[error("{0}, and confirming helps nothing while they are apart: {way_out}", way_out = .0.way_out())]
    Apart(Skew),
    #[error(transparent)]
    Open(#[from] OpenError),
}

impl Log {
    /// Notes about once a minute that the log was seen by a clock that is right, for as long as it runs. First after a minute:
    /// a clock that is set right soon after its machine has begun leaves no mark that is still to come.
    pub async fn keep_seen(&self) {
        let mut pause = BEAT;
        loop {
            sleep(pause).await;
            pause = match timeout(ANSWER, self.see()).await {
                Ok(Ok(())) => BEAT,
                Ok(Err(error)) => {
                    tracing::debug!(%error, "it is not noted that the log was seen");
                    AGAIN
                }
                Err(_) => AGAIN,
            };
        }
    }

    /// Notes that the log was seen, where the clock is right.
    pub async fn see(&self) -> Result<(), Cause> {
        let now = self.sees().ok_or_else(|| Cause::new("the clock is wrong"))?;
        self.engine().see(now).await
    }

    /// What time it is for this process, and what is known of it.
    pub async fn timed(&self) -> Result<Timed, ReadError> {
        let witness = self.compare_clock().await.map_err(ReadError::Unavailable)?;
        Ok(Timed { shows: self.now(), witness, skew: self.skew() })
    }

    /// Says for an operator that this clock is right, also beside a process that works with the log, which goes on at once.
    /// Where events were recorded at times that are still to come, those after them are recorded from now on. Answers the
    /// time that was confirmed.
    pub async fn confirm_clock(
        target: &Target,
        clock: Arc<dyn Clock>,
    ) -> Result<DateTime<Utc>, ConfirmError> {
        let engine = match target {
            Target::Sqlite { dir } => Engine::Sqlite(sqlite::Engine::open_beside(dir).await?),
            Target::Postgres { url } => Engine::Postgres(postgres::Engine::open(url).await?),
        };
        let confirmed = confirm(&engine, &*clock).await;
        engine.close().await;
        confirmed
    }
}

async fn confirm(engine: &Engine, clock: &dyn Clock) -> Result<DateTime<Utc>, ConfirmError> {
    let before = clock.now();
    let witness = engine.witness().await.map_err(OpenError::Unreachable)?;
    let after = clock.now();
    if let Some(skew) = witness.server.and_then(|server| apart(before, server, after)) {
        return Err(ConfirmError::Apart(skew));
    }
    let now = witness.server.unwrap_or(after);
    engine.confirm(now, now + TOLERANCE).await.map_err(OpenError::Unreachable)?;
    Ok(now)
}
