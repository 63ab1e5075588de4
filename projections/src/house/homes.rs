//! Tenancy: to whom each aggregate belongs, so that every view knows whose an event is.

use domain::Home;
use sea_orm::entity::prelude::*;

use crate::ground::{Misfit, Placed, View, table};

table! {
    "homes" of Some(Column::Partner), stamped [last_position], found by [];
    #[derive(Default)]
    pub struct Model {
        pub id: Uuid,
        pub program: Uuid,
        pub partner: Option<Uuid>,
    }
}

/// The home of the event's aggregate, where this is the event that founds it: later accruals found no wallet.
fn founded(placed: &Placed) -> Option<Home> {
    placed.recorded.founded().filter(|_| placed.version() == 1)
}

impl View for Entity {
    fn keys(placed: &Placed) -> Vec<Uuid> {
        founded(placed).map(|_| placed.aggregate()).into_iter().collect()
    }

    fn fold(id: Uuid, row: &mut Option<Model>, placed: &Placed) -> Result<(), Misfit> {
        *row = founded(placed).map(|Home { program, partner }| Model {
            id,
            program: program.0,
            partner: partner.map(|id| id.0),
            ..Model::default()
        });
        Ok(())
    }
}
