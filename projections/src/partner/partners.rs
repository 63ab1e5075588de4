//! Partners, from application to active selling.

use domain::partner::{PartnerEvent, ReviewResult};
use sea_orm::entity::prelude::*;

use crate::ground::{Misfit, Placed, Portrait, json, table, word};

table! {
    "partners" of Some(Column::Id), stamped [last_position, version], found by [
        "applied_at, id",
        "company_name, id",
        "last_position, id",
        "program, applied_at, id",
        "stage, applied_at, id",
        "country, applied_at, id",
        "tier, applied_at, id",
        "joined_at",
        "certified, applied_at, id",
        "parent",
    ];
    #[derive(Default)]
    pub struct Model {
        pub id: Uuid,
        pub program: Uuid,
        pub company_name: String,
        /// ISO 3166 alpha-2.
        pub country: String,
        pub tax_id: Option<String>,
        pub website: Option<String>,
        pub stage: Stage,
        /// `web`, `referral` or `recruited`.
        pub source: String,
        /// The partner through whose referral it came.
        pub inviter: Option<Uuid>,
        pub reviewer: Option<String>,
        /// Whether the review was passed.
        pub review_passed: Option<bool>,
        pub interview_at: Option<DateTimeUtc>,
        pub applied_at: DateTimeUtc,
        pub approved_at: Option<DateTimeUtc>,
        pub joined_at: Option<DateTimeUtc>,
        /// When the application was rejected or withdrawn.
        pub ended_at: Option<DateTimeUtc>,
        /// Why the application was rejected.
        pub rejection: Option<String>,
        pub parent: Option<Uuid>,
        pub depth: Option<i64>,
        pub referral_code: Option<String>,
        /// `registered`, `certified`, `silver`, `gold` or `platinum`.
        pub tier: String,
        /// How many certificates its people were given.
        pub certified: i64,
        pub first_certified_at: Option<DateTimeUtc>,
        /// A list of `{subject, details}`; `details` is null where the person's data is erased.
        pub contacts: Json,
        pub terms_version: i64,
        pub payment_details_hash: Option<String>,
    }
}

/// How far a partner has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "kebab-case")]
pub enum Stage {
    #[default]
    Applied,
    UnderReview,
    InformationRequested,
    Reviewed,
    InterviewScheduled,
    Interviewed,
    Approved,
    Rejected,
    Withdrawn,
}

impl Portrait for Entity {
    type Event = PartnerEvent;

    fn found(event: &PartnerEvent, placed: &Placed) -> Result<Option<Model>, Misfit> {
        let PartnerEvent::Applied {
            program,
            company,
            contacts,
            source,
            inviter,
            terms_version,
            ..
        } = event
        else {
            return Ok(None);
        };
        let contacts: Vec<_> = contacts
            .iter()
            .map(|contact| (contact.details.subject, contact.details.known()))
            .map(|(subject, details)| serde_json::json!({ "subject": subject, "details": details }))
            .collect();
        Ok(Some(Model {
            id: placed.aggregate(),
            program: program.0,
            company_name: company.name.clone(),
            country: company.country.clone(),
            tax_id: company.tax_id.clone(),
            website: company.website.clone(),
            source: word("a source", source)?,
            inviter: inviter.map(|inviter| inviter.0),
            applied_at: placed.at(),
            tier: word("a tier", &domain::Tier::Registered)?,
            contacts: json("the contacts", &contacts)?,
            terms_version: (*terms_version).into(),
            ..Model::default()
        }))
    }

    fn change(row: &mut Model, event: &PartnerEvent, placed: &Placed) -> Result<(), Misfit> {
        match event {
            PartnerEvent::Applied { .. } => return placed.twice::<Entity>(),
            PartnerEvent::ReviewAssigned { reviewer } => {
                row.stage = Stage::UnderReview;
                row.reviewer = Some(reviewer.clone());
            }
            PartnerEvent::InformationRequested { .. } => row.stage = Stage::InformationRequested,
            PartnerEvent::InformationSupplied { .. } => row.stage = Stage::UnderReview,
            PartnerEvent::ReviewRecorded { result, .. } => {
                row.stage = Stage::Reviewed;
                row.review_passed = Some(*result == ReviewResult::Passed);
            }
            PartnerEvent::InterviewScheduled { at } => {
                row.stage = Stage::InterviewScheduled;
                row.interview_at = Some(*at);
            }
            PartnerEvent::InterviewHeld { .. } => row.stage = Stage::Interviewed,
            PartnerEvent::Approved { .. } => {
                row.stage = Stage::Approved;
                row.approved_at = Some(placed.at());
            }
            PartnerEvent::Rejected { code } => {
                row.stage = Stage::Rejected;
                row.ended_at = Some(placed.at());
                row.rejection = Some(word("a rejection", code)?);
            }
            PartnerEvent::Withdrawn {} => {
                row.stage = Stage::Withdrawn;
                row.ended_at = Some(placed.at());
            }
            PartnerEvent::TermsAccepted { version, .. } => row.terms_version = (*version).into(),
            PartnerEvent::Joined { parent, depth, referral_code, .. } => {
                row.joined_at = Some(placed.at());
                row.parent = parent.map(|parent| parent.0);
                row.depth = Some((*depth).into());
                row.referral_code = Some(referral_code.clone());
            }
            PartnerEvent::Certified { .. } => {
                row.certified += 1;
                row.first_certified_at.get_or_insert(placed.at());
            }
            PartnerEvent::PaymentDetailsSet { hash, .. } => {
                row.payment_details_hash = Some(hash.clone())
            }
            PartnerEvent::TierOverridden { to, .. } => row.tier = word("a tier", to)?,
            PartnerEvent::CourseAssigned { .. }
            | PartnerEvent::ModuleCompleted { .. }
            | PartnerEvent::ExamPassed { .. }
            | PartnerEvent::ExamFailed { .. } => {}
        }
        Ok(())
    }
}
