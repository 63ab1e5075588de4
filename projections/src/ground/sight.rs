//! Row-level security: whose rows somebody may see is part of the query, so that what is out of sight is not there.

use domain::PartnerId;
use sea_orm::sea_query::{
    Alias, CommonTableExpression, Expr, IntoColumnRef, Query, SelectStatement, UnionType,
    WithClause,
};
use sea_orm::{ColumnTrait, Condition};

use super::table::Table;

/// Whose rows a query may return.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sight {
    /// Everybody's.
    All,
    /// Those of one partner.
    Partner(PartnerId),
    /// Those of a partner and of everybody below it in the network.
    Network(PartnerId),
    /// Nobody's.
    None,
}

impl Sight {
    /// The rows of a table that are in sight.
    pub(crate) fn within<T: Table>(self) -> Condition {
        match T::OWNER {
            Some(owner) => self.over(owner),
            None => Condition::all(),
        }
    }

    /// The rows whose partner stands in `column`.
    pub fn over(self, column: impl ColumnTrait) -> Condition {
        let rows = Condition::all();
        match self {
            Self::All => rows,
            Self::Partner(partner) => rows.add(column.eq(partner.0)),
            Self::Network(top) => rows.add(column.in_subquery(network(top))),
            Self::None => rows.add(Expr::val(1).eq(0)),
        }
    }
}

/// The ids of a partner and of everybody below it, as the table `partners` has them.
fn network(top: PartnerId) -> SelectStatement {
    let [below, id, partners, parent] = ["below", "id", "partners", "parent"].map(Alias::new);
    let first = Query::select().expr_as(Expr::value(top.0), id.clone()).to_owned();
    let next = Query::select()
        .column((partners.clone(), id.clone()))
        .from(partners.clone())
        .inner_join(
            below.clone(),
            Expr::col((partners, parent)).equals((below.clone(), id.clone())),
        )
        .to_owned();
    let all = CommonTableExpression::new()
        .table_name(below.clone())
        .column(id.clone())
        .query(first.clone().union(UnionType::Distinct, next).to_owned())
        .to_owned();
    Query::select()
        .column(id.into_column_ref())
        .from(below)
        .with_cte(WithClause::new().recursive(true).cte(all).to_owned())
        .to_owned()
}
