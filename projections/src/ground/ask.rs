//! How rows are asked for: keyset pagination, batched lookups and one page of each of many lists, always within a sight.

use std::collections::HashMap;

use sea_orm::sea_query::{
    self, Alias, Expr, Func, JoinType, SimpleExpr, SubQueryStatement, TableRef, ValueTuple,
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbBackend, DbErr, ModelTrait, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait, Select, Value,
};
use uuid::Uuid;

use super::page::{Cut, Direction, Page, QueryError, Slice};
use super::sight::Sight;
use super::table::Table;

/// Parents whose lists one statement pages at once.
const PARENTS: usize = 200;

/// In which order rows stand; in a list the column is never null, and ties are broken by the key.
#[derive(Debug)]
pub struct Order<T: Table> {
    pub column: T::Column,
    pub direction: Direction,
}

impl<T: Table> Clone for Order<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Table> Copy for Order<T> {}

impl<T: Table> Order<T> {
    pub fn ascending(column: T::Column) -> Self {
        Self { column, direction: Direction::Ascending }
    }

    pub fn descending(column: T::Column) -> Self {
        Self { column, direction: Direction::Descending }
    }
}

/// The rows in sight: the only way to them, so that no query forgets whose they are.
pub fn seen<T: Table>(sight: &Sight) -> Select<T> {
    T::find().filter(sight.within::<T>())
}

/// The part of a list that `page` names.
pub async fn list<T: Table>(
    db: &impl ConnectionTrait,
    sight: &Sight,
    wanted: Condition,
    order: Order<T>,
    page: &Page,
) -> Result<Slice<T::Model>, QueryError> {
    let cut = Cut::<T>::of(order.column, T::KEY, order.direction, page)?;
    Ok(cut.slice(read(cut.cut(seen::<T>(sight).filter(wanted)), db).await?))
}

/// Rows by their keys, in no particular order; what is out of sight is not there.
pub async fn find<T: Table>(
    db: &impl ConnectionTrait,
    sight: &Sight,
    ids: &[Uuid],
) -> Result<Vec<T::Model>, QueryError> {
    by::<T>(db, sight, T::KEY, ids, &[]).await
}

/// All rows that have one of `ids` in `column`.
pub async fn by<T: Table>(
    db: &impl ConnectionTrait,
    sight: &Sight,
    column: T::Column,
    ids: &[Uuid],
    order: &[Order<T>],
) -> Result<Vec<T::Model>, QueryError> {
    let select = seen::<T>(sight).filter(column.is_in(ids.iter().copied()));
    let ordered = order
        .iter()
        .fold(select, |select, order| select.order_by(order.column, order.direction.in_sql()));
    Ok(read(ordered, db).await?)
}

/// The same part of each of many lists: that of the rows with one of `ids` in `column`, for every one of them.
///
/// Through an index that begins with `column` and goes on as the order does, no more rows are read than are given.
pub async fn by_page<T: Table>(
    db: &impl ConnectionTrait,
    sight: &Sight,
    column: T::Column,
    ids: &[Uuid],
    order: Order<T>,
    page: &Page,
) -> Result<HashMap<Uuid, Slice<T::Model>>, QueryError> {
    let cut = Cut::<T>::of(order.column, T::KEY, order.direction, page)?;
    let mut lists: HashMap<Uuid, Vec<T::Model>> = ids.iter().map(|id| (*id, vec![])).collect();
    let parents: Vec<Uuid> = lists.keys().copied().collect();
    for parents in parents.chunks(PARENTS) {
        let select = cut.order(each_of(db.get_database_backend(), sight, column, parents, &cut));
        for row in read(select, db).await? {
            if let Value::Uuid(Some(parent)) = row.get(column)
                && let Some(list) = lists.get_mut(&parent)
            {
                list.push(row);
            }
        }
    }
    Ok(lists.into_iter().map(|(parent, rows)| (parent, cut.slice(rows))).collect())
}

/// Runs a query, and counts what it reads.
async fn read<T: Table>(
    select: Select<T>,
    db: &impl ConnectionTrait,
) -> Result<Vec<T::Model>, DbErr> {
    let rows = select.all(db).await?;
    metrics::counter!("accord_view_rows_total").increment(rows.len() as u64);
    Ok(rows)
}

/// The rows whose keys a lookup for each parent finds. A window function would have to read whole lists to number them.
fn each_of<T: Table>(
    backend: DbBackend,
    sight: &Sight,
    column: T::Column,
    parents: &[Uuid],
    cut: &Cut<T>,
) -> Select<T> {
    let each = Alias::new("each_of");
    let keys =
        cut.cut(seen::<T>(sight).select_only().column(T::KEY).filter(
            Expr::col(column.as_column_ref()).equals((each.clone(), Alias::new("column1"))),
        ));
    let keys = keys.into_query();
    let key = Expr::col(T::KEY.as_column_ref());
    let found = match backend {
        DbBackend::Postgres => {
            let keys =
                SimpleExpr::SubQuery(None, Box::new(SubQueryStatement::SelectStatement(keys)));
            let array = Func::cust(Alias::new("ARRAY")).arg(keys);
            key.eq(Func::cust(Alias::new("ANY")).arg(array)) // Unlike IN, it uses the index of the key.
        }
        DbBackend::Sqlite | DbBackend::MySql => key.in_subquery(keys),
    };
    let parents = parents.iter().map(|parent| ValueTuple::One((*parent).into())).collect();
    let mut select = T::find();
    QuerySelect::query(&mut select).join(
        JoinType::InnerJoin,
        TableRef::ValuesList(parents, sea_query::IntoIden::into_iden(each)),
        Condition::all().add(found),
    );
    select
}
