//! Upserts and bulk copies of folded rows: a few at a time into a live namespace, or very many into one that is being built.

use futures::{StreamExt, TryStreamExt};
use sea_orm::sea_query::{Alias, Expr, Query};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement, Value};
use sqlx::postgres::PgPoolCopyExt;

use super::rows::Changes;
use super::shape::{COPY_END, COPY_HEAD, Shape, copy_row};

/// Values that one statement may have on either engine.
const VALUES: usize = 30_000;

/// Rows to a statement, so that few different statements have to be prepared.
const STEPS: [usize; 5] = [256, 64, 16, 4, 1];

/// Tables that PostgreSQL fills or indexes at the same time: each keeps one of its processes busy.
pub(crate) const AT_ONCE: usize = 2;

/// Bytes that go to COPY at once.
const COPIED: usize = 1 << 20;

/// Writes changes with ordinary statements.
pub(crate) async fn write(db: &impl ConnectionTrait, changes: Vec<Changes>) -> Result<(), DbErr> {
    for Changes { shape, replace, rows, gone } in changes {
        insert(db, &shape, rows, replace).await?;
        for ids in gone.chunks(STEPS[0]) {
            let keys = Expr::col(Alias::new(&shape.key)).is_in(ids.to_vec());
            let mut query = Query::delete();
            query.from_table(Alias::new(&shape.table)).and_where(keys);
            db.execute(db.get_database_backend().build(&query)).await?;
        }
    }
    Ok(())
}

/// Fills tables of a new namespace through COPY.
pub(crate) async fn copy(pool: &sqlx::PgPool, changes: Vec<Changes>) -> Result<(), sqlx::Error> {
    let tables = futures::stream::iter(changes).map(|changes| copy_table(pool, changes));
    tables.buffer_unordered(AT_ONCE).try_collect().await
}

async fn copy_table(pool: &sqlx::PgPool, changes: Changes) -> Result<(), sqlx::Error> {
    let mut copying = pool.copy_in_raw(&changes.shape.copy()).await?;
    let mut bytes = Vec::with_capacity(COPIED + 4096);
    bytes.extend_from_slice(COPY_HEAD);
    for row in &changes.rows {
        copy_row(&mut bytes, row)?;
        if bytes.len() >= COPIED {
            copying.send(bytes.as_slice()).await?;
            bytes.clear();
        }
    }
    bytes.extend_from_slice(COPY_END);
    copying.send(bytes.as_slice()).await?;
    copying.finish().await?;
    Ok(())
}

async fn insert(
    db: &impl ConnectionTrait,
    shape: &Shape,
    rows: Vec<Vec<Value>>,
    replace: bool,
) -> Result<(), DbErr> {
    let backend = db.get_database_backend();
    let most = VALUES / shape.columns.len();
    let mut rows = rows.into_iter();
    for step in STEPS.into_iter().filter(|step| *step <= most) {
        if rows.len() < step {
            continue;
        }
        let sql = shape.insert(backend, step, replace);
        while rows.len() >= step {
            let values: Vec<Value> =
                rows.by_ref().take(step).flatten().map(|value| bound(value, backend)).collect();
            db.execute(Statement::from_sql_and_values(backend, &sql, values)).await?;
        }
    }
    Ok(())
}

/// SQLite keeps JSON as text, and text is cheaper to hand on than a tree.
fn bound(value: Value, backend: DbBackend) -> Value {
    if backend != DbBackend::Sqlite {
        return value;
    }
    if let Value::Json(Some(json)) = value { json.to_string().into() } else { value }
}

/// Whether the engine takes a bulk in a form of its own.
pub(crate) fn copies(backend: DbBackend) -> bool {
    backend == DbBackend::Postgres
}
