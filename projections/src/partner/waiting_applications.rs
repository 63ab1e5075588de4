//! The read model of applications that wait (work queue): for whom, since when, and by when somebody was to act. A row goes
//! once its application is decided.

use domain::partner::{ApplicationEvent, WaitingFor};
use domain::program::Deadline;
use sea_orm::entity::prelude::*;

use crate::ground::{Misfit, Placed, View, Word, table};

table! {
    "waiting_applications" of Some(Column::Partner), stamped [last_position], found by [
        "since, id",
        "program, since, id",
        "waiting_for, since, id",
        "reviewer, since, id",
        "escalated_at",
    ];
    #[derive(Default)]
    pub struct Model {
        /// Of the partner.
        pub id: Uuid,
        pub program: Uuid,
        pub partner: Uuid,
        /// `vendor`, `candidate` or `interview`.
        pub waiting_for: Word<WaitingFor>,
        pub since: DateTimeUtc,
        /// By when somebody is to act.
        pub due_at: Option<DateTimeUtc>,
        /// When the application lapses, where it waits for the candidate.
        pub lapses_at: Option<DateTimeUtc>,
        /// When nobody had acted in time.
        pub escalated_at: Option<DateTimeUtc>,
        pub reviewer: Option<String>,
    }
}

fn at(deadline: Option<Deadline>) -> Option<DateTimeUtc> {
    deadline.map(|deadline| deadline.at)
}

impl View for Entity {
    fn keys(placed: &Placed) -> Vec<Uuid> {
        let is_of_one = placed.told::<ApplicationEvent>().is_some();
        is_of_one.then(|| placed.aggregate()).into_iter().collect()
    }

    fn fold(id: Uuid, row: &mut Option<Model>, placed: &Placed) -> Result<(), Misfit> {
        let Some(event) = placed.told::<ApplicationEvent>() else { return Ok(()) };
        let begun = match row.take() {
            Some(row) => row,
            None => Model {
                id,
                program: placed.program()?,
                partner: placed.partner()?,
                ..Model::default()
            },
        };
        let waits = |waiting_for, due, lapses| Model {
            waiting_for: Word(waiting_for),
            since: placed.at(),
            due_at: at(due),
            lapses_at: at(lapses),
            escalated_at: None,
            ..begun.clone()
        };
        *row = match event {
            ApplicationEvent::Applied { review_due: due, .. }
            | ApplicationEvent::InformationSupplied { review_due: due, .. }
            | ApplicationEvent::InformationRequestClosed { review_due: due, .. } => {
                Some(waits(WaitingFor::Vendor, *due, None))
            }
            ApplicationEvent::ReviewAssigned { reviewer } => {
                Some(Model { reviewer: Some(reviewer.clone()), ..begun })
            }
            ApplicationEvent::InformationRequested { answer_due, lapses, .. } => {
                Some(waits(WaitingFor::Candidate, *answer_due, *lapses))
            }
            ApplicationEvent::ReviewRecorded { .. }
            | ApplicationEvent::InterviewHeld { .. }
            | ApplicationEvent::InterviewMissed { .. } => {
                Some(waits(WaitingFor::Vendor, None, None))
            }
            ApplicationEvent::InterviewScheduled { .. } => {
                Some(waits(WaitingFor::Interview, None, None))
            }
            ApplicationEvent::Escalated { .. } => {
                Some(Model { escalated_at: Some(placed.at()), ..begun })
            }
            ApplicationEvent::Approved { .. }
            | ApplicationEvent::Rejected { .. }
            | ApplicationEvent::Withdrawn { .. }
            | ApplicationEvent::Lapsed { .. } => None,
        };
        Ok(())
    }
}
