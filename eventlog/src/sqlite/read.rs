//! Sequential reads of the log from SQLite, in position order.

use cqrs_es::persist::SerializedEvent;
use domain::{CommandId, Envelope, EventId};
use serde_json::Value;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;
use sqlx::types::Json;
use uuid::Uuid;

use super::{Engine, instant, uuid};
use crate::event::{ActorMemo, RawEvent, Span, select_events};

impl Engine {
    pub async fn head(&self) -> Result<u64, sqlx::Error> {
        let position: i64 =
            sqlx::query_scalar("SELECT position FROM log_head").fetch_one(&self.readers).await?;
        Ok(position.cast_unsigned())
    }

    pub async fn events_after(
        &self,
        position: u64,
        limit: u32,
    ) -> Result<Vec<RawEvent>, sqlx::Error> {
        let query = sqlx::query(select_events!("WHERE position > ? ORDER BY position LIMIT ?"));
        let rows = query.bind(position.cast_signed()).bind(limit).fetch_all(&self.readers).await?;
        events(&rows)
    }

    pub async fn events_at(&self, positions: &[u64]) -> Result<Vec<RawEvent>, sqlx::Error> {
        let positions = serde_json::json!(positions).to_string();
        let query = sqlx::query(select_events!(
            "WHERE position IN (SELECT value FROM json_each(?)) ORDER BY position"
        ));
        events(&query.bind(positions).fetch_all(&self.readers).await?)
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
        .fetch_all(&self.readers)
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
        Ok(events(&query.fetch_all(&self.readers).await?)?.pop())
    }
}

fn events(rows: &[SqliteRow]) -> Result<Vec<RawEvent>, sqlx::Error> {
    let mut actors = ActorMemo::default();
    rows.iter().map(|row| event(row, &mut actors)).collect()
}

fn event(row: &SqliteRow, actors: &mut ActorMemo) -> Result<RawEvent, sqlx::Error> {
    let actor =
        actors.parse(row.try_get(9)?).map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
    let version: &str = row.try_get(6)?;
    let causation: Option<&str> = row.try_get(11)?;
    let envelope = Envelope {
        event_id: EventId(uuid(row, 1)?),
        position: row.try_get::<i64, _>(0)?.cast_unsigned(),
        aggregate_type: row.try_get(2)?,
        aggregate_id: uuid(row, 3)?,
        sequence: row.try_get::<i64, _>(4)?.cast_unsigned(),
        event_type: row.try_get(5)?,
        event_version: version.parse().map_err(|error| sqlx::Error::Decode(Box::new(error)))?,
        occurred_at: instant(row.try_get(7)?)?,
        recorded_at: instant(row.try_get(8)?)?,
        actor,
        command_id: CommandId(uuid(row, 10)?),
        causation_id: causation.map(|_| uuid(row, 11)).transpose()?.map(EventId),
        correlation_id: uuid(row, 12)?,
    };
    Ok(RawEvent { envelope, payload: row.try_get(13)? })
}
