//! A partner in one programme, from application to active selling: what may be asked, and who answers it.

mod application;
mod network;
#[cfg(test)]
mod tests;
mod training;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use self::{
    application::{
        Candidate, Company, Contact, File, InterviewOutcome, NewContact, RejectionCode,
        ReviewResult, Sections, Source, Stage,
    },
    network::Place,
    training::{Certificate, SourceRef, Training},
};
use crate::{
    Home, Issued, Owned, PartnerId, Personal, PolicyRef, ProgramId, SubjectId, Tier, derived,
    program::{Program, Rulebook},
    published::hash_of,
    refusal::{Invalid, LONG, SHORT, text},
    words::{commands, events, refusals},
};

commands! {
    /// What can be asked of a partner.
    pub enum PartnerCommand {
        "applyForProgram" => Apply {
            program: ProgramId,
            company: Company,
            contacts: Vec<NewContact>,
            sections: Sections,
            source: Source,
            /// The partner through whose referral the candidate came; the future parent in the network.
            #[serde(default)]
            inviter: Option<PartnerId>,
            /// The version of the terms that the candidate accepts.
            terms_version: u32,
        },
        "assignReview" => AssignReview { reviewer: String },
        "requestInformation" => RequestInformation { question: String },
        "supplyInformation" => SupplyInformation { answer: String },
        "recordReview" => RecordReview { sector_fit: String, marketing_competence: String, result: ReviewResult },
        "scheduleInterview" => ScheduleInterview { at: DateTime<Utc> },
        "recordInterview" => RecordInterview { outcome: InterviewOutcome, notes: String },
        "approveApplication" => Approve {},
        "rejectApplication" => Reject { code: RejectionCode },
        "withdrawApplication" => Withdraw {},
        "acceptTerms" => AcceptTerms { version: u32 },
        "joinNetwork" => Join {},
        "assignCourse" => AssignCourse { course: String },
        internal "assignNextCourses" => AssignNextCourses {},
        "completeModule" => CompleteModule {
            person: SubjectId,
            course: String,
            module: String,
            content_version: u32,
            #[serde(default)]
            score: Option<u32>,
            source: SourceRef,
        },
        "recordExam" => RecordExam { person: SubjectId, exam: String, passed: bool, score: u32, source: SourceRef },
        "issueCertificate" => IssueCertificate { person: SubjectId, certification: String },
        internal "issueDueCertificates" => IssueDueCertificates { person: SubjectId },
        "setPaymentDetails" => SetPaymentDetails { account_holder: String, iban: String },
        "overrideTier" => OverrideTier { to: Tier, reason: String },
    }
}

events! {
    /// What happened to a partner.
    pub enum PartnerEvent {
        "applied" => Applied {
            program: ProgramId,
            company: Company,
            contacts: Vec<Contact>,
            sections: Personal<Sections>,
            source: Source,
            inviter: Option<PartnerId>,
            terms_version: u32,
        },
        "review-assigned" => ReviewAssigned { reviewer: String },
        "information-requested" => InformationRequested { question: Personal<String> },
        "information-supplied" => InformationSupplied { answer: Personal<String> },
        "review-recorded" => ReviewRecorded {
            sector_fit: Personal<String>,
            marketing_competence: Personal<String>,
            result: ReviewResult,
        },
        "interview-scheduled" => InterviewScheduled { at: DateTime<Utc> },
        "interview-held" => InterviewHeld { outcome: InterviewOutcome, notes: Personal<String> },
        "application-approved" => Approved { interview_held: bool },
        "application-rejected" => Rejected { code: RejectionCode },
        "application-withdrawn" => Withdrawn {},
        "terms-accepted" => TermsAccepted { version: u32, document_hash: String },
        "joined-network" => Joined { parent: Option<PartnerId>, depth: u32, origin: Source, referral_code: String },
        "course-assigned" => CourseAssigned { course: String, version: u32, modules: Vec<String>, step: u32 },
        "module-completed" => ModuleCompleted {
            person: SubjectId,
            course: String,
            module: String,
            content_version: u32,
            score: Option<u32>,
            source: SourceRef,
        },
        "exam-passed" => ExamPassed { person: SubjectId, exam: String, score: u32, source: SourceRef },
        "exam-failed" => ExamFailed { person: SubjectId, exam: String, score: u32, source: SourceRef },
        "certified" => Certified {
            certificate: Uuid,
            person: SubjectId,
            certification: String,
            version: u32,
            valid_from: DateTime<Utc>,
            valid_until: Option<DateTime<Utc>>,
        },
        "payment-details-set" => PaymentDetailsSet { hash: String, details: Personal<BankDetails>, set_by: String },
        "tier-overridden" => TierOverridden { from: Tier, to: Tier, reason: String, effective_from: DateTime<Utc> },
    }
}

