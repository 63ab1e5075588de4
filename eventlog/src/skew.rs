//! Clock skew: a process whose clock is wrong appends nothing and runs no timers, says so, and goes on once it is right.
//!
//! A clock is compared with the database's, or, where that is a file, with the last time it was written; and at every
//! reading with the time that has passed by the monotonic clock since it was last found right.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::time::sleep;

use crate::clock::{Clock, Witness};
use crate::engine::Engine;

/// How far apart clocks may be.
pub(crate) const TOLERANCE: TimeDelta = TimeDelta::seconds(60);

/// How long a clock that has been set must go on as it was set, where no server says that it is right.
const STEADY: Duration = Duration::from_secs(60);

/// How often a clock that is wrong is looked at again, and one that is right is looked at in quiet hours.
const LOOK: Duration = Duration::from_millis(250);

/// How often a clock that is right is compared with the database's.
const COMPARE: Duration = Duration::from_secs(5);

/// What is wrong with the clock of this machine.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Skew {
    #[error("the clock has not been compared with the database's yet")]
    Unknown,
    #[error("the clock is {} s {} the database's", .by.num_seconds().abs(), if .by > &TimeDelta::zero() { "ahead of" } else { "behind" })]
    Apart { by: TimeDelta },
    #[error("the clock is {} s behind the last event", .by.num_seconds())]
    Behind { by: TimeDelta },
    #[error("the clock was set {} by {} s", if .by > &TimeDelta::zero() { "forward" } else { "back" }, .by.num_seconds().abs())]
    Stepped { by: TimeDelta },
}

/// Watches over the clock of one process.
pub(crate) struct Watch {
    clock: Arc<dyn Clock>,
    found: Mutex<Found>,
}

/// What is known of a clock.
struct Found {
    /// The last reading that was found right.
    right: Option<Reading>,
    wrong: Option<Skew>,
    /// What the server said when the clock was last found right.
    server: Option<Reading>,
    /// The first reading since the clock was set, where only time can tell whether it is right.
    set: Option<Reading>,
}

/// The clock and the monotonic clock at one moment.
#[derive(Clone, Copy)]
struct Reading {
    wall: DateTime<Utc>,
    at: Instant,
}

impl Watch {
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let found = Found { right: None, wrong: Some(Skew::Unknown), server: None, set: None };
        Self { clock, found: Mutex::new(found) }
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

    /// Whether a reading of the clock of just now can be believed.
    pub fn check(&self, now: DateTime<Utc>) -> Result<(), Skew> {
        if self.clock.by_hand() {
            return Ok(());
        }
        self.found().check(Reading { wall: now, at: Instant::now() })
    }

    /// What is wrong with the clock, as far as is known without a look at it.
    pub fn wrong(&self) -> Option<Skew> {
        self.found().wrong.filter(|_| !self.clock.by_hand())
    }

    /// Compares the clock with what the database says. Where that says nothing, what was known stays.
    pub async fn compare(&self, engine: &Engine) {
        let before = self.read();
        match engine.witness().await {
            Ok(witness) => {
                let after = self.read();
                self.found().judge(before, witness, after);
            }
            Err(error) => tracing::debug!(%error, "the clock cannot be compared"),
        }
    }

