//! The screening of an application (state machine): review, questions to the candidate, interview, decision.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
    ApplicationEvent, CompanyKeys, File, InterviewOutcome, PartnerCommand, PartnerEvent,
    PartnerRefusal, ReviewResult, WaitingFor, contacts, told,
};
use crate::{
    InformationRequestId, Issued, Personal, PolicyRef, ProgramId, Published, SubjectId, derived,
    program::{Deadline, ProgramPolicy, Rulebook, Screening, policy_ref},
};

/// An application that is not decided.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Candidate {
    pub file: File,
    pub stage: ApplicationStage,
    /// By when somebody has to act; none once that is over, which is told once.
    pub due: Option<Deadline>,
}

/// An application that came to nothing.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Ended {
    pub program: ProgramId,
    /// From when on the partner may apply again.
    pub again: Deadline,
    pub people: EarlierPeople,
}

/// The people of applications that came to nothing, from whom the next one is kept as those were.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct EarlierPeople {
    pub contacts: BTreeSet<SubjectId>,
    /// Who has acted for it as one of its own.
    pub members: BTreeSet<String>,
}

/// How far an application has come, with what is true of it there.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum ApplicationStage {
    Applied,
    UnderReview,
    InformationRequested { request: InformationRequestId, lapses: Option<Deadline> },
    Reviewed(ReviewResult),
    InterviewScheduled { review: ReviewResult, at: DateTime<Utc> },
    Interviewed { review: ReviewResult, outcome: InterviewOutcome },
}

