//! The read model of customers' payments.

use domain::deal::DealEvent;
use sea_orm::entity::prelude::*;

use crate::ground::{Feed, Misfit, Placed, code, json, table};

table! {
    "payments" of Some(Column::Partner), found by ["deal, position, id"];
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
