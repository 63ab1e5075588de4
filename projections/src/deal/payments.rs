//! What customers have paid on deals.

use domain::DealId;
use domain::deal::DealEvent;
use sea_orm::QueryOrder;
use sea_orm::entity::prelude::*;

use crate::ground::{Feed, Misfit, Placed, QueryError, Sight, code, json, table};

table! {
    "payments" of Some(Column::Partner), found by ["deal, position"];
    pub struct Model {
        /// Of the event; a payment's own id is unique within its deal only.
        pub id: Uuid,
        pub payment: Uuid,
        pub deal: Uuid,
        pub partner: Uuid,
        pub amount_minor: i64,
        pub currency: String,
        /// What part of it pays which line: a list of `{line, amount}`.
        pub allocations: Json,
        pub received_on: Date,
        /// What the customer still owed after it.
        pub outstanding_minor: i64,
        pub recorded_at: DateTimeUtc,
        pub position: i64,
    }
}

/// The payments on deals, in the order in which they were recorded.
pub async fn of_deals(
    db: &DatabaseConnection,
    sight: Sight,
    deals: &[DealId],
) -> Result<Vec<Model>, QueryError> {
    let deals = deals.iter().map(|id| id.0);
    let select =
        Entity::find().filter(Column::Deal.is_in(deals)).filter(sight.over(Column::Partner));
    Ok(select.order_by_asc(Column::Deal).order_by_asc(Column::Position).all(db).await?)
}

impl Feed for Entity {
    fn rows(placed: &Placed) -> Result<Vec<Model>, Misfit> {
        let Some(DealEvent::PaymentReceived {
            payment,
            amount,
            allocations,
            received_on,
            outstanding,
        }) = placed.told::<DealEvent>()
        else {
            return Ok(vec![]);
        };
        Ok(vec![Model {
            id: placed.event_id(),
            payment: payment.0,
            deal: placed.aggregate(),
            partner: placed.partner()?,
            amount_minor: amount.minor,
            currency: code(*amount),
            allocations: json("the allocations", allocations)?,
            received_on: *received_on,
            outstanding_minor: outstanding.minor,
            recorded_at: placed.recorded.envelope.recorded_at,
            position: placed.position(),
        }])
    }
}
