//! The outbox in PostgreSQL.

use chrono::{DateTime, Utc};
use domain::ClosedList;
use uuid::Uuid;

use super::Engine;
use crate::outgoing::{
    ADD, AGAIN, CLAIM, FIRST, LAST, MailPage, Outgoing, SETTLE, Settled, once_more, outgoing,
};
use crate::schema::OpenError;

impl Engine {
    pub async fn add_mail(&self, mail: &[Outgoing]) -> Result<(), sqlx::Error> {
        for mail in mail {
            sqlx::query(ADD)
                .bind(mail.id)
                .bind(mail.kind.word())
                .bind(mail.event_id.0)
                .bind(mail.position.cast_signed())
                .bind(mail.recipient.aggregate_type())
                .bind(mail.recipient.id())
                .bind(mail.since)
                .bind(mail.due_at)
                .bind(mail.give_up_at)
                .execute(&self.pool)
                .await?;
        }
        Ok(())
    }

    pub async fn claim_mail(
        &self,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<Option<Outgoing>, sqlx::Error> {
        let row = sqlx::query(CLAIM).bind(now).bind(until).fetch_optional(&self.pool).await?;
        row.as_ref().map(outgoing).transpose()
    }

    pub async fn settle_mail(&self, id: Uuid, settled: &Settled) -> Result<(), sqlx::Error> {
        let settle = sqlx::query(SETTLE).bind(id).bind(settled.state().word()).bind(settled.at());
        settle.bind(settled.due_at()).bind(settled.problem()).execute(&self.pool).await?;
        Ok(())
    }

    pub async fn mail_page(&self, page: MailPage) -> Result<Vec<Outgoing>, sqlx::Error> {
        let [after, before] = [page.after, page.before];
        let query = sqlx::query(if page.last { LAST } else { FIRST })
            .bind(page.state.map(ClosedList::word))
            .bind(after.map(|(since, _)| since))
            .bind(after.map(|(_, id)| id))
            .bind(before.map(|(since, _)| since))
            .bind(before.map(|(_, id)| id))
            .bind(i64::from(page.most));
        query.fetch_all(&self.pool).await?.iter().map(outgoing).collect()
    }

    /// Has mail sent again that failed, beside whoever sends it.
    pub async fn send_again(
        url: &str,
        id: Option<Uuid>,
        now: DateTime<Utc>,
    ) -> Result<u64, OpenError> {
        let mut connection = Self::connect(url).await?;
        let again = sqlx::query(AGAIN).bind(id).bind(now).bind(once_more(now));
        let again = again.execute(&mut connection).await?.rows_affected();
        sqlx::Connection::close(connection).await?;
        Ok(again)
    }
}
