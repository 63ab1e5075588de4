//! Training: courses assigned step by step, modules and exams done by people, certificates for who did both.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{PartnerRefusal, certificate::Certificate};
use crate::{
    CommandId, SubjectId,
    bounds::bounded,
    derived,
    program::{Certification, Rulebook},
    time,
    words::events,
};

events! {
    /// What happened in training.
    pub enum TrainingEvent {
        "course-assigned" => CourseAssigned { course: String, version: u32, modules: Vec<String>, step: u32 },
        "module-completed" => ModuleCompleted {
            person: SubjectId,
            course: String,
            module: String,
            content_version: u32,
            score: Option<u32>,
            source: SourceRef,
            completed_at: DateTime<Utc>,
        },
        "exam-passed" => ExamPassed {
            person: SubjectId,
            exam: String,
            score: u32,
            source: SourceRef,
            passed_at: DateTime<Utc>,
        },
        "exam-failed" => ExamFailed { person: SubjectId, exam: String, score: u32, source: SourceRef },
        "certified" => Certified {
            certificate: Uuid,
            person: SubjectId,
            certification: String,
            version: u32,
            valid_from: DateTime<Utc>,
            valid_until: Option<DateTime<Utc>>,
        },
        "certification-revoked" => Revoked {
            certificate: Uuid,
            person: SubjectId,
            certification: String,
            revoked_at: DateTime<Utc>,
        },
    }
}

bounded! {
    /// Where a fact about training comes from; the pair counts once (R30).
    #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct SourceRef {
        pub source: String as LINE,
        pub reference: String as LINE,
    }
}

/// What a partner's people have been assigned and have done.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Training {
    assigned: BTreeMap<String, Assigned>,
    people: BTreeMap<SubjectId, Done>,
    /// Each with the number of exams that its person had passed by then.
    certificates: Vec<(Certificate, u32)>,
    seen: BTreeSet<SourceRef>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Assigned {
    version: u32,
    modules: Vec<String>,
    step: u32,
}

#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
struct Done {
    /// Since when each module of a course is completed.
    modules: BTreeMap<String, BTreeMap<String, DateTime<Utc>>>,
    /// How each exam was passed last.
    exams: BTreeMap<String, Passed>,
    passed: u32,
}

/// An exam that was passed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Passed {
    /// Among all that the person has passed, from 1.
    nth: u32,
    at: DateTime<Utc>,
}

/// A module that somebody has completed.
pub(super) struct Completion<'a> {
    pub course: &'a str,
    pub module: &'a str,
    pub content_version: u32,
    pub score: Option<u32>,
    pub at: DateTime<Utc>,
}

/// An exam that somebody has sat.
pub(super) struct Sitting<'a> {
    pub exam: &'a str,
    pub passed: bool,
    pub score: u32,
    pub at: DateTime<Utc>,
}

/// What certificates are issued with.
#[derive(Clone, Copy)]
pub(super) struct Issue<'a> {
    pub rulebook: &'a Rulebook,
    pub command: CommandId,
    pub at: DateTime<Utc>,
}

impl Training {
    /// Every certificate that its people were given.
    pub(super) fn held(&self) -> impl Iterator<Item = &Certificate> {
        self.certificates.iter().map(|(held, _)| held)
    }

    pub(super) fn assign(
        &self,
        course: &str,
        rulebook: &Rulebook,
    ) -> Result<Vec<TrainingEvent>, PartnerRefusal> {
        let published = rulebook
            .courses
            .get(course)
            .ok_or_else(|| PartnerRefusal::UnknownCourse { course: course.to_owned() })?;
        if self.assigned.get(course).is_some_and(|assigned| assigned.version == published.version) {
            return Ok(vec![]); // Already so.
        }
        if let Some(first) = self.incomplete_before(published.step, rulebook)
            && !self.assigned.contains_key(course)
        {
            let (step, policy) = (published.step, published.policy_ref(course));
            let course = course.to_owned();
            return Err(PartnerRefusal::CourseLocked { course, step, first, policy });
        }
        Ok(vec![TrainingEvent::CourseAssigned {
            course: course.to_owned(),
            version: published.version,
            modules: published.modules.clone(),
            step: published.step,
        }])
    }

    /// The courses of the first step that is not assigned, once every earlier step is complete (R10).
    pub(super) fn assign_next(&self, rulebook: &Rulebook) -> Vec<TrainingEvent> {
        let missing =
            rulebook.courses.iter().filter(|(name, _)| !self.assigned.contains_key(*name));
        let Some(step) = missing.clone().map(|(_, course)| course.step).min() else {
            return vec![];
        };
        if self.incomplete_before(step, rulebook).is_some() {
            return vec![];
        }
        missing
            .filter(|(_, course)| course.step == step)
            .map(|(name, course)| TrainingEvent::CourseAssigned {
                course: name.clone(),
                version: course.version,
                modules: course.modules.clone(),
                step,
            })
            .collect()
    }

