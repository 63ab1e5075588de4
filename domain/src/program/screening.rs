//! How a programme screens applications (service levels): by when somebody acts, and when who was not taken may come again.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{bounds::bounded, refusal::Invalid};

bounded! {
    /// By when applications are reviewed and questions answered, and how long who was not taken waits.
    #[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct Screening {
        /// Days within which the vendor reviews what is complete.
        pub review_days: u32 as DAYS,
        /// Days within which a candidate answers a question.
        pub answer_days: u32 as DAYS,
        /// Days without an answer after which an application lapses.
        pub lapse_days: u32 as DAYS,
        /// Days after a rejection in which nobody applies again.
        pub reapply_after_rejection_days: u32 as DAYS_IF_ANY,
        /// The same after the candidate has withdrawn.
        pub reapply_after_withdrawal_days: u32 as DAYS_IF_ANY,
        /// The same after the application has lapsed.
        pub reapply_after_lapse_days: u32 as DAYS_IF_ANY,
    }
}

/// An instant by which somebody has to act, and the version of the programme's policy that says so.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Deadline {
    pub at: DateTime<Utc>,
    pub policy_version: u32,
}

impl Screening {
    pub(super) fn check(&self) -> Result<(), Invalid> {
        if self.lapse_days < self.answer_days {
            let problem =
                "ends before the answer is due; give at least as many days as answer_days";
            return Err(Invalid::new("policy.screening.lapse_days", problem));
        }
        Ok(())
    }
}
