//! Every version of every policy that a programme has published.

use chrono::{DateTime, Utc};
use domain::program::ProgramEvent;
use domain::{ProgramId, Published};
use sea_orm::entity::prelude::*;
use sea_orm::{Condition, QueryOrder};
use serde::Serialize;

use crate::ground::{Feed, Misfit, Page, Placed, QueryError, Slice, Sort, json, page, table};

table! {
    "publications" of None, found by ["position, id", "effective_from, id", "program, kind, version"];
    pub struct Model {
        pub id: Uuid,
        pub program: Uuid,
        pub kind: Kind,
        pub version: i64,
        /// First instant at which it is in force.
        pub effective_from: DateTimeUtc,
        /// First instant at which it is in force no longer; open where null.
        pub effective_until: Option<DateTimeUtc>,
        pub body: Json,
        /// SHA-256 of the body's canonical JSON, in hex.
        pub body_hash: String,
        pub author: String,
        pub approved_by: String,
        pub published_at: DateTimeUtc,
        pub event_id: Uuid,
        pub position: i64,
    }
}

/// What is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "kebab-case")]
pub enum Kind {
    Terms,
    CommissionPlan,
    PayoutPolicy,
    DealPolicy,
}

/// Which versions; every part that is given must hold.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Filter {
    pub program: Option<ProgramId>,
    pub kind: Option<Kind>,
    pub version: Option<u32>,
    /// Only those whose period holds this instant.
    pub covers: Option<DateTime<Utc>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Order {
    #[default]
    Published,
    EffectiveFrom,
}

impl page::Order<Entity> for Order {
    fn column(self) -> Column {
        match self {
            Self::Published => Column::Position,
            Self::EffectiveFrom => Column::EffectiveFrom,
        }
    }
}

impl Filter {
    fn condition(&self) -> Condition {
        let covers = self.covers.map(|at| {
            let not_over = Column::EffectiveUntil.is_null().or(Column::EffectiveUntil.gt(at));
            Column::EffectiveFrom.lte(at).and(not_over)
        });
        Condition::all()
            .add_option(self.program.map(|program| Column::Program.eq(program.0)))
            .add_option(self.kind.map(|kind| Column::Kind.eq(kind)))
            .add_option(self.version.map(|version| Column::Version.eq(version)))
            .add_option(covers)
    }
}

pub async fn list(
    db: &DatabaseConnection,
    filter: &Filter,
    sort: Sort<Order>,
    page: &Page,
) -> Result<Slice<Model>, QueryError> {
    page::page(db, Entity::find().filter(filter.condition()), Column::Id, sort, page).await
}

pub async fn of_programs(
    db: &DatabaseConnection,
    programs: &[ProgramId],
) -> Result<Vec<Model>, QueryError> {
    let select = Entity::find().filter(Column::Program.is_in(programs.iter().map(|id| id.0)));
    Ok(select.order_by_asc(Column::Position).all(db).await?)
}

impl Feed for Entity {
    fn rows(placed: &Placed) -> Result<Vec<Model>, Misfit> {
        let Some(event) = placed.told::<ProgramEvent>() else { return Ok(vec![]) };
        match event {
            ProgramEvent::TermsPublished { terms } => {
                Ok(vec![published(Kind::Terms, terms, placed)?])
            }
            ProgramEvent::CommissionPlanPublished { plan } => {
                Ok(vec![published(Kind::CommissionPlan, plan, placed)?])
            }
            ProgramEvent::PayoutPolicyPublished { policy } => {
                Ok(vec![published(Kind::PayoutPolicy, policy, placed)?])
            }
            ProgramEvent::DealPolicyPublished { policy } => {
                Ok(vec![published(Kind::DealPolicy, policy, placed)?])
            }
            ProgramEvent::Opened { .. }
            | ProgramEvent::ContractStatusConfigured { .. }
            | ProgramEvent::CoursePublished { .. }
            | ProgramEvent::CertificationDefined { .. } => Ok(vec![]),
        }
    }
}

fn published<T: Serialize>(
    kind: Kind,
    published: &Published<T>,
    placed: &Placed,
) -> Result<Model, Misfit> {
    Ok(Model {
        id: placed.event_id(),
        program: placed.program()?,
        kind,
        version: published.version.into(),
        effective_from: published.effective_from,
        effective_until: published.effective_until,
        body: json("what is published", &published.body)?,
        body_hash: published.body_hash.clone(),
        author: published.author.clone(),
        approved_by: published.approved_by.clone(),
        published_at: placed.at(),
        event_id: placed.event_id(),
        position: placed.position(),
    })
}
