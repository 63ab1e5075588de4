//! The read model of application forms: what was sent, unchanged, however the partner has changed since (R1).

use domain::partner::{ApplicationEvent, ApplicationSource};
use sea_orm::entity::prelude::*;

use crate::ground::{Feed, Misfit, Placed, Sealed, Word, table};

table! {
    "application_forms" of Some(Column::Partner), found by ["partner, position, id"];
    pub struct Model {
        /// Of the event.
        pub id: Uuid,
        pub program: Uuid,
        pub partner: Uuid,
        pub submitted_at: DateTimeUtc,
        /// The subject of whose sign-in sent it.
        pub submitted_by: String,
        pub company_name: String,
        /// ISO 3166 alpha-2.
        pub country: String,
        pub tax_id: Option<String>,
        pub website: Option<String>,
        pub contacts: Sealed,
        /// The three sections as one value.
        pub sections: Sealed,
        pub source: Word<ApplicationSource>,
        pub terms_version: i64,
        pub position: i64,
    }
}

impl Feed for Entity {
    fn rows(placed: &Placed) -> Result<Vec<Model>, Misfit> {
        let Some(ApplicationEvent::Applied {
            company,
            contacts,
            sections,
            source,
            terms_version,
            applied_by,
            ..
        }) = placed.told::<ApplicationEvent>()
        else {
            return Ok(vec![]);
        };
        Ok(vec![Model {
            id: placed.event_id(),
            program: placed.program()?,
            partner: placed.partner()?,
            submitted_at: placed.at(),
            submitted_by: applied_by.id.clone(),
            company_name: company.name.clone(),
            country: company.country.clone(),
            tax_id: company.tax_id.clone(),
            website: company.website.clone(),
            contacts: Sealed::of(contacts.iter().map(|contact| &contact.details), placed)?,
            sections: Sealed::of([sections], placed)?,
            source: Word(*source),
            terms_version: (*terms_version).into(),
            position: placed.position(),
        }])
    }
}
