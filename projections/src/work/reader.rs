//! The projection worker: takes what is new in the log and folds it into the live namespace, batch by batch.

use domain::{DecodeError, Recorded};
use eventlog::{Log, RawEvent, ReadError};
use sea_orm::DbErr;

use super::folding::{Folding, Poison};
use crate::ground::refused::refused;
use crate::ground::write::write;
use crate::keep::namespace::{Namespace, set_position};

/// Where a batch left the namespace.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum CatchUp {
    Advanced(u64),
    /// The log ends there.
    UpToDate(u64),
    /// Another reader is at work.
    Busy(u64),
}

/// Why the views do not go on.
#[derive(Debug, thiserror::Error)]
pub enum StepError {
    #[error("the log cannot be read")]
    Log(#[from] ReadError),
    #[error("the views cannot be written")]
    Views(#[from] DbErr),
    #[error("the views cannot be loaded")]
    Bulk(#[from] sqlx::Error),
    #[error("the log goes on at position {found} where {expected} should be")]
    Gap { expected: u64, found: u64 },
    #[error("event at position {position} cannot be read: {error}")]
    Undecodable { position: u64, error: DecodeError },
    #[error(transparent)]
    Poison(#[from] Poison),
    /// Values that the engine cannot keep, a broken constraint, or a limit that is passed.
    #[error(
        "event at position {position} cannot be folded, the database refuses its rows: {problem}"
    )]
    Refused { position: u64, problem: String },
    #[error("a part of the work stopped early")]
    Stopped,
}

impl StepError {
    /// Where an event stands in the way that no retry can pass.
    pub fn halts_at(&self) -> Option<u64> {
        match self {
            Self::Log(_) | Self::Views(_) | Self::Bulk(_) | Self::Stopped => None,
            Self::Gap { expected, .. } => Some(*expected),
            Self::Undecodable { position, .. } | Self::Refused { position, .. } => Some(*position),
            Self::Poison(poison) => Some(poison.position),
        }
    }
}

/// Folds at most `limit` events: rows, checkpoint and all in one transaction. Whatever goes wrong, the namespace is
/// as it was or one whole batch further.
pub(crate) async fn step(
    namespace: &Namespace,
    log: &Log,
    limit: u32,
) -> Result<CatchUp, StepError> {
    let position = namespace.position().await?;
    let events = log.read_after(position, limit).await?;
    if events.is_empty() {
        return Ok(CatchUp::UpToDate(position));
    }
    let (mut batch, broken) = decode_all(events);
    if batch.is_empty()
        && let Some(broken) = broken
    {
        return Err(broken);
    }
    loop {
        match apply(namespace, position, &batch).await {
            // What comes before the event goes in; then it is the first and stops the reader.
            Err(StepError::Poison(poison)) if poison.position > position + 1 => {
                batch.retain(|recorded| recorded.envelope.position < poison.position);
            }
            Err(StepError::Views(error)) => match refused(&error) {
                // Which event it is shows once it stands alone.
                Some(_) if batch.len() > 1 => batch.truncate(batch.len() / 2),
                Some(problem) => {
                    return Err(StepError::Refused { position: position + 1, problem });
                }
                None => return Err(error.into()),
            },
            outcome => return outcome,
        }
    }
}

/// Reads events up to the first that cannot be read.
pub(crate) fn decode_all(events: Vec<RawEvent>) -> (Vec<Recorded>, Option<StepError>) {
    let mut decoded = Vec::with_capacity(events.len());
    for RawEvent { envelope, payload } in events {
        let position = envelope.position;
        match domain::decode(envelope, &payload) {
            Ok(recorded) => decoded.push(recorded),
            Err(error) => return (decoded, Some(StepError::Undecodable { position, error })),
        }
    }
    (decoded, None)
}

async fn apply(
    namespace: &Namespace,
    position: u64,
    batch: &[Recorded],
) -> Result<CatchUp, StepError> {
    let transaction = namespace.begin().await?;
    match namespace.lock(&transaction).await? {
        Some(locked) if locked == position => {}
        Some(_) | None => {
            transaction.rollback().await?;
            return Ok(CatchUp::Busy(position));
        }
    }
    for (recorded, expected) in batch.iter().zip(position + 1..) {
        let found = recorded.envelope.position;
        if found != expected {
            transaction.rollback().await?;
            return Err(StepError::Gap { expected, found });
        }
    }
    let mut folding = Folding::new(false);
    if let Err(poison) = folding.fold(&transaction, batch).await? {
        transaction.rollback().await?;
        return Err(poison.into());
    }
    write(&transaction, folding.take(true)).await?;
    let Some(last) = batch.last() else { return Ok(CatchUp::UpToDate(position)) };
    let reached = last.envelope.position;
    set_position(&transaction, reached).await?;
    transaction.commit().await?;
    Ok(CatchUp::Advanced(reached))
}
