//! Counters of a partner's dashboard; the sums stand in `totals`.

use sea_orm::entity::prelude::*;

use super::figures::{Count, counted};
use crate::ground::{Misfit, Placed, View, table};

table! {
    "partner_dashboards" of Some(Column::Id), stamped [last_position], found by [];
    #[derive(Default)]
    pub struct Model {
        /// Of the partner.
        pub id: Uuid,
        pub program: Uuid,
        pub certificates: i64,
        pub deals_registered: i64,
        pub deals_qualified: i64,
        pub deals_approved: i64,
        pub deals_signed: i64,
        pub deals_won: i64,
        pub deals_lost: i64,
    }
}

impl View for Entity {
    fn keys(placed: &Placed) -> Vec<Uuid> {
        counted(placed).and(placed.partner).map(|partner| partner.0).into_iter().collect()
    }

    fn fold(id: Uuid, row: &mut Option<Model>, placed: &Placed) -> Result<(), Misfit> {
        let Some(count) = counted(placed) else { return Ok(()) };
        let row = row.get_or_insert(Model { id, program: placed.program()?, ..Model::default() });
        *match count {
            Count::Applied | Count::Approved | Count::Joined => return Ok(()), // Its own row says so.
            Count::Certificate => &mut row.certificates,
            Count::Registered => &mut row.deals_registered,
            Count::Qualified => &mut row.deals_qualified,
            Count::DealApproved => &mut row.deals_approved,
            Count::Signed => &mut row.deals_signed,
            Count::Won => &mut row.deals_won,
            Count::Lost => &mut row.deals_lost,
        } += 1;
        Ok(())
    }
}
