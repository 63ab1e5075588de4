//! The application as its candidate sees it: all that anybody sees of the portal before the approval (R4).

use chrono::{DateTime, Utc};
use domain::{PartnerId, partner::ApplicationRejectionCode};
use futures::{FutureExt, future::BoxFuture};
use projections::{QueryError, Sight, partners};
use sea_orm::DatabaseConnection;
use uuid::Uuid;

use crate::graphql::ground::{show::shows, word::Word};

shows! {
    /// Your own application.
    Application of partners as row {
        /// The partner's UUID, as inputs take it.
        partner_id: Uuid = row.id,
        /// The company's registered name.
        name: String = row.company_name,
        /// How far the application has come.
        stage: Word<partners::PartnerStage>,
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

/// Whether a partner's application is approved.
pub fn approved(
    db: DatabaseConnection,
    own: PartnerId,
) -> BoxFuture<'static, Result<bool, QueryError>> {
    async move {
        let (own, id) = (Sight::Partner(own), [own.0]);
        let found = projections::find::<partners::Entity>(&db, &own, &id).await?;
        Ok(found.first().is_some_and(|row| row.approved_at.is_some()))
    }
    .boxed()
}
