//! The context of one request: who asks, what the views show them, and how far the views are.

use std::sync::Arc;
use std::time::Duration;

use async_graphql::{Context, OutputType, dataloader::DataLoader};
use domain::PartnerId;
use eventlog::{LoadError, Log, SealedValue};
use futures::{FutureExt, future::BoxFuture};
use projections::{Order, Page, Reading, Sight, Views};
use sea_orm::Condition;
use tokio::sync::OnceCell;
use uuid::Uuid;

use super::{
    batches::Spawner,
    failure::Failure,
    loader::{Batch, ById, CountOf, Edge, PayloadAt},
    moment::Moment,
    page::{Connection, connection},
    scalars::Position,
    show::{Shows, shown},
    total::Total,
};
use crate::{access, auth::Principal, commands::Commands, mailing::Mailing};

/// How long an answer waits for the views.
pub const PATIENCE: Duration = Duration::from_secs(2);

/// What every request rests on.
#[derive(Clone)]
pub struct Sources {
    pub commands: Commands,
    pub log: Log,
    pub views: Views,
    pub mailing: Mailing,
}

/// Whether a partner's application is approved: a subject's answer, since the ground knows none.
pub type Approved = fn(Log, PartnerId) -> BoxFuture<'static, Result<bool, LoadError>>;

/// One request's own data.
pub struct Asked {
    pub principal: Principal,
    pub sources: Sources,
    pub moment: Arc<Moment>,
    batches: Arc<DataLoader<Batch>>,
    is_approved: Approved,
    approved: OnceCell<bool>,
}

impl Asked {
    pub fn new(
        principal: Principal,
        sources: Sources,
        moment: Arc<Moment>,
        spawner: Spawner,
        is_approved: Approved,
    ) -> Self {
        let log = sources.log.clone();
        let batch = Batch { moment: moment.clone(), log, principal: principal.clone() };
        let batches = DataLoader::new(batch, move |load| spawner.spawn(load)).delay(Duration::ZERO);
        let (batches, approved) = (Arc::new(batches), OnceCell::new());
        Self { principal, sources, moment, batches, is_approved, approved }
    }

    pub fn of<'a>(ctx: &Context<'a>) -> Result<&'a Self, Failure> {
        ctx.data_opt().ok_or_else(Failure::unauthenticated)
    }

    /// The request, once the views have passed the place that it names. Every query of the root begins here.
    pub async fn at_least<'a>(
        ctx: &Context<'a>,
        position: Option<Position>,
    ) -> Result<&'a Self, Failure> {
        let asked = Self::of(ctx)?;
        if let Some(Position(position)) = position {
            asked.wait_for(position).await?;
            let reached = asked.moment.reaches(position).await;
            if !reached.map_err(|error| Failure::unavailable(&error))? {
                return Err(Failure::views_behind(position));
            }
        }
        Ok(asked)
    }

    /// Waits until the views have passed `position`, or says that they are behind where the log has come so far.
    pub async fn wait_for(&self, position: u64) -> Result<(), Failure> {
        if self.sources.views.wait_for(position, PATIENCE).await.is_ok() {
            return Ok(());
        }
        match self.sources.log.reach().await {
            Ok(head) if head < position => {
                Err(Failure::bad_input("minPosition lies beyond the end of the log"))
            }
            Ok(_) => Err(Failure::views_behind(position)),
            Err(error) => Err(Failure::unavailable(&error)),
        }
    }

    /// The views of this request's moment.
    pub fn db(&self) -> Reading {
        self.moment.db()
    }

    /// Whose rows of this type whoever asks may see.
    pub fn sight<T: OutputType>(&self) -> Sight {
        access::sight(&self.principal, &T::type_name())
    }

    /// Whether what concerns this partner alone may be shown.
    pub fn sees(&self, partner: PartnerId) -> bool {
        self.principal.partner.is_none_or(|own| own == partner)
    }

    /// R4: a member looks around only once its partner's application is approved, and from that event on: it is asked of
    /// the log, once a request.
    pub async fn approved(&self) -> Result<(), Failure> {
        let Some(own) = self.principal.partner else { return Err(Failure::not_approved()) };
        let log = self.sources.log.clone();
        let approved = self.approved.get_or_try_init(|| async move {
            (self.is_approved)(log, own).await.map_err(|error| match error {
                LoadError::Unavailable(_) => Failure::unavailable(&error),
                LoadError::Undecodable(_) | LoadError::OwnBeside => Failure::internal(&error),
            })
        });
        if *approved.await? { Ok(()) } else { Err(Failure::not_approved()) }
    }

    /// An object by its id, read together with all others of its type; nothing where it is out of sight.
    pub async fn find<T: Shows>(&self, id: impl Into<Option<Uuid>>) -> Result<Option<T>, Failure> {
        let Some(id) = id.into() else { return Ok(None) };
        Ok(self.all::<ById<T>>(id).await?.pop())
    }

    /// What an edge leads to from the object of this id, read together with all other edges of its kind.
    pub async fn all<E: Edge>(&self, from: Uuid) -> Result<Vec<E::To>, Failure> {
        let rows = self.batches.load_one((from, std::marker::PhantomData::<fn() -> E>)).await?;
        shown(rows.unwrap_or_default())
    }

    /// A page of what an edge leads to; nobody reads the rest.
    pub async fn page<E: Edge>(
        &self,
        from: Uuid,
        page: Page,
    ) -> Result<Connection<E::To>, Failure> {
        let key = (from, page, std::marker::PhantomData::<fn() -> E>);
        let slice = self.batches.load_one(key).await?;
        let batches = self.batches.clone();
        let total = Total::of(move || {
            let batches = batches.clone();
            async move {
                let count = batches.load_one(CountOf::<E>::from(from)).await?;
                count.ok_or_else(|| Failure::internal("a list was not counted"))
            }
            .boxed()
        });
        connection(slice.ok_or_else(|| Failure::internal("a list was not read"))?, total)
    }

    /// A page of all that are in sight and wanted.
    pub async fn list<T: Shows>(
        &self,
        wanted: Condition,
        order: Order<T::Table>,
        page: &Page,
    ) -> Result<Connection<T>, Failure> {
        self.within::<T>(self.sight::<T>(), wanted, order, page).await
    }

    /// The same within a sight of its own.
    pub async fn within<T: Shows>(
        &self,
        sight: Sight,
        wanted: Condition,
        order: Order<T::Table>,
        page: &Page,
    ) -> Result<Connection<T>, Failure> {
        let db = self.db();
        let rows = projections::list::<T::Table>(&db, &sight, wanted.clone(), order, page).await?;
        let total = Total::of(move || {
            let (db, wanted) = (db.clone(), wanted.clone());
            async move { Ok(projections::count::<T::Table>(&db, &sight, wanted).await?) }.boxed()
        });
        connection(rows, total)
    }

    /// What the log says at a position, with what is personal in it.
    pub async fn payload(&self, position: u64) -> Result<Option<serde_json::Value>, Failure> {
        let payload = self.batches.load_one(PayloadAt(position)).await?;
        payload.transpose().map_err(|error| Failure::internal(&error))
    }

    /// What a row keeps sealed of a person; none where it has been erased.
    pub async fn opened(&self, value: &SealedValue) -> Result<Option<serde_json::Value>, Failure> {
        let opened = self.batches.load_one(value.clone()).await?;
        let opened = opened.ok_or_else(|| Failure::internal("a value was not opened"))?;
        opened.map_err(|error| Failure::internal(&error))
    }
}
