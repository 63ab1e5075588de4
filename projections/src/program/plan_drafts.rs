//! The read model of drafts of commission plans: the newest version of each, and whether it is published.

use domain::{derived, program::ProgramEvent};
use sea_orm::entity::prelude::*;

use crate::ground::{Misfit, Placed, Portrait, json, table};

table! {
    "plan_drafts" of None, stamped [last_position], found by ["program, draft, id"];
    #[derive(Default)]
    pub struct Model {
        pub id: Uuid,
        pub program: Uuid,
        pub draft: String,
        pub version: i64,
        /// First instant at which it is to be in force.
        pub effective_from: DateTimeUtc,
        /// First instant at which it is to be in force no longer; open where null.
        pub effective_until: Option<DateTimeUtc>,
        pub plan: Json,
        /// SHA-256 of the plan's canonical JSON, in hex.
        pub plan_hash: String,
        /// Who wrote this version.
        pub author: String,
        pub drafted_at: DateTimeUtc,
        /// As which version of the plan this version is published.
        pub published_as: Option<i64>,
    }
}

impl Portrait for Entity {
    type Event = ProgramEvent;

    fn key(event: &ProgramEvent, placed: &Placed) -> Option<Uuid> {
        let name = match event {
            ProgramEvent::CommissionPlanDrafted { draft } => &draft.draft,
            ProgramEvent::CommissionPlanPublished { draft, .. } => draft,
            ProgramEvent::Opened { .. }
            | ProgramEvent::PolicyPublished { .. }
            | ProgramEvent::TermsPublished { .. }
            | ProgramEvent::ContractStatusConfigured { .. }
            | ProgramEvent::PayoutPolicyPublished { .. }
            | ProgramEvent::DealPolicyPublished { .. }
            | ProgramEvent::CoursePublished { .. }
            | ProgramEvent::CertificationDefined { .. } => return None,
        };
        Some(derived(placed.aggregate(), &format!("plan-draft/{name}")))
    }

    fn found(event: &ProgramEvent, placed: &Placed) -> Result<Option<Model>, Misfit> {
        let ProgramEvent::CommissionPlanDrafted { draft } = event else { return Ok(None) };
        Ok(Some(Model {
            id: derived(placed.aggregate(), &format!("plan-draft/{}", draft.draft)),
            program: placed.program()?,
            draft: draft.draft.clone(),
            version: draft.version.into(),
            effective_from: draft.effective_from,
            effective_until: draft.effective_until,
            plan: json("the plan", &draft.plan)?,
            plan_hash: draft.plan_hash.clone(),
            author: draft.author.id.clone(),
            drafted_at: placed.at(),
            ..Model::default()
        }))
    }

    fn change(row: &mut Model, event: &ProgramEvent, placed: &Placed) -> Result<(), Misfit> {
        if let ProgramEvent::CommissionPlanPublished { plan, .. } = event {
            row.published_as = Some(plan.version.into());
        } else if let Some(newer) = Self::found(event, placed)? {
            *row = newer;
        }
        Ok(())
    }
}
