//! The search index of deals: the words of their customers' names, which are companies.

use domain::deal::DealEvent;
use domain::derived;
use sea_orm::entity::prelude::*;

use crate::ground::names::{Words, words};
use crate::ground::{Feed, Misfit, Placed, table};

table! {
    "deal_words" of Some(Column::Partner), found by ["word, deal"];
    pub struct Model {
        pub id: Uuid,
        pub deal: Uuid,
        pub partner: Uuid,
        /// Folded for case and accents.
        pub word: String,
    }
}

impl Words for Entity {
    const WORD: Column = Column::Word;
    const OF: Column = Column::Deal;
}

impl Feed for Entity {
    fn rows(placed: &Placed) -> Result<Vec<Model>, Misfit> {
        let Some(DealEvent::Registered { partner, customer, .. }) = placed.told() else {
            return Ok(vec![]);
        };
        let deal = placed.aggregate();
        let row = |word: String| Model { id: derived(deal, &word), deal, partner: partner.0, word };
        Ok(words(&customer.name).into_iter().map(row).collect())
    }
}