impl Candidate {
    pub(super) fn decide(
        &self,
        issued: &Issued<PartnerCommand>,
        rulebook: &Rulebook,
    ) -> Result<Vec<PartnerEvent>, PartnerRefusal> {
        use ApplicationEvent as Told;
        use ApplicationStage as S;
        use PartnerCommand as Do;
        use PartnerRefusal as No;
        use ReviewResult::{Failed, NotRecommended, Passed};
        let personal = |value: &String| Personal::new(self.file.subject, value.clone());
        let policy = rulebook.policy_at(issued.at);
        let review_due = || policy.deadline(issued.at, |screening| screening.review_days);
        let again = |days: fn(&Screening) -> u32| again(policy, issued.at, days);
        let told_of = match (self.stage, &issued.command) {
            (S::Applied | S::UnderReview, Do::AssignReview { reviewer }) => {
                Told::ReviewAssigned { reviewer: reviewer.clone() }
            }
            (S::InformationRequested { .. }, Do::AssignReview { .. } | Do::RecordReview { .. }) => {
                return Err(No::InformationPending);
            }
            (
                S::Reviewed(_) | S::InterviewScheduled { .. } | S::Interviewed { .. },
                Do::AssignReview { .. } | Do::RequestInformation { .. } | Do::RecordReview { .. },
            ) => return Err(No::AlreadyReviewed),

            (S::UnderReview, Do::RequestInformation { question }) => Told::InformationRequested {
                request: InformationRequestId(derived(issued.command_id.0, "information-request")),
                question: personal(question),
                answer_due: policy.deadline(issued.at, |screening| screening.answer_days),
                lapses: policy.deadline(issued.at, |screening| screening.lapse_days),
            },
            (S::Applied, Do::RequestInformation { .. } | Do::RecordReview { .. }) => {
                return Err(No::ReviewNotAssigned);
            }
            (S::InformationRequested { .. }, Do::RequestInformation { .. }) => {
                return Err(No::InformationPending);
            }

            (S::InformationRequested { request, .. }, Do::SupplyInformation { answer }) => {
                let (answer, supplied_at) = (personal(answer), issued.at);
                Told::InformationSupplied { request, answer, supplied_at, review_due: review_due() }
            }
            (S::InformationRequested { request, .. }, Do::CloseInformationRequest {}) => {
                let review_due = review_due();
                Told::InformationRequestClosed { request, closed_at: issued.at, review_due }
            }
            (
                S::Applied
                | S::UnderReview
                | S::Reviewed(_)
                | S::InterviewScheduled { .. }
                | S::Interviewed { .. },
                Do::SupplyInformation { .. } | Do::CloseInformationRequest {},
            ) => return Err(No::InformationNotRequested),

            (S::UnderReview, Do::RecordReview { sector_fit, marketing_competence, result }) => {
                Told::ReviewRecorded {
                    sector_fit: personal(sector_fit),
                    marketing_competence: personal(marketing_competence),
                    result: *result,
                    reviewed_at: issued.at,
                }
            }

            (S::InterviewScheduled { at: before, .. }, Do::ScheduleInterview { at })
                if before == *at =>
            {
                return Ok(vec![]); // Already so.
            }
            (
                S::Reviewed(Passed | NotRecommended) | S::InterviewScheduled { .. },
                Do::ScheduleInterview { at },
            ) => Told::InterviewScheduled { at: *at },
            (S::InterviewScheduled { .. }, Do::RecordInterview { outcome, notes }) => {
                Told::InterviewHeld {
                    outcome: *outcome,
                    notes: personal(notes),
                    held_at: issued.at,
                }
            }
            (S::InterviewScheduled { at, .. }, Do::RecordMissedInterview {}) => {
                if issued.at < at {
                    return Err(No::InterviewNotDue { at });
                }
                Told::InterviewMissed { scheduled_for: at, missed_at: issued.at }
            }
            (
                S::Reviewed(Passed | NotRecommended),
                Do::RecordInterview { .. } | Do::RecordMissedInterview {},
            ) => return Err(No::InterviewNotScheduled),
            (
                S::Interviewed { .. },
                Do::ScheduleInterview { .. }
                | Do::RecordInterview { .. }
                | Do::RecordMissedInterview {},
            ) => return Err(No::InterviewAlreadyHeld),
            (
                S::Reviewed(Failed),
                Do::ScheduleInterview { .. }
                | Do::RecordInterview { .. }
                | Do::RecordMissedInterview {}
                | Do::Approve { .. },
            ) => return Err(No::ReviewNotPassed),
            (
                S::Applied | S::UnderReview | S::InformationRequested { .. },
                Do::ScheduleInterview { .. }
                | Do::RecordInterview { .. }
                | Do::RecordMissedInterview {}
                | Do::Approve { .. }
                | Do::Reject { .. },
            ) => return Err(No::NotReviewed), // Nobody is turned away before both findings stand (R2).

            (
                S::Reviewed(Passed | NotRecommended)
                | S::InterviewScheduled { .. }
                | S::Interviewed { .. },
                Do::Approve { reason },
            ) => {
                let interview_held = matches!(self.stage, S::Interviewed { .. });
                if !interview_held && policy.body.interview_required {
                    return Err(No::InterviewNotHeld { policy: policy_ref(policy) });
                }
                if self.stage.is_advised_against() && reason.is_none() {
                    return Err(No::AdvisedAgainst);
                }
                let reason = reason.as_ref().map(personal);
                Told::Approved { interview_held, reason, approved_at: issued.at }
            }
            (
                S::Reviewed(_) | S::InterviewScheduled { .. } | S::Interviewed { .. },
                Do::Reject { code },
            ) => Told::Rejected {
                code: *code,
                again: again(|screening| screening.reapply_after_rejection_days),
            },
            (stage, Do::Withdraw {}) => Told::Withdrawn {
                request: stage.open_request(),
                again: again(|screening| screening.reapply_after_withdrawal_days),
            },

            (_, Do::Escalate {}) => match self.due {
                Some(due) if due.at <= issued.at => {
                    Told::Escalated { waiting_for: self.stage.waiting_for(), due }
                }
                Some(_) | None => return Ok(vec![]), // Somebody has acted meanwhile.
            },
            (S::InformationRequested { request, lapses: Some(lapses) }, Do::Lapse {})
                if lapses.at <= issued.at =>
            {
                let again = again(|screening| screening.reapply_after_lapse_days);
                Told::Lapsed { request, again }
            }
            (_, Do::Lapse {}) => return Ok(vec![]), // The question is over, or another one is open.

            (_, Do::AddContact { contact }) => return contacts::add(&self.file, contact).map(told),
            (_, Do::ChangeContact { contact }) => {
                return contacts::change(&self.file, contact).map(told);
            }
            (_, Do::RemoveContact { person }) => {
                return contacts::remove(&self.file, *person).map(told);
            }
            (_, Do::Apply { .. }) => return Err(No::AlreadyApplied),
            (
                _,
                Do::AcceptTerms { .. }
                | Do::Join {}
                | Do::AssignCourse { .. }
                | Do::CompleteModule { .. }
                | Do::RecordExam { .. }
                | Do::IssueCertificate { .. }
                | Do::SetPaymentDetails { .. }
                | Do::OverrideTier { .. }
                | Do::Suspend { .. }
                | Do::Reinstate { .. }
                | Do::NoticeTermination { .. }
                | Do::RevokeTermination {}
                | Do::Terminate {},
            ) => return Err(No::NotApproved),
        };
        Ok(vec![told_of.into()])
    }

