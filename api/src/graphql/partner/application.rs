//! The application as its candidate sees it: all that anybody sees of the portal before the approval (R4).

use chrono::{DateTime, Utc};
use domain::{Partner, PartnerId, partner::ApplicationRejectionCode};
use eventlog::{LoadError, Log};
use futures::{FutureExt, future::BoxFuture};
use projections::partners;
use uuid::Uuid;

use super::{
    contact::Contact,
    screening::{ApplicationForm, InformationRequest},
};
use crate::graphql::ground::{
    edges::edges,
    show::{shown, shows},
    word::Word,
};

shows! {
    /// Your own application.
    #[graphql(complex)]
    Application of partners as row {
        /// The partner's UUID, as inputs take it.
        partner_id: Uuid = row.id,
        /// The company's registered name.
        name: String = row.company_name,
        /// How far the application has come.
        stage: Word<partners::PartnerStage>,
        /// Your company's people.
        contacts: Vec<Contact> = shown(row.contacts.0)?,
        /// When you applied.
        applied_at: DateTime<Utc>,
        /// When the interview takes place.
        interview_at: Option<DateTime<Utc>>,
        /// When the application was approved.
        approved_at: Option<DateTime<Utc>>,
        /// When the application was rejected or withdrawn, or lapsed.
        ended_at: Option<DateTime<Utc>>,
        /// From when on you may apply again, where the application has come to nothing.
        may_apply_from: Option<DateTime<Utc>>,
        /// Why the application was rejected.
        rejection: Option<Word<ApplicationRejectionCode>>,
    }
}

edges! {
    Application by partner_id;
    pages {
        /// What you have sent, the latest first.
        forms: ApplicationForm = application_forms by Partner, descending Position;
        /// What the vendor has asked and you have answered, in the order in which it was asked.
        information_requests: InformationRequest = information_requests by Partner, ascending FirstPosition;
    }
}

/// Whether a partner is approved by now, as its stream tells it: views may be behind.
pub fn approved(log: Log, own: PartnerId) -> BoxFuture<'static, Result<bool, LoadError>> {
    async move { Ok(log.look::<Partner>(own.0).await?.is_approved()) }.boxed()
}
