//! Edges: where the objects of a subject lead, declared in a line each.

/// Declares where an object leads: to `one` by an id that it has, to `many` that have its own id in a column, to `pages`
/// of such or of what a function reads; and `more`.
macro_rules! edges {
    ($object:ident by $own:ident;
        $(one { $($(#[$one_doc:meta])* $one:ident: $one_type:ty = $one_id:ident;)* })?
        $(many { $(
            $(#[$many_doc:meta])*
            $many:ident: $many_type:ty = $many_table:ident by $many_by:ident, $($many_way:ident $many_order:ident),+;
        )* })?
        $(pages { $(
            $(#[$page_doc:meta])*
            $page:ident $(($given:ident: $given_type:ty, $given_desc:literal))?: $page_type:ty
                = $source:ident $(by $page_by:ident, $page_way:ident $page_order:ident)?;
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
                #[allow(clippy::too_many_arguments, reason = "each is an argument of the schema")]
                async fn $page(
                    &self,
                    ctx: &async_graphql::Context<'_>,
                    $(#[graphql(desc = $given_desc)] $given: Option<$given_type>,)?
                    #[graphql(desc = "How many, counted from the beginning; at most 100.")] first: Option<i32>,
                    #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
                    #[graphql(desc = "How many, counted from the end; at most 100.")] last: Option<i32>,
                    #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
                ) -> Result<
                    Option<$crate::graphql::ground::page::Connection<$page_type>>,
                    $crate::graphql::ground::failure::Failure,
                > {
                    let page = $crate::graphql::ground::page::page(ctx, first, after, last, before)?;
                    let asked = $crate::graphql::ground::asked::Asked::of(ctx)?;
                    let list = $crate::graphql::ground::edges::paged!(
                        asked, page $(, $given)?; self, $own => $page_type = $source $(by $page_by, $page_way $page_order)?
                    ).await?;
                    Ok(Some($crate::graphql::ground::page::answered(ctx, list)))
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
        $($($(
            #[cfg(test)]
            mod $page {
                #[test]
                fn what_it_leads_to_is_found_in_its_order_by_an_index() {
                    use projections::{Table, $source::{Column, Entity}};
                    assert!(Entity::has_index(&[Column::$page_by, Column::$page_order]));
                    assert!(projections::page::can_page(Column::$page_order));
                }
            }
        )?)*)?
    };
}
pub(crate) use edges;

/// A page of those that have an object's own id in a column, or of what a function reads for it.
macro_rules! paged {
    ($asked:ident, $page:ident; $object:ident, $own:ident => $to:ty = $table:ident by $by:ident, $way:ident $order:ident) => {{
        $crate::graphql::ground::edges::edge!($to = $table by $by, $way $order);
        $asked.page::<Leads>($object.$own, $page)
    }};
    ($asked:ident, $page:ident $(, $given:ident)?; $object:ident, $own:ident => $to:ty = $read:ident) => {
        $read($object, $asked, $($given,)? &$page)
    };
}
pub(crate) use paged;

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
