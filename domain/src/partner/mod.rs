//! A partner in one programme, from application to active selling: what may be asked, and who answers it.

mod active;
mod application;
mod bank;
mod certificate;
mod company;
mod contacts;
mod deadlines;
mod facts;
mod form;
mod guard;
mod network;
mod screening;
mod standing;
mod terms;
#[cfg(test)]
mod tests;
mod tier;
mod training;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use self::{
    active::Active,
    application::{
        ApplicationEvent, ApplicationRejectionCode, ApplicationSource, Contact, ContactDetails,
        File, InterviewOutcome, NewContact, ReviewResult, Sections, WaitingFor,
    },
    bank::{BankDetails, BankEvent, PaymentDetails},
    certificate::Certificate,
    company::{Company, CompanyKeys, Known},
    contacts::ContactEvent,
    deadlines::deadlines,
    network::{NetworkEvent, Place, upline},
    screening::{ApplicationStage, Candidate, Ended},
    standing::{Barred, Notice, Standing, StandingEvent, SuspensionCode, TerminationCode},
    terms::TermsEvent,
    tier::{TierEvent, Tiers},
    training::{SourceRef, Training, TrainingEvent},
};
use self::{form::Form, screening::EarlierPeople};
use crate::{
    Home, Issued, Owned, PartnerId, ProgramId, SubjectId, Tier,
    commands::commands,
    program::Program,
    words::{events, refusals},
};

commands! {
    /// What can be asked of a partner.
    pub enum PartnerCommand {
        "applyForProgram" by [Owner, ChannelManager] => Apply {
            program: ProgramId,
            company: Company,
            contacts: Vec<NewContact>,
            sections: Sections,
            source: ApplicationSource,
            /// The partner through whose referral the candidate came; the future parent in the network.
            #[serde(default)]
            inviter: Option<PartnerId>,
            /// The version of the terms that the candidate accepts.
            terms_version: u32,
        },
        "assignReview" by [ChannelManager] => AssignReview { reviewer: String as LINE },
        "requestInformation" by [ChannelManager] => RequestInformation { question: String as PROSE },
        "supplyInformation" by [Owner] => SupplyInformation { answer: String as PROSE },
        "closeInformationRequest" by [ChannelManager] => CloseInformationRequest {},
        "recordReview" by [ChannelManager] => RecordReview {
            sector_fit: String as PROSE,
            marketing_competence: String as PROSE,
            result: ReviewResult,
        },
        "scheduleInterview" by [ChannelManager] => ScheduleInterview { at: DateTime<Utc> },
        "recordInterview" by [ChannelManager] => RecordInterview { outcome: InterviewOutcome, notes: String as PROSE },
        "recordMissedInterview" by [ChannelManager] => RecordMissedInterview {},
        "approveApplication" by [ChannelManager] => Approve {
            #[serde(default, skip_serializing_if = "Option::is_none")]
            reason: Option<String> as PROSE,
        },
        "rejectApplication" by [ChannelManager] => Reject { code: ApplicationRejectionCode },
        "withdrawApplication" by [Owner] => Withdraw {},
        "escalateApplication" by [Policy] => Escalate {},
        "lapseApplication" by [Policy] => Lapse {},
        "addContact" by [Owner, ChannelManager] => AddContact { contact: NewContact },
        "changeContact" by [Owner, ChannelManager] => ChangeContact {
            /// All of what is known of the person from now on.
            contact: NewContact,
        },
        "removeContact" by [Owner, ChannelManager] => RemoveContact { person: SubjectId },
        "acceptTerms" by [Owner] => AcceptTerms { version: u32 },
        "joinNetwork" by [Owner, ChannelManager, Policy] => Join {},
        "assignCourse" by [ChannelManager] => AssignCourse { course: String as LINE },
        "completeModule" by [Owner, Specialist, ChannelManager, Integration] => CompleteModule {
            person: SubjectId,
            course: String as LINE,
            module: String as LINE,
            content_version: u32,
            #[serde(default)]
            score: Option<u32> as SCORE,
            source: SourceRef,
        },
        "recordExam" by [ChannelManager, Integration] => RecordExam {
            person: SubjectId,
            exam: String as LINE,
            passed: bool,
            score: u32 as SCORE,
            source: SourceRef,
        },
        "issueCertificate" by [ChannelManager] => IssueCertificate { person: SubjectId, certification: String as LINE },
        "setPaymentDetails" by [Owner] => SetPaymentDetails { account_holder: String as LINE, iban: String as IBAN },
        "overrideTier" by [ChannelManager] => OverrideTier { to: Tier, reason: String as PROSE },
        "suspendPartner" by [ChannelManager] => Suspend { code: SuspensionCode, reason: String as PROSE },
        "reinstatePartner" by [ChannelManager] => Reinstate { reason: String as PROSE },
        "noticeTermination" by [Owner, ChannelManager] => NoticeTermination { code: TerminationCode, reason: String as PROSE },
        "revokeTermination" by [Owner, ChannelManager] => RevokeTermination {},
        "terminatePartner" by [ChannelManager, Policy] => Terminate {},
    }
}

