//! Where an event leads: to what caused it and what came of it, to its payload and to whom it concerns.

use async_graphql::{ComplexObject, Context};
use domain::EventId;
use projections::events;
use uuid::Uuid;

use super::AuditEvent;
use crate::graphql::{
    ground::{asked::Asked, edges::edge, failure::Failure, scalars::Json, show::shown},
    partner::Partner,
};

impl AuditEvent {
    /// The event of this id, where whoever asks may see it.
    pub async fn find(asked: &Asked, id: Uuid) -> Result<Option<Self>, Failure> {
        edge!(AuditEvent = events by EventId, ascending Position);
        Ok(asked.all::<Leads>(id).await?.pop())
    }
}

#[ComplexObject]
impl AuditEvent {
    /// What the log says of it. What was personal and has been erased is marked as erased.
    async fn payload(&self, ctx: &Context<'_>) -> Result<Option<Json>, Failure> {
        Ok(Asked::of(ctx)?.payload(self.position.0).await?.map(Json))
    }

    /// The partner that it concerns.
    async fn partner(&self, ctx: &Context<'_>) -> Result<Option<Partner>, Failure> {
        Asked::of(ctx)?.find(self.partner).await
    }

    /// What led to it, the nearest cause first; the last is what somebody outside asked for. At most 100.
    async fn causes(&self, ctx: &Context<'_>) -> Result<Option<Vec<AuditEvent>>, Failure> {
        let asked = Asked::of(ctx)?;
        let (db, sight) = (asked.db(), asked.sight::<Self>());
        shown(events::causes_of(&db, sight, EventId(self.event_id)).await?).map(Some)
    }

    /// Everything that came of it, directly and further on, in the order of the log. At most 1000; what comes of each of
    /// those is told there.
    async fn effects(&self, ctx: &Context<'_>) -> Result<Option<Vec<AuditEvent>>, Failure> {
        let asked = Asked::of(ctx)?;
        let (db, sight) = (asked.db(), asked.sight::<Self>());
        shown(events::effects_of(&db, sight, EventId(self.event_id)).await?).map(Some)
    }
}
