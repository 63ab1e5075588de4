//! The read model of training records: modules and exams by person, before there is a certificate (R25, R31).

use domain::SubjectId;
use domain::partner::TrainingEvent;
use sea_orm::entity::prelude::*;

use crate::ground::{Misfit, Placed, View, table, words};

table! {
    "training" of Some(Column::Partner), stamped [last_position], found by ["partner, person, course, unit"];
    #[derive(Default)]
    pub struct Model {
        pub id: Uuid,
        pub program: Uuid,
        pub partner: Uuid,
        pub person: Uuid,
        pub kind: Kind,
        /// Empty for an exam.
        pub course: String,
        /// The module's name, or the exam's.
        pub unit: String,
        /// Of the module's content, as done last.
        pub content_version: Option<i64>,
        pub attempts: i64,
        /// Of the last attempt.
        pub score: Option<i64>,
        pub last_attempt_at: DateTimeUtc,
        /// When it was completed or passed first.
        pub completed_at: Option<DateTimeUtc>,
    }
}

words! {
    /// What can be done in training.
    pub enum Kind as "TrainingKind" {
        "module" => Module: "A module of a course.",
        "exam" => Exam: "The exam of a certification.",
    }
}

/// What an event says about one person and one unit.
struct Attempt<'e> {
    person: SubjectId,
    kind: Kind,
    course: &'e str,
    unit: &'e str,
    content_version: Option<u32>,
    score: Option<u32>,
    completed: bool,
}

fn attempt(event: &TrainingEvent) -> Option<Attempt<'_>> {
    if let TrainingEvent::ModuleCompleted {
        person, course, module, content_version, score, ..
    } = event
    {
        let (kind, content_version) = (Kind::Module, Some(*content_version));
        let (person, score) = (*person, *score);
        Some(Attempt {
            person,
            kind,
            course,
            unit: module,
            content_version,
            score,
            completed: true,
        })
    } else if let TrainingEvent::ExamPassed { person, exam, score, .. }
    | TrainingEvent::ExamFailed { person, exam, score, .. } = event
    {
        let completed = matches!(event, TrainingEvent::ExamPassed { .. });
        let (person, kind, score) = (*person, Kind::Exam, Some(*score));
        Some(Attempt {
            person,
            kind,
            course: "",
            unit: exam,
            content_version: None,
            score,
            completed,
        })
    } else {
        None
    }
}

impl View for Entity {
    fn keys(placed: &Placed) -> Vec<Uuid> {
        let attempt = placed.told::<TrainingEvent>().and_then(attempt);
        let key = attempt.map(|Attempt { person, course, unit, .. }| {
            domain::derived(
                placed.aggregate(),
                &format!("training/{person}/{}/{course}/{unit}", course.len()),
            )
        });
        key.into_iter().collect()
    }

    fn fold(id: Uuid, row: &mut Option<Model>, placed: &Placed) -> Result<(), Misfit> {
        let Some(attempt) = placed.told::<TrainingEvent>().and_then(attempt) else { return Ok(()) };
        let earlier = row.as_ref();
        let completed_at = earlier.and_then(|row| row.completed_at);
        *row = Some(Model {
            id,
            program: placed.program()?,
            partner: placed.partner()?,
            person: attempt.person.0,
            kind: attempt.kind,
            course: attempt.course.to_owned(),
            unit: attempt.unit.to_owned(),
            content_version: attempt.content_version.map(i64::from),
            attempts: earlier.map_or(0, |row| row.attempts) + 1,
            score: attempt.score.map(i64::from),
            last_attempt_at: placed.at(),
            completed_at: completed_at.or_else(|| attempt.completed.then(|| placed.at())),
            ..Model::default()
        });
        Ok(())
    }
}
