//! The read model of programmes: what their rulebooks say by now.

use domain::program::{ProgramEvent, ProgramPolicy};
use sea_orm::entity::prelude::*;

use crate::ground::{Misfit, Placed, Portrait, json, table};

table! {
    "programs" of None, stamped [last_position, version], found by ["name, id"];
    #[derive(Default)]
    pub struct Model {
        pub id: Uuid,
        pub name: String,
        /// An IANA time zone: this and the next two as the newest version of its policy has them.
        pub zone: String,
        pub base_currency: String,
        pub interview_required: bool,
        pub max_network_depth: i64,
        /// Contract statuses by code: `{calculates_commission, kernel_state}`.
        pub contract_statuses: Json,
        /// The newest version of each course by name: `{version, area, modules, step}`.
        pub courses: Json,
        /// The newest version of each certification by name: `{version, courses, exam, valid_for_months}`.
        pub certifications: Json,
        /// As the newest version of the deal policy has them: a list of `{code, name}`.
        pub territories: Json,
        /// The same of what can be sold.
        pub product_lines: Json,
        pub opened_at: DateTimeUtc,
    }
}

impl Portrait for Entity {
    type Event = ProgramEvent;

    fn found(event: &ProgramEvent, placed: &Placed) -> Result<Option<Model>, Misfit> {
        let ProgramEvent::Opened { name, base_currency, policy } = event else {
            return Ok(None);
        };
        let mut row = Model {
            id: placed.aggregate(),
            name: name.clone(),
            base_currency: base_currency.code().to_owned(),
            contract_statuses: serde_json::json!({}),
            courses: serde_json::json!({}),
            certifications: serde_json::json!({}),
            territories: serde_json::json!([]),
            product_lines: serde_json::json!([]),
            opened_at: placed.at(),
            ..Model::default()
        };
        row.is_run_by(&policy.body);
        Ok(Some(row))
    }

    fn change(row: &mut Model, event: &ProgramEvent, placed: &Placed) -> Result<(), Misfit> {
        match event {
            ProgramEvent::Opened { .. } => return placed.twice::<Entity>(),
            ProgramEvent::PolicyPublished { policy } => row.is_run_by(&policy.body),
            ProgramEvent::ContractStatusConfigured {
                code,
                version,
                calculates_commission,
                kernel_state,
            } => {
                let kernel_state = json("a state", kernel_state)?;
                row.contract_statuses[code] = serde_json::json!({
                    "version": version, "calculates_commission": calculates_commission, "kernel_state": kernel_state,
                });
            }
            ProgramEvent::CoursePublished { course, version, area, modules, step } => {
                row.courses[course] = serde_json::json!({
                    "version": version, "area": area, "modules": modules, "step": step,
                });
            }
            ProgramEvent::CertificationDefined {
                certification,
                version,
                courses,
                exam,
                valid_for_months,
            } => {
                row.certifications[certification] = serde_json::json!({
                    "version": version, "courses": courses, "exam": exam, "valid_for_months": valid_for_months,
                });
            }
            ProgramEvent::DealPolicyPublished { policy } => {
                row.territories = json("the territories", &policy.body.territories)?;
                row.product_lines = json("the product lines", &policy.body.product_lines)?;
            }
            ProgramEvent::TermsPublished { .. }
            | ProgramEvent::CommissionPlanDrafted { .. }
            | ProgramEvent::CommissionPlanPublished { .. }
            | ProgramEvent::PayoutPolicyPublished { .. } => {} // Rows of `publications` and of `plan_drafts`.
        }
        Ok(())
    }
}

impl Model {
    fn is_run_by(&mut self, policy: &ProgramPolicy) {
        self.zone = policy.time_zone.name().to_owned();
        self.interview_required = policy.interview_required;
        self.max_network_depth = policy.max_network_depth.into();
    }
}
