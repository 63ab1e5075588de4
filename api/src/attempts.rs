//! How often an effect is tried that cannot be decided (retry policy): what passes by itself is waited for, everything else
//! has a bound, beyond which others go on.

use crate::fault::Fault;

/// How often an effect is tried that cannot be decided, for a fault of the program or of the data.
const FAILURES: u32 = 5;

/// How often it is tried where somebody else comes first. The log is patient before it says so.
const CONFLICTS: u32 = 5;

/// How long an effect is tried where the log cannot be written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Patience {
    /// Until it can: what comes after rests on it.
    Endless,
    Once,
}

/// What to do about an effect that was not decided.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Next {
    /// Try it again soon: others wait behind it.
    Soon,
    /// Try it again, later from time to time.
    Later,
    /// The log cannot be written at the moment.
    NotNow,
    /// Leave it open, with this code and reason.
    LeaveOpen(&'static str, &'static str),
}

/// The attempts at one effect.
#[derive(Default)]
pub(crate) struct Attempts {
    failures: u32,
    conflicts: u32,
}

impl Attempts {
    pub fn next(&mut self, fault: Fault, patience: Patience) -> Next {
        match (fault, patience) {
            (Fault::Conflict, _) => {
                self.conflicts += 1;
                if self.conflicts < CONFLICTS {
                    return Next::Soon;
                }
                Next::LeaveOpen(
                    "CONFLICT",
                    "others came first each time; it is tried again by itself",
                )
            }
            (Fault::Unavailable | Fault::UnknownOutcome, Patience::Once) => Next::NotNow,
            (Fault::Unavailable | Fault::UnknownOutcome, Patience::Endless) => Next::Later,
            // No version is expected of what events cause.
            (Fault::CommandIdReused | Fault::NotBegun, _) => Next::LeaveOpen(
                "COMMAND_ID_REUSED",
                "another command has been carried out under its id",
            ),
            (Fault::Internal, _) => {
                self.failures += 1;
                if self.failures < FAILURES {
                    return Next::Later;
                }
                let reason = "a fault of the program, or data that is damaged; its log says which";
                Next::LeaveOpen("INTERNAL", reason)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes of so many attempts that all end in this fault.
    fn after(fault: Fault, patience: Patience, attempts: u32) -> Next {
        let mut tried = Attempts::default();
        let next = (0..attempts).map(|_| tried.next(fault, patience));
        next.last().expect("at least one")
    }

    #[test]
    fn a_fault_or_a_conflict_is_tried_five_times_and_then_left_open_for_whoever_waits() {
        for patience in [Patience::Endless, Patience::Once] {
            let tried = |fault, attempts| after(fault, patience, attempts);
            assert_eq!(tried(Fault::Internal, 4), Next::Later);
            assert!(matches!(tried(Fault::Internal, 5), Next::LeaveOpen("INTERNAL", _)));
            assert_eq!(tried(Fault::Conflict, 4), Next::Soon);
            assert!(matches!(tried(Fault::Conflict, 5), Next::LeaveOpen("CONFLICT", _)));
            for fault in [Fault::CommandIdReused, Fault::NotBegun] {
                let code = "COMMAND_ID_REUSED";
                assert!(matches!(tried(fault, 1), Next::LeaveOpen(told, _) if told == code));
            }
        }
    }

    #[test]
    fn a_log_that_cannot_be_written_is_waited_for_without_a_bound_or_not_at_all() {
        for fault in [Fault::Unavailable, Fault::UnknownOutcome] {
            assert_eq!(after(fault, Patience::Endless, 1_000), Next::Later);
            assert_eq!(after(fault, Patience::Once, 1), Next::NotNow);
        }
    }
}
