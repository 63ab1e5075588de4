//! What the file knows of the time: when the log was last seen (heartbeat), and what was confirmed.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::Connection;

use super::write::have_patience;
use super::{BUSY, Engine, text};
use crate::at_rest::{select_witness, witness};
use crate::clock::Witness;

impl Engine {
    pub async fn witness(&self) -> Result<Witness, sqlx::Error> {
        witness(&sqlx::query(select_witness!("NULL")).fetch_one(&self.pool).await?)
    }

    /// Notes that the log has been seen; never at an earlier time than it was. Waits for no other process, so that no
    /// append waits for it.
    pub async fn see(&self, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
        let mut writer = self.writer.lock().await;
        let connection = self.ready(&mut writer).await?;
        have_patience(connection, Duration::ZERO).await?;
        let see = "UPDATE clock SET seen_at = ?1 WHERE seen_at IS NULL OR seen_at < ?1";
        let seen = sqlx::query(see).bind(text(now)).execute(&mut *connection).await;
        have_patience(connection, BUSY).await?;
        seen.map(drop)
    }

    /// It is `now`. Where the last event was recorded after `latest`, events go on from now.
    pub async fn confirm(
        &self,
        now: DateTime<Utc>,
        latest: DateTime<Utc>,
    ) -> Result<(), sqlx::Error> {
        let mut writer = self.writer.lock().await;
        let mut transaction = self.ready(&mut writer).await?.begin().await?;
        let unpin = "UPDATE log_head SET recorded_at = ?1 WHERE recorded_at > ?2";
        let unpin = sqlx::query(unpin).bind(text(now)).bind(text(latest));
        unpin.execute(&mut *transaction).await?;
        let confirm = sqlx::query("UPDATE clock SET seen_at = ?1, confirmed_at = ?1");
        confirm.bind(text(now)).execute(&mut *transaction).await?;
        transaction.commit().await
    }
}
