//! The application workflow: submitted, reviewed, interviewed, and approved, rejected or withdrawn.

use std::{borrow::Cow, collections::BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Company, CompanyKeys, PartnerCommand, PartnerRefusal};
use crate::{
    Actor, InformationRequestId, Issued, PartnerId, Personal, ProgramId, SubjectId,
    bounds::bounded,
    program::Deadline,
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
            /// By when it is to be reviewed.
            review_due: Option<Deadline>,
        },
        "review-assigned" => ReviewAssigned { reviewer: String },
        "information-requested" => InformationRequested {
            request: InformationRequestId,
            question: Personal<String>,
            /// By when it is to be answered.
            answer_due: Option<Deadline>,
            /// When the application lapses without an answer.
            lapses: Option<Deadline>,
        },
        "information-supplied" => InformationSupplied {
            request: InformationRequestId,
            answer: Personal<String>,
            supplied_at: DateTime<Utc>,
            review_due: Option<Deadline>,
        },
        "information-request-closed" => InformationRequestClosed {
            request: InformationRequestId,
            closed_at: DateTime<Utc>,
            review_due: Option<Deadline>,
        },
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
        "interview-missed" => InterviewMissed {
            /// When it was to take place.
            scheduled_for: DateTime<Utc>,
            missed_at: DateTime<Utc>,
        },
        "application-approved" => Approved {
            interview_held: bool,
            /// Why, above all where a finding advised against it.
            reason: Option<Personal<String>>,
            approved_at: DateTime<Utc>,
        },
        "application-escalated" => Escalated {
            /// Who has not acted in time.
            waiting_for: WaitingFor,
            due: Deadline,
        },
        "application-rejected" => Rejected {
            code: ApplicationRejectionCode,
            /// From when on the partner may apply again.
            again: Deadline,
        },
        "application-withdrawn" => Withdrawn {
            /// The question that was open.
            request: Option<InformationRequestId>,
            again: Deadline,
        },
        "application-lapsed" => Lapsed {
            /// The question that was never answered.
            request: InformationRequestId,
            again: Deadline,
        },
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
        "not-recommended" => NotRecommended: "The reviewer advises against the candidate, who may be interviewed all the same.",
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
    /// Whom an application waits for.
    pub enum WaitingFor {
        "vendor" => Vendor: "The vendor's people, to review or to decide.",
        "candidate" => Candidate: "The candidate, to answer a question.",
        "interview" => Interview: "Both, until the interview has taken place.",
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
    /// Who was one of its people and is no more; what is its own stays kept from them.
    pub former: BTreeSet<SubjectId>,
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
