//! Verification by differential rebuild: views built once more aside, and compared with the live ones row by row.

use std::cmp::Ordering;
use std::mem::replace;
use std::path::PathBuf;

use eventlog::Log;
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use sea_orm::{
    AccessMode, ConnectionTrait, DbBackend, DbErr, IsolationLevel, QueryResult, Statement,
    StreamTrait, TransactionTrait, Value,
};

use super::claims;
use super::reader::StepError;
use super::rebuild::{self, Progress, RebuildError, at};
use crate::ground::Broken;
use crate::ground::shape::Shape;
use crate::house;
use crate::keep::namespace::{Namespace, Version, position, remove};

/// Differences that are told; more do not help.
const TOLD: usize = 20;

/// What was compared and found equal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Report {
    pub position: u64,
    /// Tables with the number of their rows.
    pub tables: Vec<(String, u64)>,
    /// How many claims about all rows hold.
    pub invariants: usize,
}

/// Where the live views are not what the log says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Difference {
    Value {
        table: String,
        key: String,
        column: String,
        live: String,
        rebuilt: String,
    },
    /// The log says that there is such a row.
    Missing {
        table: String,
        key: String,
    },
    /// The log knows nothing of it.
    Extra {
        table: String,
        key: String,
    },
}

/// Why the views are not verified.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    #[error("the live views differ from the log: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Different(Vec<Difference>),
    #[error(transparent)]
    Unsound(#[from] Broken),
    #[error(transparent)]
    Failed(#[from] RebuildError),
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Value { table, key, column, live, rebuilt } => {
                write!(f, "{table} {key}: {column} is {live} and should be {rebuilt}")
            }
            Self::Missing { table, key } => write!(f, "{table} {key} is missing"),
            Self::Extra { table, key } => write!(f, "{table} {key} should not be there"),
        }
    }
}

impl From<DbErr> for VerifyError {
    fn from(error: DbErr) -> Self {
        Self::Failed(StepError::from(error).into())
    }
}

/// A file that is gone when it is dropped.
struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        remove(&self.0);
    }
}

/// Compares the live namespace with one built from the log, both at the live position of this moment.
pub async fn verify(log: &Log, progress: impl Fn(Progress) + Send) -> Result<Report, VerifyError> {
    let (home, pointer) = at(log)?;
    let live = pointer
        .live()
        .await?
        .ok_or_else(|| DbErr::RecordNotFound("no namespace is live".into()))?;
    let live = home.open(&live.name, &Version::current()).await?;
    let outcome = compare_with_log(&live, log, progress).await;
    live.close().await?;
    outcome
}

async fn compare_with_log(
    live: &Namespace,
    log: &Log,
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
    let scratch = Scratch(
        std::env::temp_dir().join(format!("accord-verify-{}.sqlite", uuid::Uuid::now_v7())),
    );
    let rebuilt = Namespace::in_file(&scratch.0).await?;
    rebuild::whole(&rebuilt, log, position, progress).await.map_err(RebuildError::from)?;
    rebuilt.index().await?;
    let (mut tables, mut differences) = (vec![], vec![]);
    for shape in house::shapes() {
        let rows = compare(&shape, &still, rebuilt.db(), &mut differences).await?;
        tables.push((shape.table.clone(), rows));
    }
    rebuilt.close().await?;
    if !differences.is_empty() {
        return Err(VerifyError::Different(differences));
    }
    claims::check(&still).await?;
    still.rollback().await?;
    Ok(Report { position, tables, invariants: claims::count() })
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
            live: live.to_string(),
            rebuilt: rebuilt.to_string(),
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
