//! The read model of certificates, given and revoked.

use domain::partner::{PartnerEvent, TrainingEvent};
use sea_orm::entity::prelude::*;

use crate::ground::{Misfit, Placed, Portrait, table};

table! {
    "certificates" of Some(Column::Partner), stamped [last_position], found by ["partner, position, id"];
    #[derive(Default)]
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
        /// Where it was taken back before.
        pub revoked_at: Option<DateTimeUtc>,
        pub event_id: Uuid,
        pub position: i64,
    }
}

impl Portrait for Entity {
    type Event = PartnerEvent;

    fn key(event: &PartnerEvent, _placed: &Placed) -> Option<Uuid> {
        match event {
            PartnerEvent::Training(
                TrainingEvent::Certified { certificate, .. }
                | TrainingEvent::Revoked { certificate, .. },
            ) => Some(*certificate),
            PartnerEvent::Training(_)
            | PartnerEvent::Application(_)
            | PartnerEvent::Contact(_)
            | PartnerEvent::Terms(_)
            | PartnerEvent::Network(_)
            | PartnerEvent::Bank(_)
            | PartnerEvent::Tier(_)
            | PartnerEvent::Standing(_) => None,
        }
    }

    fn found(event: &PartnerEvent, placed: &Placed) -> Result<Option<Model>, Misfit> {
        let PartnerEvent::Training(TrainingEvent::Certified {
            certificate,
            person,
            certification,
            version,
            valid_from,
            valid_until,
        }) = event
        else {
            return Ok(None);
        };
        Ok(Some(Model {
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
            ..Model::default()
        }))
    }

    fn change(row: &mut Model, event: &PartnerEvent, placed: &Placed) -> Result<(), Misfit> {
        let PartnerEvent::Training(TrainingEvent::Revoked { revoked_at, .. }) = event else {
            return placed.twice::<Entity>();
        };
        row.revoked_at = Some(*revoked_at);
        Ok(())
    }
}
