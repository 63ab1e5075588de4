//! The read model of course assignments.

use domain::partner::TrainingEvent;
use sea_orm::entity::prelude::*;

use crate::ground::{Misfit, Placed, View, json, table};

table! {
    "courses" of Some(Column::Partner), stamped [last_position], found by ["partner, first_position, id"];
    #[derive(Default)]
    pub struct Model {
        pub id: Uuid,
        pub program: Uuid,
        pub partner: Uuid,
        pub course: String,
        /// Of the course, as assigned last.
        pub version: i64,
        /// A list of names.
        pub modules: Json,
        pub step: i64,
        pub assigned_at: DateTimeUtc,
        /// Where it was assigned first.
        pub first_position: i64,
    }
}

impl View for Entity {
    fn keys(placed: &Placed) -> Vec<Uuid> {
        match placed.told::<TrainingEvent>() {
            Some(TrainingEvent::CourseAssigned { course, .. }) => {
                vec![domain::derived(placed.aggregate(), &format!("course/{course}"))]
            }
            Some(_) | None => vec![],
        }
    }

    fn fold(id: Uuid, row: &mut Option<Model>, placed: &Placed) -> Result<(), Misfit> {
        let Some(TrainingEvent::CourseAssigned { course, version, modules, step }) =
            placed.told::<TrainingEvent>()
        else {
            return Ok(());
        };
        *row = Some(Model {
            id,
            program: placed.program()?,
            partner: placed.partner()?,
            course: course.clone(),
            version: (*version).into(),
            modules: json("the modules", modules)?,
            step: (*step).into(),
            assigned_at: placed.at(),
            first_position: row
                .as_ref()
                .map_or(placed.position(), |earlier| earlier.first_position),
            ..Model::default()
        });
        Ok(())
    }
}
