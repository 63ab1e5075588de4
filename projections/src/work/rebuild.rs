//! Rebuilding (projection replay): everything folded in memory, loaded in bulk, indexed at the end.

use std::path::{Path, PathBuf};

use chrono::{DateTime, TimeDelta, Utc};
use domain::Recorded;
use eventlog::Log;
use futures::StreamExt;
use sea_orm::DatabaseConnection;
use sea_orm::DbErr;
use tokio::sync::mpsc;

use super::claims;
use super::folding::Folding;
use super::reader::{CatchUp, StepError, decode_all, step};
use crate::ground::Broken;
use crate::ground::rows::Changes;
use crate::ground::write::{copies, copy, write};
use crate::keep::namespace::{Namespace, Storage, Version, remove, set_position};
use crate::keep::pointer::Pointer;

/// Pages that wait between two parts of the work.
const AHEAD: usize = 8;

/// Events after which finished rows are handed on.
const FLUSH: u64 = 20_000;

/// Events to a batch while a new namespace catches up.
const CATCH_UP: u32 = 5_000;

/// How long a replaced namespace stays for whoever still reads it.
const GRACE: TimeDelta = TimeDelta::seconds(30);

/// After so long a namespace that is not finished never will be.
const ABANDONED: TimeDelta = TimeDelta::days(2);

/// How far long work has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Progress {
    pub done: u64,
    pub of: u64,
}

/// A rebuild that has taken place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rebuilt {
    pub name: String,
    pub position: u64,
}

