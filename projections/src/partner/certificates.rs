//! The certificates of partners' people.

use chrono::{DateTime, Utc};
use domain::partner::PartnerEvent;
use domain::{PartnerId, ProgramId, SubjectId};
use sea_orm::entity::prelude::*;
use sea_orm::{Condition, QueryOrder, QuerySelect};

use crate::ground::{Feed, Misfit, Page, Placed, QueryError, Sight, Slice, Sort, page, table};

table! {
    "certificates" of Some(Column::Partner), found by ["valid_from, id", "partner, valid_from, id", "program, person"];
    pub struct Model {
        pub id: Uuid,
        pub program: Uuid,
        pub partner: Uuid,
        /// Whose it is.
        pub person: Uuid,
        pub certification: String,
        /// Of the certification.
        pub version: i64,
        pub valid_from: DateTimeUtc,
        /// First instant at which it holds no longer; open where null.
        pub valid_until: Option<DateTimeUtc>,
        pub event_id: Uuid,
        pub position: i64,
    }
}

/// Which certificates; every part that is given must hold.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Filter {
    pub program: Option<ProgramId>,
    pub partner: Option<PartnerId>,
    pub person: Option<SubjectId>,
    pub certification: Option<String>,
    pub valid_at: Option<DateTime<Utc>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Order {
    #[default]
    ValidFrom,
}

impl page::Order<Entity> for Order {
    fn column(self) -> Column {
        match self {
            Self::ValidFrom => Column::ValidFrom,
        }
    }
}

impl Filter {
    fn condition(&self) -> Condition {
        let valid_at = self.valid_at.map(|at| {
            let not_over = Column::ValidUntil.is_null().or(Column::ValidUntil.gt(at));
            Column::ValidFrom.lte(at).and(not_over)
        });
        Condition::all()
            .add_option(self.program.map(|program| Column::Program.eq(program.0)))
            .add_option(self.partner.map(|partner| Column::Partner.eq(partner.0)))
            .add_option(self.person.map(|person| Column::Person.eq(person.0)))
            .add_option(self.certification.as_ref().map(|name| Column::Certification.eq(name)))
            .add_option(valid_at)
    }
}

pub async fn list(
    db: &DatabaseConnection,
    sight: Sight,
    filter: &Filter,
    sort: Sort<Order>,
    page: &Page,
) -> Result<Slice<Model>, QueryError> {
    let select = Entity::find().filter(sight.over(Column::Partner)).filter(filter.condition());
    page::page(db, select, Column::Id, sort, page).await
}

pub async fn of_partners(
    db: &DatabaseConnection,
    sight: Sight,
    partners: &[PartnerId],
) -> Result<Vec<Model>, QueryError> {
    let partners = partners.iter().map(|id| id.0);
    let select =
        Entity::find().filter(Column::Partner.is_in(partners)).filter(sight.over(Column::Partner));
    Ok(select.order_by_asc(Column::Position).all(db).await?)
}

/// How many people of a programme hold a certificate at `at`.
pub async fn certified_people(
    db: &DatabaseConnection,
    sight: Sight,
    program: ProgramId,
    at: DateTime<Utc>,
) -> Result<u64, QueryError> {
    let filter = Filter { program: Some(program), valid_at: Some(at), ..Filter::default() };
    let select = Entity::find().filter(sight.over(Column::Partner)).filter(filter.condition());
    Ok(select.select_only().column(Column::Person).distinct().count(db).await?)
}

impl Feed for Entity {
    fn rows(placed: &Placed) -> Result<Vec<Model>, Misfit> {
        let Some(PartnerEvent::Certified {
            certificate,
            person,
            certification,
            version,
            valid_from,
            valid_until,
        }) = placed.told::<PartnerEvent>()
        else {
            return Ok(vec![]);
        };
        Ok(vec![Model {
            id: *certificate,
            program: placed.program()?,
            partner: placed.partner()?,
            person: person.0,
            certification: certification.clone(),
            version: (*version).into(),
            valid_from: *valid_from,
            valid_until: *valid_until,
            event_id: placed.event_id(),
            position: placed.position(),
        }])
    }
}
