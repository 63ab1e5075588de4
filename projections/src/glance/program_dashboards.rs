//! Counters of a programme's dashboard; the sums stand in `totals`.

use sea_orm::entity::prelude::*;

use super::figures::{Count, counted};
use crate::ground::{Misfit, Placed, View, table};

table! {
    "program_dashboards" of None, stamped [last_position], found by [];
    #[derive(Default)]
    pub struct Model {
        /// Of the programme.
        pub id: Uuid,
        pub partners_applied: i64,
        pub partners_approved: i64,
        pub partners_joined: i64,
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
        counted(placed).and(placed.program).map(|program| program.0).into_iter().collect()
    }

    fn fold(id: Uuid, row: &mut Option<Model>, placed: &Placed) -> Result<(), Misfit> {
        let Some(count) = counted(placed) else { return Ok(()) };
        let row = row.get_or_insert(Model { id, ..Model::default() });
        *match count {
            Count::Applied => &mut row.partners_applied,
            Count::Approved => &mut row.partners_approved,
            Count::Joined => &mut row.partners_joined,
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