refusals! {
    /// Why a partner's command is refused.
    pub enum PartnerRefusal {
        "PROGRAM_NOT_OPEN" "this programme is not open; ask the vendor to open it" => ProgramNotOpen,
        "PARTNER_ALREADY_APPLIED" "this application exists already; apply with a new id" => AlreadyApplied,
        "PARTNER_NOT_APPLIED" "there is no such application; apply first" => NotApplied,
        "APPLICATION_ENDED" "this application has ended; apply anew" => Ended,
        "APPLICATION_ALREADY_DECIDED" "this application is approved already; nothing is left to decide" => AlreadyDecided,
        "PARTNER_NOT_APPROVED" "only an approved partner can do this; the application must be approved first" => NotApproved,
        "REVIEW_NOT_ASSIGNED" "assign a reviewer first" => ReviewNotAssigned,
        "REVIEW_NOT_RECORDED" "record the review with both findings first" => NotReviewed,
        "REVIEW_ALREADY_RECORDED" "the review is recorded already; go on to the interview or decide" => AlreadyReviewed,
        "REVIEW_NOT_PASSED" "the candidate did not pass review; reject the application" => ReviewNotPassed,
        "INFORMATION_PENDING" "the candidate has been asked for information; wait for the answer" => InformationPending,
        "INFORMATION_NOT_REQUESTED" "no information was asked for; wait for the reviewer's question" => InformationNotRequested,
        "INTERVIEW_NOT_SCHEDULED" "schedule the interview first" => InterviewNotScheduled,
        "INTERVIEW_NOT_HELD" "hold the interview and record its outcome first" => InterviewNotHeld,
        "INTERVIEW_ALREADY_HELD" "the interview has been held already; approve or reject the application" => InterviewAlreadyHeld,
        "TERMS_NOT_PUBLISHED" "the programme has published no terms yet; ask the vendor to publish them" => NoTerms,
        "TERMS_NOT_CURRENT" at "terms_version" "version {current} of the terms is in force; accept that one" => TermsNotCurrent { current: u32 } by policy,
        "PARENT_NOT_JOINED" "the inviting partner has not joined this programme's network yet; join after it has" => ParentNotJoined,
        "NETWORK_TOO_DEEP" "partners may join at most {limit} levels below the top; ask the vendor for another place" => TooDeep { limit: u32 },
        "COURSE_UNKNOWN" at "course" "no course {course} is published; name one that is" => UnknownCourse { course: String },
        "MODULE_NOT_ASSIGNED" at "module" "module {module} of {course} is not assigned to this partner; have the course assigned first" => ModuleNotAssigned { course: String, module: String },
        "PERSON_UNKNOWN" at "person" "this person is not a contact of the partner; name one who is" => UnknownPerson,
        "CERTIFICATION_UNKNOWN" at "certification" "no certification {certification} is defined; name one that is" => UnknownCertification { certification: String },
        "CERTIFICATION_INCOMPLETE" "still missing: {missing}" => Incomplete { missing: String },
        "COURSE_LOCKED" at "course" "{course} is of step {step}; complete {first} of an earlier step first" => CourseLocked { course: String, step: u32, first: String },
    }
}

/// Where a partner's payouts go.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct BankDetails {
    pub account_holder: String,
    pub iban: String,
}

