//! What PostgreSQL knows of the time: its own clock, when the log was last seen (heartbeat), and what was confirmed.

use chrono::{DateTime, Utc};

use super::Engine;
use crate::at_rest::{select_witness, witness};
use crate::clock::{Witness, at_rest};

impl Engine {
    pub async fn witness(&self) -> Result<Witness, sqlx::Error> {
        let query = sqlx::query(select_witness!("clock_timestamp()"));
        witness(&query.fetch_one(&self.pool).await?)
    }

    /// Notes that the log has been seen; never at an earlier time than it was. Waits for nobody, be it who holds the row or a
    /// standby: one that was given up would keep its connection, until nobody could read any more.
    pub async fn see(&self, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
        let see = "UPDATE clock SET seen_at = $1
            FROM (SELECT set_config('synchronous_commit', 'off', true)) AS at_once
            WHERE only_row IN (SELECT only_row FROM clock WHERE seen_at IS NULL OR seen_at < $1
                               FOR UPDATE SKIP LOCKED)";
        sqlx::query(see).bind(at_rest(now)).execute(&self.pool).await.map(drop)
    }

    /// It is `now`. Where the last event was recorded after `latest`, events go on from now.
    pub async fn confirm(
        &self,
        now: DateTime<Utc>,
        latest: DateTime<Utc>,
    ) -> Result<(), sqlx::Error> {
        let mut transaction = self.pool.begin().await?;
        let unpin = "UPDATE log_head SET recorded_at = $1 WHERE recorded_at > $2";
        let unpin = sqlx::query(unpin).bind(at_rest(now)).bind(at_rest(latest));
        unpin.execute(&mut *transaction).await?;
        let confirm = sqlx::query("UPDATE clock SET seen_at = $1, confirmed_at = $1");
        confirm.bind(at_rest(now)).execute(&mut *transaction).await?;
        transaction.commit().await
    }
}
