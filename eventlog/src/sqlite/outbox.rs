//! The outbox in SQLite.

use std::path::Path;

use chrono::{DateTime, Utc};
use domain::ClosedList;
use sqlx::Connection as _;
use uuid::Uuid;

use super::{Engine, text};
use crate::outgoing::{
    ADD, AGAIN, CLAIM, FIRST, LAST, MailPage, Outgoing, SETTLE, Settled, once_more, outgoing,
};
use crate::schema::OpenError;

impl Engine {
    pub async fn add_mail(&self, mail: &[Outgoing]) -> Result<(), sqlx::Error> {
        let mut writer = self.writer.lock().await;
        let connection = self.ready(&mut writer).await?;
        for mail in mail {
            sqlx::query(ADD)
                .bind(mail.id.to_string())
                .bind(mail.kind.word())
                .bind(mail.event_id.to_string())
                .bind(mail.position.cast_signed())
                .bind(mail.recipient.aggregate_type())
                .bind(mail.recipient.id().to_string())
                .bind(text(mail.since))
                .bind(text(mail.due_at))
                .bind(text(mail.give_up_at))
                .execute(&mut *connection)
                .await?;
        }
        Ok(())
    }

    pub async fn claim_mail(
        &self,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<Option<Outgoing>, sqlx::Error> {
        let mut writer = self.writer.lock().await;
        let connection = self.ready(&mut writer).await?;
        let claim = sqlx::query(CLAIM).bind(text(now)).bind(text(until));
        claim.fetch_optional(connection).await?.as_ref().map(outgoing).transpose()
    }

    pub async fn settle_mail(&self, id: Uuid, settled: &Settled) -> Result<(), sqlx::Error> {
        let mut writer = self.writer.lock().await;
        let connection = self.ready(&mut writer).await?;
        sqlx::query(SETTLE)
            .bind(id.to_string())
            .bind(settled.state().word())
            .bind(settled.at().map(text))
            .bind(settled.due_at().map(text))
            .bind(settled.problem())
            .execute(connection)
            .await?;
        Ok(())
    }

    pub async fn mail_page(&self, page: MailPage) -> Result<Vec<Outgoing>, sqlx::Error> {
        let [after, before] = [page.after, page.before];
        let query = sqlx::query(if page.last { LAST } else { FIRST })
            .bind(page.state.map(ClosedList::word))
            .bind(after.map(|(since, _)| text(since)))
            .bind(after.map(|(_, id)| id.to_string()))
            .bind(before.map(|(since, _)| text(since)))
            .bind(before.map(|(_, id)| id.to_string()))
            .bind(i64::from(page.most));
        query.fetch_all(&self.pool).await?.iter().map(outgoing).collect()
    }

    /// Has mail sent again that failed, beside the process that the file belongs to.
    pub async fn send_again(
        dir: &Path,
        id: Option<Uuid>,
        now: DateTime<Utc>,
    ) -> Result<u64, OpenError> {
        let mut connection = Self::connect(dir).await?;
        let again = sqlx::query(AGAIN).bind(id.map(|id| id.to_string())).bind(text(now));
        let again =
            again.bind(text(once_more(now))).execute(&mut connection).await?.rows_affected();
        connection.close().await?;
        Ok(again)
    }
}
