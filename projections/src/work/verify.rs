//! Verification by differential rebuild: views built once more aside, and compared with the live ones row by row.

use std::cmp::Ordering;
use std::mem::replace;
use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};
use domain::Recorded;
use eventlog::{Log, NotCome, PersonalError, REACTOR};
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use sea_orm::{
    AccessMode, ConnectionTrait, DbBackend, DbErr, IsolationLevel, QueryResult, Statement,
    StreamTrait, TransactionTrait, Value,
};

use super::claims;
use super::effects::{self, Effects, Found};
use super::personal::{self, Tried};
use super::reader::{StepError, decode_all};
use super::rebuild::{self, Progress, RebuildError, at};
use crate::audit::schedule;
use crate::ground::Broken;
use crate::ground::shape::Shape;
use crate::house;
use crate::keep::namespace::{Namespace, Version, position};
use crate::keep::scratch::{Scratch, sweep_scratch};

/// Differences that are told; more do not help.
const TOLD: usize = 20;

/// Timers run within a moment of their instant; later than this they are late.
const LATE: TimeDelta = TimeDelta::seconds(10);

/// What was compared and found equal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Report {
    /// Where the live views stood that were compared.
    pub position: u64,
    pub subjects: Vec<Subject>,
    pub effects: Found,
    pub personal: Tried,
    pub positions: Positions,
}

/// What was looked at of one subject.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Subject {
    pub name: &'static str,
    /// Tables with the number of their rows.
    pub tables: Vec<(String, u64)>,
    /// How many claims about all of them hold.
    pub claims: usize,
}

/// How far each part had come that follows the log, once it had had the time that the rest takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Positions {
    pub head: u64,
    pub views: u64,
    pub reactor: u64,
    /// Timers that were due and had not run, and since when the first of them was.
    pub late: u64,
    pub late_since: Option<DateTime<Utc>>,
}

impl Report {
    pub fn tables(&self) -> impl Iterator<Item = &(String, u64)> {
        self.subjects.iter().flat_map(|subject| &subject.tables)
    }

    /// How many claims hold in all.
    pub fn claims(&self) -> usize {
        self.subjects.iter().map(|subject| subject.claims).sum::<usize>() + effects::CLAIMS.len()
    }
}

impl Positions {
    /// Whether any part stands behind the log.
    pub fn are_behind(&self) -> bool {
        self.views < self.head || self.reactor < self.head || self.late > 0
    }
}

/// Where the live views are not what the log says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Difference {
    Value {
        table: String,
        key: String,
        column: String,
        /// Live and rebuilt, where the column holds nothing that people write.
        values: Option<[String; 2]>,
    },
    /// The log says that there is such a row.
    Missing { table: String, key: String },
    /// The log knows nothing of it.
    Extra { table: String, key: String },
}

/// Why the views are not verified.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    #[error("the live views differ from the log: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Different(Vec<Difference>),
    /// What the log has sealed does not open. Says nothing of the values.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Damaged(Vec<PersonalError>),
    #[error(transparent)]
    Unsound(#[from] Broken),
    #[error(transparent)]
    Failed(#[from] RebuildError),
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Value { table, key, column, values: Some([live, rebuilt]) } => {
                write!(f, "{table} {key}: {column} is {live} and should be {rebuilt}")
            }
            Self::Value { table, key, column, values: None } => {
                write!(f, "{table} {key}: {column} is not what it should be")
            }
            Self::Missing { table, key } => write!(f, "{table} {key} is missing"),
            Self::Extra { table, key } => write!(f, "{table} {key} should not be there"),
        }
    }
}

