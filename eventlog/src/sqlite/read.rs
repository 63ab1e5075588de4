//! Reads of single events from SQLite.

use cqrs_es::persist::SerializedEvent;
use domain::EventId;
use serde_json::Value;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;
use sqlx::types::Json;
use uuid::Uuid;

use super::Engine;
use crate::at_rest::{events, select_events};
use crate::event::{RawEvent, Span};

impl Engine {
    pub async fn events_at(&self, positions: &[u64]) -> Result<Vec<RawEvent>, sqlx::Error> {
        let positions = serde_json::json!(positions).to_string();
        let query = sqlx::query(select_events!(
            "WHERE position IN (SELECT value FROM json_each(?)) ORDER BY position"
        ));
        events(&query.bind(positions).fetch_all(&self.pool).await?)
    }

    /// Some events of a stream in their order, as they are at rest.
    pub async fn stream(
        &self,
        aggregate_type: &str,
        aggregate_id: &str,
        span: Span,
    ) -> Result<Vec<SerializedEvent>, sqlx::Error> {
        let rows = sqlx::query(
            "SELECT sequence, event_type, event_version, payload FROM events
             WHERE aggregate_type = ? AND aggregate_id = ? AND sequence > ? AND sequence <= ? ORDER BY sequence",
        )
        .bind(aggregate_type)
        .bind(aggregate_id)
        .bind(span.after.cast_signed())
        .bind(i64::try_from(span.until).unwrap_or(i64::MAX))
        .fetch_all(&self.pool)
        .await?;
        let event = |row: &SqliteRow| {
            Ok(SerializedEvent::new(
                aggregate_id.into(),
                usize::try_from(row.try_get::<i64, _>(0)?).unwrap_or_default(),
                aggregate_type.into(),
                row.try_get(1)?,
                row.try_get(2)?,
                row.try_get::<Json<Value>, _>(3)?.0,
                Value::Object(serde_json::Map::new()),
            ))
        };
        rows.iter().map(event).collect()
    }

    pub async fn event_in(
        &self,
        aggregate_type: &str,
        aggregate_id: Uuid,
        id: EventId,
    ) -> Result<Option<RawEvent>, sqlx::Error> {
        let query = sqlx::query(select_events!(
            "WHERE aggregate_type = ? AND aggregate_id = ? AND event_id = ?"
        ))
        .bind(aggregate_type)
        .bind(aggregate_id.to_string())
        .bind(id.to_string());
        Ok(events(&query.fetch_all(&self.pool).await?)?.pop())
    }
}