events! {
    /// What happened to a partner.
    pub enum PartnerEvent of {
        Application(ApplicationEvent),
        Contact(ContactEvent),
        Terms(TermsEvent),
        Network(NetworkEvent),
        Training(TrainingEvent),
        Bank(BankEvent),
        Tier(TierEvent),
        Standing(StandingEvent),
    }
}

refusals! {
    /// Why a partner's command is refused.
    pub enum PartnerRefusal {
        "PROGRAM_NOT_OPEN" "this programme is not open; open it, or ask the vendor to" => ProgramNotOpen,
        "PARTNER_ALREADY_APPLIED" "this partner has applied already; what has become of it, its application says" => AlreadyApplied,
        "COMPANY_ALREADY_APPLIED" at "company.tax_id" "a company of this tax id has applied to this programme or is a partner of it; ask its people to let you in, or the vendor" => CompanyApplied,
        "PARTNER_APPLICANT_UNFIT" "this account cannot own the partner: it is the vendor's, cannot be used, or has as many roles as one may have; apply by another account" => ApplicantUnfit,
        "PARTNER_NOT_APPLIED" "there is no such application; apply first" => NotApplied,
        "APPLICATION_ENDED" "this application has ended; the partner may apply again from {again} on" => Ended { again: DateTime<Utc> },
        "APPLICATION_TOO_SOON" "the last application has come to nothing; apply again from {from} on" => AppliesTooSoon { from: DateTime<Utc> } by policy,
        "PARTNER_OF_ANOTHER_PROGRAM" at "program" "this partner belongs to the programme {program}; apply for that one, or for another one as another partner" => OfAnotherProgram { program: ProgramId },
        "APPLICATION_ALREADY_DECIDED" "this application is approved already; nothing is left to decide" => AlreadyDecided,
        "APPLICATION_MAKER_IS_CHECKER" "{who} applied or is named in this application; somebody else must review and decide it" => ApplicantIsChecker { who: String },
        "PARTNER_BENEFICIARY_IS_CHECKER" "{who} is one of the people of this partner or of one above it; somebody else of the vendor must do this" => BeneficiaryIsChecker { who: String },
        "PARTNER_NOT_APPROVED" "only an approved partner can do this; the application must be approved first" => NotApproved,
        "REVIEW_NOT_ASSIGNED" "assign a reviewer first" => ReviewNotAssigned,
        "REVIEW_NOT_RECORDED" "record the review with both findings first" => NotReviewed,
        "REVIEW_ALREADY_RECORDED" "the review is recorded already; go on to the interview or decide" => AlreadyReviewed,
        "REVIEW_NOT_PASSED" "the candidate did not pass review; reject the application" => ReviewNotPassed,
        "INFORMATION_PENDING" "the candidate has been asked for information; wait for the answer, or close the question" => InformationPending,
        "INFORMATION_NOT_REQUESTED" "no question to the candidate is open; ask one first, or go on" => InformationNotRequested,
        "INTERVIEW_NOT_SCHEDULED" "schedule the interview first" => InterviewNotScheduled,
        "INTERVIEW_NOT_HELD" "hold the interview and record its outcome first" => InterviewNotHeld {} by policy,
        "INTERVIEW_ALREADY_HELD" "the interview has been held already; approve or reject the application" => InterviewAlreadyHeld,
        "INTERVIEW_NOT_DUE" "the interview is at {at}; it can be missed then, or be given another date now" => InterviewNotDue { at: DateTime<Utc> },
        "APPLICATION_ADVISED_AGAINST" at "reason" "the review or the interview advises against this candidate; give a reason for the approval, or reject the application" => AdvisedAgainst,
        "CONTACT_ALREADY_THERE" at "contact.person" "this person is a contact of the partner already; change it (changeContact)" => ContactThere,
        "CONTACT_UNKNOWN" at "contact.person" "the partner has no contact of this id; add it (addContact)" => UnknownContact,
        "CONTACT_IS_LAST" "a partner has at least one contact; add another one before this one is removed" => LastContact,
        "CONTACTS_TOO_MANY" "a partner has at most 100 contacts; remove one first" => TooManyContacts,
        "TERMS_NOT_PUBLISHED" "the programme has published no terms yet; ask the vendor to publish them" => NoTerms,
        "TERMS_NOT_CURRENT" at "terms_version" "version {current} of the terms is in force; accept that one" => TermsNotCurrent { current: u32 } by policy,
        "PARTNER_STEP_TOO_EARLY" at "at" "this rests on what happened at {after}; date it then or later" => TooEarly { after: DateTime<Utc> },
        "INVITER_UNKNOWN" at "inviter" "this programme has no partner with that id; name one that it has, or none" => UnknownInviter,
        "INVITER_NOT_ACTIVE" at "inviter" "the inviting partner is suspended or has left; name another one, or none" => InviterNotActive,
        "PARENT_SUSPENDED" "the inviting partner is suspended; join once it is reinstated" => ParentSuspended,
        "PARENT_NOT_JOINED" "the inviting partner has not joined this programme's network yet; join after it has" => ParentNotJoined,
        "NETWORK_TOO_DEEP" "partners may join at most {limit} levels below the top; ask the vendor for another place" => TooDeep { limit: u32 } by policy,
        "COURSE_UNKNOWN" at "course" "no course {course} is published; name one that is, or have it published first" => UnknownCourse { course: String },
        "MODULE_NOT_ASSIGNED" at "module" "module {module} of {course} is not assigned to this partner; have the course assigned first" => ModuleNotAssigned { course: String, module: String },
        "PERSON_UNKNOWN" at "person" "this person is not a contact of the partner; name one who is" => UnknownPerson,
        "CERTIFICATION_UNKNOWN" at "certification" "no certification {certification} is defined; name one that is" => UnknownCertification { certification: String },
        "CERTIFICATION_INCOMPLETE" "still missing: {missing}" => Incomplete { missing: String } by policy,
        "PARTNER_SUSPENDED" "this partner is suspended; have the vendor reinstate it first" => Suspended,
        "PARTNER_TERMINATED" "the co-operation with this partner has ended; settle what is left with the vendor" => Terminated,
        "TERMINATION_NOT_NOTICED" "give notice of the termination first" => NotNoticed,
        "TERMINATION_ALREADY_NOTICED" "notice is given already and runs until {ends_at}; revoke it first" => AlreadyNoticed { ends_at: DateTime<Utc> },
        "TERMINATION_OF_OTHER_SIDE" "the other side gave this notice; only that side can revoke it" => NoticeOfOtherSide,
        "TERMINATION_NOTICE_RUNS" "the notice runs until {ends_at}; wait until then, as it was given for no cause that ends it at once" => NoticeRuns { ends_at: DateTime<Utc> },
        "TERMINATION_MAKER_IS_CHECKER" "{who} gave this notice; somebody else must end the co-operation at once" => NoticeMakerIsChecker { who: String },
        "COURSE_LOCKED" at "course" "{course} is of step {step}; complete {first} of an earlier step first" => CourseLocked { course: String, step: u32, first: String } by policy,
    }
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
    /// Rejected, withdrawn or lapsed before approval; it may apply again.
    Ended(Box<Ended>),
}

