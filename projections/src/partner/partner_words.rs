//! The search index of partners: the words of their companies' names. What people are called is sealed and not among them.

use domain::derived;
use domain::partner::ApplicationEvent;
use sea_orm::entity::prelude::*;

use crate::ground::names::{Words, words};
use crate::ground::{Misfit, Placed, View, table};

/// Most words of a name: it has 200 characters, every second of them a space.
const MOST: usize = 100;

table! {
    "partner_words" of Some(Column::Partner), stamped [last_position], found by ["word, partner"];
    #[derive(Default)]
    pub struct Model {
        pub id: Uuid,
        pub partner: Uuid,
        /// Folded for case and accents.
        pub word: String,
    }
}

impl Words for Entity {
    const WORD: Column = Column::Word;
    const OF: Column = Column::Partner;
}

/// The row of a partner's word by its place among them.
fn key(partner: Uuid, place: usize) -> Uuid {
    derived(partner, &format!("word/{place}"))
}

impl View for Entity {
    /// Who applies again may have another name: of an earlier one no word may stay.
    fn keys(placed: &Placed) -> Vec<Uuid> {
        let Some(ApplicationEvent::Applied { company, .. }) = placed.told() else {
            return vec![];
        };
        let places = if placed.version() == 1 { words(&company.name).len() } else { MOST };
        (0..places).map(|place| key(placed.aggregate(), place)).collect()
    }

    fn fold(id: Uuid, row: &mut Option<Model>, placed: &Placed) -> Result<(), Misfit> {
        let Some(ApplicationEvent::Applied { company, .. }) = placed.told() else {
            return Ok(());
        };
        let partner = placed.aggregate();
        let mut words = words(&company.name).into_iter().enumerate();
        let word = words.find(|(place, _)| key(partner, *place) == id);
        *row = word.map(|(_, word)| Model { id, partner, word, ..Model::default() });
        Ok(())
    }
}
