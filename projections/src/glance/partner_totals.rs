//! Sums of a partner's dashboard, one row a currency.

use sea_orm::entity::prelude::*;

use super::figures::{Sum, summed};
use crate::ground::{Misfit, Placed, View, add, code, table};

table! {
    "partner_totals" of Some(Column::Partner), stamped [last_position], found by ["partner, currency"];
    #[derive(Default)]
    pub struct Model {
        pub id: Uuid,
        pub partner: Uuid,
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
        let key = summed(placed).zip(placed.partner).map(|((_, amount), partner)| {
            domain::derived(partner.0, &format!("totals/{}", amount.currency))
        });
        key.into_iter().collect()
    }

    fn fold(id: Uuid, row: &mut Option<Model>, placed: &Placed) -> Result<(), Misfit> {
        let Some((sum, amount)) = summed(placed) else { return Ok(()) };
        let row = row.get_or_insert(Model {
            id,
            partner: placed.partner()?,
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
