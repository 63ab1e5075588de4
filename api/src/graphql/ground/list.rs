//! Root queries: objects by their ids, and lists with filter, order and pagination, each declared over a view's columns.

use projections::{
    names::{self, NoWord, Words},
    page::comparable,
};
use sea_orm::{
    ColumnTrait, Value,
    sea_query::{Expr, SimpleExpr},
};

use super::{failure::Failure, show::Kept};

/// What a filter's part means; nothing where it leaves all rows.
pub type Part = Result<Option<SimpleExpr>, Failure>;

pub fn is(column: impl ColumnTrait, value: impl Kept) -> Part {
    Ok(Some(Expr::col(column.as_column_ref()).eq(wanted(value)?)))
}

/// All where there is no value.
pub fn any_of<V: Kept>(column: impl ColumnTrait, values: Vec<V>) -> Part {
    let values = values.into_iter().map(wanted).collect::<Result<Vec<Value>, _>>()?;
    Ok((!values.is_empty()).then(|| Expr::col(column.as_column_ref()).is_in(values)))
}

/// Of whose names every word of the text begins one, whatever its case and accents.
pub fn named<W: Words>(column: impl ColumnTrait, text: String) -> Part {
    let named = names::named::<W>(column, &text);
    named.map_err(|NoWord| Failure::bad_input("a search needs a letter or a digit"))
}

/// At this value or above it.
pub fn from(column: impl ColumnTrait, value: impl Kept) -> Part {
    Ok(Some(Expr::col(column.as_column_ref()).gte(wanted(value)?)))
}

pub fn before(column: impl ColumnTrait, value: impl Kept) -> Part {
    Ok(Some(Expr::col(column.as_column_ref()).lt(wanted(value)?)))
}

/// A value that rows can be compared with.
fn wanted(value: impl Kept) -> Result<Value, Failure> {
    let problem = "a filter holds a text with a NUL, or an instant outside the years 1900 to 9999";
    Some(value.kept()).filter(comparable).ok_or_else(|| Failure::bad_input(problem))
}

/// Whether there is a value.
pub fn set(column: impl ColumnTrait, set: bool) -> Part {
    Ok(Some(if set { column.is_not_null() } else { column.is_null() }))
}

/// Whether there is more than none of what the column counts.
pub fn some(column: impl ColumnTrait, some: bool) -> Part {
    Ok(Some(if some { column.gt(0) } else { column.eq(0) }))
}

