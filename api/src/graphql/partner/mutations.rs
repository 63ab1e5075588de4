//! GraphQL mutations of a partner, from its application to its tier.

use async_graphql::InputObject;
use chrono::{DateTime, Utc};
use domain::{
    PartnerId, ProgramId, SubjectId, Tier,
    partner::{
        ApplicationRejectionCode, ApplicationSource, Company, InterviewOutcome, NewContact,
        PartnerCommand, ReviewResult, Sections, SourceRef,
    },
};
use uuid::Uuid;

use super::Partner;
use crate::graphql::ground::{mutation::mutations, word::Word};

/// A candidate's company.
#[derive(InputObject, Debug)]
pub struct CompanyInput {
    /// Its registered name. At most 200 characters on one line.
    name: String,
    /// Its country by the two letters of ISO 3166, such as "PL". At most 2 characters on one line.
    country: String,
    /// Its tax number. At most 200 characters on one line.
    tax_id: Option<String>,
    /// Its web site. At most 200 characters on one line.
    website: Option<String>,
}

/// A person of the partner's company.
#[derive(InputObject, Debug)]
pub struct ContactInput {
    /// The person's id, a UUID of your choice. Training and certificates are recorded under it.
    person: Uuid,
    /// First name. At most 200 characters on one line.
    first_name: String,
    /// Last name. At most 200 characters on one line.
    last_name: String,
    /// E-mail address. At most 200 characters on one line.
    email: String,
    /// Telephone number. At most 200 characters on one line.
    phone: Option<String>,
}

/// The mandatory sections of the application form.
#[derive(InputObject, Debug)]
pub struct SectionsInput {
    /// What the company can do. At most 8000 characters.
    competencies: String,
    /// Whom the company sells to. At most 8000 characters.
    customer_portfolio: String,
    /// What the company wants to reach with the programme. At most 8000 characters.
    strategic_goals: String,
}

/// Where a fact about training comes from. The same source and reference counts once, however often it is sent.
#[derive(InputObject, Debug)]
pub struct SourceRefInput {
    /// The system, such as "lms". At most 200 characters on one line.
    source: String,
    /// Its own number of the record. At most 200 characters on one line.
    reference: String,
}

impl From<CompanyInput> for Company {
    fn from(input: CompanyInput) -> Self {
        let CompanyInput { name, country, tax_id, website } = input;
        Self { name, country, tax_id, website }
    }
}

impl From<ContactInput> for NewContact {
    fn from(input: ContactInput) -> Self {
        let ContactInput { person, first_name, last_name, email, phone } = input;
        Self { person: SubjectId(person), first_name, last_name, email, phone }
    }
}

impl From<SectionsInput> for Sections {
    fn from(input: SectionsInput) -> Self {
        let SectionsInput { competencies, customer_portfolio, strategic_goals } = input;
        Self { competencies, customer_portfolio, strategic_goals }
    }
}

impl From<SourceRefInput> for SourceRef {
    fn from(SourceRefInput { source, reference }: SourceRefInput) -> Self {
        Self { source, reference }
    }
}

mutations! {
    /// Mutations of applications.
    ApplicationMutations asks PartnerCommand of Partner(PartnerId) by partner_id, "The candidate."; changes partner: Partner;

    /// Applies for a programme: registers the company with its contacts, its form and its consent to the terms.
    apply_for_program(ApplyForProgramInput) -> ApplyForProgramPayload {
        /// The id that the partner shall have. An owner's is the partner of the sign-in and may be left out.
        partner_id: Option<Uuid>,
        /// The programme.
        program: Uuid,
        /// The company.
        company: CompanyInput,
        /// Its people, at least one. At most 100 entries.
        contacts: Vec<ContactInput>,
        /// The sections of the form.
        sections: SectionsInput,
        /// How the candidate found the programme.
        source: Word<ApplicationSource>,
        /// The partner that brought the candidate; it will stand above it in the network.
        inviter: Option<Uuid>,
        /// The version of the terms that the candidate accepts; it must be the one in force.
        /// From 0 to 2147483647.
        terms_version: u32,
    } => |from| [partner_id.or(from.own_partner()).unwrap_or_else(|| from.new_id(None, "partner"))] Apply {
        program: ProgramId(program),
        company: company.into(),
        contacts: contacts.into_iter().map(NewContact::from).collect(),
        sections: sections.into(),
        source: source.0,
        inviter: inviter.map(PartnerId),
        terms_version,
    };

    /// Names who reviews an application.
    assign_review(AssignReviewInput) -> AssignReviewPayload {
        /// The reviewer's sign-in. At most 200 characters on one line.
        reviewer: String,
    } => AssignReview { reviewer };

    /// Asks the candidate for something that the application lacks.
    request_information(RequestInformationInput) -> RequestInformationPayload {
        /// What is asked. At most 8000 characters.
        question: String,
    } => RequestInformation { question };

    /// Answers what the vendor asked about the application.
    supply_information(SupplyInformationInput) -> SupplyInformationPayload {
        /// The answer. At most 8000 characters.
        answer: String,
    } => SupplyInformation { answer };

    /// Closes the question to the candidate that is open, so that the review goes on without an answer.
    close_information_request(CloseInformationRequestInput) -> CloseInformationRequestPayload {} => CloseInformationRequest {};

    /// Records the review of an application with its two findings.
    record_review(RecordReviewInput) -> RecordReviewPayload {
        /// How well its sector fits. At most 8000 characters.
        sector_fit: String,
        /// How well it can market. At most 8000 characters.
        marketing_competence: String,
        /// What the reviewer concludes.
        result: Word<ReviewResult>,
    } => RecordReview { sector_fit, marketing_competence, result: result.0 };

    /// Sets the date of the interview, or another one.
    schedule_interview(ScheduleInterviewInput) -> ScheduleInterviewPayload {
        /// When it takes place.
        at: DateTime<Utc>,
    } => ScheduleInterview { at };

    /// Records that the interview was held.
    record_interview(RecordInterviewInput) -> RecordInterviewPayload {
        /// What came of it.
        outcome: Word<InterviewOutcome>,
        /// The interviewer's notes. At most 8000 characters.
        notes: String,
    } => RecordInterview { outcome: outcome.0, notes };

    /// Records that the candidate did not come to the interview. It can be given another date.
    record_missed_interview(RecordMissedInterviewInput) -> RecordMissedInterviewPayload {} => RecordMissedInterview {};

    /// Approves an application: from here on the candidate is a partner and has access to the portal.
    approve_application(ApproveApplicationInput) -> ApproveApplicationPayload {
        /// Why. Needed where the review or the interview advises against the candidate. At most 8000 characters.
        reason: Option<String>,
    } => Approve { reason };

    /// Rejects an application.
    reject_application(RejectApplicationInput) -> RejectApplicationPayload {
        /// Why.
        code: Word<ApplicationRejectionCode>,
    } => Reject { code: code.0 };

    /// Withdraws an application that is not decided yet.
    withdraw_application(WithdrawApplicationInput) -> WithdrawApplicationPayload {} => Withdraw {};
}

