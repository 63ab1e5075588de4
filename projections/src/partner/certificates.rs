//! The read model of certificates.

use domain::partner::TrainingEvent;
use sea_orm::entity::prelude::*;

use crate::ground::{Feed, Misfit, Placed, table};

table! {
    "certificates" of Some(Column::Partner), found by ["partner, position, id"];
    pub struct Model {
        pub id: Uuid,
        pub program: Uuid,
        pub partner: Uuid,
        /// Whose it is.
        pub person: Uuid,
        pub certification: String,
        /// Of the certification.
        pub version: i64,
        pub valid_from: DateTimeUtc,
        /// First instant at which it holds no longer; open where null.
        pub valid_until: Option<DateTimeUtc>,
        pub event_id: Uuid,
        pub position: i64,
    }
}

impl Feed for Entity {
    fn rows(placed: &Placed) -> Result<Vec<Model>, Misfit> {
        let Some(TrainingEvent::Certified {
            certificate,
            person,
            certification,
            version,
            valid_from,
            valid_until,
        }) = placed.told::<TrainingEvent>()
        else {
            return Ok(vec![]);
        };
        Ok(vec![Model {
            id: *certificate,
            program: placed.program()?,
            partner: placed.partner()?,
            person: person.0,
            certification: certification.clone(),
            version: (*version).into(),
            valid_from: *valid_from,
            valid_until: *valid_until,
            event_id: placed.event_id(),
            position: placed.position(),
        }])
    }
}
