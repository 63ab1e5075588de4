//! The storage engine interface: the one seam between the log and its two databases.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use domain::{CommandId, EventId, SubjectId};
use uuid::Uuid;

use crate::append::{Append, Stream};
use crate::at_rest::{AtRest as _, SECRET, events, select_events};
use crate::clock::Witness;
use crate::event::RawEvent;
use crate::fault::Cause;
use crate::open_item::{Counts, Ids, ItemPage, NotCome, OpenItem, Which};
use crate::outgoing::{self, MailCounts, MailPage, Outgoing, Settled};
use crate::personal::{Erasure, KeptKeys, Key, Secret};
use crate::verdict::Applied;
use crate::written::{WriteFault, Written};
use crate::{postgres, sqlite};

/// Where the log is kept.
pub(crate) enum Engine {
    Postgres(postgres::Engine),
    Sqlite(sqlite::Engine),
}

/// The one that appends; there is one in each process.
pub(crate) enum Writer {
    Postgres(postgres::Writer),
    Sqlite(sqlite::Writer),
}

macro_rules! each_engine {
    ($self:ident, $inner:ident => $body:expr) => {
        match $self {
            Self::Postgres($inner) => $body,
            Self::Sqlite($inner) => $body,
        }
    };
}

/// The same, asked from outside.
macro_rules! on_engine {
    ($log:expr, $engine:ident => $body:expr) => {
        match $log.engine() {
            crate::engine::Engine::Postgres($engine) => $body.await,
            crate::engine::Engine::Sqlite($engine) => $body.await,
        }
        .map_err(crate::fault::Cause::new)
    };
}
pub(crate) use on_engine;

impl Writer {
    pub async fn write(
        &mut self,
        batch: &[&Append],
        now: DateTime<Utc>,
    ) -> Result<Written, WriteFault> {
        each_engine!(self, writer => writer.write(batch, now).await)
    }

    /// Writes what nobody reads, commits it, and takes it away again.
    pub async fn probe(&mut self) -> Result<(), Cause> {
        each_engine!(self, writer => writer.probe().await.map_err(Cause::new))
    }
}

impl Engine {
    pub fn writer(&self) -> Writer {
        match self {
            Self::Postgres(engine) => Writer::Postgres(engine.writer()),
            Self::Sqlite(engine) => Writer::Sqlite(engine.writer()),
        }
    }

    /// The last committed position.
    pub async fn head(&self) -> Result<u64, Cause> {
        let head = each_engine!(self, engine => {
            sqlx::query_scalar("SELECT position FROM log_head").fetch_one(&engine.pool).await
        });
        head.map(i64::cast_unsigned).map_err(Cause::new)
    }

    /// What the database knows of the time.
    pub async fn witness(&self) -> Result<Witness, Cause> {
        each_engine!(self, engine => engine.witness().await.map_err(Cause::new))
    }

    /// Notes that the log has been seen; never at an earlier time than it was.
    pub async fn see(&self, now: DateTime<Utc>) -> Result<(), Cause> {
        each_engine!(self, engine => engine.see(now).await.map_err(Cause::new))
    }

    /// It is `now`. Where the last event was recorded after `latest`, events go on from now.
    pub async fn confirm(&self, now: DateTime<Utc>, latest: DateTime<Utc>) -> Result<(), Cause> {
        each_engine!(self, engine => engine.confirm(now, latest).await.map_err(Cause::new))
    }

    /// At most `limit` events after `position`, in order, sealed as they are at rest.
    pub async fn events_after(&self, position: u64, limit: u32) -> Result<Vec<RawEvent>, Cause> {
        const SQL: &str = select_events!("WHERE position > $1 ORDER BY position LIMIT $2");
        each_engine!(self, engine => {
            let query = sqlx::query(SQL).bind(position.cast_signed()).bind(i64::from(limit));
            events(&query.fetch_all(&engine.pool).await.map_err(Cause::new)?).map_err(Cause::new)
        })
    }

    pub async fn events_at(&self, positions: &[u64]) -> Result<Vec<RawEvent>, Cause> {
        each_engine!(self, engine => engine.events_at(positions).await.map_err(Cause::new))
    }

    /// The events of a stream, sealed as they are at rest.
    pub async fn events_of(
        &self,
        aggregate_type: &str,
        aggregate_id: Uuid,
    ) -> Result<Vec<RawEvent>, Cause> {
        const SQL: &str =
            select_events!("WHERE aggregate_type = $1 AND aggregate_id = $2 ORDER BY sequence");
        each_engine!(self, engine => {
            let query = sqlx::query(SQL).bind(aggregate_type).bind(aggregate_id.to_string());
            events(&query.fetch_all(&engine.pool).await.map_err(Cause::new)?).map_err(Cause::new)
        })
    }

    pub async fn event_in(
        &self,
        aggregate_type: &str,
        aggregate_id: Uuid,
        id: EventId,
    ) -> Result<Option<RawEvent>, Cause> {
        each_engine!(self, engine => engine.event_in(aggregate_type, aggregate_id, id).await.map_err(Cause::new))
    }

    /// The last sequence of each stream as of one moment, in their order; 0 where it has not begun.
    pub async fn sequences(&self, streams: &[Stream]) -> Result<Vec<u64>, Cause> {
        each_engine!(self, engine => engine.sequences(streams).await.map_err(Cause::new))
    }

