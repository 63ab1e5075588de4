//! The audit browser: every event's envelope, and what led to what. Payloads are read from the log by position.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use domain::{ActorKind, CommandId, EventId, PartnerId, ProgramId};
use sea_orm::entity::prelude::*;
use sea_orm::{Condition, QueryOrder, QuerySelect};

use crate::ground::{Feed, Misfit, Page, Placed, QueryError, Sight, Slice, Sort, page, table};

/// At most so many events of a chain are told at once.
pub const LONGEST_CHAIN: usize = 1000;

table! {
    "events" of Some(Column::Partner), found by [
        "event_id",
        "event_type, position",
        "aggregate_id, position",
        "partner, position",
        "actor_id, position",
        "correlation_id, position",
        "causation_id",
        "recorded_at",
    ];
    pub struct Model {
        pub position: i64,
        pub event_id: Uuid,
        pub event_type: String,
        pub aggregate_type: String,
        pub aggregate_id: Uuid,
        pub sequence: i64,
        pub program: Option<Uuid>,
        pub partner: Option<Uuid>,
        pub actor_kind: Kind,
        pub actor_id: String,
        /// The partner whose member the actor is.
        pub actor_partner: Option<Uuid>,
        pub on_behalf_of: Option<String>,
        pub occurred_at: DateTimeUtc,
        pub recorded_at: DateTimeUtc,
        pub command_id: Uuid,
        pub causation_id: Option<Uuid>,
        pub correlation_id: Uuid,
    }
}

/// What sort of actor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "kebab-case")]
pub enum Kind {
    Member,
    Vendor,
    Integration,
    Policy,
}

/// Which events; every part that is given must hold.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Filter {
    /// Any of these; all where empty.
    pub types: Vec<String>,
    pub aggregate_type: Option<String>,
    pub aggregate_id: Option<Uuid>,
    pub program: Option<ProgramId>,
    pub partner: Option<PartnerId>,
    pub actor_id: Option<String>,
    pub actor_kind: Option<Kind>,
    pub correlation_id: Option<Uuid>,
    pub command_id: Option<CommandId>,
    pub occurred_from: Option<DateTime<Utc>>,
    pub occurred_until: Option<DateTime<Utc>>,
    pub recorded_from: Option<DateTime<Utc>>,
    pub recorded_until: Option<DateTime<Utc>>,
    pub after_position: Option<u64>,
    pub until_position: Option<u64>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Order {
    #[default]
    Position,
}

impl page::Order<Entity> for Order {
    fn column(self) -> Column {
        match self {
            Self::Position => Column::Position,
        }
    }
}

impl Filter {
    fn condition(&self) -> Condition {
        Condition::all()
            .add_option((!self.types.is_empty()).then(|| Column::EventType.is_in(&self.types)))
            .add_option(self.aggregate_type.as_ref().map(|name| Column::AggregateType.eq(name)))
            .add_option(self.aggregate_id.map(|id| Column::AggregateId.eq(id)))
            .add_option(self.program.map(|program| Column::Program.eq(program.0)))
            .add_option(self.partner.map(|partner| Column::Partner.eq(partner.0)))
            .add_option(self.actor_id.as_ref().map(|actor| Column::ActorId.eq(actor)))
            .add_option(self.actor_kind.map(|kind| Column::ActorKind.eq(kind)))
            .add_option(self.correlation_id.map(|id| Column::CorrelationId.eq(id)))
            .add_option(self.command_id.map(|id| Column::CommandId.eq(id.0)))
            .add_option(self.occurred_from.map(|from| Column::OccurredAt.gte(from)))
            .add_option(self.occurred_until.map(|until| Column::OccurredAt.lt(until)))
            .add_option(self.recorded_from.map(|from| Column::RecordedAt.gte(from)))
            .add_option(self.recorded_until.map(|until| Column::RecordedAt.lt(until)))
            .add_option(self.after_position.map(|after| Column::Position.gt(after.cast_signed())))
            .add_option(self.until_position.map(|until| Column::Position.lte(until.cast_signed())))
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
    page::page(db, select, Column::Position, sort, page).await
}

pub async fn by_ids(
    db: &DatabaseConnection,
    sight: Sight,
    ids: &[EventId],
) -> Result<Vec<Model>, QueryError> {
    let ids = ids.iter().map(|id| id.0);
    let select =
        Entity::find().filter(Column::EventId.is_in(ids)).filter(sight.over(Column::Partner));
    Ok(select.order_by_asc(Column::Position).all(db).await?)
}

/// Everything that an event caused, directly and further on, in the order of the log.
pub async fn effects_of(
    db: &DatabaseConnection,
    sight: Sight,
    event: EventId,
) -> Result<Vec<Model>, QueryError> {
    let mut effects: Vec<Model> = vec![];
    let mut seen = BTreeSet::from([event.0]);
    let mut causes = vec![event.0];
    while !causes.is_empty() && effects.len() < LONGEST_CHAIN {
        let select = Entity::find().filter(Column::CausationId.is_in(causes));
        let select = select.filter(sight.over(Column::Partner)).order_by_asc(Column::Position);
        let mut next = select.limit(LONGEST_CHAIN as u64).all(db).await?;
        next.retain(|effect| seen.insert(effect.event_id));
        causes = next.iter().map(|effect| effect.event_id).collect();
        effects.extend(next);
    }
    effects.sort_by_key(|effect| effect.position);
    effects.truncate(LONGEST_CHAIN);
    Ok(effects)
}

/// What led to an event, the nearest cause first; the last one is what somebody outside asked for.
pub async fn causes_of(
    db: &DatabaseConnection,
    sight: Sight,
    event: EventId,
) -> Result<Vec<Model>, QueryError> {
    let mut causes: Vec<Model> = vec![];
    let of = by_ids(db, sight, &[event]).await?.pop();
    let mut next = of.and_then(|event| event.causation_id);
    while let Some(cause) = next {
        let Some(cause) = by_ids(db, sight, &[EventId(cause)]).await?.pop() else { break };
        next = cause.causation_id.filter(|_| causes.len() < LONGEST_CHAIN);
        causes.push(cause);
    }
    Ok(causes)
}

impl From<ActorKind> for Kind {
    fn from(kind: ActorKind) -> Self {
        match kind {
            ActorKind::Member => Self::Member,
            ActorKind::Vendor => Self::Vendor,
            ActorKind::Integration => Self::Integration,
            ActorKind::Policy => Self::Policy,
        }
    }
}

impl Feed for Entity {
    fn rows(placed: &Placed) -> Result<Vec<Model>, Misfit> {
        let envelope = &placed.recorded.envelope;
        Ok(vec![Model {
            position: placed.position(),
            event_id: placed.event_id(),
            event_type: envelope.event_type.clone(),
            aggregate_type: envelope.aggregate_type.clone(),
            aggregate_id: envelope.aggregate_id,
            sequence: placed.version(),
            program: placed.program.map(|program| program.0),
            partner: placed.partner.map(|partner| partner.0),
            actor_kind: envelope.actor.kind.into(),
            actor_id: envelope.actor.id.clone(),
            actor_partner: envelope.actor.partner.map(|partner| partner.0),
            on_behalf_of: envelope.actor.on_behalf_of.clone(),
            occurred_at: envelope.occurred_at,
            recorded_at: envelope.recorded_at,
            command_id: envelope.command_id.0,
            causation_id: envelope.causation_id.map(|id| id.0),
            correlation_id: envelope.correlation_id,
        }])
    }
}
