//! Edges in batches (data loader): whatever the objects of one answer lead to is read together.

use std::collections::HashMap;
use std::marker::PhantomData;
use std::sync::Arc;

use async_graphql::dataloader::Loader;
use eventlog::Log;
use projections::{Order, Page, Sight, Slice, Table};
use sea_orm::{ModelTrait, Value};
use uuid::Uuid;

use super::{
    failure::Failure,
    moment::Moment,
    show::{Column, Row, Shows, TableOf},
};
use crate::{access, auth::Principal};

/// Reads the rows behind keys, as far as whoever asks may see them.
pub struct Batch {
    pub moment: Arc<Moment>,
    pub log: Log,
    pub principal: Principal,
}

/// Which rows of a table an object leads to: those that have its id in one column.
pub trait Edge: 'static {
    type To: Shows;

    fn by() -> Column<Self::To>;
    fn order() -> Vec<Order<TableOf<Self::To>>>;
}

/// The edge to an object from whatever knows its id.
pub struct ById<T>(PhantomData<fn() -> T>);

impl<T: Shows> Edge for ById<T> {
    type To = T;

    fn by() -> Column<T> {
        TableOf::<T>::KEY
    }

    fn order() -> Vec<Order<TableOf<T>>> {
        vec![]
    }
}

impl Batch {
    /// The sight for one statement that reads the rows behind `keys` keys.
    fn reading<T: Shows>(&self, keys: usize) -> Sight {
        let name = T::type_name();
        let sight = access::sight(&self.principal, &name);
        metrics::counter!("accord_graphql_batches_total", "of" => name.clone().into_owned())
            .increment(1);
        metrics::histogram!("accord_graphql_batch_keys", "of" => name.into_owned())
            .record(keys as f64);
        sight
    }
}

impl<E: Edge> Loader<(Uuid, PhantomData<fn() -> E>)> for Batch {
    type Value = Vec<Row<E::To>>;
    type Error = Failure;

    async fn load(
        &self,
        keys: &[(Uuid, PhantomData<fn() -> E>)],
    ) -> Result<HashMap<(Uuid, PhantomData<fn() -> E>), Self::Value>, Failure> {
        let sight = self.reading::<E::To>(keys.len());
        let ids: Vec<Uuid> = keys.iter().map(|(id, _)| *id).collect();
        let (db, column, order) = (self.moment.db(), E::by(), E::order());
        let rows = projections::by::<TableOf<E::To>>(&db, &sight, column, &ids, &order);
        let mut groups: HashMap<_, Self::Value> = HashMap::new();
        for row in rows.await? {
            if let Value::Uuid(Some(id)) = row.get(column) {
                groups.entry((*id, PhantomData)).or_default().push(row);
            }
        }
        Ok(groups)
    }
}

impl<E: Edge> Loader<(Uuid, Page, PhantomData<fn() -> E>)> for Batch {
    type Value = Slice<Row<E::To>>;
    type Error = Failure;

    async fn load(
        &self,
        keys: &[(Uuid, Page, PhantomData<fn() -> E>)],
    ) -> Result<HashMap<(Uuid, Page, PhantomData<fn() -> E>), Self::Value>, Failure> {
        let mut pages: HashMap<&Page, Vec<Uuid>> = HashMap::new();
        for (id, page, _) in keys {
            pages.entry(page).or_default().push(*id);
        }
        let mut slices = HashMap::new();
        for (page, ids) in pages {
            let sight = self.reading::<E::To>(ids.len());
            let order = E::order().first().copied().ok_or_else(|| Failure::internal("no order"))?;
            let db = self.moment.db();
            let found =
                projections::by_page::<TableOf<E::To>>(&db, &sight, E::by(), &ids, order, page);
            let placed = |(id, slice)| ((id, page.clone(), PhantomData), slice);
            slices.extend(found.await?.into_iter().map(placed));
        }
        Ok(slices)
    }
}

/// What the log says at a position.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct PayloadAt(pub u64);

impl Loader<PayloadAt> for Batch {
    type Value = serde_json::Value;
    type Error = Failure;

    async fn load(&self, keys: &[PayloadAt]) -> Result<HashMap<PayloadAt, Self::Value>, Failure> {
        let positions: Vec<u64> = keys.iter().map(|key| key.0).collect();
        let events = self.log.by_positions(&positions).await;
        let payload = |event: eventlog::RawEvent| {
            let json = serde_json::from_str(&event.payload);
            Ok((
                PayloadAt(event.envelope.position),
                json.map_err(|error| Failure::internal(&error))?,
            ))
        };
        events.map_err(|error| Failure::unavailable(&error))?.into_iter().map(payload).collect()
    }
}

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
    };
}
pub(crate) use edges;

/// Names an edge `Leads` to many.
macro_rules! edge {
    ($to:ty = $table:ident by $by:ident, $($way:ident $order:ident),+) => {
        struct Leads;

        impl $crate::graphql::ground::edges::Edge for Leads {
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
