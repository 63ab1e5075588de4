//! The read model of questions to candidates, with what became of each.

use domain::{InformationRequestId, partner::ApplicationEvent};
use sea_orm::entity::prelude::*;

use crate::ground::{Misfit, Placed, Portrait, Sealed, table};

table! {
    "information_requests" of Some(Column::Partner), stamped [last_position], found by [
        "partner, first_position, id",
    ];
    #[derive(Default)]
    pub struct Model {
        pub id: Uuid,
        pub program: Uuid,
        pub partner: Uuid,
        pub question: Sealed,
        pub asked_at: DateTimeUtc,
        /// By when it is to be answered.
        pub due_at: Option<DateTimeUtc>,
        /// When the application lapses without an answer.
        pub lapses_at: Option<DateTimeUtc>,
        /// The subject of whose sign-in asked.
        pub asked_by: String,
        /// Nothing in it until it is answered.
        pub answer: Sealed,
        pub answered_at: Option<DateTimeUtc>,
        /// When the vendor let it go without an answer, or the candidate let the application lapse or withdrew it.
        pub closed_at: Option<DateTimeUtc>,
        /// Where it was asked.
        pub first_position: i64,
    }
}

fn request(event: &ApplicationEvent) -> Option<InformationRequestId> {
    match event {
        ApplicationEvent::InformationRequested { request, .. }
        | ApplicationEvent::InformationSupplied { request, .. }
        | ApplicationEvent::InformationRequestClosed { request, .. }
        | ApplicationEvent::Lapsed { request, .. } => Some(*request),
        ApplicationEvent::Withdrawn { request, .. } => *request,
        ApplicationEvent::Applied { .. }
        | ApplicationEvent::ReviewAssigned { .. }
        | ApplicationEvent::ReviewRecorded { .. }
        | ApplicationEvent::InterviewScheduled { .. }
        | ApplicationEvent::InterviewHeld { .. }
        | ApplicationEvent::InterviewMissed { .. }
        | ApplicationEvent::Approved { .. }
        | ApplicationEvent::Rejected { .. }
        | ApplicationEvent::Escalated { .. } => None,
    }
}

impl Portrait for Entity {
    type Event = ApplicationEvent;

    fn key(event: &ApplicationEvent, _: &Placed) -> Option<Uuid> {
        request(event).map(|request| request.0)
    }

    fn found(event: &ApplicationEvent, placed: &Placed) -> Result<Option<Model>, Misfit> {
        let ApplicationEvent::InformationRequested { request, question, answer_due, lapses } =
            event
        else {
            return Ok(None);
        };
        Ok(Some(Model {
            id: request.0,
            program: placed.program()?,
            partner: placed.partner()?,
            question: Sealed::of([question], placed)?,
            asked_at: placed.at(),
            due_at: answer_due.map(|due| due.at),
            lapses_at: lapses.map(|lapses| lapses.at),
            asked_by: placed.recorded.envelope.actor.id.clone(),
            first_position: placed.position(),
            ..Model::default()
        }))
    }

    fn change(row: &mut Model, event: &ApplicationEvent, placed: &Placed) -> Result<(), Misfit> {
        if let ApplicationEvent::InformationSupplied { answer, .. } = event {
            row.answer = Sealed::of([answer], placed)?;
            row.answered_at = Some(placed.at());
        } else if let ApplicationEvent::InformationRequestClosed { .. }
        | ApplicationEvent::Lapsed { .. }
        | ApplicationEvent::Withdrawn { .. } = event
        {
            row.closed_at = Some(placed.at());
        }
        Ok(())
    }
}