impl From<StepError> for VerifyError {
    fn from(error: StepError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<DbErr> for VerifyError {
    fn from(error: DbErr) -> Self {
        Self::Failed(StepError::from(error).into())
    }
}

/// Compares the live namespace with one built from the log in a directory of its own within `aside`, both at the live
/// position of this moment, and the effects of events with what asks for them.
pub async fn verify(
    log: &Log,
    aside: &Path,
    progress: impl Fn(Progress) + Send,
) -> Result<Report, VerifyError> {
    let head = log.reach().await.map_err(StepError::from)?;
    let reactor = log.checkpoint(REACTOR).await.map_err(StepError::from)?;
    // After the checkpoint: what was left open is listed before that moves on.
    let not_come = log.not_come().await.map_err(StepError::from)?;
    let (home, pointer) = at(log)?;
    let live = pointer
        .live()
        .await?
        .ok_or_else(|| DbErr::RecordNotFound("no namespace is live".into()))?;
    if live.version != Version::current().text() {
        let problem = format!("{} is another version's: run `accord rebuild` first", live.name);
        return Err(DbErr::Custom(problem).into());
    }
    let scratch = Scratch::make(aside).map_err(|error| RebuildError::File(aside.into(), error))?;
    sweep_scratch(aside);
    let live = home.look(&live.name).await?;
    let rebuilt = Namespace::in_file(&scratch.file("views.sqlite")).await?;
    let outcome = compare_with_log(&live, &rebuilt, log, (head, reactor, not_come), progress).await;
    rebuilt.close().await?;
    live.close().await?;
    outcome
}

async fn compare_with_log(
    live: &Namespace,
    rebuilt: &Namespace,
    log: &Log,
    (head, reactor, not_come): (u64, u64, NotCome),
    progress: impl Fn(Progress) + Send,
) -> Result<Report, VerifyError> {
    // The reader goes on meanwhile; what is compared stays as it is at this moment.
    let still = match live.db().get_database_backend() {
        DbBackend::Postgres => {
            let isolation = Some(IsolationLevel::RepeatableRead);
            live.db().begin_with_config(isolation, Some(AccessMode::ReadOnly)).await?
        }
        DbBackend::Sqlite | DbBackend::MySql => live.db().begin().await?, // A snapshot anyway.
    };
    let position = position(&still).await?;
    let explained = not_come.open.union(&not_come.dismissed).copied().collect();
    let mut effects = Effects::new(reactor, not_come);
    let see = |recorded: &Recorded| effects.see(recorded);
    rebuild::whole(rebuilt, log, position, see, progress).await.map_err(RebuildError::from)?;
    rebuilt.index().await?;
    let (mut subjects, mut differences) = (subjects(), vec![]);
    for (subject, shape) in house::shapes_by_subject() {
        let rows = compare(&shape, &still, rebuilt.db(), &mut differences).await?;
        let subject = subjects.iter_mut().find(|known| known.name == subject);
        subject.into_iter().for_each(|known| known.tables.push((shape.table.clone(), rows)));
    }
    if !differences.is_empty() {
        return Err(VerifyError::Different(differences));
    }
    claims::check_claims(&still).await?;
    let (late, late_since) = schedule::overdue(&still, log.now() - LATE, &explained).await?;
    still.rollback().await?;
    // Effects of events that the views have may stand where they have not come to.
    let mut rest = log.stream(position, None);
    while let Some(page) = rest.next().await {
        let (batch, broken) = decode_all(page.map_err(StepError::from)?);
        batch.iter().for_each(|recorded| effects.see(recorded));
        broken.map_or(Ok(()), Err).map_err(RebuildError::from)?;
    }
    for (id, target) in effects.silent() {
        if log.carried_out_by(id).await.map_err(StepError::from)? != Some(target) {
            break; // The first is enough.
        }
        effects.carried_out(id);
    }
    let effects = effects.outcome()?;
    let (personal, damaged) = personal::try_all(log, head).await?;
    if !damaged.is_empty() {
        return Err(VerifyError::Damaged(damaged));
    }
    let views = live.position().await?;
    let reactor = log.checkpoint(REACTOR).await.map_err(StepError::from)?;
    let positions = Positions { head, views, reactor, late, late_since };
    Ok(Report { position, subjects, effects, personal, positions })
}

/// Every subject, with nothing compared yet.
fn subjects() -> Vec<Subject> {
    let none = |(name, claims)| Subject { name, tables: vec![], claims };
    house::claims_by_subject().map(none).collect()
}

/// Compares one table by key, in the order of its keys; tells how many rows the live one has.
async fn compare(
    shape: &Shape,
    live: &(impl ConnectionTrait + StreamTrait),
    rebuilt: &(impl ConnectionTrait + StreamTrait),
    differences: &mut Vec<Difference>,
) -> Result<u64, DbErr> {
    let (mut ours, mut theirs) = (rows(shape, live).await?, rows(shape, rebuilt).await?);
    let (mut here, mut there) = (ours.try_next().await?, theirs.try_next().await?);
    let mut count = 0;
    while differences.len() < TOLD {
        let order = match (&here, &there) {
            (None, None) => break,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some((here, _)), Some((there, _))) => sortable(here).cmp(&sortable(there)),
        };
        let live = if order.is_le() { replace(&mut here, ours.try_next().await?) } else { None };
        let built =
            if order.is_ge() { replace(&mut there, theirs.try_next().await?) } else { None };
        count += u64::from(live.is_some());
        let table = shape.table.clone();
        match (live, built) {
            (Some((key, live)), Some((_, rebuilt))) => {
                differences.extend(values(shape, &key.to_string(), &live, &rebuilt));
            }
            (Some((key, _)), None) => {
                differences.push(Difference::Extra { table, key: key.to_string() });
            }
            (None, Some((key, _))) => {
                differences.push(Difference::Missing { table, key: key.to_string() });
            }
            (None, None) => {}
        }
    }
    Ok(count)
}

fn values(shape: &Shape, key: &str, live: &[Value], rebuilt: &[Value]) -> Vec<Difference> {
    let pairs = shape.columns.iter().zip(live.iter().zip(rebuilt));
    let different = pairs.filter(|(_, (live, rebuilt))| live != rebuilt);
    different
        .map(|(column, (live, rebuilt))| Difference::Value {
            table: shape.table.clone(),
            key: key.to_owned(),
            column: column.name.clone(),
            values: column.is_impersonal().then(|| [live, rebuilt].map(ToString::to_string)),
        })
        .collect()
}

/// A row's key and its values.
type Row = (Value, Vec<Value>);

/// The rows of a table in the order of their keys.
async fn rows<'s>(
    shape: &'s Shape,
    db: &'s (impl ConnectionTrait + StreamTrait),
) -> Result<BoxStream<'s, Result<Row, DbErr>>, DbErr> {
    let in_order = Statement::from_string(db.get_database_backend(), shape.in_order());
    Ok(db.stream(in_order).await?.map(|row| read(shape, &row?)).boxed())
}

fn read(shape: &Shape, row: &QueryResult) -> Result<Row, DbErr> {
    let mut values = Vec::with_capacity(shape.columns.len());
    let mut key = None;
    for column in &shape.columns {
        let value = column.read(row)?;
        if column.name == shape.key {
            key = Some(value.clone());
        }
        values.push(value);
    }
    let key = key.ok_or_else(|| DbErr::RecordNotFound(format!("{} has no key", shape.table)))?;
    Ok((key, values))
}

/// Keys in the order of both engines.
fn sortable(key: &Value) -> (i64, [u8; 16]) {
    if let Value::BigInt(Some(number)) = key {
        (*number, [0; 16])
    } else if let Value::Uuid(Some(id)) = key {
        (0, id.into_bytes())
    } else {
        (i64::MAX, [0; 16]) // No key has another type.
    }
}
