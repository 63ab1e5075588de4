//! A unit of work in memory: the rows that a batch of events touches, folded there and handed on to be written.

use std::collections::{HashMap, HashSet};
use std::mem::take;
use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, IntoActiveModel,
    Iterable, ModelTrait, QueryFilter, Value,
};
use uuid::Uuid;

use super::shape::{Shape, at_rest};
use super::table::Table;
use super::view::{Feed, Misfit, Placed, Stamped, Trail, View};

/// Ids to a query.
const IDS: usize = 10_000;

/// A view at work, whatever its rows are.
pub(crate) trait AtWork: Send + Sync {
    /// The tables in the database that this one fills.
    fn shapes(&self) -> Vec<Arc<Shape>>;

    /// Notes which rows an event will need.
    fn touch(&mut self, _: &Placed) {}

    /// Loads the rows that were noted.
    fn load<'t>(&'t mut self, _: &'t DatabaseTransaction) -> BoxFuture<'t, Result<(), DbErr>> {
        std::future::ready(Ok(())).boxed()
    }

    fn fold(&mut self, placed: &Placed) -> Result<(), Misfit>;

    /// The rows that are final, and with `all` those that may still change. They are forgotten here.
    fn take(&mut self, all: bool) -> Vec<Changes>;
}

/// What is to be written to one table.
pub(crate) struct Changes {
    pub shape: Arc<Shape>,
    /// Whether some rows may be there already.
    pub replace: bool,
    pub rows: Vec<Values>,
    pub gone: Vec<Uuid>,
}

/// A row's values in the order of its columns.
pub(crate) type Values = Vec<Value>;

/// The rows of a view, by id.
pub(crate) struct Rows<V: View> {
    shape: Arc<Shape>,
    /// Every row there is stands here: what is missing does not exist.
    whole: bool,
    wanted: HashSet<Uuid>,
    rows: HashMap<Uuid, Slot<V::Model>>,
    trail: Option<Lines<Left<V>>>,
}

/// A row, or the place of one.
struct Slot<R> {
    row: Option<R>,
    /// Whether it was in the database.
    stored: bool,
    changed: bool,
}

/// The rows of a feed or a trail that are not written yet, and how events add to them.
pub(crate) struct Lines<F> {
    new: Changes,
    added: F,
}

/// What an event adds to a feed.
pub(crate) type Fed = fn(&Placed) -> Result<Vec<Values>, Misfit>;

/// What an event leaves behind by the row that it has changed.
type Left<V> = fn(&<V as EntityTrait>::Model, &Placed) -> Result<Vec<Values>, Misfit>;

impl Changes {
    fn to(shape: Arc<Shape>, replace: bool) -> Self {
        Self { shape, replace, rows: vec![], gone: vec![] }
    }

    /// The rows so far; those to come are other ones.
    fn take(&mut self) -> Self {
        Self { rows: take(&mut self.rows), ..Self::to(self.shape.clone(), self.replace) }
    }
}

impl<V: View> Rows<V> {
    pub fn new(whole: bool) -> Self {
        let shape = Arc::new(Shape::of::<V>());
        Self { shape, whole, wanted: HashSet::new(), rows: HashMap::new(), trail: None }
    }

    /// The same, leaving `E` behind.
    pub fn with_trail<E: Trail<V>>(self) -> Self {
        let added: Left<V> = |after, placed| Ok(all::<E>(E::rows(after, placed)?));
        let new = Changes::to(Arc::new(Shape::of::<E>()), false);
        Self { trail: Some(Lines { new, added }), ..self }
    }

    pub fn want(&mut self, id: Uuid) {
        if !self.whole && !self.rows.contains_key(&id) {
            self.wanted.insert(id);
        }
    }

    pub fn get(&self, id: Uuid) -> Option<&V::Model> {
        self.rows.get(&id)?.row.as_ref()
    }
}

impl<V: View> AtWork for Rows<V> {
    fn shapes(&self) -> Vec<Arc<Shape>> {
        let trail = self.trail.iter().map(|trail| &trail.new.shape);
        std::iter::once(&self.shape).chain(trail).cloned().collect()
    }

    fn touch(&mut self, placed: &Placed) {
        if !self.whole {
            V::keys(placed).into_iter().for_each(|id| self.want(id));
        }
    }

    fn load<'t>(&'t mut self, db: &'t DatabaseTransaction) -> BoxFuture<'t, Result<(), DbErr>> {
        async move {
            let wanted: Vec<Uuid> = take(&mut self.wanted).into_iter().collect();
            for ids in wanted.chunks(IDS) {
                for row in V::find().filter(V::KEY.is_in(ids.iter().copied())).all(db).await? {
                    if let Some(id) = id_of::<V>(&row) {
                        self.rows.insert(id, Slot { row: Some(row), stored: true, changed: false });
                    }
                }
            }
            Ok(())
        }
        .boxed()
    }

    fn fold(&mut self, placed: &Placed) -> Result<(), Misfit> {
        for id in V::keys(placed) {
            let slot =
                self.rows.entry(id).or_insert(Slot { row: None, stored: false, changed: false });
            V::fold(id, &mut slot.row, placed)?;
            slot.changed = true;
            let Some(row) = &mut slot.row else { continue };
            row.stamp(placed);
            if let Some(trail) = &mut self.trail {
                trail.new.rows.extend((trail.added)(row, placed)?);
            }
        }
        Ok(())
    }

    fn take(&mut self, all: bool) -> Vec<Changes> {
        let mut changes = vec![];
        if all {
            let mut change = Changes::to(self.shape.clone(), !self.whole);
            for (id, slot) in take(&mut self.rows) {
                match slot {
                    Slot { changed: false, .. } | Slot { row: None, stored: false, .. } => {}
                    Slot { row: Some(row), .. } => change.rows.push(values::<V>(row)),
                    Slot { row: None, stored: true, .. } => change.gone.push(id),
                }
            }
            changes.push(change);
        }
        changes.extend(self.trail.as_mut().map(|trail| trail.new.take()));
        changes
    }
}

impl Lines<Fed> {
    pub fn of<E: Feed>() -> Self {
        let new = Changes::to(Arc::new(Shape::of::<E>()), false);
        Self { new, added: |placed| Ok(all::<E>(E::rows(placed)?)) }
    }
}

impl AtWork for Lines<Fed> {
    fn shapes(&self) -> Vec<Arc<Shape>> {
        vec![self.new.shape.clone()]
    }

    fn fold(&mut self, placed: &Placed) -> Result<(), Misfit> {
        self.new.rows.extend((self.added)(placed)?);
        Ok(())
    }

    fn take(&mut self, _: bool) -> Vec<Changes> {
        vec![self.new.take()]
    }
}

fn all<E: Table>(rows: Vec<E::Model>) -> Vec<Values> {
    rows.into_iter().map(values::<E>).collect()
}

fn values<E: Table>(row: E::Model) -> Values {
    let mut row = row.into_active_model();
    E::Column::iter().filter_map(|column| row.take(column).into_value()).map(at_rest).collect()
}

fn id_of<V: View>(row: &V::Model) -> Option<Uuid> {
    if let Value::Uuid(Some(id)) = row.get(V::KEY) { Some(*id) } else { None }
}
