//! What of an application has to happen by when (service levels): somebody acts in time, and a question that nobody answers
//! ends it.

use uuid::Uuid;

use super::{ApplicationEvent, PartnerCommand};
use crate::{derived, program::Deadline};

/// For each deadline that an event sets, or lifts where it is none: its id, the instant, and what is asked then.
pub fn deadlines(
    partner: Uuid,
    event: &ApplicationEvent,
) -> Vec<(Uuid, Option<Deadline>, PartnerCommand)> {
    let acts = |due| (derived(partner, "timer/act"), due, PartnerCommand::Escalate {});
    let lapses = |due| (derived(partner, "timer/lapse"), due, PartnerCommand::Lapse {});
    match event {
        ApplicationEvent::Applied { review_due, .. } => vec![acts(*review_due)],
        ApplicationEvent::InformationRequested { answer_due, lapses: end, .. } => {
            vec![acts(*answer_due), lapses(*end)]
        }
        ApplicationEvent::InformationSupplied { review_due, .. }
        | ApplicationEvent::InformationRequestClosed { review_due, .. } => {
            vec![acts(*review_due), lapses(None)]
        }
        ApplicationEvent::ReviewRecorded { .. } | ApplicationEvent::Escalated { .. } => {
            vec![acts(None)]
        }
        ApplicationEvent::Withdrawn { .. } | ApplicationEvent::Lapsed { .. } => {
            vec![acts(None), lapses(None)]
        }
        ApplicationEvent::ReviewAssigned { .. }
        | ApplicationEvent::InterviewScheduled { .. }
        | ApplicationEvent::InterviewHeld { .. }
        | ApplicationEvent::InterviewMissed { .. }
        | ApplicationEvent::Approved { .. }
        | ApplicationEvent::Rejected { .. } => vec![],
    }
}
