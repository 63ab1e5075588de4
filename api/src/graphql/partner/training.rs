//! Training as GraphQL objects: courses assigned, modules and exams done, certificates held.

use chrono::{DateTime, Utc};
use projections::training;
use uuid::Uuid;

use crate::graphql::ground::{show::shows, word::Word};

shows! {
    /// A course that a partner's people are to take.
    AssignedCourse of courses as row {
        /// The course's name.
        course: String,
        /// The version that was assigned last.
        version: u32,
        /// Its modules.
        modules: Vec<String>,
        /// The step that it belongs to; the next step is assigned when this one is complete.
        step: u32,
        /// When it was assigned.
        assigned_at: DateTime<Utc>,
    }
}

shows! {
    /// What one person has done of one module or exam.
    TrainingRecord of training as row {
        /// The person.
        person: Uuid,
        /// A module or an exam.
        kind: Word<training::TrainingKind>,
        /// The course of a module; null for an exam.
        course: Option<String> = Some(row.course).filter(|course| !course.is_empty()),
        /// The module's or the exam's name.
        unit: String,
        /// The version of the module's content, as done last.
        content_version: Option<u32>,
        /// How often it was tried.
        attempts: u32,
        /// The score of the last try in per cent.
        score: Option<u32>,
        /// When it was tried last.
        last_attempt_at: DateTime<Utc>,
        /// When it was completed or passed first; null where it is not.
        completed_at: Option<DateTime<Utc>>,
    }
}

shows! {
    /// Proof that a person can do something.
    Certificate of certificates as row {
        /// The certificate's UUID.
        certificate_id: Uuid = row.id,
        /// Whose it is.
        person: Uuid,
        /// Which certification.
        certification: String,
        /// The certification's version.
        version: u32,
        /// From when on it is valid.
        valid_from: DateTime<Utc>,
        /// The first instant at which it is valid no longer; null where it does not end.
        valid_until: Option<DateTime<Utc>>,
        /// When it was taken back; null where it was not.
        revoked_at: Option<DateTime<Utc>>,
    }
}
