//! Open items in SQLite.

use domain::{ClosedList, CommandId};
use sqlx::sqlite::SqliteExecutor;

use super::{Engine, text};
use crate::open_item::{
    ALL, ASK, ASKED, CLOSE, COUNTS, Counts, DISMISS, DISMISSED, Dismissal, FIRST, Ids, ItemPage,
    LAST, NOT_COME, NotCome, OpenItem, SWEEP, WAITING, Which, counts, ids, not_come, open_items,
};

impl Engine {
    /// Keeps the item open, unless its effect has come meanwhile or it was dismissed. Whom others came before too often is
    /// tried again without anybody's asking.
    pub async fn keep_open(&self, item: &OpenItem) -> Result<(), sqlx::Error> {
        let mut writer = self.writer.lock().await;
        let connection = self.ready(&mut writer).await?;
        sqlx::query(
            "INSERT INTO open_items (command_id, kind, event_id, position, command, aggregate_id, waits_for, code,
                                     reason, since, tried_at, tries, asked)
             SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?8 = 'CONFLICT'
             WHERE ?8 = 'COMMAND_ID_REUSED' OR NOT EXISTS (SELECT 1 FROM receipts WHERE command_id = ?1)
             ON CONFLICT (command_id) DO UPDATE SET kind = excluded.kind, waits_for = excluded.waits_for,
                 code = excluded.code, reason = excluded.reason, tried_at = excluded.tried_at,
                 tries = open_items.tries + 1, asked = excluded.asked
             WHERE open_items.dismissed_at IS NULL",
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
        let delete = sqlx::query(CLOSE);
        delete.bind(id.to_string()).execute(connection).await?;
        Ok(())
    }

    pub async fn sweep_items(&self) -> Result<(), sqlx::Error> {
        let mut writer = self.writer.lock().await;
        let connection = self.ready(&mut writer).await?;
        sqlx::query(SWEEP).execute(connection).await?;
        Ok(())
    }

    pub async fn open_items(&self, which: Which) -> Result<Vec<OpenItem>, sqlx::Error> {
        let query = match which {
            Which::All => sqlx::query(ALL),
            Which::Asked => sqlx::query(ASKED),
            Which::WaitingFor(aggregate) => sqlx::query(WAITING).bind(aggregate.to_string()),
        };
        open_items(&query.fetch_all(&self.pool).await?)
    }

    pub async fn item_page(&self, page: ItemPage) -> Result<Vec<OpenItem>, sqlx::Error> {
        let [after, before] = [page.after, page.before];
        let query = sqlx::query(if page.last { LAST } else { FIRST })
            .bind(page.dismissed)
            .bind(after.map(|(since, _)| text(since)))
            .bind(after.map(|(_, id)| id.to_string()))
            .bind(before.map(|(since, _)| text(since)))
            .bind(before.map(|(_, id)| id.to_string()))
            .bind(i64::from(page.most));
        open_items(&query.fetch_all(&self.pool).await?)
    }

    pub async fn not_come(&self) -> Result<NotCome, sqlx::Error> {
        not_come(&sqlx::query(NOT_COME).fetch_all(&self.pool).await?)
    }

    pub async fn dismissed(&self, from: u64, to: u64) -> Result<Ids, sqlx::Error> {
        let query = sqlx::query(DISMISSED).bind(from.cast_signed()).bind(to.cast_signed());
        ids(&query.fetch_all(&self.pool).await?)
    }

    pub async fn open_counts(&self) -> Result<Counts, sqlx::Error> {
        counts(&sqlx::query(COUNTS).fetch_all(&self.pool).await?)
    }
}

/// Asks that an item be tried again, or all of them; tells how many that are.
pub(super) async fn ask_again(
    connection: impl SqliteExecutor<'_>,
    id: Option<CommandId>,
) -> Result<u64, sqlx::Error> {
    let update = sqlx::query(ASK).bind(id.map(|id| id.to_string()));
    Ok(update.execute(connection).await?.rows_affected())
}

/// Dismisses an open item; tells whether there is one.
pub(super) async fn dismiss(
    connection: impl SqliteExecutor<'_>,
    id: CommandId,
    dismissal: &Dismissal,
) -> Result<bool, sqlx::Error> {
    let Dismissal { at, by, reason } = dismissal;
    let update = sqlx::query(DISMISS).bind(id.to_string()).bind(text(*at)).bind(by).bind(reason);
    Ok(update.execute(connection).await?.rows_affected() > 0)
}
