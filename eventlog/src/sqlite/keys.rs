//! Keys and secrets in SQLite.

use std::collections::HashMap;
use std::sync::atomic::Ordering;

use domain::SubjectId;
use serde_json::json;
use sqlx::sqlite::SqliteConnection;
use sqlx::{Executor, Row};
use uuid::Uuid;

use super::Engine;
use crate::append::Stream;
use crate::at_rest::{SECRET, kept_key, key_in_use, select_keys};
use crate::personal::{Erasure, KeptKeys, Key, new_secret};

impl Engine {
    pub async fn keys(&self, ids: Vec<Uuid>) -> Result<KeptKeys, sqlx::Error> {
        let query = sqlx::query(select_keys!("WHERE id IN (SELECT value FROM json_each(?))"));
        let query = query.bind(json!(ids).to_string());
        query.fetch_all(&self.pool).await?.iter().map(kept_key).collect()
    }

    pub async fn keys_in_use(
        &self,
        (aggregate_type, aggregate_id): Stream,
        subjects: &[SubjectId],
    ) -> Result<HashMap<SubjectId, Key>, sqlx::Error> {
        let query = sqlx::query(select_keys!(
            "WHERE aggregate_type = ? AND aggregate_id = ? AND subject IN (SELECT value FROM json_each(?))
             AND key IS NOT NULL"
        ));
        let query = query.bind(aggregate_type).bind(aggregate_id.to_string());
        let query = query.bind(json!(subjects).to_string());
        query.fetch_all(&self.pool).await?.iter().map(key_in_use).collect()
    }

    pub async fn add_keys(
        &self,
        (aggregate_type, aggregate_id): Stream,
        keys: &HashMap<SubjectId, Key>,
    ) -> Result<(), sqlx::Error> {
        let mut writer = self.writer.lock().await;
        let connection = self.ready(&mut writer).await?;
        for (subject, key) in keys {
            let add = "INSERT INTO subject_keys (id, aggregate_type, aggregate_id, subject, key)
                 VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING";
            sqlx::query(add)
                .bind(key.id.to_string())
                .bind(aggregate_type)
                .bind(aggregate_id.to_string())
                .bind(subject.to_string())
                .bind(key.secret.as_slice())
                .execute(&mut *connection)
                .await?;
        }
        Ok(())
    }

    pub async fn destroy_key(
        &self,
        (aggregate_type, aggregate_id): Stream,
        subject: SubjectId,
    ) -> Result<Erasure, sqlx::Error> {
        let mut writer = self.writer.lock().await;
        let connection = self.ready(&mut writer).await?;
        let destroy = sqlx::query(
            "UPDATE subject_keys SET key = NULL, destroyed_at = strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')
             WHERE aggregate_type = ? AND aggregate_id = ? AND subject = ? AND key IS NOT NULL",
        );
        let destroy =
            destroy.bind(aggregate_type).bind(aggregate_id.to_string()).bind(subject.to_string());
        let destroyed = destroy.execute(&mut *connection).await?.rows_affected() > 0;
        // Also where it was destroyed before and has lingered since.
        let wiped = wipe(connection).await?;
        self.lingers.store(!wiped, Ordering::Relaxed);
        Ok(match (destroyed, wiped) {
            (_, false) => Erasure::Lingers,
            (true, true) => Erasure::Done,
            (false, true) => Erasure::Nothing,
        })
    }
}

/// Begins the write-ahead log anew, as the pages of what was destroyed stand in it as they were; tells whether those who
/// read let it.
pub(super) async fn wipe(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    let row = connection.fetch_one("PRAGMA wal_checkpoint(TRUNCATE)").await?;
    Ok(row.try_get::<i64, _>(0)? == 0)
}

/// Makes the secret of a log that has none and needs none yet.
pub(super) async fn add_secret(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    let add =
        "INSERT INTO secrets (name, secret) SELECT ?, ? WHERE NOT EXISTS (SELECT 1 FROM receipts)
         ON CONFLICT DO NOTHING";
    let add = sqlx::query(add).bind(SECRET).bind(new_secret().to_vec());
    add.execute(connection).await.map(drop)
}
