//! Sequential reads of the log from PostgreSQL, in position order.

use domain::{Actor, CommandId, Envelope, EventId};
use sqlx::Row;
use sqlx::postgres::PgRow;
use uuid::Uuid;

use super::{Engine, uuid};
use crate::event::{ActorMemo, RawEvent, select_events};

impl Engine {
    pub async fn head(&self) -> Result<u64, sqlx::Error> {
        let position: i64 =
            sqlx::query_scalar("SELECT position FROM log_head").fetch_one(&self.pool).await?;
        Ok(position.cast_unsigned())
    }

    pub async fn events_after(
        &self,
        position: u64,
        limit: u32,
    ) -> Result<Vec<RawEvent>, sqlx::Error> {
        let query = sqlx::query(select_events!("WHERE position > $1 ORDER BY position LIMIT $2"));
        let rows =
            query.bind(position.cast_signed()).bind(i64::from(limit)).fetch_all(&self.pool).await?;
        events(&rows)
    }

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

fn events(rows: &[PgRow]) -> Result<Vec<RawEvent>, sqlx::Error> {
    let mut actors = ActorMemo::default();
    rows.iter().map(|row| event(row, &mut actors)).collect()
}

fn event(row: &PgRow, actors: &mut ActorMemo) -> Result<RawEvent, sqlx::Error> {
    let actor: Actor =
        actors.parse(row.try_get(9)?).map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
    let version: &str = row.try_get(6)?;
    let envelope = Envelope {
        event_id: EventId(row.try_get(1)?),
        position: row.try_get::<i64, _>(0)?.cast_unsigned(),
        aggregate_type: row.try_get(2)?,
        aggregate_id: uuid(row.try_get(3)?)?,
        sequence: row.try_get::<i64, _>(4)?.cast_unsigned(),
        event_type: row.try_get(5)?,
        event_version: version.parse().map_err(|error| sqlx::Error::Decode(Box::new(error)))?,
        occurred_at: row.try_get(7)?,
        recorded_at: row.try_get(8)?,
        actor,
        command_id: CommandId(row.try_get(10)?),
        causation_id: row.try_get::<Option<_>, _>(11)?.map(EventId),
        correlation_id: row.try_get(12)?,
    };
    // A `json` column arrives as the text that was written; no copy through a parsed value.
    Ok(RawEvent { envelope, payload: row.try_get_unchecked(13)? })
}
