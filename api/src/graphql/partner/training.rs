//! Training: courses assigned, modules and exams done, certificates held.

use async_graphql::{Enum, SimpleObject};
use chrono::{DateTime, Utc};
use projections::{certificates, courses, training};
use uuid::Uuid;

use crate::graphql::ground::{
    failure::Failure,
    show::{Shows, number, read},
};

/// A course that a partner's people are to take.
#[derive(SimpleObject, Clone, Debug)]
pub struct AssignedCourse {
    /// The course's name.
    pub course: String,
    /// The version that was assigned last.
    pub version: u32,
    /// Its modules.
    pub modules: Vec<String>,
    /// The step that it belongs to; the next step is assigned when this one is complete.
    pub step: u32,
    /// When it was assigned.
    pub assigned_at: DateTime<Utc>,
}

/// What one person has done of one module or exam.
#[derive(SimpleObject, Clone, Debug)]
pub struct TrainingRecord {
    /// The person.
    pub person: Uuid,
    /// A module or an exam.
    pub kind: TrainingKind,
    /// The course of a module; null for an exam.
    pub course: Option<String>,
    /// The module's or the exam's name.
    pub unit: String,
    /// The version of the module's content, as done last.
    pub content_version: Option<u32>,
    /// How often it was tried.
    pub attempts: u32,
    /// The score of the last try in per cent.
    pub score: Option<u32>,
    /// When it was tried last.
    pub last_attempt_at: DateTime<Utc>,
    /// When it was completed or passed first; null where it is not.
    pub completed_at: Option<DateTime<Utc>>,
}

/// What can be done in training.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
#[graphql(remote = "training::Kind")]
pub enum TrainingKind {
    /// A module of a course.
    Module,
    /// The exam of a certification.
    Exam,
}

/// Proof that a person can do something.
#[derive(SimpleObject, Clone, Debug)]
pub struct Certificate {
    /// The certificate's UUID.
    pub certificate_id: Uuid,
    /// Whose it is.
    pub person: Uuid,
    /// Which certification.
    pub certification: String,
    /// The certification's version.
    pub version: u32,
    /// From when on it is valid.
    pub valid_from: DateTime<Utc>,
    /// The first instant at which it is valid no longer; null where it does not end.
    pub valid_until: Option<DateTime<Utc>>,
}

impl Shows for AssignedCourse {
    type Table = courses::Entity;

    fn show(row: courses::Model) -> Result<Self, Failure> {
        Ok(Self {
            course: row.course,
            version: number(row.version)?,
            modules: read(&row.modules)?,
            step: number(row.step)?,
            assigned_at: row.assigned_at,
        })
    }
}

impl Shows for TrainingRecord {
    type Table = training::Entity;

    fn show(row: training::Model) -> Result<Self, Failure> {
        Ok(Self {
            person: row.person,
            kind: row.kind.into(),
            course: Some(row.course).filter(|course| !course.is_empty()),
            unit: row.unit,
            content_version: row.content_version.map(number).transpose()?,
            attempts: number(row.attempts)?,
            score: row.score.map(number).transpose()?,
            last_attempt_at: row.last_attempt_at,
            completed_at: row.completed_at,
        })
    }
}

impl Shows for Certificate {
    type Table = certificates::Entity;

    fn show(row: certificates::Model) -> Result<Self, Failure> {
        Ok(Self {
            certificate_id: row.id,
            person: row.person,
            certification: row.certification,
            version: number(row.version)?,
            valid_from: row.valid_from,
            valid_until: row.valid_until,
        })
    }
}
