//! Clock skew: on a clock that is wrong nothing is appended and no timer runs, until it is right or an operator confirms it.
//!
//! A clock is compared with the database's, where that has one; with the time at which the log was last written and last
//! seen; and at every reading with the time that has passed by the monotonic clock since it was last found right.

use std::fmt;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};

use crate::clock::Witness;

/// How far apart clocks may be.
pub(crate) const TOLERANCE: TimeDelta = TimeDelta::seconds(60);

/// How long nobody may have seen the log before a clock that nothing else speaks for is taken for one that is ahead.
const AWAY: TimeDelta = TimeDelta::days(1);

/// How long a clock that has been set by less must go on as it was set before it is believed.
const STEADY: Duration = Duration::from_secs(60);

/// What is wrong with the clock of this machine.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Skew {
    #[error("the clock has not been compared with the database's yet")]
    Unknown,
    #[error("the clock is {} {} the database's", Span(*.by), if .by > &TimeDelta::zero() { "ahead of" } else { "behind" })]
    Apart { by: TimeDelta },
    #[error("the clock is {} behind the time at which the log was last written or seen", Span(*.by))]
    Behind { by: TimeDelta },
    #[error("by the clock, nobody has seen the log for {}", Span(*.by))]
    Unseen { by: TimeDelta },
    #[error("the clock was set {} by {}", if .by > &TimeDelta::zero() { "forward" } else { "back" }, Span(*.by))]
    Stepped { by: TimeDelta },
}

impl Skew {
    /// What an operator can do about it.
    pub fn way_out(&self) -> &'static str {
        match self {
            Self::Unknown => "it will be once the database answers",
            Self::Apart { .. } => "set right whichever of the two is wrong",
            Self::Behind { .. } | Self::Unseen { .. } => {
                "set it right, or run `accord clock confirm` if it is right"
            }
            Self::Stepped { .. } => {
                "set it right, or run `accord clock confirm` if it is right; it is believed after a minute"
            }
        }
    }
}

/// What is known of a clock.
pub(crate) struct Found {
    /// The last reading that was found right, and what the server said then.
    right: Option<Reading>,
    server: Option<Reading>,
    wrong: Option<Skew>,
    /// The first reading since the clock was set, where only time can tell whether it is right.
    set: Option<Reading>,
    /// When it was last confirmed, as far as this process has heard; none before the first comparison.
    confirmed: Option<Option<DateTime<Utc>>>,
}

impl Default for Found {
    fn default() -> Self {
        let wrong = Some(Skew::Unknown);
        Self { right: None, server: None, wrong, set: None, confirmed: None }
    }
}

/// The clock and the monotonic clock at one moment. The latter does not count the time for which a machine sleeps, so that
/// a clock seems to be set where it woke up.
#[derive(Clone, Copy)]
pub(crate) struct Reading {
    pub wall: DateTime<Utc>,
    pub at: Instant,
}

impl Found {
    pub fn wrong(&self) -> Option<Skew> {
        self.wrong
    }

    pub fn check(&mut self, reading: Reading) -> Result<(), Skew> {
        if self.wrong.is_none() {
            let by = self.right.map_or(TimeDelta::zero(), |right| right.set_by(reading));
            self.wrong = (by.abs() > TOLERANCE).then_some(Skew::Stepped { by });
        }
        self.wrong.map_or(Ok(()), Err)
    }

    /// The database spoke between two readings.
    pub fn judge(&mut self, before: Reading, witness: &Witness, after: Reading) {
        if before.set_by(after).abs() > TOLERANCE {
            return; // It was set meanwhile: the next comparison tells.
        }
        // Where there is a server, the log is judged by its clock, which all who write are compared with.
        let time = after.saying(witness.server.unwrap_or(after.wall));
        let confirmed = self.hears(witness.confirmed, time.wall);
        self.wrong = match witness.server.and_then(|server| apart(before.wall, server, after.wall))
        {
            Some(skew) => Some(skew),
            None if confirmed => None,
            None => behind(witness, time.wall).or_else(|| self.unproved(witness, after, time)),
        };
        if self.wrong.is_none() {
            (self.right, self.set) = (Some(after), None);
            self.server = witness.server.map(|_| time);
        }
    }

    /// Whether the clock has been confirmed since the last comparison.
    fn hears(&mut self, confirmed: Option<DateTime<Utc>>, now: DateTime<Utc>) -> bool {
        let known = self.confirmed.replace(confirmed);
        known.is_some_and(|known| known != confirmed)
            && confirmed.is_some_and(|at| (now - at).abs() <= TOLERANCE)
    }

    /// Where the clock has not gone on, or not been followed, since it was right, and it may be ahead: a server on this
    /// machine would have been set with it.
    fn unproved(&mut self, witness: &Witness, now: Reading, time: Reading) -> Option<Skew> {
        let by = self.right.map(|right| right.set_by(now));
        let server = self.server.filter(|_| witness.server.is_some());
        let server = server.map(|server| server.set_by(time));
        if by.into_iter().chain(server).any(|by| by.abs() <= TOLERANCE) {
            return None;
        }
        let away = witness.seen.map(|seen| time.wall - seen).filter(|away| *away > AWAY);
        match (away, by) {
            (Some(by), _) => Some(Skew::Unseen { by }),
            (None, Some(by)) => self.unsteady(by, now),
            (None, None) => None,
        }
    }