    pub(super) fn complete(
        &self,
        person: SubjectId,
        completed: Completion<'_>,
        source: &SourceRef,
    ) -> Result<Vec<TrainingEvent>, PartnerRefusal> {
        let Completion { course, module, content_version, score, at } = completed;
        if self.seen.contains(source) {
            return Ok(vec![]); // Told twice, counted once.
        }
        let assigned = self
            .assigned
            .get(course)
            .filter(|assigned| assigned.modules.iter().any(|m| m == module));
        if assigned.is_none() {
            return Err(PartnerRefusal::ModuleNotAssigned {
                course: course.to_owned(),
                module: module.to_owned(),
            });
        }
        Ok(vec![TrainingEvent::ModuleCompleted {
            person,
            course: course.to_owned(),
            module: module.to_owned(),
            content_version,
            score,
            source: source.clone(),
            completed_at: at,
        }])
    }

    pub(super) fn record_exam(
        &self,
        person: SubjectId,
        sitting: Sitting<'_>,
        source: &SourceRef,
    ) -> Vec<TrainingEvent> {
        if self.seen.contains(source) {
            return vec![]; // Told twice, counted once.
        }
        let Sitting { exam, passed, score, at } = sitting;
        let (exam, source) = (exam.to_owned(), source.clone());
        vec![if passed {
            TrainingEvent::ExamPassed { person, exam, score, source, passed_at: at }
        } else {
            TrainingEvent::ExamFailed { person, exam, score, source }
        }]
    }

    /// What was done, with what it completes: the courses that it opens (R10) and the certificates that it earns (R23),
    /// so that neither waits for anybody nor is decided on anything else.
    pub(super) fn with_what_it_completes(
        &self,
        mut done: Vec<TrainingEvent>,
        issue: Issue<'_>,
    ) -> Vec<TrainingEvent> {
        let mut after = None;
        let mut opened = vec![];
        for event in &done {
            let after = after.get_or_insert_with(|| self.clone());
            after.evolve(event.clone());
            match event {
                TrainingEvent::ModuleCompleted { person, .. } => {
                    opened.extend(after.assign_next(issue.rulebook));
                    opened.extend(after.issue_due(*person, issue));
                }
                TrainingEvent::ExamPassed { person, .. } => {
                    opened.extend(after.issue_due(*person, issue));
                }
                TrainingEvent::CourseAssigned { .. }
                | TrainingEvent::ExamFailed { .. }
                | TrainingEvent::Certified { .. }
                | TrainingEvent::Revoked { .. } => {}
            }
        }
        done.extend(opened);
        done
    }

    /// The certificate, where modules and exam are both complete (R23); the refusal names what is missing.
    pub(super) fn issue(
        &self,
        person: SubjectId,
        name: &str,
        issue: Issue<'_>,
    ) -> Result<Vec<TrainingEvent>, PartnerRefusal> {
        let certification = issue.rulebook.certifications.get(name).ok_or_else(|| {
            PartnerRefusal::UnknownCertification { certification: name.to_owned() }
        })?;
        let from = self.earned_at(person, certification, issue.at);
        if self.holds(person, name, certification, from) {
            return Ok(vec![]); // Already so.
        }
        let missing = self.missing(person, name, certification);
        if !missing.is_empty() {
            let (missing, policy) = (missing.join(", "), certification.policy_ref(name));
            return Err(PartnerRefusal::Incomplete { missing, policy });
        }
        Ok(vec![certify(person, name, certification, from, issue)])
    }

    /// Every certificate that `person` has earned and does not hold.
    fn issue_due(&self, person: SubjectId, issue: Issue<'_>) -> Vec<TrainingEvent> {
        let mut issued = vec![];
        for (name, certification) in &issue.rulebook.certifications {
            let from = self.earned_at(person, certification, issue.at);
            let is_due = !self.holds(person, name, certification, from)
                && self.missing(person, name, certification).is_empty();
            if is_due {
                issued.push(certify(person, name, certification, from, issue));
            }
        }
        issued
    }