/// Why a namespace was not built. The live one is as it was.
#[derive(Debug, thiserror::Error)]
pub enum RebuildError {
    #[error(transparent)]
    Step(#[from] StepError),
    #[error("the new views contradict themselves: {0}")]
    Unsound(#[from] Broken),
    #[error("{} exists already; name a new file", .0.display())]
    Exists(PathBuf),
    #[error("{} cannot be written", .0.display())]
    File(PathBuf, #[source] std::io::Error),
    #[error("the log reaches position {head} only")]
    Beyond { head: u64 },
}

impl From<DbErr> for RebuildError {
    fn from(error: DbErr) -> Self {
        Self::Step(error.into())
    }
}

/// Builds a new namespace beside the live one and lets it take over. Whoever reads is never without an answer.
pub async fn rebuild(
    log: &Log,
    progress: impl Fn(Progress) + Send,
) -> Result<Rebuilt, RebuildError> {
    rebuild_as(log, &Version::current(), progress).await
}

/// The same as a program of another version.
pub async fn rebuild_as(
    log: &Log,
    version: &Version,
    progress: impl Fn(Progress) + Send,
) -> Result<Rebuilt, RebuildError> {
    let (storage, pointer) = at(log)?;
    let name = pointer.reserve(version.text(), log.now()).await?;
    let built = build(log, &storage, &name, version, progress).await;
    match built {
        Ok(position) => {
            pointer.flip(&name, log.now(), false).await?;
            Ok(Rebuilt { name, position })
        }
        Err(error) => {
            storage.drop(&name).await?;
            pointer.forget(&name).await?;
            Err(error)
        }
    }
}

/// The views as they were after `until`, in a file of their own that any SQLite tool opens.
pub async fn replay(
    log: &Log,
    until: u64,
    out: &Path,
    progress: impl Fn(Progress) + Send,
) -> Result<(), RebuildError> {
    within(log, until)?;
    if out.exists() {
        return Err(RebuildError::Exists(out.into()));
    }
    let part = out.with_extension("part");
    remove(&part);
    let namespace = Namespace::in_file(&part).await?;
    whole(&namespace, log, until, |_| {}, progress).await?;
    namespace.index().await?;
    namespace.close().await?;
    let kept = std::fs::File::open(&part).and_then(|file| file.sync_all());
    let kept = kept.and_then(|()| std::fs::hard_link(&part, out)); // Unlike a rename this overwrites nothing.
    kept.map_err(|error| RebuildError::File(out.into(), error))?;
    remove(&part);
    Ok(())
}

/// The views as they were after `until`, in memory.
pub async fn ephemeral(log: &Log, until: u64) -> Result<Namespace, RebuildError> {
    within(log, until)?;
    let namespace = Namespace::in_memory().await?;
    whole(&namespace, log, until, |_| {}, |_| {}).await?;
    namespace.index().await?;
    Ok(namespace)
}

/// Throws away what has been replaced long enough ago, but for what is `in_use` here.
pub(crate) async fn sweep(
    storage: &Storage,
    pointer: &Pointer,
    now: DateTime<Utc>,
    in_use: &str,
) -> Result<(), DbErr> {
    let disused = pointer.disused(now - GRACE, now - ABANDONED).await?;
    for name in disused.into_iter().filter(|name| name != in_use) {
        storage.drop(&name).await?;
        pointer.forget(&name).await?;
        tracing::info!(name, "a namespace that nobody uses has been dropped");
    }
    Ok(())
}

pub(crate) fn at(log: &Log) -> Result<(Storage, Pointer), DbErr> {
    let nowhere = || DbErr::Custom("the log is on no engine that views can stand beside".into());
    Ok((Storage::of(log).ok_or_else(nowhere)?, Pointer::of(log).ok_or_else(nowhere)?))
}

/// Fills an empty namespace with the log up to and with `until`, and sets its checkpoint there. Whoever wants to `see`
/// every event on the way does.
pub(crate) async fn whole(
    namespace: &Namespace,
    log: &Log,
    until: u64,
    mut see: impl FnMut(&Recorded) + Send,
    progress: impl Fn(Progress) + Send,
) -> Result<(), StepError> {
    let (decoded, mut events) = mpsc::channel(AHEAD);
    let mut pages = log.stream(0, Some(until));
    let reading = tokio::spawn(async move {
        while let Some(page) = pages.next().await {
            let (batch, broken) = decode_all(page?);
            if decoded.send(batch).await.is_err() {
                break; // Whoever folds has failed and says why.
            }
            broken.map_or(Ok(()), Err)?;
        }
        Ok::<_, StepError>(())
    });
    let (folded, changes) = mpsc::channel(AHEAD);
    let writing = tokio::spawn(load(namespace.writer().clone(), changes));
    let mut folding = Folding::new(true);
    let (mut position, mut flushed) = (0, 0);
    while let Some(batch) = events.recv().await {
        for recorded in batch {
            let found = recorded.envelope.position;
            if found != position + 1 {
                return Err(StepError::Gap { expected: position + 1, found });
            }
            position = found;
            see(&recorded);
            folding.fold_whole(recorded)?;
        }
        if position - flushed >= FLUSH {
            flushed = position;
            if folded.send(folding.take(false)).await.is_err() {
                break; // The writer has failed and says why.
            }
        }
        progress(Progress { done: position, of: until });
    }
    reading.await.map_err(|_| StepError::Stopped)??;
    let last = folded.send(folding.take(true)).await;
    drop(folded);
    writing.await.map_err(|_| StepError::Stopped)??;
    if last.is_err() || position != until {
        return Err(StepError::Stopped);
    }
    Ok(set_position(namespace.writer(), until).await?)
}

async fn build(
    log: &Log,
    storage: &Storage,
    name: &str,
    version: &Version,
    progress: impl Fn(Progress) + Send,
) -> Result<u64, RebuildError> {
    let building = storage.create(name, version).await?;
    let head = *log.head().borrow();
    whole(&building, log, head, |_| {}, progress).await?;
    building.index().await?;
    building.close().await?;
    if let Storage::Sqlite(dir) = storage {
        let path = dir.join(format!("{name}.sqlite"));
        let kept = std::fs::File::open(&path).and_then(|file| file.sync_all());
        kept.map_err(|error| RebuildError::File(path, error))?;
    }
    let namespace = storage.open(name, version).await?;
    let position = catch_up(&namespace, log).await?;
    // What the log itself says, such as its traces, is for `verify` to question.
    claims::check_rows(namespace.db()).await?;
    namespace.close().await?;
    Ok(position)
}

async fn catch_up(namespace: &Namespace, log: &Log) -> Result<u64, StepError> {
    loop {
        match step(namespace, log, CATCH_UP).await? {
            CatchUp::UpToDate(position) => return Ok(position),
            CatchUp::Advanced(..) | CatchUp::Busy(_) => {}
        }
    }
}

async fn load(
    db: DatabaseConnection,
    mut changes: mpsc::Receiver<Vec<Changes>>,
) -> Result<(), StepError> {
    use sea_orm::{ConnectionTrait, TransactionTrait};
    if copies(db.get_database_backend()) {
        while let Some(changes) = changes.recv().await {
            copy(db.get_postgres_connection_pool(), changes).await?;
        }
        return Ok(());
    }
    let transaction = db.begin().await?;
    while let Some(changes) = changes.recv().await {
        write(&transaction, changes).await?;
    }
    Ok(transaction.commit().await?)
}

fn within(log: &Log, until: u64) -> Result<(), RebuildError> {
    let head = *log.head().borrow();
    if until > head { Err(RebuildError::Beyond { head }) } else { Ok(()) }
}