/// A partner in its states.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub enum Partner {
    #[default]
    Unknown,
    /// Applied and not yet decided.
    Candidate(Box<Candidate>),
    /// Approved.
    Active(Box<Active>),
    /// Rejected or withdrawn before approval.
    Ended { program: ProgramId },
}

/// What is true of an approved partner.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Active {
    pub file: File,
    /// Its place in the network, once it has joined.
    pub place: Option<Place>,
    pub training: Training,
    /// Tiers with the instant from which each holds, oldest first.
    pub tiers: Vec<(DateTime<Utc>, Tier)>,
    pub payment_details: Option<PaymentDetails>,
}

/// Which bank details are current, without saying them.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PaymentDetails {
    pub hash: String,
    pub set_by: String,
}

/// What a partner's decisions may know of other aggregates.
#[derive(Clone, Debug, Default)]
pub struct PartnerFacts {
    pub program: std::sync::Arc<Program>,
    /// The inviting partner, where there is one.
    pub parent: Option<std::sync::Arc<Partner>>,
}

impl Partner {
    /// The programme that it belongs to, from the application on.
    pub fn program(&self) -> Option<ProgramId> {
        match self {
            Self::Unknown => None,
            Self::Candidate(candidate) => Some(candidate.file.program),
            Self::Active(active) => Some(active.file.program),
            Self::Ended { program } => Some(*program),
        }
    }

    /// The partner that invited it, as far as that still matters.
    pub fn inviter(&self) -> Option<PartnerId> {
        match self {
            Self::Unknown | Self::Ended { .. } => None,
            Self::Candidate(candidate) => candidate.file.inviter,
            Self::Active(active) => active.file.inviter,
        }
    }

    pub fn active(&self) -> Option<&Active> {
        match self {
            Self::Active(active) => Some(active),
            Self::Unknown | Self::Candidate(_) | Self::Ended { .. } => None,
        }
    }

    /// What the command brings about; nothing where its outcome already holds.
    pub fn decide(
        &self,
        issued: &Issued<PartnerCommand>,
        facts: &PartnerFacts,
    ) -> Result<Vec<PartnerEvent>, PartnerRefusal> {
        use PartnerCommand as Do;
        let rulebook = || facts.program.rulebook().ok_or(PartnerRefusal::ProgramNotOpen);
        match (self, &issued.command) {
            (
                Self::Unknown,
                Do::Apply { program, company, contacts, sections, source, inviter, terms_version },
            ) => {
                application::check(company, contacts, sections)?;
                let accepted = current_terms(rulebook()?, issued.at, *terms_version)?;
                let subject = SubjectId(derived(issued.command_id.0, "application"));
                Ok(vec![PartnerEvent::Applied {
                    program: *program,
                    company: company.clone(),
                    contacts: contacts.iter().cloned().map(Contact::from).collect(),
                    sections: Personal::new(subject, sections.clone()),
                    source: *source,
                    inviter: *inviter,
                    terms_version: accepted.version,
                }])
            }
            (Self::Candidate(_) | Self::Active(_) | Self::Ended { .. }, Do::Apply { .. }) => {
                Err(PartnerRefusal::AlreadyApplied)
            }
            (Self::Unknown, _) => Err(PartnerRefusal::NotApplied),
            (Self::Ended { .. }, _) => Err(PartnerRefusal::Ended),
            (Self::Candidate(candidate), _) => candidate.decide(issued, rulebook()?),
            (Self::Active(active), _) => {
                active.decide(issued, rulebook()?, facts.parent.as_deref())
            }
        }
    }

