//! The read model of commission calculations, each with the trace that explains it.

use domain::commission::NothingEarned;
use domain::deal::DealEvent;
use sea_orm::entity::prelude::*;

use crate::ground::{Feed, Misfit, Placed, Word, json, table};

table! {
    "commissions" of Some(Column::Partner), found by ["deal, position, id", "trace_hash"];
    #[derive(Default)]
    pub struct Model {
        /// Of the event.
        pub id: Uuid,
        pub program: Uuid,
        pub deal: Uuid,
        /// Whose deal it is.
        pub partner: Uuid,
        /// The event that made commission due.
        pub trigger: Uuid,
        pub plan_version: Option<i64>,
        pub currency: Option<String>,
        /// As `domain::commission::Trace`; null where nothing was earned.
        pub trace: Option<Json>,
        pub trace_hash: Option<String>,
        /// Why nothing was earned.
        pub nothing: Option<Word<NothingEarned>>,
        pub calculated_at: DateTimeUtc,
        pub position: i64,
    }
}

impl Feed for Entity {
    fn rows(placed: &Placed) -> Result<Vec<Model>, Misfit> {
        let Some(event) = placed.told::<DealEvent>() else { return Ok(vec![]) };
        let row = |trigger: domain::EventId| {
            Ok(Model {
                id: placed.event_id(),
                program: placed.program()?,
                deal: placed.aggregate(),
                partner: placed.partner()?,
                trigger: trigger.0,
                calculated_at: placed.at(),
                position: placed.position(),
                ..Model::default()
            })
        };
        if let DealEvent::CommissionCalculated {
            trigger,
            plan_version,
            currency,
            trace,
            trace_hash,
            ..
        } = event
        {
            Ok(vec![Model {
                plan_version: Some((*plan_version).into()),
                currency: Some(currency.code().to_owned()),
                trace: Some(json("a trace", trace)?),
                trace_hash: Some(trace_hash.clone()),
                ..row(*trigger)?
            }])
        } else if let DealEvent::CommissionNotCalculated { trigger, reason } = event {
            Ok(vec![Model { nothing: Some(Word(*reason)), ..row(*trigger)? }])
        } else {
            Ok(vec![])
        }
    }
}
