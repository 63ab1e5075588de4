//! What time it is, so that a test can say otherwise; and what a database says of it.

use chrono::{DateTime, SubsecRound, Utc};

/// Tells when the log takes an event.
pub trait Clock: Send + Sync + 'static {
    fn now(&self) -> DateTime<Utc>;

    /// Whether somebody moves it, as a story does: then it is right whatever other clocks say.
    fn by_hand(&self) -> bool {
        false
    }
}

/// The clock of the machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock that everybody else asks")]
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }
}

/// What a log's database knows of the time.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Witness {
    /// What a server's own clock says; a file has none.
    pub server: Option<DateTime<Utc>>,
    /// When the last event was recorded.
    pub last: Option<DateTime<Utc>>,
    /// When a process that serves, and whose clock was right, last saw the log.
    pub seen: Option<DateTime<Utc>>,
    /// When an operator last said that the clock is right.
    pub confirmed: Option<DateTime<Utc>>,
}

/// Both engines keep microseconds; what is answered must be what is read back.
pub(crate) fn at_rest(instant: DateTime<Utc>) -> DateTime<Utc> {
    instant.trunc_subsecs(6)
}
