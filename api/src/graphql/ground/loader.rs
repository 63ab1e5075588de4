//! Data loader: whatever the objects of one answer lead to is read together.

use std::collections::HashMap;
use std::marker::PhantomData;
use std::sync::Arc;

use async_graphql::dataloader::Loader;
use eventlog::{Log, PersonalError, RawEvent, ReadError, SealedValue};
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

/// How long the list is to which an edge leads from the object of an id.
pub struct CountOf<E>(Uuid, PhantomData<fn() -> E>);

impl<E> From<Uuid> for CountOf<E> {
    fn from(id: Uuid) -> Self {
        Self(id, PhantomData)
    }
}

impl<E> Clone for CountOf<E> {
    fn clone(&self) -> Self {
        Self::from(self.0)
    }
}

impl<E> PartialEq for CountOf<E> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<E> Eq for CountOf<E> {}

impl<E> std::hash::Hash for CountOf<E> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl<E: Edge> Loader<CountOf<E>> for Batch {
    type Value = u64;
    type Error = Failure;

    async fn load(&self, keys: &[CountOf<E>]) -> Result<HashMap<CountOf<E>, u64>, Failure> {
        let sight = self.reading::<E::To>(keys.len());
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let db = self.moment.db();
        let counts = projections::count_each::<TableOf<E::To>>(&db, &sight, E::by(), &ids).await?;
        Ok(counts.into_iter().map(|(id, count)| (CountOf::from(id), count)).collect())
    }
}

/// What the log says at a position, with what is personal in it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct PayloadAt(pub u64);

impl Loader<PayloadAt> for Batch {
    type Value = Result<serde_json::Value, PersonalError>;
    type Error = Failure;

    async fn load(&self, keys: &[PayloadAt]) -> Result<HashMap<PayloadAt, Self::Value>, Failure> {
        let positions: Vec<u64> = keys.iter().map(|key| key.0).collect();
        let events = self.log.by_positions(&positions).await.map_err(unread)?;
        let positions: Vec<u64> = events.iter().map(|event| event.envelope.position).collect();
        let opened = self.log.open_events(events).await.map_err(unread)?;
        let payload = |event: RawEvent| {
            serde_json::from_str(&event.payload).map_err(|_| PersonalError::NotJson)
        };
        let payloads = opened.into_iter().map(|opened| opened.and_then(payload));
        Ok(positions.into_iter().map(PayloadAt).zip(payloads).collect())
    }
}

impl Loader<SealedValue> for Batch {
    /// None where it has been erased.
    type Value = Result<Option<serde_json::Value>, PersonalError>;
    type Error = Failure;

    async fn load(
        &self,
        keys: &[SealedValue],
    ) -> Result<HashMap<SealedValue, Self::Value>, Failure> {
        let opened = self.log.open_values(keys).await.map_err(unread)?;
        Ok(keys.iter().cloned().zip(opened).collect())
    }
}

fn unread(error: ReadError) -> Failure {
    Failure::unavailable(&error)
}