    /// The last sequence that a stream had reached at `position`; 0 where it had not begun.
    pub async fn sequence_at(&self, stream: Stream, position: u64) -> Result<u64, Cause> {
        const SQL: &str = "SELECT sequence FROM events
            WHERE aggregate_type = $1 AND aggregate_id = $2 AND position <= $3
            ORDER BY sequence DESC LIMIT 1";
        let sequence: Result<Option<i64>, _> = each_engine!(self, engine => {
            let query = sqlx::query_scalar(SQL).bind(stream.0).bind(stream.1.to_string());
            query.bind(position.cast_signed()).fetch_optional(&engine.pool).await
        });
        sequence.map(|sequence| sequence.unwrap_or(0).cast_unsigned()).map_err(Cause::new)
    }

    pub async fn applied(&self, command: CommandId) -> Result<Option<Applied>, Cause> {
        each_engine!(self, engine => engine.applied(command).await.map_err(Cause::new))
    }

    /// Those of these keys that the log has ever made.
    pub async fn keys(&self, ids: Vec<Uuid>) -> Result<KeptKeys, Cause> {
        if ids.is_empty() {
            return Ok(KeptKeys::new());
        }
        each_engine!(self, engine => engine.keys(ids).await.map_err(Cause::new))
    }

    /// The keys under which values of these subjects are sealed within a stream.
    pub async fn keys_in_use(
        &self,
        stream: Stream,
        subjects: &[SubjectId],
    ) -> Result<HashMap<SubjectId, Key>, Cause> {
        each_engine!(self, engine => engine.keys_in_use(stream, subjects).await.map_err(Cause::new))
    }

    /// Keeps the keys of those subjects that have none in use. Whoever comes second must read the first one's.
    pub async fn add_keys(
        &self,
        stream: Stream,
        keys: &HashMap<SubjectId, Key>,
    ) -> Result<(), Cause> {
        each_engine!(self, engine => engine.add_keys(stream, keys).await.map_err(Cause::new))
    }

    /// Destroys the key in use of a subject within a stream; tells whether there was one.
    pub async fn destroy_key(&self, stream: Stream, subject: SubjectId) -> Result<Erasure, Cause> {
        each_engine!(self, engine => engine.destroy_key(stream, subject).await.map_err(Cause::new))
    }

    /// What this log alone knows, where it has been migrated.
    pub async fn secret(&self) -> Result<Option<Secret>, Cause> {
        const SQL: &str = "SELECT secret FROM secrets WHERE name = $1";
        each_engine!(self, engine => {
            let row = sqlx::query(SQL).bind(SECRET).fetch_optional(&engine.pool).await;
            row.map_err(Cause::new)?.map(|row| row.key(0)).transpose().map_err(Cause::new)
        })
    }

    pub async fn checkpoint(&self, name: &str) -> Result<u64, Cause> {
        const SQL: &str = "SELECT position FROM checkpoints WHERE name = $1";
        let position: Result<Option<i64>, _> = each_engine!(self, engine => {
            sqlx::query_scalar(SQL).bind(name).fetch_optional(&engine.pool).await
        });
        position.map(|position| position.unwrap_or(0).cast_unsigned()).map_err(Cause::new)
    }

    pub async fn set_checkpoint(&self, name: &str, position: u64) -> Result<(), Cause> {
        each_engine!(self, engine => engine.set_checkpoint(name, position).await.map_err(Cause::new))
    }

    pub async fn keep_open(&self, item: &OpenItem) -> Result<(), Cause> {
        each_engine!(self, engine => engine.keep_open(item).await.map_err(Cause::new))
    }

    pub async fn close_item(&self, id: CommandId) -> Result<(), Cause> {
        each_engine!(self, engine => engine.close_item(id).await.map_err(Cause::new))
    }

    pub async fn sweep_items(&self) -> Result<(), Cause> {
        each_engine!(self, engine => engine.sweep_items().await.map_err(Cause::new))
    }

    pub async fn open_items(&self, which: Which) -> Result<Vec<OpenItem>, Cause> {
        each_engine!(self, engine => engine.open_items(which).await.map_err(Cause::new))
    }

    pub async fn item_page(&self, page: ItemPage) -> Result<Vec<OpenItem>, Cause> {
        each_engine!(self, engine => engine.item_page(page).await.map_err(Cause::new))
    }

    pub async fn not_come(&self) -> Result<NotCome, Cause> {
        each_engine!(self, engine => engine.not_come().await.map_err(Cause::new))
    }

    pub async fn dismissed(&self, from: u64, to: u64) -> Result<Ids, Cause> {
        each_engine!(self, engine => engine.dismissed(from, to).await.map_err(Cause::new))
    }

    pub async fn open_counts(&self) -> Result<Counts, Cause> {
        each_engine!(self, engine => engine.open_counts().await.map_err(Cause::new))
    }

    pub async fn add_mail(&self, mail: &[Outgoing]) -> Result<(), Cause> {
        each_engine!(self, engine => engine.add_mail(mail).await.map_err(Cause::new))
    }

    pub async fn claim_mail(
        &self,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<Option<Outgoing>, Cause> {
        each_engine!(self, engine => engine.claim_mail(now, until).await.map_err(Cause::new))
    }

    pub async fn settle_mail(&self, id: Uuid, settled: &Settled) -> Result<(), Cause> {
        each_engine!(self, engine => engine.settle_mail(id, settled).await.map_err(Cause::new))
    }

    pub async fn mail_page(&self, page: MailPage) -> Result<Vec<Outgoing>, Cause> {
        each_engine!(self, engine => engine.mail_page(page).await.map_err(Cause::new))
    }

    pub async fn mail_counts(&self) -> Result<MailCounts, Cause> {
        each_engine!(self, engine => {
            let rows = sqlx::query(outgoing::COUNTS).fetch_all(&engine.pool).await;
            outgoing::counts(&rows.map_err(Cause::new)?).map_err(Cause::new)
        })
    }

    pub async fn close(&self) {
        each_engine!(self, engine => engine.close().await);
    }
}