/// Declares the queries of a subject: `one` object by its id, each `list` with what it can be filtered and ordered by,
/// and `more` fields of other kinds.
///
/// The arguments that pages and positions take stand here and nowhere else.
macro_rules! queries {
    ($(#[$group_doc:meta])* $group:ident;
        $(one { $($(#[$one_doc:meta])* $one:ident: $one_type:ident by $one_id:ident, $one_id_doc:literal;)* })?
        $(
            $(#[$doc:meta])*
            list $list:ident: $table:ident as $type:ident {
                $(filter $filter:ident, $filter_doc:literal { $($parts:tt)* })?
                $(
                    order $order:ident, $order_doc:literal
                    by $field:ident, $field_doc:literal { $($(#[$way_doc:meta])* $way:ident = $way_column:ident,)* }
                    usually $usual:ident $usually:ident, $order_desc:literal;
                )?
                $(along $along:ident usually $along_way:ident, $along_desc:literal;)?
                $(stands $stands:ident $standing:ident;)?
            }
        )*
        $(more { $($more:tt)* })?
    ) => {
        $(#[$group_doc])*
        #[derive(Default)]
        pub struct $group;

        #[async_graphql::Object]
        impl $group {
            $($(
                $(#[$one_doc])*
                async fn $one(
                    &self,
                    ctx: &async_graphql::Context<'_>,
                    #[graphql(desc = $one_id_doc)] $one_id: uuid::Uuid,
                    #[graphql(desc = "Answer no earlier than this place in the log.")]
                    min_position: Option<$crate::graphql::ground::scalars::Position>,
                ) -> Result<Option<$one_type>, $crate::graphql::ground::failure::Failure> {
                    $crate::graphql::ground::asked::Asked::at_least(ctx, min_position).await?.find($one_id).await
                }
            )*)?
            $(
                $(#[$doc])*
                #[allow(clippy::too_many_arguments, reason = "each is an argument of the schema")]
                async fn $list(
                    &self,
                    ctx: &async_graphql::Context<'_>,
                    $(#[graphql(desc = "Which ones; all where it is left out.")] filter: Option<$filter>,)?
                    $(#[graphql(desc = $order_desc)] order_by: Option<$order>,)?
                    $(
                        #[graphql(desc = $along_desc)]
                        direction: Option<$crate::graphql::ground::page::OrderDirection>,
                    )?
                    #[graphql(desc = "How many, counted from the beginning; at most 100.")] first: Option<i32>,
                    #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
                    #[graphql(desc = "How many, counted from the end; at most 100.")] last: Option<i32>,
                    #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
                    #[graphql(desc = "Answer no earlier than this place in the log.")]
                    min_position: Option<$crate::graphql::ground::scalars::Position>,
                ) -> Result<
                    Option<$crate::graphql::ground::page::Connection<$type>>,
                    $crate::graphql::ground::failure::Failure,
                > {
                    use $crate::graphql::ground::{asked::Asked, page::{OrderDirection, answered, page}};
                    use projections::$table::Column;

                    let asked = Asked::at_least(ctx, min_position).await?;
                    let page = page(ctx, first, after, last, before)?;
                    let wanted = sea_orm::Condition::all();
                    $(let wanted = filter.map_or(Ok(wanted), $filter::condition)?;)?
                    $(
                        let (column, direction) = order_by.map_or(
                            (Column::$usual, OrderDirection::$usually),
                            |order| (match order.field { $($field::$way => Column::$way_column,)* }, order.direction),
                        );
                    )?
                    $(let (column, direction) = (Column::$along, direction.unwrap_or(OrderDirection::$along_way));)?
                    $(let (column, direction) = (Column::$stands, OrderDirection::$standing);)?
                    let list = asked.list(wanted, direction.of(column), &page).await?;
                    Ok(Some(answered(ctx, list)))
                }
            )*
            $($($more)*)?
        }

        $(
            $($crate::graphql::ground::list::filter! {
                $filter_doc $filter over $table [] [] [] $($parts)*
            })?
            $(
                #[doc = $order_doc]
                #[derive(async_graphql::InputObject, Debug)]
                pub struct $order {
                    /// By what.
                    field: $field,
                    /// Which way.
                    direction: $crate::graphql::ground::page::OrderDirection,
                }

                #[doc = $field_doc]
                #[derive(async_graphql::Enum, Clone, Copy, PartialEq, Eq, Debug)]
                pub enum $field {
                    $($(#[$way_doc])* $way,)*
                }
            )?

            #[cfg(test)]
            mod $list {
                use projections::{Table, $table::{Column, Entity}, page::can_page};

                fn filters() -> Vec<Column> {
                    let filters: &[Vec<Column>] = &[$(super::$filter::columns())?];
                    filters.concat()
                }

                fn orders() -> Vec<Column> {
                    vec![$($(Column::$way_column,)* Column::$usual)? $(Column::$along)? $(Column::$stands)?]
                }

                #[test]
                fn what_is_filtered_or_ordered_by_leads_an_index() {
                    for column in [filters(), orders()].concat() {
                        assert!(Entity::has_index(&[column]), "{column:?}");
                    }
                }

                #[test]
                fn what_is_ordered_by_can_be_paged() {
                    for column in orders() {
                        assert!(can_page(column), "{column:?}");
                    }
                }
            }
        )*
    };
}
pub(crate) use queries;

/// Declares a filter, part by part: its fields, and the conditions that they mean.
macro_rules! filter {
    ($doc:literal $filter:ident over $table:ident [$($fields:tt)*] [$($conditions:tt)*] [$($columns:ident)*]
        $(#[$part_doc:meta])* $part:ident: Vec<$type:ty> = any_of $column:ident, $($rest:tt)*
    ) => {
        $crate::graphql::ground::list::filter! {
            $doc $filter over $table
            [$($fields)* $(#[$part_doc])* #[graphql(default)] pub $part: Vec<$type>,]
            [$($conditions)* [$part, parts => any_of(Column::$column, parts)]]
            [$($columns)* $column]
            $($rest)*
        }
    };
    ($doc:literal $filter:ident over $table:ident [$($fields:tt)*] [$($conditions:tt)*] [$($columns:ident)*]
        $(#[$part_doc:meta])* $part:ident: $type:ty = named in $words:ident as $column:ident, $($rest:tt)*
    ) => {
        $crate::graphql::ground::list::filter! {
            $doc $filter over $table
            [$($fields)* $(#[$part_doc])* pub $part: Option<$type>,]
            [$($conditions)* [$part, part => part.map_or(Ok(None), |part| {
                named::<projections::$words::Entity>(Column::$column, part)
            })]]
            [$($columns)* $column]
            $($rest)*
        }
    };
    ($doc:literal $filter:ident over $table:ident [$($fields:tt)*] [$($conditions:tt)*] [$($columns:ident)*]
        $(#[$part_doc:meta])* $part:ident: $type:ty = $how:ident $column:ident, $($rest:tt)*
    ) => {
        $crate::graphql::ground::list::filter! {
            $doc $filter over $table
            [$($fields)* $(#[$part_doc])* pub $part: Option<$type>,]
            [$($conditions)* [$part, part => part.map_or(Ok(None), |part| $how(Column::$column, part))]]
            [$($columns)* $column]
            $($rest)*
        }
    };
    ($doc:literal $filter:ident over $table:ident [$($fields:tt)*]
        [$([$part:ident, $given:ident => $condition:expr])*] [$($columns:ident)*]
    ) => {
        #[doc = $doc]
        #[derive(async_graphql::InputObject, Clone, Debug, Default)]
        pub struct $filter {
            $($fields)*
        }

        impl $filter {
            pub fn condition(self) -> Result<sea_orm::Condition, $crate::graphql::ground::failure::Failure> {
                #[allow(unused_imports, reason = "no filter needs every kind of condition")]
                use $crate::graphql::ground::list::{any_of, before, from, is, named, set, some};
                use projections::$table::Column;

                let Self { $($part),* } = self;
                let all = sea_orm::Condition::all();
                $(let $given = $part; let all = all.add_option($condition?);)*
                Ok(all)
            }

            #[cfg(test)]
            fn columns() -> Vec<projections::$table::Column> {
                vec![$(projections::$table::Column::$columns),*]
            }
        }
    };
}
pub(crate) use filter;
