//! The application workflow: submitted, reviewed, interviewed, and approved, rejected or withdrawn.

use std::{borrow::Cow, collections::BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Company, CompanyKeys, PartnerCommand, PartnerRefusal, company};
use crate::{
    Actor, EmailAddress, Issued, PartnerId, Personal, ProgramId, SubjectId,
    bounds::bounded,
    program::{Rulebook, policy_ref},
    refusal::{Invalid, country, some},
    words::{events, words},
};

events! {
    /// What happened to an application.
    pub enum ApplicationEvent {
        "applied" => Applied {
            program: ProgramId,
            company: Company,
            contacts: Vec<Contact>,
            sections: Personal<Sections>,
            source: ApplicationSource,
            inviter: Option<PartnerId>,
            terms_version: u32,
            applied_by: Actor,
            applied_at: DateTime<Utc>,
            /// The partner of the programme that has named the same web domain before.
            resembles: Option<PartnerId>,
        },
        "review-assigned" => ReviewAssigned { reviewer: String },
        "information-requested" => InformationRequested { question: Personal<String> },
        "information-supplied" => InformationSupplied { answer: Personal<String>, supplied_at: DateTime<Utc> },
        "review-recorded" => ReviewRecorded {
            sector_fit: Personal<String>,
            marketing_competence: Personal<String>,
            result: ReviewResult,
            reviewed_at: DateTime<Utc>,
        },
        "interview-scheduled" => InterviewScheduled { at: DateTime<Utc> },
        "interview-held" => InterviewHeld {
            outcome: InterviewOutcome,
            notes: Personal<String>,
            held_at: DateTime<Utc>,
        },
        "application-approved" => Approved { interview_held: bool, approved_at: DateTime<Utc> },
        "application-rejected" => Rejected { code: ApplicationRejectionCode },
        "application-withdrawn" => Withdrawn {},
    }
}

bounded! {
    /// A person of the partner as the form gives them.
    #[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct NewContact {
        /// Named by the caller; also the subject of the person's data and of its certificates.
        pub person: SubjectId,
        pub first_name: String as LINE,
        pub last_name: String as LINE,
        pub email: String as LINE,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub phone: Option<String> as LINE,
    }
}

/// A person of the partner as the log keeps them.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Contact {
    pub details: Personal<ContactDetails>,
}

/// What is personal of a contact.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ContactDetails {
    pub first_name: String,
    pub last_name: String,
    pub email: String,
    pub phone: Option<String>,
}

bounded! {
    /// The mandatory sections of the form (R1).
    #[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct Sections {
        pub competencies: String as PROSE,
        pub customer_portfolio: String as PROSE,
        pub strategic_goals: String as PROSE,
    }
}

words! {
    /// How a candidate found the programme.
    pub enum ApplicationSource {
        "web" => Web: "By the vendor's web site.",
        "referral" => Referral: "Through another partner.",
        "recruited" => Recruited: "Approached by the vendor.",
    }
}

words! {
    /// What the reviewer concludes.
    pub enum ReviewResult {
        "passed" => Passed: "The candidate may be interviewed.",
        "failed" => Failed: "The candidate is to be rejected.",
    }
}

words! {
    /// What came of an interview.
    pub enum InterviewOutcome {
        "recommended" => Recommended: "The interviewer recommends approval.",
        "not-recommended" => NotRecommended: "The interviewer advises against approval.",
    }
}

words! {
    /// Why an application is rejected.
    pub enum ApplicationRejectionCode {
        "sector-mismatch" => SectorMismatch: "The candidate's sector does not fit the programme.",
        "insufficient-competence" => InsufficientCompetence: "The candidate lacks the competence.",
        "incomplete" => Incomplete: "What was asked for was not supplied.",
        "territory-covered" => TerritoryCovered: "Other partners cover the territory already.",
        "other" => Other: "Another reason.",
    }
}

/// What later decisions need to know of the application.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct File {
    pub program: ProgramId,
    pub company: CompanyKeys,
    pub people: Vec<SubjectId>,
    /// The partner of the programme that has named the same web domain before.
    pub resembles: Option<PartnerId>,
    /// Under whose key the free text of the application stands.
    pub subject: SubjectId,
    pub source: ApplicationSource,
    pub inviter: Option<PartnerId>,
    /// The version of the terms accepted last.
    pub terms_version: u32,
    pub applied_by: Actor,
    /// The latest instant of what later steps rest on: applied, answered, reviewed, interviewed, approved, terms accepted.
    pub since: DateTime<Utc>,
    /// Who has acted for it as one of its own, by the subjects of their sign-ins.
    pub members: BTreeSet<String>,
}

