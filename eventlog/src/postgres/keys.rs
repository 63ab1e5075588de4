//! Keys and secrets in PostgreSQL.

use std::collections::HashMap;

use domain::SubjectId;
use sqlx::PgConnection;
use uuid::Uuid;

use super::Engine;
use crate::append::Stream;
use crate::at_rest::{SECRET, kept_key, key_in_use, select_keys};
use crate::personal::{Erasure, KeptKeys, Key, new_secret};

impl Engine {
    pub async fn keys(&self, ids: Vec<Uuid>) -> Result<KeptKeys, sqlx::Error> {
        let query = sqlx::query(select_keys!("WHERE id = ANY ($1)")).bind(ids);
        query.fetch_all(&self.pool).await?.iter().map(kept_key).collect()
    }

    pub async fn keys_in_use(
        &self,
        (aggregate_type, aggregate_id): Stream,
        subjects: &[SubjectId],
    ) -> Result<HashMap<SubjectId, Key>, sqlx::Error> {
        let subjects: Vec<Uuid> = subjects.iter().map(|subject| subject.0).collect();
        let query = sqlx::query(select_keys!(
            "WHERE aggregate_type = $1 AND aggregate_id = $2 AND subject = ANY ($3) AND key IS NOT NULL"
        ));
        let query = query.bind(aggregate_type).bind(aggregate_id.to_string()).bind(subjects);
        query.fetch_all(&self.pool).await?.iter().map(key_in_use).collect()
    }

    pub async fn add_keys(
        &self,
        (aggregate_type, aggregate_id): Stream,
        keys: &HashMap<SubjectId, Key>,
    ) -> Result<(), sqlx::Error> {
        let subjects: Vec<Uuid> = keys.keys().map(|subject| subject.0).collect();
        let (ids, secrets): (Vec<Uuid>, Vec<&[u8]>) =
            keys.values().map(|key| (key.id, key.secret.as_slice())).unzip();
        sqlx::query(
            "INSERT INTO subject_keys (id, aggregate_type, aggregate_id, subject, key)
             SELECT n.id, $1, $2, n.subject, n.key
             FROM unnest($3::uuid[], $4::uuid[], $5::bytea[]) AS n (id, subject, key)
             ORDER BY n.subject -- So that two who come at once wait for each other in one order.
             ON CONFLICT DO NOTHING",
        )
        .bind(aggregate_type)
        .bind(aggregate_id.to_string())
        .bind(ids)
        .bind(subjects)
        .bind(secrets)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    pub async fn destroy_key(
        &self,
        (aggregate_type, aggregate_id): Stream,
        subject: SubjectId,
    ) -> Result<Erasure, sqlx::Error> {
        let destroyed = sqlx::query(
            "UPDATE subject_keys SET key = NULL, destroyed_at = now()
             WHERE aggregate_type = $1 AND aggregate_id = $2 AND subject = $3 AND key IS NOT NULL",
        );
        let destroyed =
            destroyed.bind(aggregate_type).bind(aggregate_id.to_string()).bind(subject.0);
        let destroyed = destroyed.execute(&self.pool).await?.rows_affected() > 0;
        Ok(if destroyed { Erasure::Done } else { Erasure::Nothing })
    }
}

/// Makes the secret of a log that has none and needs none yet; of several processes one does.
pub(super) async fn add_secret(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    let add =
        "INSERT INTO secrets (name, secret) SELECT $1, $2 WHERE NOT EXISTS (SELECT FROM receipts)
         ON CONFLICT DO NOTHING";
    let add = sqlx::query(add).bind(SECRET).bind(new_secret().to_vec());
    add.execute(connection).await.map(drop)
}
