//! One request: who asks, what the views show them, and how far the views are.

use std::time::Duration;

use async_graphql::{
    Context, OutputType,
    dataloader::{DataLoader, Loader},
};
use domain::PartnerId;
use eventlog::Log;
use projections::{Scope, Views, partners};
use sea_orm::DatabaseConnection;
use tokio::sync::OnceCell;
use uuid::Uuid;

use super::{
    batches::Spawner,
    deal::Deal,
    failure::Failure,
    loaders::{Batch, DealOf, PartnerOf, ProgramOf, WalletOf},
    partner::Partner,
    program::Program,
    scalars::Position,
    show::Shows,
    wallet::Wallet,
};
use crate::{access, auth::Principal, commands::Commands};

/// How long an answer waits for the views.
pub const PATIENCE: Duration = Duration::from_secs(2);

/// What every request rests on.
#[derive(Clone)]
pub struct Sources {
    pub commands: Commands,
    pub log: Log,
    pub views: Views,
}

/// One request's own data.
pub struct Asked {
    pub principal: Principal,
    pub sources: Sources,
    batches: DataLoader<Batch>,
    approved: OnceCell<bool>,
}

impl Asked {
    pub fn new(principal: Principal, sources: Sources, spawner: Spawner) -> Self {
        let (views, log) = (sources.views.clone(), sources.log.clone());
        let batch = Batch { views, log, principal: principal.clone() };
        let batches = DataLoader::new(batch, move |load| spawner.spawn(load)).delay(Duration::ZERO);
        Self { principal, sources, batches, approved: OnceCell::new() }
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
        }
        Ok(asked)
    }

    /// Waits until the views have passed `position`, or says that they are behind.
    pub async fn wait_for(&self, position: u64) -> Result<(), Failure> {
        let reached = self.sources.views.wait_for(position, PATIENCE).await;
        reached.map_err(|_| Failure::views_behind(position))
    }

    /// The views that are live now: a subscription outlives their rebuilding.
    pub fn db(&self) -> DatabaseConnection {
        self.sources.views.current().db().clone()
    }

    /// Whose rows of this type whoever asks may see.
    pub fn scope<T: OutputType>(&self) -> Scope {
        access::scope(&self.principal, &T::type_name())
    }

    /// Whether what concerns this partner alone may be shown.
    pub fn sees(&self, partner: PartnerId) -> bool {
        self.principal.partner.is_none_or(|own| own == partner)
    }

    /// R4: a member acts and looks only once its partner's application is approved. Read once a request.
    pub async fn approved(&self) -> Result<(), Failure> {
        let own = self.principal.partner;
        let approved = self.approved.get_or_try_init(|| async move {
            let Some(own) = own else { return Ok::<bool, Failure>(false) };
            let row = partners::by_ids(&self.db(), Scope::Partner(own), &[own]).await?.pop();
            Ok(row.is_some_and(|row| row.approved_at.is_some()))
        });
        if *approved.await? { Ok(()) } else { Err(Failure::not_approved()) }
    }

    /// Reads an edge together with all others of its kind; nothing where it is out of sight.
    pub async fn load<K>(&self, key: K) -> Result<<Batch as Loader<K>>::Value, Failure>
    where
        K: Send + Sync + std::hash::Hash + Eq + Clone + 'static,
        Batch: Loader<K, Error = Failure>,
        <Batch as Loader<K>>::Value: Default,
    {
        Ok(self.batches.load_one(key).await?.unwrap_or_default())
    }

    /// The same for an edge to one row.
    pub async fn find<K, T>(&self, key: K) -> Result<Option<T>, Failure>
    where
        K: Send + Sync + std::hash::Hash + Eq + Clone + 'static,
        Batch: Loader<K, Error = Failure, Value = T::Row>,
        T: Shows,
    {
        self.batches.load_one(key).await?.map(T::show).transpose()
    }

    pub async fn partner(&self, id: Uuid) -> Result<Option<Partner>, Failure> {
        self.find(PartnerOf(id)).await
    }

    pub async fn deal(&self, id: Uuid) -> Result<Option<Deal>, Failure> {
        self.find(DealOf(id)).await
    }

    pub async fn wallet(&self, id: Uuid) -> Result<Option<Wallet>, Failure> {
        self.find(WalletOf(id)).await
    }

    pub async fn program(&self, id: Uuid) -> Result<Option<Program>, Failure> {
        self.find(ProgramOf(id)).await
    }
}