    /// A clock that was set may be wrong, or may have been put right: it is right once it has gone on for a while.
    fn unsteady(&mut self, by: TimeDelta, now: Reading) -> Option<Skew> {
        let set = self.set.filter(|set| set.set_by(now).abs() <= TOLERANCE);
        let since = self.set.insert(set.unwrap_or(now)).at;
        (now.at - since < STEADY).then_some(Skew::Stepped { by })
    }
}

/// The server spoke between two readings of the clock.
pub(crate) fn apart(
    before: DateTime<Utc>,
    server: DateTime<Utc>,
    after: DateTime<Utc>,
) -> Option<Skew> {
    let by =
        if before > server { before - server } else { (after - server).min(TimeDelta::zero()) };
    (by.abs() > TOLERANCE).then_some(Skew::Apart { by })
}

/// Whether something was done in this log at a time that is still to come.
fn behind(witness: &Witness, now: DateTime<Utc>) -> Option<Skew> {
    let latest = witness.last.max(witness.seen)?;
    let by = latest - now;
    (by > TOLERANCE).then_some(Skew::Behind { by })
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

/// A length of time for a person.
struct Span(TimeDelta);

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let length = self.0.abs();
        match length.num_hours() {
            0..2 => write!(f, "{} s", length.num_seconds()),
            hours @ 2..48 => write!(f, "{hours} h {} min", length.num_minutes() % 60),
            hours => write!(f, "{} d {} h", length.num_days(), hours % 24),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400;

    fn noon() -> DateTime<Utc> {
        "2026-01-15T12:00:00Z".parse().expect("an instant")
    }

    /// So many seconds after noon.
    fn at(shows: i64) -> Option<DateTime<Utc>> {
        Some(noon() + TimeDelta::seconds(shows))
    }

    /// A clock after some seconds, of which it shows others.
    fn after(from: Instant, seconds: u64, shows: i64) -> Reading {
        let wall = noon() + TimeDelta::seconds(shows);
        Reading { wall, at: from + Duration::from_secs(seconds) }
    }

    /// A process that was found right at noon, beside a file or a server.
    fn found_right(from: Instant, witness: Witness) -> Found {
        let mut found = Found::default();
        found.judge(after(from, 0, 0), &witness, after(from, 0, 0));
        assert_eq!(found.wrong(), None);
        found
    }

    /// What a process that begins finds at this reading.
    fn begins(shows: i64, witness: Witness) -> Option<Skew> {
        let (mut found, reading) = (Found::default(), after(Instant::now(), 0, shows));
        found.judge(reading, &witness, reading);
        assert_eq!(found.check(reading).err(), found.wrong());
        found.wrong()
    }

    #[test]
    fn a_minute_apart_from_the_server_is_right_and_a_second_more_is_not() {
        for (shows, right) in [(0, true), (60, true), (61, false), (-60, true), (-61, false)] {
            let found = begins(shows, Witness { server: at(0), ..Witness::default() });
            let by = TimeDelta::seconds(shows);
            assert_eq!(found, (!right).then_some(Skew::Apart { by }), "{shows} s");
        }
    }

    #[test]
    fn a_process_that_begins_a_day_after_the_log_was_seen_goes_on_and_a_second_later_it_holds() {
        for (shows, right) in [(0, true), (3_600, true), (DAY, true), (DAY + 1, false)] {
            for server in [None, at(shows)] {
                let found = begins(shows, Witness { server, seen: at(0), ..Witness::default() });
                let by = TimeDelta::seconds(shows);
                assert_eq!(found, (!right).then_some(Skew::Unseen { by }), "{shows} s");
            }
        }
    }

    #[test]
    fn a_log_that_was_never_seen_has_nothing_to_be_ahead_of() {
        for (last, server) in [(None, None), (at(0), None), (at(0), at(40 * DAY))] {
            let witness = Witness { last, server, ..Witness::default() };
            assert_eq!(begins(40 * DAY, witness), None);
        }
    }

    #[test]
    fn a_minute_behind_what_was_written_or_seen_is_right_and_a_second_more_is_not() {
        for (shows, right) in [(-60, true), (-61, false), (-40 * DAY, false)] {
            for server in [None, at(shows)] {
                let found = (!right).then_some(Skew::Behind { by: TimeDelta::seconds(-shows) });
                let written = Witness { last: at(0), server, ..Witness::default() };
                assert_eq!(begins(shows, written), found, "{shows} s");
                let seen = Witness { seen: at(0), last: at(-DAY), server, ..Witness::default() };
                assert_eq!(begins(shows, seen), found, "{shows} s");
            }
        }
    }

    #[test]
    fn a_server_that_is_set_together_with_the_clock_is_no_proof_that_it_is_right() {
        let from = Instant::now();
        let hours = 5 * 3_600;
        let says = |shows| Witness { server: at(shows), seen: at(0), ..Witness::default() };
        let mut found = found_right(from, says(0));
        found.judge(after(from, 1, 1), &says(1), after(from, 1, 1));
        assert!(found.check(after(from, 2, 2)).is_ok());
        // Both hours ahead from here on: believed once that has held for a minute, and not before.
        assert!(found.check(after(from, 3, hours)).is_err());
        for (seconds, right) in [(3, false), (30, false), (62, false), (63, true)] {
            let shows = hours + seconds as i64;
            let now = after(from, seconds, shows);
            found.judge(now, &says(shows), now);
            assert_eq!(found.check(now).is_ok(), right, "after {seconds} s");
        }
        // Both forty days ahead: not believed, however long that holds.
        for seconds in [64, 120, 190, 4_000] {
            let shows = 40 * DAY + seconds as i64;
            let now = after(from, seconds, shows);
            found.judge(now, &says(shows), now);
            assert!(matches!(found.wrong(), Some(Skew::Unseen { .. })), "{:?}", found.wrong());
        }
    }

    #[test]
    fn a_clock_that_goes_on_needs_nobody_who_has_seen_the_log() {
        let from = Instant::now();
        for server in [false, true] {
            let says = |shows| Witness {
                server: at(shows).filter(|_| server),
                seen: at(0),
                ..Witness::default()
            };
            let mut found = found_right(from, says(0));
            let now = after(from, 2 * 86_400, 2 * DAY); // The disk was full for two days.
            found.judge(now, &says(2 * DAY), now);
            assert_eq!(found.wrong(), None);
        }
    }

    #[test]
    fn a_clock_that_is_set_is_wrong_from_the_first_reading_on() {
        let from = Instant::now();
        for (shows, right) in [(10, true), (70, true), (71, false), (-50, true), (-51, false)] {
            let mut found = found_right(from, Witness::default());
            let outcome = found.check(after(from, 10, shows));
            assert_eq!(outcome.is_ok(), right, "{shows} s after ten");
        }
    }

    #[test]
    fn beside_a_file_a_clock_that_was_set_is_believed_once_it_has_gone_on_for_a_minute() {
        let from = Instant::now();
        let witness = Witness { last: at(0), seen: at(0), ..Witness::default() };
        let mut found = found_right(from, witness);
        let hour = 3_600;
        let mut looks = |seconds: u64, shows: i64| {
            let reading = after(from, seconds, shows);
            found.judge(reading, &witness, reading);
            found.wrong().is_none()
        };
        assert!(!looks(1, hour), "it was set");
        assert!(!looks(30, hour + 29));
        assert!(looks(31, 31), "and set back");
        assert!(!looks(40, hour));
        assert!(!looks(99, hour + 59));
        assert!(looks(100, hour + 60), "this is the time now");
        assert!(!looks(101, -hour), "before the last event");
        assert!(!looks(170, -hour + 69), "however long");
    }

    #[test]
    fn a_clock_that_is_confirmed_is_believed_at_once_and_only_as_it_was_confirmed() {
        let from = Instant::now();
        let witness = Witness { seen: at(0), ..Witness::default() };
        let mut found = found_right(from, witness);
        let (ahead, now) = (40 * DAY, after(from, 5, 40 * DAY));
        found.judge(now, &witness, now);
        let by = TimeDelta::seconds(ahead);
        assert_eq!(found.wrong(), Some(Skew::Unseen { by }));
        let elsewhere = Witness { confirmed: at(5), ..witness };
        found.judge(now, &elsewhere, now);
        assert_eq!(found.wrong(), Some(Skew::Unseen { by }), "another clock was confirmed");
        let confirmed = Witness { seen: at(ahead), confirmed: at(ahead), ..witness };
        found.judge(now, &confirmed, now);
        assert_eq!(found.wrong(), None);
        let back = after(from, 10, 10);
        found.judge(back, &confirmed, back);
        assert!(matches!(found.wrong(), Some(Skew::Behind { .. })), "it was wrong all the same");
        let confirmed = Witness { seen: at(10), confirmed: at(10), ..witness };
        found.judge(back, &confirmed, back);
        assert_eq!(found.wrong(), None);
    }

    #[test]
    fn while_clock_and_server_are_apart_confirming_helps_nothing() {
        let from = Instant::now();
        let says = Witness { server: at(0), seen: at(0), ..Witness::default() };
        let mut found = found_right(from, says);
        let now = after(from, 1, 90);
        found.judge(now, &Witness { confirmed: at(1), ..says }, now);
        assert_eq!(found.wrong(), Some(Skew::Apart { by: TimeDelta::seconds(90) }));
    }

    #[test]
    fn what_is_wrong_is_a_sentence() {
        let by = TimeDelta::seconds(-90);
        let told = [
            Skew::Apart { by },
            Skew::Stepped { by: TimeDelta::minutes(125) },
            Skew::Unseen { by: TimeDelta::hours(40 * 24 + 3) },
        ];
        assert_eq!(
            told.map(|skew| skew.to_string()),
            [
                "the clock is 90 s behind the database's",
                "the clock was set forward by 2 h 5 min",
                "by the clock, nobody has seen the log for 40 d 3 h"
            ]
        );
    }
}
