//! The application as its candidate sees it: all that anybody sees of the portal before the approval (R4).

use chrono::{DateTime, Utc};
use domain::partner::ApplicationRejectionCode;
use uuid::Uuid;

use super::PartnerStage;
use crate::graphql::ground::{show::shows, word::Word};

shows! {
    /// Your own application.
    Application of partners as row {
        /// The partner's UUID, as inputs take it.
        partner_id: Uuid = row.id,
        /// The company's registered name.
        name: String = row.company_name,
        /// How far the application has come.
        stage: PartnerStage,
        /// When you applied.
        applied_at: DateTime<Utc>,
        /// When the interview takes place.
        interview_at: Option<DateTime<Utc>>,
        /// When the application was approved.
        approved_at: Option<DateTime<Utc>>,
        /// When the application was rejected or withdrawn.
        ended_at: Option<DateTime<Utc>>,
        /// Why the application was rejected.
        rejection: Option<Word<ApplicationRejectionCode>>,
    }
}