    pub(crate) fn evolve(&mut self, event: PartnerEvent) {
        match (&mut *self, event) {
            (
                _,
                PartnerEvent::Applied {
                    program,
                    contacts,
                    sections,
                    source,
                    inviter,
                    terms_version,
                    ..
                },
            ) => {
                let people = contacts.iter().map(|contact| contact.details.subject).collect();
                let file = File {
                    program,
                    people,
                    subject: sections.subject,
                    source,
                    inviter,
                    terms_version,
                };
                *self = Self::Candidate(Box::new(Candidate { file, stage: Stage::Applied }));
            }
            (Self::Candidate(candidate), PartnerEvent::Approved { .. }) => {
                *self = Self::Active(Box::new(Active {
                    file: candidate.file.clone(),
                    place: None,
                    training: Training::default(),
                    tiers: vec![],
                    payment_details: None,
                }));
            }
            (
                Self::Candidate(candidate),
                PartnerEvent::Rejected { .. } | PartnerEvent::Withdrawn {},
            ) => *self = Self::Ended { program: candidate.file.program },
            (Self::Candidate(candidate), event) => candidate.evolve(event),
            (Self::Active(active), event) => active.evolve(event),
            (Self::Unknown | Self::Ended { .. }, _) => {} // Nothing happens before the application or after its end.
        }
    }
}

impl Active {
    /// The tier valid at `at`.
    pub fn tier_at(&self, at: DateTime<Utc>) -> Tier {
        let held = self.tiers.iter().filter(|(from, _)| *from <= at).max_by_key(|(from, _)| *from);
        held.map_or(Tier::Registered, |(_, tier)| *tier)
    }

    fn decide(
        &self,
        issued: &Issued<PartnerCommand>,
        rulebook: &Rulebook,
        parent: Option<&Partner>,
    ) -> Result<Vec<PartnerEvent>, PartnerRefusal> {
        use PartnerCommand as Do;
        match &issued.command {
            Do::Approve {} => Ok(vec![]), // Already so: a retry is harmless.
            Do::Apply { .. }
            | Do::AssignReview { .. }
            | Do::RequestInformation { .. }
            | Do::SupplyInformation { .. }
            | Do::RecordReview { .. }
            | Do::ScheduleInterview { .. }
            | Do::RecordInterview { .. }
            | Do::Reject { .. }
            | Do::Withdraw {} => Err(PartnerRefusal::AlreadyDecided),
            Do::AcceptTerms { version } => {
                let terms = current_terms(rulebook, issued.at, *version)?;
                if self.file.terms_version == terms.version {
                    return Ok(vec![]); // Already so.
                }
                Ok(vec![PartnerEvent::TermsAccepted {
                    version: terms.version,
                    document_hash: terms.body.document_hash.clone(),
                }])
            }
            Do::Join {} => network::join(self, issued, rulebook, parent),
            Do::AssignCourse { course } => self.training.assign(course, rulebook),
            Do::AssignNextCourses {} => Ok(self.training.assign_next(rulebook)),
            Do::CompleteModule { person, course, module, content_version, score, source } => {
                self.file.knows(*person)?;
                let completed =
                    training::Completion { course, module, content_version: *content_version };
                self.training.complete(*person, completed, *score, source)
            }
            Do::RecordExam { person, exam, passed, score, source } => {
                self.file.knows(*person)?;
                text("exam", exam, SHORT)?;
                self.training.record_exam(*person, exam, *passed, *score, source)
            }
            Do::IssueCertificate { person, certification } => {
                self.file.knows(*person)?;
                self.training.issue(*person, certification, rulebook, issued.command_id, issued.at)
            }
            Do::IssueDueCertificates { person } => {
                self.file.knows(*person)?;
                Ok(self.training.issue_due(*person, rulebook, issued.command_id, issued.at))
            }
            Do::SetPaymentDetails { account_holder, iban } => {
                text("account_holder", account_holder, SHORT)?;
                iban_shape(iban)?;
                let details =
                    BankDetails { account_holder: account_holder.clone(), iban: iban.clone() };
                // Salted with the command, so that the hash names the details without giving them away.
                let hash = hash_of(&(issued.command_id, &details))
                    .map_err(|error| Invalid::new("iban", error.to_string()))?;
                Ok(vec![PartnerEvent::PaymentDetailsSet {
                    hash,
                    details: Personal::new(
                        SubjectId(derived(self.file.subject.0, "bank")),
                        details,
                    ),
                    set_by: issued.by.id.clone(),
                }])
            }
            Do::OverrideTier { to, reason } => {
                text("reason", reason, LONG)?;
                let from = self.tier_at(issued.at);
                if from == *to {
                    return Ok(vec![]); // Already so.
                }
                Ok(vec![PartnerEvent::TierOverridden {
                    from,
                    to: *to,
                    reason: reason.clone(),
                    effective_from: issued.at,
                }])
            }
        }
    }