/// An application that is not decided.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Candidate {
    pub file: File,
    pub stage: ApplicationStage,
}

/// How far an application has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum ApplicationStage {
    Applied,
    UnderReview,
    InformationRequested,
    Reviewed(ReviewResult),
    InterviewScheduled,
    Interviewed,
}

impl From<NewContact> for Contact {
    fn from(new: NewContact) -> Self {
        let NewContact { person, first_name, last_name, email, phone } = new;
        Self {
            details: Personal::new(person, ContactDetails { first_name, last_name, email, phone }),
        }
    }
}

impl File {
    pub(super) fn knows(&self, person: SubjectId) -> Result<(), PartnerRefusal> {
        if self.people.contains(&person) { Ok(()) } else { Err(PartnerRefusal::UnknownPerson) }
    }

    /// A step that comes after what it rests on. One that somebody dates before that is refused, as it would be judged by what
    /// was in force before there was anything to judge; one that is asked for now, on a clock that is behind another
    /// one's, is judged as if at that instant.
    pub(super) fn follows<'i>(
        &self,
        issued: &'i Issued<PartnerCommand>,
    ) -> Result<Cow<'i, Issued<PartnerCommand>>, PartnerRefusal> {
        if self.since <= issued.at {
            Ok(Cow::Borrowed(issued))
        } else if issued.dated {
            Err(PartnerRefusal::TooEarly { after: self.since })
        } else {
            Ok(Cow::Owned(Issued { at: self.since, ..issued.clone() }))
        }
    }
}

impl Candidate {
    pub(super) fn decide(
        &self,
        issued: &Issued<PartnerCommand>,
        rulebook: &Rulebook,
    ) -> Result<Vec<ApplicationEvent>, PartnerRefusal> {
        use ApplicationStage as S;
        use PartnerCommand as Do;
        use PartnerRefusal as No;
        use ReviewResult::{Failed, Passed};
        let personal = |value: &String| Personal::new(self.file.subject, value.clone());
        match (self.stage, &issued.command) {
            (S::Applied | S::UnderReview, Do::AssignReview { reviewer }) => {
                Ok(vec![ApplicationEvent::ReviewAssigned { reviewer: reviewer.clone() }])
            }
            (S::InformationRequested, Do::AssignReview { .. } | Do::RecordReview { .. }) => {
                Err(No::InformationPending)
            }
            (S::Reviewed(_) | S::InterviewScheduled | S::Interviewed, Do::AssignReview { .. }) => {
                Err(No::AlreadyReviewed)
            }

            (S::UnderReview, Do::RequestInformation { question }) => {
                Ok(vec![ApplicationEvent::InformationRequested { question: personal(question) }])
            }
            (S::Applied, Do::RequestInformation { .. } | Do::RecordReview { .. }) => {
                Err(No::ReviewNotAssigned)
            }
            (S::InformationRequested, Do::RequestInformation { .. }) => Err(No::InformationPending),
            (
                S::Reviewed(_) | S::InterviewScheduled | S::Interviewed,
                Do::RequestInformation { .. },
            ) => Err(No::AlreadyReviewed),

            (S::InformationRequested, Do::SupplyInformation { answer }) => {
                Ok(vec![ApplicationEvent::InformationSupplied {
                    answer: personal(answer),
                    supplied_at: issued.at,
                }])
            }
            (
                S::Applied
                | S::UnderReview
                | S::Reviewed(_)
                | S::InterviewScheduled
                | S::Interviewed,
                Do::SupplyInformation { .. },
            ) => Err(No::InformationNotRequested),

            (S::UnderReview, Do::RecordReview { sector_fit, marketing_competence, result }) => {
                Ok(vec![ApplicationEvent::ReviewRecorded {
                    sector_fit: personal(sector_fit),
                    marketing_competence: personal(marketing_competence),
                    result: *result,
                    reviewed_at: issued.at,
                }])
            }
            (S::Reviewed(_) | S::InterviewScheduled | S::Interviewed, Do::RecordReview { .. }) => {
                Err(No::AlreadyReviewed)
            }

            (S::Reviewed(Passed) | S::InterviewScheduled, Do::ScheduleInterview { at }) => {
                Ok(vec![ApplicationEvent::InterviewScheduled { at: *at }])
            }
            (S::InterviewScheduled, Do::RecordInterview { outcome, notes }) => {
                Ok(vec![ApplicationEvent::InterviewHeld {
                    outcome: *outcome,
                    notes: personal(notes),
                    held_at: issued.at,
                }])
            }
            (S::Reviewed(Passed), Do::RecordInterview { .. }) => Err(No::InterviewNotScheduled),
            (S::Interviewed, Do::ScheduleInterview { .. } | Do::RecordInterview { .. }) => {
                Err(No::InterviewAlreadyHeld)
            }
            (
                S::Reviewed(Failed),
                Do::ScheduleInterview { .. } | Do::RecordInterview { .. } | Do::Approve {},
            ) => Err(No::ReviewNotPassed),
            (
                S::Applied | S::UnderReview | S::InformationRequested,
                Do::ScheduleInterview { .. } | Do::RecordInterview { .. } | Do::Approve {},
            ) => Err(No::NotReviewed),

            (S::Interviewed, Do::Approve {}) => Ok(vec![ApplicationEvent::Approved {
                interview_held: true,
                approved_at: issued.at,
            }]),
            (S::Reviewed(Passed) | S::InterviewScheduled, Do::Approve {}) => {
                let policy = rulebook.policy_at(issued.at);
                if policy.body.interview_required {
                    return Err(No::InterviewNotHeld { policy: policy_ref(policy) });
                }
                Ok(vec![ApplicationEvent::Approved {
                    interview_held: false,
                    approved_at: issued.at,
                }])
            }

            // Nobody is turned away before both findings stand (R2).
            (S::Reviewed(_) | S::InterviewScheduled | S::Interviewed, Do::Reject { code }) => {
                Ok(vec![ApplicationEvent::Rejected { code: *code }])
            }
            (S::Applied | S::UnderReview | S::InformationRequested, Do::Reject { .. }) => {
                Err(No::NotReviewed)
            }
            (_, Do::Withdraw {}) => Ok(vec![ApplicationEvent::Withdrawn {}]),

            (_, Do::Apply { .. }) => Err(No::AlreadyApplied),
            (
                _,
                Do::AcceptTerms { .. }
                | Do::Join {}
                | Do::AssignCourse { .. }
                | Do::CompleteModule { .. }
                | Do::RecordExam { .. }
                | Do::IssueCertificate { .. }
                | Do::SetPaymentDetails { .. }
                | Do::OverrideTier { .. },
            ) => Err(No::NotApproved),
        }
    }