mutations! {
    /// Mutations of partners.
    PartnerMutations asks PartnerCommand of Partner(PartnerId) by partner_id, "The partner."; changes partner: Partner;

    /// Adds somebody to a partner's contacts.
    add_contact(AddContactInput) -> AddContactPayload {
        /// The person.
        contact: ContactInput,
    } => AddContact { contact: contact.into() };

    /// Changes what is known of one of a partner's contacts.
    change_contact(ChangeContactInput) -> ChangeContactPayload {
        /// The person, with all of what is known of it from now on.
        contact: ContactInput,
    } => ChangeContact { contact: contact.into() };

    /// Removes somebody from a partner's contacts. What the person has done in training stays.
    remove_contact(RemoveContactInput) -> RemoveContactPayload {
        /// The person's id.
        person: Uuid,
    } => RemoveContact { person: SubjectId(person) };

    /// Accepts the terms of the programme that are in force.
    accept_terms(AcceptTermsInput) -> AcceptTermsPayload {
        /// Their version. From 0 to 2147483647.
        version: u32,
    } => AcceptTerms { version };

    /// Takes an approved partner into the programme's network, below the partner that invited it.
    join_network(JoinNetworkInput) -> JoinNetworkPayload {} => Join {};

    /// Assigns a course to a partner.
    assign_course(AssignCourseInput) -> AssignCoursePayload {
        /// The course's name. At most 200 characters on one line.
        course: String,
    } => AssignCourse { course };

    /// Records that a person has completed a module of an assigned course.
    complete_module(CompleteModuleInput) -> CompleteModulePayload {
        /// Who completed it.
        person: Uuid,
        /// The course. At most 200 characters on one line.
        course: String,
        /// The module. At most 200 characters on one line.
        module: String,
        /// The version of the content that was learned. From 0 to 2147483647.
        content_version: u32,
        /// The score in per cent, where the module has one. From 0 to 100.
        score: Option<u32>,
        /// Where the fact comes from.
        source: SourceRefInput,
    } => CompleteModule {
        person: SubjectId(person),
        course,
        module,
        content_version,
        score,
        source: source.into(),
    };

    /// Records that a person has taken an exam.
    record_exam(RecordExamInput) -> RecordExamPayload {
        /// Who took it.
        person: Uuid,
        /// The exam. At most 200 characters on one line.
        exam: String,
        /// Whether it was passed.
        passed: bool,
        /// The score in per cent. From 0 to 100.
        score: u32,
        /// Where the fact comes from.
        source: SourceRefInput,
    } => RecordExam { person: SubjectId(person), exam, passed, score, source: source.into() };

    /// Issues a certificate to a person who has completed the courses and passed the exam.
    issue_certificate(IssueCertificateInput) -> IssueCertificatePayload {
        /// Who is certified.
        person: Uuid,
        /// The certification. At most 200 characters on one line.
        certification: String,
    } => IssueCertificate { person: SubjectId(person), certification };

    /// Sets where the partner's payouts go.
    set_payment_details(SetPaymentDetailsInput) -> SetPaymentDetailsPayload {
        /// Who holds the bank account. At most 200 characters on one line.
        account_holder: String,
        /// Its IBAN. At most 34 characters on one line.
        #[graphql(secret)]
        iban: String,
    } => SetPaymentDetails { account_holder, iban };

    /// Gives a partner another tier than its results would, with a reason.
    override_tier(OverrideTierInput) -> OverrideTierPayload {
        /// The tier from now on.
        to: Word<Tier>,
        /// Why. At most 8000 characters.
        reason: String,
    } => OverrideTier { to: to.0, reason };
}