    fn evolve(&mut self, event: PartnerEvent) {
        match event {
            PartnerEvent::TermsAccepted { version, .. } => self.file.terms_version = version,
            PartnerEvent::Joined { parent, depth, .. } => {
                self.place = Some(Place { parent, depth })
            }
            PartnerEvent::CourseAssigned { course, version, modules, step } => {
                self.training.assigned(course, version, modules, step);
            }
            PartnerEvent::ModuleCompleted { person, course, module, source, .. } => {
                self.training.completed(person, course, module, source);
            }
            PartnerEvent::ExamPassed { person, exam, source, .. } => {
                self.training.passed(person, exam, source)
            }
            PartnerEvent::ExamFailed { source, .. } => self.training.seen(source),
            PartnerEvent::Certified {
                person,
                certification,
                version,
                valid_from,
                valid_until,
                ..
            } => {
                self.training.certified(Certificate {
                    person,
                    certification,
                    version,
                    valid_from,
                    valid_until,
                });
            }
            PartnerEvent::PaymentDetailsSet { hash, set_by, .. } => {
                self.payment_details = Some(PaymentDetails { hash, set_by });
            }
            PartnerEvent::TierOverridden { to, effective_from, .. } => {
                self.tiers.push((effective_from, to))
            }
            PartnerEvent::Applied { .. }
            | PartnerEvent::ReviewAssigned { .. }
            | PartnerEvent::InformationRequested { .. }
            | PartnerEvent::InformationSupplied { .. }
            | PartnerEvent::ReviewRecorded { .. }
            | PartnerEvent::InterviewScheduled { .. }
            | PartnerEvent::InterviewHeld { .. }
            | PartnerEvent::Approved { .. }
            | PartnerEvent::Rejected { .. }
            | PartnerEvent::Withdrawn {} => {} // Settled before the approval.
        }
    }
}

impl Owned for Partner {
    fn founded(id: Uuid, event: &PartnerEvent) -> Option<Home> {
        let PartnerEvent::Applied { program, .. } = event else { return None };
        Some(Home { program: *program, partner: Some(PartnerId(id)) })
    }

    fn owner(&self, issued: &Issued<PartnerCommand>) -> Option<(PartnerId, PartnerRefusal)> {
        Some((PartnerId(issued.target), PartnerRefusal::NotApplied))
    }
}

fn current_terms(
    rulebook: &Rulebook,
    at: DateTime<Utc>,
    accepted: u32,
) -> Result<&crate::Published<crate::program::Terms>, PartnerRefusal> {
    let terms = rulebook.terms_at(at).ok_or(PartnerRefusal::NoTerms)?;
    if terms.version == accepted {
        Ok(terms)
    } else {
        let policy = PolicyRef { id: "terms".into(), version: terms.version };
        Err(PartnerRefusal::TermsNotCurrent { current: terms.version, policy })
    }
}

/// Country, two check digits, then up to 30 letters and digits; the check digits must hold (ISO 13616).
fn iban_shape(iban: &str) -> Result<(), Invalid> {
    let shape = (15..=34).contains(&iban.len())
        && iban.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
        && iban.bytes().take(2).all(|b| b.is_ascii_uppercase())
        && iban.bytes().skip(2).take(2).all(|b| b.is_ascii_digit());
    if !shape {
        return Err(Invalid::new(
            "iban",
            "must be an IBAN without spaces, as in DE89370400440532013000",
        ));
    }
    let rearranged = iban.chars().skip(4).chain(iban.chars().take(4));
    let remainder = rearranged.fold(0_u32, |rest, c| {
        let value = c.to_digit(36).unwrap_or(0);
        if value < 10 { (rest * 10 + value) % 97 } else { (rest * 100 + value) % 97 }
    });
    if remainder == 1 {
        Ok(())
    } else {
        Err(Invalid::new("iban", "has wrong check digits; look for a typing error"))
    }
}