    pub(super) fn evolve(&mut self, event: &ApplicationEvent) {
        self.stage = match event {
            ApplicationEvent::ReviewAssigned { .. } => ApplicationStage::UnderReview,
            ApplicationEvent::InformationRequested { .. } => ApplicationStage::InformationRequested,
            ApplicationEvent::InformationSupplied { supplied_at, .. } => {
                self.file.since = *supplied_at;
                ApplicationStage::UnderReview
            }
            ApplicationEvent::ReviewRecorded { result, reviewed_at, .. } => {
                self.file.since = *reviewed_at;
                ApplicationStage::Reviewed(*result)
            }
            ApplicationEvent::InterviewScheduled { .. } => ApplicationStage::InterviewScheduled,
            ApplicationEvent::InterviewHeld { held_at, .. } => {
                self.file.since = *held_at;
                ApplicationStage::Interviewed
            }
            ApplicationEvent::Applied { .. }
            | ApplicationEvent::Approved { .. }
            | ApplicationEvent::Rejected { .. }
            | ApplicationEvent::Withdrawn {} => return, // These begin and end a candidate.
        };
    }
}

/// Refuses a form that no programme would accept (R1, R5).
pub(super) fn check(company: &Company, contacts: &[NewContact]) -> Result<(), Invalid> {
    country("company.country", &company.country)?;
    company::check(company)?;
    some("contacts", contacts)?;
    for (index, contact) in contacts.iter().enumerate() {
        let field = |name: &str| format!("contacts.{index}.{name}");
        EmailAddress::read(&field("email"), &contact.email)?;
        if contacts[..index].iter().any(|earlier| earlier.person == contact.person) {
            return Err(Invalid::new(
                field("person"),
                "is named twice; every contact needs an id of its own",
            ));
        }
    }
    Ok(())
}
