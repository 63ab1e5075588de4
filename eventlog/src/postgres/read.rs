//! Reads of single events from PostgreSQL.

use domain::EventId;
use uuid::Uuid;

use super::Engine;
use crate::at_rest::{events, select_events};
use crate::event::RawEvent;

impl Engine {
    pub async fn events_at(&self, positions: &[u64]) -> Result<Vec<RawEvent>, sqlx::Error> {
        let positions: Vec<i64> = positions.iter().map(|position| position.cast_signed()).collect();
        let query = sqlx::query(select_events!("WHERE position = ANY ($1) ORDER BY position"));
        events(&query.bind(positions).fetch_all(&self.pool).await?)
    }

    pub async fn event_in(
        &self,
        aggregate_type: &str,
        aggregate_id: Uuid,
        id: EventId,
    ) -> Result<Option<RawEvent>, sqlx::Error> {
        let query = sqlx::query(select_events!(
            "WHERE aggregate_type = $1 AND aggregate_id = $2 AND event_id = $3"
        ))
        .bind(aggregate_type)
        .bind(aggregate_id.to_string())
        .bind(id.0);
        Ok(events(&query.fetch_all(&self.pool).await?)?.pop())
    }
}
