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

/// What a database knows of the time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Witness {
    /// A server has a clock of its own.
    Says(DateTime<Utc>),
    /// A file has none, and was written last at this time.
    NotBefore(DateTime<Utc>),
}

/// Both engines keep microseconds; what is answered must be what is read back.
pub(crate) fn at_rest(instant: DateTime<Utc>) -> DateTime<Utc> {
    instant.trunc_subsecs(6)
}
