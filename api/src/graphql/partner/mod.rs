//! Partners as GraphQL objects: the company, its application, its network, its training.

mod application;
mod edges;
mod lists;
mod mutations;
mod network;
mod training;

use async_graphql::{Enum, ID, SimpleObject};
use chrono::{DateTime, Utc};
use domain::{
    Tier,
    partner::{ApplicationRejectionCode, ApplicationSource},
};
use projections::partners;
use uuid::Uuid;

pub use self::{
    application::{Application, approved},
    lists::PartnerQueries,
    mutations::{ApplicationMutations, PartnerMutations},
    network::NetworkMember,
};
use super::ground::{
    node::Global,
    scalars::Position,
    show::{mirrors, read, shown, shows},
    word::Word,
};

shows! {
    /// A company that sells for the vendor, or that has applied to do so.
    #[graphql(complex)]
    Partner of partners as row given { let contacts: Vec<Kept> = read(&row.contacts)?; } {
        /// The partner's global id.
        id: ID = Self::global(row.id),
        /// The partner's UUID, as inputs take it.
        partner_id: Uuid = row.id,
        /// The company's registered name.
        name: String = row.company_name,
        /// The company's country by the two letters of ISO 3166.
        country: String,
        /// The company's tax number.
        tax_id: Option<String>,
        /// The company's web site.
        website: Option<String>,
        /// How far the partner has come.
        stage: PartnerStage,
        /// Where the partner stands on the ladder of tiers.
        tier: Word<Tier>,
        /// How the partner found the programme.
        source: Word<ApplicationSource>,
        /// The company's people.
        contacts: Vec<Contact> = contacts.into_iter().map(Contact::from).collect(),
        /// When the partner applied.
        applied_at: DateTime<Utc>,
        /// When the application was approved.
        approved_at: Option<DateTime<Utc>>,
        /// When the partner joined the network.
        joined_at: Option<DateTime<Utc>>,
        /// When the application was rejected or withdrawn.
        ended_at: Option<DateTime<Utc>>,
        /// Why the application was rejected.
        rejection: Option<Word<ApplicationRejectionCode>>,
        /// Who reviews the application.
        reviewer: Option<String>,
        /// Whether the review was passed.
        review_passed: Option<bool>,
        /// When the interview takes place or took place.
        interview_at: Option<DateTime<Utc>>,
        /// How many levels below the top the partner stands.
        depth: Option<u32>,
        /// What others give when they apply through this partner.
        referral_code: Option<String>,
        /// How many certificates the partner's people were given.
        certificates_given: u32 = shown(row.certified)?,
        /// The version of the terms that the partner has accepted last.
        terms_version: u32,
        /// Whether it is known where the partner's payouts go. Null for whoever has nothing to do with payouts.
        payment_details_set: Option<bool> = Some(row.payment_details_hash.is_some()),
        /// Grows with every change; give it as `expectedVersion`.
        version: u32,
        /// The place in the log of the last change.
        changed_at_position: Position = shown(row.last_position)?,
        #[graphql(skip)]
        program: Uuid,
        #[graphql(skip)]
        parent: Option<Uuid>,
    }
}

/// How far a partner has come.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
#[graphql(remote = "partners::Stage")]
pub enum PartnerStage {
    /// The application is there and nobody reviews it yet.
    Applied,
    /// Somebody reviews it.
    UnderReview,
    /// The candidate has been asked for something.
    InformationRequested,
    /// The review is done.
    Reviewed,
    /// The interview has a date.
    InterviewScheduled,
    /// The interview was held.
    Interviewed,
    /// The application is approved: this is a partner.
    Approved,
    /// The application was rejected.
    Rejected,
    /// The candidate has withdrawn the application.
    Withdrawn,
}

/// A person of a partner. What is personal is null once the person's data has been erased.
#[derive(SimpleObject, Clone, Debug)]
pub struct Contact {
    /// The person's id, under which training and certificates are recorded.
    pub person: Uuid,
    /// First name.
    pub first_name: Option<String>,
    /// Last name.
    pub last_name: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// Telephone number.
    pub phone: Option<String>,
}

/// A contact as the row keeps it.
#[derive(serde::Deserialize)]
struct Kept {
    subject: Uuid,
    details: Option<Details>,
}

#[derive(serde::Deserialize)]
struct Details {
    first_name: String,
    last_name: String,
    email: String,
    phone: Option<String>,
}

impl From<Kept> for Contact {
    fn from(Kept { subject, details }: Kept) -> Self {
        let empty =
            Self { person: subject, first_name: None, last_name: None, email: None, phone: None };
        details.map_or(empty.clone(), |details| Self {
            first_name: Some(details.first_name),
            last_name: Some(details.last_name),
            email: Some(details.email),
            phone: details.phone,
            ..empty
        })
    }
}

mirrors!(PartnerStage as partners::Stage);

impl Global for Partner {
    const KIND: u8 = 2;
}
