//! The read model of published, effective-dated policy versions.

use domain::Published;
use domain::program::ProgramEvent;
use sea_orm::entity::prelude::*;
use serde::Serialize;

use crate::ground::{Feed, Misfit, Placed, json, table, words};

table! {
    "publications" of None, found by [
    "program, position, id",
    "program, kind, position, id",
];
    pub struct Model {
        pub id: Uuid,
        pub program: Uuid,
        pub kind: PublicationKind,
        pub version: i64,
        /// First instant at which it is in force.
        pub effective_from: DateTimeUtc,
        /// First instant at which it is in force no longer; open where null.
        pub effective_until: Option<DateTimeUtc>,
        pub body: Json,
        /// SHA-256 of the body's canonical JSON, in hex.
        pub body_hash: String,
        pub author: String,
        pub approved_by: String,
        pub published_at: DateTimeUtc,
        pub event_id: Uuid,
        pub position: i64,
    }
}

words! {
    /// What a programme publishes in versions.
    pub enum PublicationKind {
        "program-policy" => ProgramPolicy: "How the programme is run.",
        "terms" => Terms: "The terms that partners accept.",
        "commission-plan" => CommissionPlan: "What is paid for a sale.",
        "payout-policy" => PayoutPolicy: "When money may leave a wallet.",
        "deal-policy" => DealPolicy: "Who may register deals, and what becomes of them.",
    }
}

impl Feed for Entity {
    fn rows(placed: &Placed) -> Result<Vec<Model>, Misfit> {
        let Some(event) = placed.told::<ProgramEvent>() else { return Ok(vec![]) };
        match event {
            ProgramEvent::Opened { policy, .. } | ProgramEvent::PolicyPublished { policy } => {
                Ok(vec![published(PublicationKind::ProgramPolicy, policy, placed)?])
            }
            ProgramEvent::TermsPublished { terms } => {
                Ok(vec![published(PublicationKind::Terms, terms, placed)?])
            }
            ProgramEvent::CommissionPlanPublished { plan, .. } => {
                Ok(vec![published(PublicationKind::CommissionPlan, plan, placed)?])
            }
            ProgramEvent::PayoutPolicyPublished { policy } => {
                Ok(vec![published(PublicationKind::PayoutPolicy, policy, placed)?])
            }
            ProgramEvent::DealPolicyPublished { policy } => {
                Ok(vec![published(PublicationKind::DealPolicy, policy, placed)?])
            }
            ProgramEvent::CommissionPlanDrafted { .. }
            | ProgramEvent::ContractStatusConfigured { .. }
            | ProgramEvent::CoursePublished { .. }
            | ProgramEvent::CertificationDefined { .. } => Ok(vec![]),
        }
    }
}

fn published<T: Serialize>(
    kind: PublicationKind,
    published: &Published<T>,
    placed: &Placed,
) -> Result<Model, Misfit> {
    Ok(Model {
        id: placed.event_id(),
        program: placed.program()?,
        kind,
        version: published.version.into(),
        effective_from: published.effective_from,
        effective_until: published.effective_until,
        body: json("what is published", &published.body)?,
        body_hash: published.body_hash.clone(),
        author: published.author.clone(),
        approved_by: published.approved_by.clone(),
        published_at: placed.at(),
        event_id: placed.event_id(),
        position: placed.position(),
    })
}
