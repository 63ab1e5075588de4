//! Tenancy: to whom each aggregate belongs, so that every view knows whose an event is.

use domain::{Envelope, Home, Recorded};
use sea_orm::entity::prelude::*;

use crate::ground::{Misfit, Placed, View, table};

table! {
    "homes" of Some(Column::Partner), stamped [last_position], found by [];
    #[derive(Default)]
    pub struct Model {
        pub id: Uuid,
        pub aggregate_type: String,
        pub aggregate: Uuid,
        pub program: Uuid,
        pub partner: Option<Uuid>,
    }
}

/// The home of the event's aggregate, where this is the event that founds it: later accruals found no wallet.
fn founded(placed: &Placed) -> Option<Home> {
    placed.recorded.founded().filter(|_| placed.version() == 1)
}

/// The id of the home of an event's aggregate: a bare id does not say what kind of aggregate it names.
pub(crate) fn key(recorded: &Recorded) -> Uuid {
    let Envelope { aggregate_type, aggregate_id, .. } = &recorded.envelope;
    domain::derived(*aggregate_id, &format!("home/{aggregate_type}"))
}

impl View for Entity {
    fn keys(placed: &Placed) -> Vec<Uuid> {
        founded(placed).map(|_| key(&placed.recorded)).into_iter().collect()
    }

    fn fold(id: Uuid, row: &mut Option<Model>, placed: &Placed) -> Result<(), Misfit> {
        *row = founded(placed).map(|Home { program, partner }| Model {
            id,
            aggregate_type: placed.recorded.envelope.aggregate_type.clone(),
            aggregate: placed.aggregate(),
            program: program.0,
            partner: partner.map(|id| id.0),
            ..Model::default()
        });
        Ok(())
    }
}
