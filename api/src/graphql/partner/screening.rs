//! What was sent, asked, answered and found of an application: personal data that is opened when it is asked for.

use async_graphql::{ComplexObject, Context};
use chrono::{DateTime, Utc};
use domain::partner::{
    ApplicationRejectionCode, ApplicationSource, InterviewOutcome, ReviewResult,
    Sections as Written, WaitingFor,
};
use eventlog::SealedValue;
use projections::{Sealed, application_findings::FindingKind};
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::contact::Contact;
use crate::graphql::ground::{
    asked::Asked,
    failure::Failure,
    show::{read, shown, shows},
    word::Word,
};

shows! {
    /// An application as it was sent, whatever has changed of the partner since. What is personal is null once the
    /// person's data has been erased.
    #[graphql(complex)]
    ApplicationForm of application_forms as row {
        /// The form's UUID.
        form_id: Uuid = row.id,
        /// When it was sent.
        submitted_at: DateTime<Utc>,
        /// The subject of the sign-in that sent it.
        submitted_by: String,
        /// The company's registered name.
        name: String = row.company_name,
        /// The company's country by the two letters of ISO 3166.
        country: String,
        /// The company's tax number.
        tax_id: Option<String>,
        /// The company's web site.
        website: Option<String>,
        /// The company's people.
        contacts: Vec<Contact> = shown(row.contacts.0)?,
        /// How the candidate found the programme.
        source: Word<ApplicationSource>,
        /// The version of the terms that the candidate accepted with it.
        terms_version: u32,
        #[graphql(skip)]
        sections: Texts = Texts(row.sections),
    }
}

shows! {
    /// A question to a candidate, with its answer. What is personal is null once the person's data has been erased.
    #[graphql(complex)]
    InformationRequest of information_requests as row {
        /// The question's UUID.
        information_request_id: Uuid = row.id,
        /// When it was asked.
        asked_at: DateTime<Utc>,
        /// By when it is to be answered.
        due_at: Option<DateTime<Utc>>,
        /// When the application lapses without an answer.
        lapses_at: Option<DateTime<Utc>>,
        /// When it was answered.
        answered_at: Option<DateTime<Utc>>,
        /// When it was closed without an answer: by the vendor, or because the application has lapsed.
        closed_at: Option<DateTime<Utc>>,
        #[graphql(skip)]
        asked: Texts = Texts(row.question),
        #[graphql(skip)]
        answered: Texts = Texts(row.answer),
    }
}

shows! {
    /// What the vendor found of an application, or decided. What is personal is null once the person's data has been
    /// erased.
    #[graphql(complex)]
    ApplicationFinding of application_findings as row {
        /// What was found or decided.
        kind: Word<FindingKind>,
        /// When.
        found_at: DateTime<Utc>,
        /// By whom: the subject of the sign-in.
        found_by: String,
        /// What the reviewer concluded.
        review_result: Option<Word<ReviewResult>> = shown(row.review)?,
        /// What came of the interview.
        interview_outcome: Option<Word<InterviewOutcome>> = shown(row.interview)?,
        /// Why the application was rejected.
        rejection: Option<Word<ApplicationRejectionCode>>,
        /// Of an escalation: who has not acted in time.
        waiting_for: Option<Word<WaitingFor>>,
        #[graphql(skip)]
        texts: Texts = Texts(row.texts),
    }
}

/// Texts that stay closed until somebody asks for one of them.
#[derive(Clone, Debug)]
pub struct Texts(Sealed);

impl Texts {
    async fn nth<T: DeserializeOwned>(
        &self,
        ctx: &Context<'_>,
        nth: usize,
    ) -> Result<Option<T>, Failure> {
        let Some(sealed): Option<&SealedValue> = self.0.0.get(nth) else { return Ok(None) };
        let opened = Asked::of(ctx)?.opened(sealed).await?;
        opened.as_ref().map(read).transpose()
    }
}

#[ComplexObject]
impl ApplicationForm {
    /// What the company can do.
    async fn competencies(&self, ctx: &Context<'_>) -> Result<Option<String>, Failure> {
        Ok(self.written(ctx).await?.map(|sections| sections.competencies))
    }

    /// Whom the company sells to.
    async fn customer_portfolio(&self, ctx: &Context<'_>) -> Result<Option<String>, Failure> {
        Ok(self.written(ctx).await?.map(|sections| sections.customer_portfolio))
    }

    /// What the company wants to reach with the programme.
    async fn strategic_goals(&self, ctx: &Context<'_>) -> Result<Option<String>, Failure> {
        Ok(self.written(ctx).await?.map(|sections| sections.strategic_goals))
    }
}

impl ApplicationForm {
    async fn written(&self, ctx: &Context<'_>) -> Result<Option<Written>, Failure> {
        self.sections.nth(ctx, 0).await
    }
}

#[ComplexObject]
impl InformationRequest {
    /// What was asked.
    async fn question(&self, ctx: &Context<'_>) -> Result<Option<String>, Failure> {
        self.asked.nth(ctx, 0).await
    }

    /// What was answered.
    async fn answer(&self, ctx: &Context<'_>) -> Result<Option<String>, Failure> {
        self.answered.nth(ctx, 0).await
    }
}

#[ComplexObject]
impl ApplicationFinding {
    /// Of a review: how well the candidate's sector fits.
    async fn sector_fit(&self, ctx: &Context<'_>) -> Result<Option<String>, Failure> {
        self.text(ctx, FindingKind::Review, 0).await
    }

    /// Of a review: how well the candidate can market.
    async fn marketing_competence(&self, ctx: &Context<'_>) -> Result<Option<String>, Failure> {
        self.text(ctx, FindingKind::Review, 1).await
    }

    /// Of an interview: the interviewer's notes.
    async fn notes(&self, ctx: &Context<'_>) -> Result<Option<String>, Failure> {
        self.text(ctx, FindingKind::Interview, 0).await
    }

    /// Of an approval: why, above all where a finding advised against it.
    async fn reason(&self, ctx: &Context<'_>) -> Result<Option<String>, Failure> {
        self.text(ctx, FindingKind::Approval, 0).await
    }
}

impl ApplicationFinding {
    async fn text(
        &self,
        ctx: &Context<'_>,
        of: FindingKind,
        nth: usize,
    ) -> Result<Option<String>, Failure> {
        if self.kind.0 == of { self.texts.nth(ctx, nth).await } else { Ok(None) }
    }
}
