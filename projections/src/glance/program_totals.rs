//! Sums of a programme's dashboard, one row a currency.

use sea_orm::entity::prelude::*;

use super::figures::{Sum, summed};
use crate::ground::{Misfit, Placed, View, add, code, table};

table! {
    "program_totals" of None, stamped [last_position], found by ["program, currency"];
    #[derive(Default)]
    pub struct Model {
        pub id: Uuid,
        pub program: Uuid,
        pub currency: String,
        /// Contracts signed.
        pub revenue_signed_minor: i64,
        /// Payments by customers.
        pub revenue_paid_minor: i64,
        pub accrued_minor: i64,
        pub matured_minor: i64,
        pub paid_out_minor: i64,
    }
}

impl View for Entity {
    fn keys(placed: &Placed) -> Vec<Uuid> {
        let key = summed(placed).zip(placed.program).map(|((_, amount), program)| {
            domain::derived(program.0, &format!("totals/{}", amount.currency))
        });
        key.into_iter().collect()
    }

    fn fold(id: Uuid, row: &mut Option<Model>, placed: &Placed) -> Result<(), Misfit> {
        let Some((sum, amount)) = summed(placed) else { return Ok(()) };
        let row = row.get_or_insert(Model {
            id,
            program: placed.program()?,
            currency: code(amount),
            ..Model::default()
        });
        let sum = match sum {
            Sum::Signed => &mut row.revenue_signed_minor,
            Sum::Paid => &mut row.revenue_paid_minor,
            Sum::Accrued => &mut row.accrued_minor,
            Sum::Matured => &mut row.matured_minor,
            Sum::PaidOut => &mut row.paid_out_minor,
        };
        add::<Entity>(sum, amount.minor)
    }
}
