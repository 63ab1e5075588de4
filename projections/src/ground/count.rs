//! Total counts of lists, up to a bound: whoever counts further has to read everything.

use std::collections::HashMap;

use sea_orm::sea_query::{
    Alias, Expr, Func, IntoIden, Query, SelectStatement, SimpleExpr, SubQueryStatement, ValueTuple,
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, QueryFilter, QuerySelect, QueryTrait, Select,
};
use uuid::Uuid;

use super::ask::seen;
use super::page::QueryError;
use super::sight::Sight;
use super::table::Table;

/// Nobody counts further; one more row tells that there are more.
pub const MOST_COUNTED: u64 = 1_000;

/// Lists that one statement counts.
const LISTS: usize = 200;

/// How many rows are in sight and wanted, or one more than [`MOST_COUNTED`].
pub async fn count<T: Table>(
    db: &impl ConnectionTrait,
    sight: &Sight,
    wanted: Condition,
) -> Result<u64, QueryError> {
    let counting = counting(seen::<T>(sight).filter(wanted));
    let row = db.query_one(db.get_database_backend().build(&counting)).await?;
    let row = row.ok_or_else(|| DbErr::RecordNotFound("nothing was counted".into()))?;
    Ok(row.try_get_by_index::<i64>(0)?.cast_unsigned())
}

/// The same of the rows with one of `ids` in `column`, for every one of them.
pub async fn count_each<T: Table>(
    db: &impl ConnectionTrait,
    sight: &Sight,
    column: T::Column,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, u64>, QueryError> {
    let (each, id) = (Alias::new("each_of"), Alias::new("column1"));
    let mut counts = HashMap::new();
    for ids in ids.chunks(LISTS) {
        let own = Expr::col(column.as_column_ref()).equals((each.clone(), id.clone()));
        let counting = counting(seen::<T>(sight).filter(own));
        let counting =
            SimpleExpr::SubQuery(None, Box::new(SubQueryStatement::SelectStatement(counting)));
        let lists = ids.iter().map(|id| ValueTuple::One((*id).into())).collect::<Vec<_>>();
        let query = Query::select()
            .column((each.clone(), id.clone()))
            .expr(counting)
            .from_values(lists, each.clone().into_iden())
            .to_owned();
        for row in db.query_all(db.get_database_backend().build(&query)).await? {
            let count = row.try_get_by_index::<i64>(1)?.cast_unsigned();
            counts.insert(row.try_get_by_index(0)?, count);
        }
    }
    Ok(counts)
}

fn counting<T: Table>(rows: Select<T>) -> SelectStatement {
    let rows = rows.select_only().column(T::KEY).limit(MOST_COUNTED + 1).into_query();
    let all = Func::count(Expr::col(sea_orm::sea_query::Asterisk));
    Query::select().expr(all).from_subquery(rows, Alias::new("counted")).to_owned()
}
