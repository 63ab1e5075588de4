//! Open items in PostgreSQL.

use domain::{ClosedList, CommandId};
use sqlx::postgres::PgExecutor;

use super::Engine;
use crate::at_rest::AtRest;
use crate::open_items::{Counts, Ids, OpenItem, Which, counts, open_items, select_open_items};

impl Engine {
    /// Keeps the item open, unless its effect has come meanwhile.
    pub async fn keep_open(&self, item: &OpenItem) -> Result<(), sqlx::Error> {
        sqlx::query(
            "INSERT INTO open_items (command_id, kind, event_id, position, command, aggregate_id, waits_for, code,
                                     reason, since, tried_at, tries, asked)
             SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, false
             WHERE $8 = 'COMMAND_ID_REUSED' OR NOT EXISTS (SELECT FROM receipts WHERE command_id = $1)
             ON CONFLICT (command_id) DO UPDATE SET kind = excluded.kind, waits_for = excluded.waits_for,
                 code = excluded.code, reason = excluded.reason, tried_at = excluded.tried_at,
                 tries = open_items.tries + 1, asked = false",
        )
        .bind(item.command_id.0)
        .bind(item.kind.word())
        .bind(item.event_id.0)
        .bind(item.position.cast_signed())
        .bind(&item.command)
        .bind(item.aggregate_id)
        .bind(item.waits_for)
        .bind(&item.code)
        .bind(&item.reason)
        .bind(item.since)
        .bind(item.tried_at)
        .bind(item.tries.cast_signed())
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    pub async fn close_item(&self, id: CommandId) -> Result<(), sqlx::Error> {
        let delete = sqlx::query("DELETE FROM open_items WHERE command_id = $1").bind(id.0);
        delete.execute(&self.pool).await?;
        Ok(())
    }

    pub async fn open_items(&self, which: Which, most: u32) -> Result<Vec<OpenItem>, sqlx::Error> {
        let most = i64::from(most);
        let query = match which {
            Which::All => {
                sqlx::query(select_open_items!("ORDER BY since, command_id LIMIT $1")).bind(most)
            }
            Which::Asked => {
                sqlx::query(select_open_items!("WHERE asked ORDER BY since, command_id LIMIT $1"))
                    .bind(most)
            }
            Which::WaitingFor(aggregate) => sqlx::query(select_open_items!(
                "WHERE waits_for = $1 ORDER BY since, command_id LIMIT $2"
            ))
            .bind(aggregate)
            .bind(most),
        };
        open_items(&query.fetch_all(&self.pool).await?)
    }

    pub async fn open_ids(&self) -> Result<Ids, sqlx::Error> {
        let rows = sqlx::query("SELECT command_id FROM open_items").fetch_all(&self.pool).await?;
        rows.iter().map(|row| row.id(0).map(CommandId)).collect()
    }

    pub async fn open_counts(&self) -> Result<Counts, sqlx::Error> {
        let sql = "SELECT kind, count(*) FROM open_items GROUP BY kind";
        counts(&sqlx::query(sql).fetch_all(&self.pool).await?)
    }
}

/// Asks that an item be tried again, or all of them; tells how many that are.
pub(super) async fn ask_again(
    connection: impl PgExecutor<'_>,
    id: Option<CommandId>,
) -> Result<u64, sqlx::Error> {
    let update = match id {
        Some(id) => {
            sqlx::query("UPDATE open_items SET asked = true WHERE command_id = $1").bind(id.0)
        }
        None => sqlx::query("UPDATE open_items SET asked = true"),
    };
    Ok(update.execute(connection).await?.rows_affected())
}
