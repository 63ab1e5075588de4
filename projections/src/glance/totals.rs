//! Sums of the dashboards, one row a currency: of each partner, and of each programme as a whole.

use domain::Money;
use sea_orm::entity::prelude::*;

use super::figures::{Sum, summed};
use crate::ground::{Misfit, Placed, View, add_wide, code, table};

table! {
    "totals" of Some(Column::Partner), stamped [last_position], found by ["whose, currency"];
    #[derive(Default)]
    pub struct Model {
        pub id: Uuid,
        /// The programme or the partner.
        pub whose: Uuid,
        /// Null where they are a programme's.
        pub partner: Option<Uuid>,
        pub currency: String,
        /// Contracts signed: whole billions of minor units, and the rest.
        pub revenue_signed_billions: i64,
        pub revenue_signed_rest: i64,
        /// Payments by customers: whole billions of minor units, and the rest.
        pub revenue_paid_billions: i64,
        pub revenue_paid_rest: i64,
        pub accrued_billions: i64,
        pub accrued_rest: i64,
        pub matured_billions: i64,
        pub matured_rest: i64,
        pub paid_out_billions: i64,
        pub paid_out_rest: i64,
    }
}

impl View for Entity {
    fn keys(placed: &Placed) -> Vec<Uuid> {
        let Some((_, amount)) = summed(placed) else { return vec![] };
        let program = placed.program.map(|program| program.0);
        let partner = placed.partner.map(|partner| partner.0);
        program.into_iter().chain(partner).map(|whose| key(whose, amount)).collect()
    }

    fn fold(id: Uuid, row: &mut Option<Model>, placed: &Placed) -> Result<(), Misfit> {
        let Some((sum, amount)) = summed(placed) else { return Ok(()) };
        let row = match row {
            Some(row) => row,
            None => row.insert(begun(id, amount, placed)?),
        };
        let sum = match sum {
            Sum::Signed => (&mut row.revenue_signed_billions, &mut row.revenue_signed_rest),
            Sum::Paid => (&mut row.revenue_paid_billions, &mut row.revenue_paid_rest),
            Sum::Accrued => (&mut row.accrued_billions, &mut row.accrued_rest),
            Sum::Matured => (&mut row.matured_billions, &mut row.matured_rest),
            Sum::PaidOut => (&mut row.paid_out_billions, &mut row.paid_out_rest),
        };
        add_wide::<Entity>(sum, amount.minor)
    }
}

fn begun(id: Uuid, amount: Money, placed: &Placed) -> Result<Model, Misfit> {
    let partner = Some(placed.partner()?).filter(|partner| key(*partner, amount) == id);
    let whose = partner.map_or_else(|| placed.program(), Ok)?;
    Ok(Model { id, whose, partner, currency: code(amount), ..Model::default() })
}

fn key(whose: Uuid, amount: Money) -> Uuid {
    domain::derived(whose, &format!("totals/{}", amount.currency))
}