/// What a partner's decisions may know of other aggregates.
#[derive(Clone, Debug, Default)]
pub struct PartnerFacts {
    pub program: Arc<Program>,
    /// Who else of the programme has what an applicant names as its own.
    pub known: Known,
    /// Whether the account that applies cannot become an owner.
    pub applicant_is_unfit: bool,
    /// The inviting partner, where one is named; or, for who joins, the nearest above that has not left.
    pub parent: Option<(PartnerId, Arc<Partner>)>,
    /// Those above it, nearest first, where they gain by what is decided.
    pub upline: Vec<(PartnerId, Arc<Partner>)>,
}

impl Partner {
    /// The programme that it belongs to, from the application on.
    pub fn program(&self) -> Option<ProgramId> {
        match self {
            Self::Unknown => None,
            Self::Candidate(candidate) => Some(candidate.file.program),
            Self::Active(active) => Some(active.file.program),
            Self::Ended(ended) => Some(ended.program),
        }
    }

    /// What is known of it from its application on, until it is rejected or withdrawn.
    pub fn file(&self) -> Option<&File> {
        match self {
            Self::Unknown | Self::Ended(_) => None,
            Self::Candidate(candidate) => Some(&candidate.file),
            Self::Active(active) => Some(&active.file),
        }
    }

