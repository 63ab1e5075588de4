//! The outbox of a log: what mail was caused, who sends it, and what has become of it.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::event::ReadError;
use crate::log::Log;
use crate::open::Target;
use crate::outgoing::{MailCounts, MailPage, Outgoing, Settled};
use crate::schema::OpenError;
use crate::{postgres, sqlite};

impl Log {
    /// Adds mail to the outbox; what is there already stays as it is.
    pub async fn add_mail(&self, mail: &[Outgoing]) -> Result<(), ReadError> {
        self.engine().add_mail(mail).await.map_err(ReadError::Unavailable)
    }

    /// The next mail that is due; nobody else has it before `until`. Where it is not settled by then, as its process ended, it
    /// is sent once more.
    pub async fn claim_mail(
        &self,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<Option<Outgoing>, ReadError> {
        self.engine().claim_mail(now, until).await.map_err(ReadError::Unavailable)
    }

    /// Says what came of a try.
    pub async fn settle_mail(&self, id: Uuid, settled: &Settled) -> Result<(), ReadError> {
        self.engine().settle_mail(id, settled).await.map_err(ReadError::Unavailable)
    }

    /// A part of the list, in its order.
    pub async fn mail_page(&self, page: MailPage) -> Result<Vec<Outgoing>, ReadError> {
        self.engine().mail_page(page).await.map_err(ReadError::Unavailable)
    }

    pub async fn mail_counts(&self) -> Result<MailCounts, ReadError> {
        self.engine().mail_counts().await.map_err(ReadError::Unavailable)
    }

    /// Asks whoever sends mail to try one again that failed, or all; tells how many that are. May be asked beside it.
    pub async fn send_again(
        target: &Target,
        id: Option<Uuid>,
        now: DateTime<Utc>,
    ) -> Result<u64, OpenError> {
        match target {
            Target::Sqlite { dir } => sqlite::Engine::send_again(dir, id, now).await,
            Target::Postgres { url } => postgres::Engine::send_again(url, id, now).await,
        }
    }
}
