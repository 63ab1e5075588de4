//! Partners: the company, its application, its network, its training.

mod application;
mod edges;
mod lists;
mod mutations;
mod network;
mod training;

use async_graphql::{Enum, ID, SimpleObject};
use chrono::{DateTime, Utc};
use projections::partners;
use uuid::Uuid;

pub use self::{
    application::Application,
    lists::PartnerQueries,
    mutations::{ApplicationMutations, PartnerMutations},
    network::NetworkMember,
};
use super::{
    enums::{RejectionCode, Source, Tier},
    ground::{
        failure::Failure,
        list::mirrors,
        node::Global,
        scalars::Position,
        show::{Shows, number, read, word},
    },
};

/// A company that sells for the vendor, or that has applied to do so.
#[derive(SimpleObject, Clone, Debug)]
#[graphql(complex)]
pub struct Partner {
    /// The partner's global id.
    pub id: ID,
    /// The partner's UUID, as inputs take it.
    pub partner_id: Uuid,
    /// The company's registered name.
    pub name: String,
    /// The company's country by the two letters of ISO 3166.
    pub country: String,
    /// The company's tax number.
    pub tax_id: Option<String>,
    /// The company's web site.
    pub website: Option<String>,
    /// How far the partner has come.
    pub stage: PartnerStage,
    /// Where the partner stands on the ladder of tiers.
    pub tier: Tier,
    /// How the partner found the programme.
    pub source: Source,
    /// The company's people.
    pub contacts: Vec<Contact>,
    /// When the partner applied.
    pub applied_at: DateTime<Utc>,
    /// When the application was approved.
    pub approved_at: Option<DateTime<Utc>>,
    /// When the partner joined the network.
    pub joined_at: Option<DateTime<Utc>>,
    /// When the application was rejected or withdrawn.
    pub ended_at: Option<DateTime<Utc>>,
    /// Why the application was rejected.
    pub rejection: Option<RejectionCode>,
    /// Who reviews the application.
    pub reviewer: Option<String>,
    /// Whether the review was passed.
    pub review_passed: Option<bool>,
    /// When the interview takes place or took place.
    pub interview_at: Option<DateTime<Utc>>,
    /// How many levels below the top the partner stands.
    pub depth: Option<u32>,
    /// What others give when they apply through this partner.
    pub referral_code: Option<String>,
    /// How many certificates the partner's people were given.
    pub certificates_given: u32,
    /// The version of the terms that the partner has accepted last.
    pub terms_version: u32,
    /// Whether it is known where the partner's payouts go. Null for whoever has nothing to do with payouts.
    pub payment_details_set: Option<bool>,
    /// Grows with every change; give it as `expectedVersion`.
    pub version: u32,
    /// The place in the log of the last change.
    pub changed_at_position: Position,
    #[graphql(skip)]
    program: Uuid,
    #[graphql(skip)]
    parent: Option<Uuid>,
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

mirrors!(PartnerStage as partners::Stage);

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

impl Global for Partner {
    const KIND: u8 = 2;
}

impl Shows for Partner {
    type Table = partners::Entity;

    fn show(row: partners::Model) -> Result<Self, Failure> {
        let contacts: Vec<Kept> = read(&row.contacts)?;
        Ok(Self {
            id: Self::global(row.id),
            partner_id: row.id,
            name: row.company_name,
            country: row.country,
            tax_id: row.tax_id,
            website: row.website,
            stage: row.stage.into(),
            tier: word::<domain::Tier>(&row.tier)?.into(),
            source: word::<domain::partner::Source>(&row.source)?.into(),
            contacts: contacts.into_iter().map(Contact::from).collect(),
            applied_at: row.applied_at,
            approved_at: row.approved_at,
            joined_at: row.joined_at,
            ended_at: row.ended_at,
            rejection: row
                .rejection
                .as_deref()
                .map(word::<domain::partner::RejectionCode>)
                .transpose()?
                .map(RejectionCode::from),
            reviewer: row.reviewer,
            review_passed: row.review_passed,
            interview_at: row.interview_at,
            depth: row.depth.map(number).transpose()?,
            referral_code: row.referral_code,
            certificates_given: number(row.certified)?,
            terms_version: number(row.terms_version)?,
            payment_details_set: Some(row.payment_details_hash.is_some()),
            version: number(row.version)?,
            changed_at_position: Position(row.last_position.cast_unsigned()),
            program: row.program,
            parent: row.parent,
        })
    }
}
