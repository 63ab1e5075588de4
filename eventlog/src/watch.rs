//! Watches over the clock of one process: reads it, compares it with what the log's database knows, and says what it found.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use tokio::time::sleep;

use crate::clock::{Clock, Witness};
use crate::engine::Engine;
use crate::fault::Cause;
use crate::skew::{Found, Reading, Skew};

/// How often a clock that is wrong is looked at again, and one that is right is looked at in quiet hours.
const LOOK: Duration = Duration::from_millis(250);

/// How often a clock that is right is compared with the database's.
const COMPARE: Duration = Duration::from_secs(5);

/// Watches over the clock of one process.
pub(crate) struct Watch {
    clock: Arc<dyn Clock>,
    found: Mutex<Found>,
}

impl Watch {
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, found: Mutex::default() }
    }

    /// What time it is, right or wrong.
    pub fn shows(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// What time it is, where that can be believed.
    pub fn now(&self) -> Result<DateTime<Utc>, Skew> {
        let now = self.clock.now();
        self.check(now)?;
        Ok(now)
    }

    /// What time it is, where that can be believed and nobody moves the clock by hand: such a time says nothing of the world.
    pub fn sees(&self) -> Option<DateTime<Utc>> {
        self.now().ok().filter(|_| !self.clock.by_hand())
    }

    /// Whether a reading of the clock of just now can be believed.
    pub fn check(&self, now: DateTime<Utc>) -> Result<(), Skew> {
        if self.clock.by_hand() {
            return Ok(());
        }
        self.found().check(Reading { wall: now, at: Instant::now() })
    }

    /// What is wrong with the clock, as far as is known without a look at it.
    pub fn wrong(&self) -> Option<Skew> {
        self.found().wrong().filter(|_| !self.clock.by_hand())
    }

    /// Compares the clock with what the database knows. Where that says nothing, what was known stays.
    pub async fn compare(&self, engine: &Engine) -> Result<Witness, Cause> {
        let before = self.read();
        let witness = engine.witness().await?;
        let after = self.read();
        self.found().judge(before, &witness, after);
        Ok(witness)
    }

    /// Looks at the clock for as long as it runs.
    pub async fn keep(&self, engine: &Engine) {
        let mut compared = Instant::now();
        let mut known = None;
        loop {
            if self.now().is_err() || compared.elapsed() > COMPARE {
                if let Err(error) = self.compare(engine).await {
                    tracing::debug!(%error, "the clock cannot be compared");
                }
                compared = Instant::now();
            }
            let wrong = self.wrong();
            if wrong.is_some() != known.is_some() {
                match wrong {
                    Some(skew) => {
                        tracing::error!(%skew, "nothing is appended and no timer runs: {}", skew.way_out());
                    }
                    None => tracing::info!("the clock is right again"),
                }
            }
            known = wrong;
            sleep(LOOK).await;
        }
    }

    fn read(&self) -> Reading {
        Reading { wall: self.clock.now(), at: Instant::now() }
    }

    fn found(&self) -> MutexGuard<'_, Found> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
