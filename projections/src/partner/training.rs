//! The read model of training records: modules and exams by person, before there is a certificate (R25, R31).

use domain::SubjectId;
use domain::partner::TrainingEvent;
use sea_orm::entity::prelude::*;

use crate::ground::{Misfit, Placed, View, table, words};

table! {
    "training" of Some(Column::Partner), stamped [last_position], found by ["partner, first_position, id"];
    #[derive(Default)]
    pub struct Model {
        pub id: Uuid,
        pub program: Uuid,
        pub partner: Uuid,
        pub person: Uuid,
        pub kind: TrainingKind,
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
        /// Where it was tried first.
        pub first_position: i64,
    }
}

words! {
    /// What can be done in training.
    pub enum TrainingKind {
        "module" => Module: "A module of a course.",
        "exam" => Exam: "The exam of a certification.",
    }
}

/// The row that an attempt would make if it were the first.
fn attempt(placed: &Placed) -> Option<Model> {
    let done = |person: SubjectId, unit: &str, score: Option<u32>| Model {
        person: person.0,
        unit: unit.to_owned(),
        attempts: 1,
        score: score.map(i64::from),
        last_attempt_at: placed.at(),
        completed_at: Some(placed.at()),
        first_position: placed.position(),
        ..Model::default()
    };
    if let Some(TrainingEvent::ModuleCompleted {
        person,
        course,
        module,
        content_version,
        score,
        ..
    }) = placed.told()
    {
        let (course, content_version) = (course.clone(), Some((*content_version).into()));
        Some(Model {
            kind: TrainingKind::Module,
            course,
            content_version,
            ..done(*person, module, *score)
        })
    } else if let Some(TrainingEvent::ExamPassed { person, exam, score, .. }) = placed.told() {
        Some(Model { kind: TrainingKind::Exam, ..done(*person, exam, Some(*score)) })
    } else if let Some(TrainingEvent::ExamFailed { person, exam, score, .. }) = placed.told() {
        Some(Model {
            kind: TrainingKind::Exam,
            completed_at: None,
            ..done(*person, exam, Some(*score))
        })
    } else {
        None
    }
}

impl View for Entity {
    fn keys(placed: &Placed) -> Vec<Uuid> {
        let key = attempt(placed).map(|Model { person, course, unit, .. }| {
            let name = format!("training/{person}/{}/{course}/{unit}", course.len());
            domain::derived(placed.aggregate(), &name)
        });
        key.into_iter().collect()
    }

    fn fold(id: Uuid, row: &mut Option<Model>, placed: &Placed) -> Result<(), Misfit> {
        let Some(attempt) = attempt(placed) else { return Ok(()) };
        let attempt = match row.take() {
            Some(earlier) => Model {
                attempts: earlier.attempts + attempt.attempts,
                completed_at: earlier.completed_at.or(attempt.completed_at),
                first_position: earlier.first_position,
                ..attempt
            },
            None => attempt,
        };
        *row =
            Some(Model { id, program: placed.program()?, partner: placed.partner()?, ..attempt });
        Ok(())
    }
}
