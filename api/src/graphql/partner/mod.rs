//! Partners as GraphQL objects: the company, its application, its network, its training.

mod application;
mod contact;
mod edges;
mod lists;
mod mutations;
mod network;
mod screening;
mod standing;
mod training;
mod waiting;

use async_graphql::ID;
use chrono::{DateTime, Utc};
use domain::{
    Tier,
    partner::{
        ApplicationRejectionCode, ApplicationSource, ReviewResult, SuspensionCode, TerminationCode,
    },
};
use projections::partners;
use uuid::Uuid;

pub use self::{
    application::{Application, approved},
    contact::Contact,
    lists::PartnerQueries,
    mutations::{ApplicationMutations, PartnerMutations},
    network::{NetworkMember, participants},
    screening::{ApplicationFinding, ApplicationForm, InformationRequest},
    standing::StandingMutations,
    training::{AssignedCourse, Certificate, TrainingRecord},
    waiting::{WaitingApplication, WaitingQueries},
};
use super::ground::{
    node::Global,
    scalars::Position,
    show::{shown, shows},
    word::Word,
};

shows! {
    /// A company that sells for the vendor, or that has applied to do so.
    #[graphql(complex)]
    Partner of partners as row {
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
        stage: Word<partners::PartnerStage>,
        /// Where the partner stands on the ladder of tiers.
        tier: Word<Tier>,
        /// How the partner found the programme.
        source: Word<ApplicationSource>,
        /// The company's people.
        contacts: Vec<Contact> = shown(row.contacts.0)?,
        /// When the partner applied.
        applied_at: DateTime<Utc>,
        /// When the application was approved.
        approved_at: Option<DateTime<Utc>>,
        /// When the partner joined the network.
        joined_at: Option<DateTime<Utc>>,
        /// When the application was rejected or withdrawn, or lapsed.
        ended_at: Option<DateTime<Utc>>,
        /// From when on the partner may apply again, where the application has come to nothing.
        may_apply_from: Option<DateTime<Utc>>,
        /// Why the application was rejected.
        rejection: Option<Word<ApplicationRejectionCode>>,
        /// Who reviews the application.
        reviewer: Option<String>,
        /// What the reviewer concluded.
        review_result: Option<Word<ReviewResult>> = shown(row.review)?,
        /// When the interview takes place or took place; null once it was missed.
        interview_at: Option<DateTime<Utc>>,
        /// Since when the partner is suspended; null where it is not.
        suspended_at: Option<DateTime<Utc>>,
        /// Why the partner is suspended.
        suspension: Option<Word<SuspensionCode>>,
        /// The same in the words of whoever suspended it.
        suspension_reason: Option<String>,
        /// When the notice of termination runs out; null where none was given.
        notice_ends_at: Option<DateTime<Utc>>,
        /// Why the co-operation ends or has ended.
        termination: Option<Word<TerminationCode>>,
        /// The same in the words of whoever gave notice.
        termination_reason: Option<String>,
        /// When the co-operation ended.
        terminated_at: Option<DateTime<Utc>>,
        /// How many levels below the top the partner stands.
        depth: Option<u32>,
        /// What others give when they apply through this partner.
        referral_code: Option<String>,
        /// How many certificates the partner's people were given.
        certificates_given: u32 = shown(row.certified)?,
        /// The version of the terms that the partner has accepted last.
        terms_version: u32,
        /// Whether it is known where the partner's payouts go. Null for whoever has nothing to do with payouts.
        payment_details_set: Option<bool> = Some(row.payment_details_id.is_some()),
        /// Grows with every change; give it as `expectedVersion`.
        version: u32,
        /// The place in the log of the last change.
        changed_at_position: Position = shown(row.last_position)?,
        #[graphql(skip)]
        program: Uuid,
        #[graphql(skip)]
        parent: Option<Uuid>,
        #[graphql(skip)]
        resembles: Option<Uuid>,
    }
}

impl Global for Partner {
    const KIND: u8 = 2;
}
