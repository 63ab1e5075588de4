//! The read model of what the vendor found of applications and how it decided: no candidate reads it.

use domain::Personal;
use domain::partner::{
    ApplicationEvent, ApplicationRejectionCode, InterviewOutcome, ReviewResult, WaitingFor,
};
use sea_orm::entity::prelude::*;

use crate::ground::{Feed, Misfit, Placed, Sealed, Word, table, words};

table! {
    "application_findings" of Some(Column::Partner), found by ["partner, position, id"];
    #[derive(Default)]
    pub struct Model {
        /// Of the event.
        pub id: Uuid,
        pub program: Uuid,
        pub partner: Uuid,
        pub kind: FindingKind,
        pub found_at: DateTimeUtc,
        /// The subject of whose sign-in said so.
        pub found_by: String,
        pub review: Option<Word<ReviewResult>>,
        pub interview: Option<Word<InterviewOutcome>>,
        pub rejection: Option<Word<ApplicationRejectionCode>>,
        /// Of an escalation: who has not acted in time.
        pub waiting_for: Option<Word<WaitingFor>>,
        /// Of a review both findings, of an interview the notes, of an approval the reason where there is one.
        pub texts: Sealed,
        pub position: i64,
    }
}

words! {
    /// What was found of an application, or decided.
    pub enum FindingKind {
        "review" => Review: "The review, with both of its findings.",
        "interview" => Interview: "The interview was held.",
        "missed-interview" => MissedInterview: "The candidate did not come to the interview.",
        "escalation" => Escalation: "Somebody has not acted in time.",
        "lapse" => Lapse: "The candidate never answered, and the application has lapsed.",
        "approval" => Approval: "The application was approved.",
        "rejection" => Rejection: "The application was rejected.",
    }
}

impl Feed for Entity {
    fn rows(placed: &Placed) -> Result<Vec<Model>, Misfit> {
        let sealed = |texts: &[&Personal<String>]| Sealed::of(texts.iter().copied(), placed);
        let Some(event) = placed.told::<ApplicationEvent>() else { return Ok(vec![]) };
        let found = match event {
            ApplicationEvent::ReviewRecorded {
                sector_fit, marketing_competence, result, ..
            } => Model {
                kind: FindingKind::Review,
                review: Some(Word(*result)),
                texts: sealed(&[sector_fit, marketing_competence])?,
                ..Model::default()
            },
            ApplicationEvent::InterviewHeld { outcome, notes, .. } => Model {
                kind: FindingKind::Interview,
                interview: Some(Word(*outcome)),
                texts: sealed(&[notes])?,
                ..Model::default()
            },
            ApplicationEvent::InterviewMissed { .. } => {
                Model { kind: FindingKind::MissedInterview, ..Model::default() }
            }
            ApplicationEvent::Escalated { waiting_for, .. } => Model {
                kind: FindingKind::Escalation,
                waiting_for: Some(Word(*waiting_for)),
                ..Model::default()
            },
            ApplicationEvent::Lapsed { .. } => {
                Model { kind: FindingKind::Lapse, ..Model::default() }
            }
            ApplicationEvent::Approved { reason, .. } => Model {
                kind: FindingKind::Approval,
                texts: sealed(&reason.iter().collect::<Vec<_>>())?,
                ..Model::default()
            },
            ApplicationEvent::Rejected { code, .. } => Model {
                kind: FindingKind::Rejection,
                rejection: Some(Word(*code)),
                ..Model::default()
            },
            ApplicationEvent::Applied { .. }
            | ApplicationEvent::ReviewAssigned { .. }
            | ApplicationEvent::InformationRequested { .. }
            | ApplicationEvent::InformationSupplied { .. }
            | ApplicationEvent::InformationRequestClosed { .. }
            | ApplicationEvent::InterviewScheduled { .. }
            | ApplicationEvent::Withdrawn { .. } => return Ok(vec![]),
        };
        Ok(vec![Model {
            id: placed.event_id(),
            program: placed.program()?,
            partner: placed.partner()?,
            found_at: placed.at(),
            found_by: placed.recorded.envelope.actor.id.clone(),
            position: placed.position(),
            ..found
        }])
    }
}
