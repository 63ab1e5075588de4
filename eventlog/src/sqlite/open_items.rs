//! Open items in SQLite.

use domain::{ClosedList, CommandId};
use sqlx::sqlite::SqliteExecutor;

use super::{Engine, text};
use crate::at_rest::AtRest;
use crate::open_items::{Counts, Ids, OpenItem, Which, counts, open_items, select_open_items};

impl Engine {
    /// Keeps the item open, unless its effect has come meanwhile.
    pub async fn keep_open(&self, item: &OpenItem) -> Result<(), sqlx::Error> {
        let mut writer = self.writer.lock().await;
        let connection = self.ready(&mut writer).await?;
        sqlx::query(
            "INSERT INTO open_items (command_id, kind, event_id, position, command, aggregate_id, waits_for, code,
                                     reason, since, tried_at, tries, asked)
             SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, 0
             WHERE ?8 = 'COMMAND_ID_REUSED' OR NOT EXISTS (SELECT 1 FROM receipts WHERE command_id = ?1)
             ON CONFLICT (command_id) DO UPDATE SET kind = excluded.kind, waits_for = excluded.waits_for,
                 code = excluded.code, reason = excluded.reason, tried_at = excluded.tried_at,
                 tries = open_items.tries + 1, asked = 0",
        )
        .bind(item.command_id.to_string())
        .bind(item.kind.word())
        .bind(item.event_id.to_string())
        .bind(item.position.cast_signed())
        .bind(&item.command)
        .bind(item.aggregate_id.to_string())
        .bind(item.waits_for.map(|id| id.to_string()))
        .bind(&item.code)
        .bind(&item.reason)
        .bind(text(item.since))
        .bind(text(item.tried_at))
        .bind(item.tries.cast_signed())
        .execute(connection)
        .await?;
        Ok(())
    }

    pub async fn close_item(&self, id: CommandId) -> Result<(), sqlx::Error> {
        let mut writer = self.writer.lock().await;
        let connection = self.ready(&mut writer).await?;
        let delete = sqlx::query("DELETE FROM open_items WHERE command_id = ?");
        delete.bind(id.to_string()).execute(connection).await?;
        Ok(())
    }

    pub async fn open_items(&self, which: Which, most: u32) -> Result<Vec<OpenItem>, sqlx::Error> {
        let query = match which {
            Which::All => {
                sqlx::query(select_open_items!("ORDER BY since, command_id LIMIT ?")).bind(most)
            }
            Which::Asked => {
                sqlx::query(select_open_items!("WHERE asked ORDER BY since, command_id LIMIT ?"))
                    .bind(most)
            }
            Which::WaitingFor(aggregate) => sqlx::query(select_open_items!(
                "WHERE waits_for = ? ORDER BY since, command_id LIMIT ?"
            ))
            .bind(aggregate.to_string())
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
    connection: impl SqliteExecutor<'_>,
    id: Option<CommandId>,
) -> Result<u64, sqlx::Error> {
    let update = match id {
        Some(id) => {
            sqlx::query("UPDATE open_items SET asked = 1 WHERE command_id = ?").bind(id.to_string())
        }
        None => sqlx::query("UPDATE open_items SET asked = 1"),
    };
    Ok(update.execute(connection).await?.rows_affected())
}