    /// Looks at the clock for as long as it runs.
    pub async fn keep(&self, engine: &Engine) {
        let mut compared = Instant::now();
        let mut known = None;
        loop {
            if self.now().is_err() || compared.elapsed() > COMPARE {
                self.compare(engine).await;
                compared = Instant::now();
            }
            let wrong = self.wrong();
            if wrong.is_some() != known.is_some() {
                match wrong {
                    Some(skew) => {
                        tracing::error!(%skew, "nothing is appended and no timer runs");
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

impl Found {
    fn check(&mut self, reading: Reading) -> Result<(), Skew> {
        if self.wrong.is_none() {
            let by = self.right.map_or(TimeDelta::zero(), |right| right.set_by(reading));
            self.wrong = (by.abs() > TOLERANCE).then_some(Skew::Stepped { by });
        }
        self.wrong.map_or(Ok(()), Err)
    }

    /// The database spoke between two readings.
    fn judge(&mut self, before: Reading, witness: Witness, after: Reading) {
        if before.set_by(after).abs() > TOLERANCE {
            return; // It was set meanwhile: the next comparison tells.
        }
        self.wrong = match witness {
            Witness::Says(time) if before.wall - time > TOLERANCE => {
                Some(Skew::Apart { by: before.wall - time })
            }
            Witness::Says(time) if time - after.wall > TOLERANCE => {
                Some(Skew::Apart { by: after.wall - time })
            }
            // A server on this very machine is set with it.
            Witness::Says(time) if self.is_set(after.saying(time)) => self.unsteady(after),
            Witness::Says(_) => None,
            Witness::NotBefore(last) if last - after.wall > TOLERANCE => {
                Some(Skew::Behind { by: last - after.wall })
            }
            Witness::NotBefore(_) => self.unsteady(after),
        };
        if self.wrong.is_none() {
            (self.right, self.set) = (Some(after), None);
            if let Witness::Says(time) = witness {
                self.server = Some(after.saying(time));
            }
        }
    }

    /// Whether the server's clock was set since it was last compared.
    fn is_set(&self, server: Reading) -> bool {
        self.server.is_some_and(|before| before.set_by(server).abs() > TOLERANCE)
    }

    /// A clock that was set may be wrong, or may have been put right: it is right once it has gone on for a while.
    fn unsteady(&mut self, now: Reading) -> Option<Skew> {
        let by = self.right?.set_by(now);
        if by.abs() <= TOLERANCE {
            return None;
        }
        let set = self.set.filter(|set| set.set_by(now).abs() <= TOLERANCE);
        let since = self.set.insert(set.unwrap_or(now)).at;
        (now.at - since < STEADY).then_some(Skew::Stepped { by })
    }
}

impl Reading {
    /// What another clock said at the moment of this one.
    fn saying(self, wall: DateTime<Utc>) -> Self {
        Self { wall, ..self }
    }

    /// By how much the clock was set between this reading and a later one.
    fn set_by(self, later: Self) -> TimeDelta {
        let passed = later.at.saturating_duration_since(self.at);
        let passed = TimeDelta::from_std(passed).unwrap_or(TimeDelta::MAX);
        (later.wall - self.wall).checked_sub(&passed).unwrap_or(TimeDelta::MIN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noon() -> DateTime<Utc> {
        "2026-01-15T12:00:00Z".parse().expect("an instant")
    }

    /// A clock after some seconds, of which it shows others.
    fn after(from: Instant, seconds: u64, shows: i64) -> Reading {
        let wall = noon() + TimeDelta::seconds(shows);
        Reading { wall, at: from + Duration::from_secs(seconds) }
    }

    fn found_right(from: Instant) -> Found {
        Found { right: Some(after(from, 0, 0)), wrong: None, server: None, set: None }
    }

    #[test]
    fn a_minute_apart_from_the_server_is_right_and_a_second_more_is_not() {
        let from = Instant::now();
        for (shows, right) in [(0, true), (60, true), (61, false), (-60, true), (-61, false)] {
            let mut found =
                Found { right: None, wrong: Some(Skew::Unknown), server: None, set: None };
            let reading = after(from, 0, shows);
            found.judge(reading, Witness::Says(noon()), reading);
            assert_eq!(found.check(reading).is_ok(), right, "{shows} s");
        }
    }

    #[test]
    fn a_server_that_is_set_together_with_the_clock_is_no_proof_that_it_is_right() {
        let from = Instant::now();
        let mut found = found_right(from);
        let says = |reading: Reading| Witness::Says(reading.wall);
        let at = |seconds, shows| after(from, seconds, shows);
        found.judge(at(1, 1), says(at(1, 1)), at(1, 1));
        assert!(found.check(at(2, 2)).is_ok());
        // Both forty days ahead from here on: believed once that has held for a minute, and not before.
        let ahead = 40 * 86_400;
        assert!(found.check(at(3, ahead)).is_err());
        for (seconds, right) in [(3, false), (30, false), (62, false), (63, true)] {
            let now = at(seconds, ahead + seconds as i64);
            found.judge(now, says(now), now);
            assert_eq!(found.check(now).is_ok(), right, "after {seconds} s");
        }
    }

    #[test]
    fn a_clock_that_is_set_is_wrong_from_the_first_reading_on() {
        let from = Instant::now();
        for (shows, right) in [(10, true), (70, true), (71, false), (-50, true), (-51, false)] {
            let outcome = found_right(from).check(after(from, 10, shows));
            assert_eq!(outcome.is_ok(), right, "{shows} s after ten");
        }
    }

    #[test]
    fn beside_a_file_a_clock_that_was_set_is_believed_once_it_has_gone_on_for_a_minute() {
        let from = Instant::now();
        let mut found = found_right(from);
        let day = 86_400;
        let mut looks = |seconds: u64, shows: i64| {
            let reading = after(from, seconds, shows);
            found.judge(reading, Witness::NotBefore(noon()), reading);
            found.wrong.is_none()
        };
        assert!(!looks(1, day), "it was set");
        assert!(!looks(30, day + 29));
        assert!(looks(31, 31), "and set back");
        assert!(!looks(40, day));
        assert!(!looks(99, day + 59));
        assert!(looks(100, day + 60), "this is the time now");
        assert!(!looks(101, -day), "before the last event");
        assert!(!looks(170, -day + 69), "however long");
    }

    #[test]
    fn what_is_wrong_is_a_sentence() {
        let by = TimeDelta::seconds(-90);
        let told = [Skew::Apart { by }, Skew::Stepped { by }, Skew::Behind { by: -by }];
        assert_eq!(
            told.map(|skew| skew.to_string()),
            [
                "the clock is 90 s behind the database's",
                "the clock was set back by 90 s",
                "the clock is 90 s behind the last event"
            ]
        );
    }
}
