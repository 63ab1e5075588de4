//! Edges: where the objects of a subject lead, declared in a line each.

/// Declares where an object leads: to `one` by an id that it has, to `many` that have its own id in a column, or to
/// `pages` of them; to `lists` that a function reads; and `more`.
macro_rules! edges {
    ($object:ident by $own:ident;
        $(one { $($(#[$one_doc:meta])* $one:ident: $one_type:ty = $one_id:ident;)* })?
        $(many { $(
            $(#[$many_doc:meta])*
            $many:ident: $many_type:ty = $many_table:ident by $many_by:ident, $($many_way:ident $many_order:ident),+;
        )* })?
        $(pages { $(
            $(#[$page_doc:meta])*
            $page:ident: $page_type:ty = $page_table:ident by $page_by:ident, $page_way:ident $page_order:ident;
        )* })?
        $(lists { $(
            $(#[$list_doc:meta])*
            $list:ident $(($given:ident: $given_type:ty, $given_desc:literal))?: $list_type:ty = $read:ident;
        )* })?
        $(more { $($more:tt)* })?
    ) => {
        #[async_graphql::ComplexObject]
        impl $object {
            $($(
                $(#[$one_doc])*
                async fn $one(
                    &self,
                    ctx: &async_graphql::Context<'_>,
                ) -> Result<Option<$one_type>, $crate::graphql::ground::failure::Failure> {
                    $crate::graphql::ground::asked::Asked::of(ctx)?.find(self.$one_id).await
                }
            )*)?
            $($(
                $(#[$many_doc])*
                async fn $many(
                    &self,
                    ctx: &async_graphql::Context<'_>,
                ) -> Result<Option<Vec<$many_type>>, $crate::graphql::ground::failure::Failure> {
                    $crate::graphql::ground::edges::edge!($many_type = $many_table by $many_by, $($many_way $many_order),+);
                    $crate::graphql::ground::asked::Asked::of(ctx)?.all::<Leads>(self.$own).await.map(Some)
                }
            )*)?
            $($(
                $(#[$page_doc])*
                #[graphql(complexity = "crate::graphql::ground::page::cost(first, last, child_complexity)")]
                async fn $page(
                    &self,
                    ctx: &async_graphql::Context<'_>,
                    #[graphql(desc = "How many, counted from the beginning; at most 100.")] first: Option<i32>,
                    #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
                    #[graphql(desc = "How many, counted from the end; at most 100.")] last: Option<i32>,
                    #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
                ) -> Result<
                    Option<$crate::graphql::ground::page::Connection<$page_type>>,
                    $crate::graphql::ground::failure::Failure,
                > {
                    $crate::graphql::ground::edges::edge!($page_type = $page_table by $page_by, $page_way $page_order);
                    let page = $crate::graphql::ground::page::page(first, after, last, before)?;
                    $crate::graphql::ground::asked::Asked::of(ctx)?.page::<Leads>(self.$own, page).await.map(Some)
                }
            )*)?
            $($(
                $(#[$list_doc])*
                #[allow(clippy::too_many_arguments, reason = "each is an argument of the schema")]
                #[graphql(complexity = "crate::graphql::ground::page::cost(first, last, child_complexity)")]
                async fn $list(
                    &self,
                    ctx: &async_graphql::Context<'_>,
                    $(#[graphql(desc = $given_desc)] $given: Option<$given_type>,)?
                    #[graphql(desc = "How many, counted from the beginning; at most 100.")] first: Option<i32>,
                    #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
                    #[graphql(desc = "How many, counted from the end; at most 100.")] last: Option<i32>,
                    #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
                ) -> Result<
                    Option<$crate::graphql::ground::page::Connection<$list_type>>,
                    $crate::graphql::ground::failure::Failure,
                > {
                    let page = $crate::graphql::ground::page::page(first, after, last, before)?;
                    $read(self, $crate::graphql::ground::asked::Asked::of(ctx)?, $($given,)? &page).await.map(Some)
                }
            )*)?
            $($($more)*)?
        }

        $($(
            #[cfg(test)]
            mod $many {
                #[test]
                fn what_it_leads_to_is_found_in_its_order_by_an_index() {
                    use projections::{Table, $many_table::{Column, Entity}};
                    assert!(Entity::has_index(&[Column::$many_by, $(Column::$many_order),+]));
                }
            }
        )*)?
        $($(
            #[cfg(test)]
            mod $page {
                #[test]
                fn what_it_leads_to_is_found_in_its_order_by_an_index() {
                    use projections::{Table, $page_table::{Column, Entity}};
                    assert!(Entity::has_index(&[Column::$page_by, Column::$page_order]));
                    assert!(projections::page::can_page(Column::$page_order));
                }
            }
        )*)?
    };
}
pub(crate) use edges;

/// Names an edge `Leads` to many.
macro_rules! edge {
    ($to:ty = $table:ident by $by:ident, $($way:ident $order:ident),+) => {
        struct Leads;

        impl $crate::graphql::ground::loader::Edge for Leads {
            type To = $to;

            fn by() -> projections::$table::Column {
                projections::$table::Column::$by
            }

            fn order() -> Vec<projections::Order<projections::$table::Entity>> {
                vec![$(projections::Order::$way(projections::$table::Column::$order)),+]
            }
        }
    };
}
pub(crate) use edge;
