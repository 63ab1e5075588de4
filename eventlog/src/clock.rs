//! What time it is, so that a test can say otherwise.

use chrono::{DateTime, SubsecRound, Utc};

/// Tells when the log takes an event.
pub trait Clock: Send + Sync + 'static {
    fn now(&self) -> DateTime<Utc>;
}

/// The clock of the machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }
}

/// Both engines keep microseconds; what is answered must be what is read back.
pub(crate) fn at_rest(instant: DateTime<Utc>) -> DateTime<Utc> {
    instant.trunc_subsecs(6)
}