    /// Who was one of its people in applications that came to nothing.
    fn earlier_people(&self) -> EarlierPeople {
        match self {
            Self::Ended(ended) => ended.people.clone(),
            Self::Unknown | Self::Candidate(_) | Self::Active(_) => EarlierPeople::default(),
        }
    }

    /// The partner that invited it, as far as that still matters.
    pub fn inviter(&self) -> Option<PartnerId> {
        self.file().and_then(|file| file.inviter)
    }

    /// Whether the portal is open to its people: from the approval on, and by nothing else (R4).
    pub fn is_approved(&self) -> bool {
        self.active().is_some()
    }

    pub fn active(&self) -> Option<&Active> {
        match self {
            Self::Active(active) => Some(active),
            Self::Unknown | Self::Candidate(_) | Self::Ended(_) => None,
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
                Self::Unknown | Self::Ended(_),
                Do::Apply { program, company, contacts, sections, source, inviter, terms_version },
            ) => {
                let form =
                    Form { program, company, contacts, sections, source, inviter, terms_version };
                if let Self::Ended(ended) = self {
                    ended.reapplies(*program, issued.at)?;
                }
                let applied = form.applied(issued, rulebook()?, facts)?;
                Ok(vec![applied.into()])
            }
            (Self::Candidate(_) | Self::Active(_), Do::Apply { .. }) => {
                Err(PartnerRefusal::AlreadyApplied)
            }
            (Self::Unknown, _) => Err(PartnerRefusal::NotApplied),
            (Self::Ended(ended), _) => Err(PartnerRefusal::Ended { again: ended.again.at }),
            (Self::Candidate(candidate), _) => {
                let follows = candidate.file.follows(issued);
                let issued = follows.as_deref().unwrap_or(issued);
                let mut events = candidate.decide(issued, rulebook()?)?;
                follows?;
                if events.iter().any(PartnerEvent::approves) {
                    events.extend(told(Training::default().assign_next(rulebook()?)));
                }
                Ok(events)
            }
            (Self::Active(active), _) => active.decide(issued, rulebook()?, facts.parent.as_ref()),
        }
    }

    pub(crate) fn evolve(&mut self, event: PartnerEvent) {
        use ApplicationEvent as Told;
        use PartnerEvent::Application;
        match (&mut *self, event) {
            (before, Application(event @ Told::Applied { .. })) => {
                let earlier = before.earlier_people();
                if let Some(candidate) = Candidate::begun(event, earlier) {
                    *self = Self::Candidate(Box::new(candidate));
                }
            }
            (Self::Candidate(candidate), Application(Told::Approved { approved_at, .. })) => {
                *self = Self::Active(Box::new(Active {
                    file: File { since: approved_at, ..candidate.file.clone() },
                    place: None,
                    training: Training::default(),
                    tiers: Tiers::default(),
                    payment_details: None,
                    standing: Standing::default(),
                }));
            }
            (
                Self::Candidate(candidate),
                Application(
                    Told::Rejected { again, .. }
                    | Told::Withdrawn { again, .. }
                    | Told::Lapsed { again, .. },
                ),
            ) => *self = Self::Ended(Box::new(candidate.ended(again))),
            (Self::Candidate(candidate), Application(event)) => candidate.evolve(&event),
            (Self::Candidate(candidate), PartnerEvent::Contact(event)) => {
                candidate.file.contact(&event);
            }
            (Self::Active(active), event) => active.evolve(event),
            (Self::Unknown | Self::Candidate(_) | Self::Ended(_), _) => {} // Nothing else happens before the approval or after the end.
        }
    }
}

impl PartnerEvent {
    fn approves(&self) -> bool {
        matches!(self, Self::Application(ApplicationEvent::Approved { .. }))
    }
}

impl PartnerFacts {
    fn inviter(&self) -> Option<&Partner> {
        self.parent.as_ref().map(|(_, inviter)| inviter.as_ref())
    }
}

/// The events of one subject as the partner's.
fn told<E: Into<PartnerEvent>>(events: Vec<E>) -> Vec<PartnerEvent> {
    events.into_iter().map(Into::into).collect()
}

impl Owned for Partner {
    fn founded(id: Uuid, event: &PartnerEvent) -> Option<Home> {
        let PartnerEvent::Application(ApplicationEvent::Applied { program, .. }) = event else {
            return None;
        };
        Some(Home { program: *program, partner: Some(PartnerId(id)) })
    }

    fn owner(&self, issued: &Issued<PartnerCommand>) -> Option<(PartnerId, PartnerRefusal)> {
        Some((PartnerId(issued.target), PartnerRefusal::NotApplied))
    }
}