    pub(super) fn evolve(&mut self, event: TrainingEvent) {
        match event {
            TrainingEvent::CourseAssigned { course, version, modules, step } => {
                self.assigned.insert(course, Assigned { version, modules, step });
            }
            TrainingEvent::ModuleCompleted {
                person, course, module, source, completed_at, ..
            } => {
                let modules = self.people.entry(person).or_default().modules.entry(course);
                let since = modules.or_default().entry(module).or_insert(completed_at);
                *since = completed_at.min(*since);
                self.seen.insert(source);
            }
            TrainingEvent::ExamPassed { person, exam, source, passed_at, .. } => {
                let done = self.people.entry(person).or_default();
                done.passed += 1;
                done.exams.insert(exam, Passed { nth: done.passed, at: passed_at });
                self.seen.insert(source);
            }
            TrainingEvent::ExamFailed { source, .. } => {
                self.seen.insert(source);
            }
            TrainingEvent::Certified {
                certificate: id,
                person,
                certification,
                version,
                valid_from,
                valid_until,
            } => {
                let passed = self.people.get(&person).map_or(0, |done| done.passed);
                let held =
                    Certificate { id, person, certification, version, valid_from, valid_until };
                self.certificates.push((held, passed));
            }
            TrainingEvent::Revoked { certificate, revoked_at, .. } => {
                let mut held = self.certificates.iter_mut().map(|(held, _)| held);
                if let Some(held) = held.find(|held| held.id == certificate) {
                    held.end(revoked_at);
                }
            }
        }
    }

    fn holds(
        &self,
        person: SubjectId,
        name: &str,
        certification: &Certification,
        at: DateTime<Utc>,
    ) -> bool {
        self.issued(person, name, certification.version)
            .any(|(held, _)| held.valid_until.is_none_or(|until| at < until))
    }

    fn issued(
        &self,
        person: SubjectId,
        name: &str,
        version: u32,
    ) -> impl Iterator<Item = &(Certificate, u32)> {
        self.certificates.iter().filter(move |(issued, _)| {
            issued.person == person && issued.certification == name && issued.version == version
        })
    }

    /// From when on a certificate is valid that is issued at `at`: never before anything that earned it, in whatever
    /// order and with whatever dates that was told.
    fn earned_at(
        &self,
        person: SubjectId,
        certification: &Certification,
        at: DateTime<Utc>,
    ) -> DateTime<Utc> {
        let Some(done) = self.people.get(&person) else { return at };
        let needed = |course: &String| {
            let modules = self.assigned.get(course).map(|assigned| &assigned.modules);
            let modules = modules.into_iter().flatten();
            modules.filter_map(|module| done.since(course, module)).max()
        };
        let exam = done.exams.get(&certification.exam).map(|passed| passed.at);
        certification.courses.iter().filter_map(needed).chain(exam).fold(at, DateTime::max)
    }

    fn missing(&self, person: SubjectId, name: &str, certification: &Certification) -> Vec<String> {
        let done = self.people.get(&person);
        let mut missing = vec![];
        for course in &certification.courses {
            match self.assigned.get(course) {
                None => missing.push(format!("course {course} (not assigned)")),
                Some(assigned) => missing.extend(
                    assigned
                        .modules
                        .iter()
                        .filter(|module| !done.is_some_and(|done| done.has(course, module)))
                        .map(|module| format!("module {module} of {course}")),
                ),
            }
        }
        // The exam that earned a certificate does not earn the next one as well (R139).
        let spent = self.issued(person, name, certification.version).map(|(_, passed)| *passed);
        let passed = done.and_then(|done| done.exams.get(&certification.exam));
        if passed.map_or(0, |passed| passed.nth) <= spent.max().unwrap_or(0) {
            missing.push(format!("exam {}", certification.exam));
        }
        missing
    }

    /// The first course of an earlier step that keeps `step` closed (R10).
    fn incomplete_before(&self, step: u32, rulebook: &Rulebook) -> Option<String> {
        let complete = |name: &String| {
            let assigned = self.assigned.get(name);
            assigned.is_some_and(|assigned| self.anybody_completed(name, &assigned.modules))
        };
        let mut earlier = rulebook.courses.iter().filter(|(_, course)| course.step < step);
        earlier.find(|(name, _)| !complete(name)).map(|(name, _)| name.clone())
    }

    fn anybody_completed(&self, course: &str, modules: &[String]) -> bool {
        self.people.values().any(|done| modules.iter().all(|module| done.has(course, module)))
    }
}

impl Done {
    fn has(&self, course: &str, module: &str) -> bool {
        self.since(course, module).is_some()
    }

    fn since(&self, course: &str, module: &str) -> Option<DateTime<Utc>> {
        self.modules.get(course)?.get(module).copied()
    }
}

fn certify(
    person: SubjectId,
    name: &str,
    certification: &Certification,
    from: DateTime<Utc>,
    issue: Issue<'_>,
) -> TrainingEvent {
    TrainingEvent::Certified {
        certificate: derived(issue.command.0, &format!("certificate/{name}")),
        person,
        certification: name.to_owned(),
        version: certification.version,
        valid_from: from,
        valid_until: certification
            .valid_for_months
            .and_then(|months| time::after_months(from, months, issue.rulebook.zone_at(from))),
    }
}