    pub(super) fn evolve(&mut self, event: &ApplicationEvent) {
        use ApplicationEvent as Told;
        use ApplicationStage as S;
        let reviewed = self.stage.review();
        self.due = match event {
            Told::InformationRequested { answer_due: due, .. }
            | Told::InformationSupplied { review_due: due, .. }
            | Told::InformationRequestClosed { review_due: due, .. } => *due,
            Told::ReviewAssigned { .. } => self.due,
            Told::Applied { .. }
            | Told::ReviewRecorded { .. }
            | Told::InterviewScheduled { .. }
            | Told::InterviewHeld { .. }
            | Told::InterviewMissed { .. }
            | Told::Escalated { .. }
            | Told::Approved { .. }
            | Told::Rejected { .. }
            | Told::Withdrawn { .. }
            | Told::Lapsed { .. } => None,
        };
        let (stage, since) = match event {
            Told::ReviewAssigned { .. } => (S::UnderReview, None),
            Told::InformationRequested { request, lapses, .. } => {
                (S::InformationRequested { request: *request, lapses: *lapses }, None)
            }
            Told::InformationSupplied { supplied_at: at, .. }
            | Told::InformationRequestClosed { closed_at: at, .. } => (S::UnderReview, Some(*at)),
            Told::ReviewRecorded { result, reviewed_at, .. } => {
                (S::Reviewed(*result), Some(*reviewed_at))
            }
            Told::InterviewScheduled { at } => {
                (S::InterviewScheduled { review: reviewed, at: *at }, None)
            }
            Told::InterviewHeld { outcome, held_at, .. } => {
                (S::Interviewed { review: reviewed, outcome: *outcome }, Some(*held_at))
            }
            Told::InterviewMissed { missed_at, .. } => (S::Reviewed(reviewed), Some(*missed_at)),
            Told::Escalated { .. } => (self.stage, None),
            Told::Applied { .. }
            | Told::Approved { .. }
            | Told::Rejected { .. }
            | Told::Withdrawn { .. }
            | Told::Lapsed { .. } => return, // These begin and end a candidate.
        };
        self.stage = stage;
        self.file.since = since.unwrap_or(self.file.since);
    }
}

impl Candidate {
    /// As it begins, with an application; what else happens begins none.
    pub(super) fn begun(event: ApplicationEvent, earlier: EarlierPeople) -> Option<Self> {
        let ApplicationEvent::Applied {
            program,
            company,
            contacts,
            sections,
            source,
            inviter,
            terms_version,
            applied_by,
            applied_at,
            resembles,
            review_due,
        } = event
        else {
            return None;
        };
        let mut file = File {
            program,
            company: CompanyKeys::of(&company),
            resembles,
            people: contacts.iter().map(|contact| contact.details.subject).collect(),
            former: earlier.contacts,
            subject: sections.subject,
            source,
            inviter,
            terms_version,
            applied_by: applied_by.clone(),
            since: applied_at,
            members: earlier.members,
        };
        file.acted(&applied_by);
        Some(Self { file, stage: ApplicationStage::Applied, due: review_due })
    }

    /// What is left of it once it has come to nothing.
    pub(super) fn ended(&self, again: Deadline) -> Ended {
        let File { program, people, former, members, .. } = &self.file;
        let contacts = former.iter().chain(people).copied().collect();
        let people = EarlierPeople { contacts, members: members.clone() };
        Ended { program: *program, again, people }
    }
}

impl Ended {
    /// Refuses to come again too early, or to another programme.
    pub(super) fn reapplies(
        &self,
        program: ProgramId,
        at: DateTime<Utc>,
    ) -> Result<(), PartnerRefusal> {
        if program != self.program {
            return Err(PartnerRefusal::OfAnotherProgram { program: self.program });
        }
        let Deadline { at: from, policy_version: version } = self.again;
        if at < from {
            let policy = PolicyRef { id: "program-policy".into(), version };
            return Err(PartnerRefusal::AppliesTooSoon { from, policy });
        }
        Ok(())
    }
}

/// From when on whoever is not taken may come again: at once where the policy says nothing of it.
fn again(
    policy: &Published<ProgramPolicy>,
    at: DateTime<Utc>,
    days: impl FnOnce(&Screening) -> u32,
) -> Deadline {
    policy.deadline(at, days).unwrap_or(Deadline { at, policy_version: policy.version })
}

impl ApplicationStage {
    fn open_request(self) -> Option<InformationRequestId> {
        match self {
            Self::InformationRequested { request, .. } => Some(request),
            Self::Applied
            | Self::UnderReview
            | Self::Reviewed(_)
            | Self::InterviewScheduled { .. }
            | Self::Interviewed { .. } => None,
        }
    }

    fn waiting_for(self) -> WaitingFor {
        match self {
            Self::InformationRequested { .. } => WaitingFor::Candidate,
            Self::InterviewScheduled { .. } => WaitingFor::Interview,
            Self::Applied | Self::UnderReview | Self::Reviewed(_) | Self::Interviewed { .. } => {
                WaitingFor::Vendor
            }
        }
    }

    /// What the reviewer concluded; passed is what nobody has contradicted yet.
    fn review(self) -> ReviewResult {
        match self {
            Self::Applied | Self::UnderReview | Self::InformationRequested { .. } => {
                ReviewResult::Passed
            }
            Self::Reviewed(review)
            | Self::InterviewScheduled { review, .. }
            | Self::Interviewed { review, .. } => review,
        }
    }

    /// Whether reviewer or interviewer advise against the candidate.
    fn is_advised_against(self) -> bool {
        match self {
            Self::Applied | Self::UnderReview | Self::InformationRequested { .. } => false,
            Self::Reviewed(review) | Self::InterviewScheduled { review, .. } => {
                review != ReviewResult::Passed
            }
            Self::Interviewed { review, outcome } => {
                review != ReviewResult::Passed || outcome == InterviewOutcome::NotRecommended
            }
        }
    }
}
