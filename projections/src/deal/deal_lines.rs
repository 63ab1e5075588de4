//! The read model of contract lines, as signed.

use domain::deal::DealEvent;
use sea_orm::entity::prelude::*;

use crate::ground::{Feed, Misfit, Placed, code, table};

table! {
    "deal_lines" of Some(Column::Partner), found by ["deal, nth"];
    pub struct Model {
        pub id: Uuid,
        pub deal: Uuid,
        pub partner: Uuid,
        /// Its place in the contract, from 0.
        pub nth: i64,
        /// Its name within the contract.
        pub line: String,
        pub product_line: String,
        /// Without tax.
        pub net_minor: i64,
        pub currency: String,
        pub position: i64,
    }
}

impl Feed for Entity {
    fn rows(placed: &Placed) -> Result<Vec<Model>, Misfit> {
        let Some(DealEvent::Signed { lines, .. }) = placed.told::<DealEvent>() else {
            return Ok(vec![]);
        };
        let partner = placed.partner()?;
        let row = |(nth, line): (i64, &domain::deal::ContractLine)| Model {
            id: domain::derived(placed.event_id(), &format!("line/{nth}")),
            deal: placed.aggregate(),
            partner,
            nth,
            line: line.id.clone(),
            product_line: line.product_line.clone(),
            net_minor: line.net.minor,
            currency: code(line.net),
            position: placed.position(),
        };
        Ok((0..).zip(lines).map(row).collect())
    }
}
