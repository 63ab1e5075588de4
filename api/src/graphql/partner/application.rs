//! The application as its candidate sees it: all that anybody sees of the portal before the approval (R4).

use async_graphql::SimpleObject;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Partner, PartnerStage};
use crate::graphql::enums::RejectionCode;

/// Your own application.
#[derive(SimpleObject, Clone, Debug)]
pub struct Application {
    /// The partner's UUID, as inputs take it.
    pub partner_id: Uuid,
    /// The company's registered name.
    pub name: String,
    /// How far the application has come.
    pub stage: PartnerStage,
    /// When you applied.
    pub applied_at: DateTime<Utc>,
    /// When the interview takes place.
    pub interview_at: Option<DateTime<Utc>>,
    /// When the application was approved.
    pub approved_at: Option<DateTime<Utc>>,
    /// When the application was rejected or withdrawn.
    pub ended_at: Option<DateTime<Utc>>,
    /// Why the application was rejected.
    pub rejection: Option<RejectionCode>,
}

impl From<Partner> for Application {
    fn from(partner: Partner) -> Self {
        Self {
            partner_id: partner.partner_id,
            name: partner.name,
            stage: partner.stage,
            applied_at: partner.applied_at,
            interview_at: partner.interview_at,
            approved_at: partner.approved_at,
            ended_at: partner.ended_at,
            rejection: partner.rejection,
        }
    }
}
