//! Partners, from application to active selling.

use chrono::{DateTime, Utc};
use domain::partner::{PartnerEvent, ReviewResult};
use domain::{PartnerId, ProgramId};
use sea_orm::entity::prelude::*;
use sea_orm::{Condition, QueryOrder};

use crate::ground::{
    Misfit, Page, Placed, Portrait, QueryError, Sight, Slice, Sort, json, page, table, word,
};

table! {
    "partners" of Some(Column::Id), stamped [last_position, version], found by [
        "applied_at, id",
        "company_name, id",
        "last_position, id",
        "program, stage, applied_at, id",
        "parent",
        "inviter",
        "referral_code",
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

/// Which partners; every part that is given must hold.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Filter {
    pub program: Option<ProgramId>,
    /// Any of these; all where empty.
    pub stages: Vec<Stage>,
    pub country: Option<String>,
    /// The start of the company's name.
    pub name_prefix: Option<String>,
    pub parent: Option<PartnerId>,
    pub joined: Option<bool>,
    pub certified: Option<bool>,
    pub tier: Option<String>,
    pub applied_from: Option<DateTime<Utc>>,
    pub applied_until: Option<DateTime<Utc>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Order {
    #[default]
    AppliedAt,
    CompanyName,
    LastChange,
}

impl page::Order<Entity> for Order {
    fn column(self) -> Column {
        match self {
            Self::AppliedAt => Column::AppliedAt,
            Self::CompanyName => Column::CompanyName,
            Self::LastChange => Column::LastPosition,
        }
    }
}

impl Filter {
    fn condition(&self) -> Condition {
        Condition::all()
            .add_option(self.program.map(|program| Column::Program.eq(program.0)))
            .add_option(
                (!self.stages.is_empty()).then(|| Column::Stage.is_in(self.stages.iter().copied())),
            )
            .add_option(self.country.as_ref().map(|country| Column::Country.eq(country)))
            .add_option(
                self.name_prefix.as_ref().map(|prefix| Column::CompanyName.starts_with(prefix)),
            )
            .add_option(self.parent.map(|parent| Column::Parent.eq(parent.0)))
            .add_option(self.joined.map(|joined| {
                if joined { Column::JoinedAt.is_not_null() } else { Column::JoinedAt.is_null() }
            }))
            .add_option(self.certified.map(|certified| {
                if certified { Column::Certified.gt(0) } else { Column::Certified.eq(0) }
            }))
            .add_option(self.tier.as_ref().map(|tier| Column::Tier.eq(tier)))
            .add_option(self.applied_from.map(|from| Column::AppliedAt.gte(from)))
            .add_option(self.applied_until.map(|until| Column::AppliedAt.lt(until)))
    }
}

pub async fn list(
    db: &DatabaseConnection,
    sight: Sight,
    filter: &Filter,
    sort: Sort<Order>,
    page: &Page,
) -> Result<Slice<Model>, QueryError> {
    let select = Entity::find().filter(sight.over(Column::Id)).filter(filter.condition());
    page::page(db, select, Column::Id, sort, page).await
}

/// Those of `ids` that are in scope, in no particular order.
pub async fn by_ids(
    db: &DatabaseConnection,
    sight: Sight,
    ids: &[PartnerId],
) -> Result<Vec<Model>, QueryError> {
    let ids = ids.iter().map(|id| id.0);
    Ok(Entity::find().filter(Column::Id.is_in(ids)).filter(sight.over(Column::Id)).all(db).await?)
}

/// Those right below any of `parents`, in the order in which they joined.
pub async fn children_of(
    db: &DatabaseConnection,
    sight: Sight,
    parents: &[PartnerId],
) -> Result<Vec<Model>, QueryError> {
    let parents = parents.iter().map(|id| id.0);
    let select =
        Entity::find().filter(Column::Parent.is_in(parents)).filter(sight.over(Column::Id));
    Ok(select.order_by_asc(Column::JoinedAt).order_by_asc(Column::Id).all(db).await?)
}

/// The partner with this referral code.
pub async fn by_referral_code(
    db: &DatabaseConnection,
    sight: Sight,
    code: &str,
) -> Result<Option<Model>, QueryError> {
    Ok(Entity::find()
        .filter(Column::ReferralCode.eq(code))
        .filter(sight.over(Column::Id))
        .one(db)
        .await?)
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
