//! The audit trail's index: every event's envelope, and what led to what; payloads are read from the log by position.

use std::collections::BTreeSet;

use domain::{EventId, Role};
use sea_orm::entity::prelude::*;
use sea_orm::{QueryOrder, QuerySelect};

use crate::ground::ask::{by, seen};
use crate::ground::{Feed, Misfit, Placed, QueryError, Sight, Word, table};

/// At most so many effects of an event are told at once.
pub const MOST_EFFECTS: usize = 1000;

/// At most so many causes of an event are told; no rule makes a chain of that length.
pub const MOST_CAUSES: usize = 100;

table! {
    "events" of Some(Column::Partner), found by [
        "event_id",
        "event_type, position",
        "aggregate_type, position",
        "aggregate_id, position",
        "program, position",
        "partner, position",
        "actor_id, position",
        "actor_role, position",
        "correlation_id, position",
        "command_id",
        "causation_id",
        "occurred_at",
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
        pub actor_role: Word<Role>,
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

/// Everything that an event caused, directly and further on, in the order of the log.
pub async fn effects_of(
    db: &impl ConnectionTrait,
    sight: Sight,
    event: EventId,
) -> Result<Vec<Model>, QueryError> {
    let mut effects: Vec<Model> = vec![];
    let mut known = BTreeSet::from([event.0]);
    let mut causes = vec![event.0];
    while !causes.is_empty() && effects.len() < MOST_EFFECTS {
        let select = seen::<Entity>(&sight).filter(Column::CausationId.is_in(causes));
        let select = select.order_by_asc(Column::Position);
        let mut next = select.limit(MOST_EFFECTS as u64).all(db).await?;
        next.retain(|effect| known.insert(effect.event_id));
        causes = next.iter().map(|effect| effect.event_id).collect();
        effects.extend(next);
    }
    effects.sort_by_key(|effect| effect.position);
    effects.truncate(MOST_EFFECTS);
    Ok(effects)
}

/// What led to an event, the nearest cause first; the last one is what somebody outside asked for.
pub async fn causes_of(
    db: &impl ConnectionTrait,
    sight: Sight,
    event: EventId,
) -> Result<Vec<Model>, QueryError> {
    let mut causes: Vec<Model> = vec![];
    let told = async |event: Uuid| {
        let found = by::<Entity>(db, &sight, Column::EventId, &[event], &[]).await?;
        Ok::<_, QueryError>(found.into_iter().next())
    };
    let mut next = told(event.0).await?.and_then(|event| event.causation_id);
    while let Some(cause) = next {
        let Some(cause) = told(cause).await? else { break };
        next = cause.causation_id.filter(|_| causes.len() + 1 < MOST_CAUSES);
        causes.push(cause);
    }
    Ok(causes)
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
            actor_role: Word(envelope.actor.role),
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
