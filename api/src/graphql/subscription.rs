//! GraphQL subscriptions: resumable streams that begin where their last reader stopped, and then stay.

use std::time::Duration;

use async_graphql::{Context, SimpleObject, Subscription as Streams};
use futures::{Stream, StreamExt, TryStreamExt, stream};
use projections::{Order, Page, Sight, events};
use sea_orm::{ColumnTrait, Condition};
use tokio::sync::watch;
use uuid::Uuid;

use super::{
    audit::{AuditEvent, AuditFilter},
    deal::Deal,
    ground::{
        asked::{Asked, PATIENCE},
        failure::Failure,
        gate::OpenStream,
        scalars::Position,
        show::{Shown, Shows},
    },
    wallet::Wallet,
};

/// How long news may stay unnoticed if nobody announces it.
const NET: Duration = Duration::from_millis(500);
const PAGE: usize = 100;

/// The streams of this schema.
#[derive(Default)]
pub struct Subscription;

/// A wallet after a change.
#[derive(SimpleObject, Clone, Debug)]
pub struct WalletChange {
    /// The place in the log of the change; give it as `after` to go on from here.
    pub position: Position,
    /// The wallet as it is now.
    pub wallet: Option<Wallet>,
}

/// A deal after a change.
#[derive(SimpleObject, Clone, Debug)]
pub struct DealChange {
    /// The place in the log of the change; give it as `after` to go on from here.
    pub position: Position,
    /// The deal as it is now.
    pub deal: Option<Deal>,
}

/// What goes on. Give the position of the last answer as `after` when you connect again, and nothing is lost.
#[Streams(guard = "OpenStream")]
impl Subscription {
    /// A wallet whenever it changes. Several changes at once are one answer.
    async fn wallet_changed<'ctx>(
        &self,
        ctx: &Context<'ctx>,
        #[graphql(desc = "The wallet's UUID.")] wallet_id: Uuid,
        #[graphql(desc = "Begin after this place in the log; from now on where it is left out.")]
        after: Option<Position>,
    ) -> Result<impl Stream<Item = Result<WalletChange, Failure>> + use<'ctx>, Failure> {
        let change = |position, wallet| WalletChange { position, wallet };
        Ok(changes(Asked::of(ctx)?, wallet_id, after, change))
    }

    /// A deal whenever it changes. Several changes at once are one answer.
    async fn deal_changed<'ctx>(
        &self,
        ctx: &Context<'ctx>,
        #[graphql(desc = "The deal's UUID.")] deal_id: Uuid,
        #[graphql(desc = "Begin after this place in the log; from now on where it is left out.")]
        after: Option<Position>,
    ) -> Result<impl Stream<Item = Result<DealChange, Failure>> + use<'ctx>, Failure> {
        let change = |position, deal| DealChange { position, deal };
        Ok(changes(Asked::of(ctx)?, deal_id, after, change))
    }

    /// The events of the log, one by one in its order: first those that are there, then whatever comes.
    async fn events<'ctx>(
        &self,
        ctx: &Context<'ctx>,
        #[graphql(desc = "Begin after this place in the log; from now on where it is left out.")]
        after: Option<Position>,
        #[graphql(desc = "Which ones; all where it is left out.")] filter: Option<AuditFilter>,
    ) -> Result<impl Stream<Item = Result<AuditEvent, Failure>> + use<'ctx>, Failure> {
        let asked = Asked::of(ctx)?;
        let filter = filter.unwrap_or_default().condition()?;
        let pages = follow(asked, filter, asked.sight::<AuditEvent>(), after);
        let events = pages.map_ok(|rows| stream::iter(rows).map(Ok)).try_flatten();
        Ok(events.and_then(move |row| {
            asked.moment.begin(); // Each is an answer of its own.
            std::future::ready(AuditEvent::shown(row))
        }))
    }
}

/// What an aggregate has become whenever it has changed, once for all changes that came together.
fn changes<'a, T: Shows, C: Send + 'a>(
    asked: &'a Asked,
    aggregate: Uuid,
    after: Option<Position>,
    change: impl Fn(Position, Option<T>) -> C + Copy + Send + Sync + 'a,
) -> impl Stream<Item = Result<C, Failure>> + Send + 'a {
    let filter = Condition::all().add(events::Column::AggregateId.eq(aggregate));
    let pages = follow(asked, filter, asked.sight::<T>(), after);
    pages.try_filter_map(move |rows| async move {
        let Some(last) = rows.last() else { return Ok(None) };
        let position = Position(last.position.cast_unsigned());
        Ok(Some(change(position, asked.find(aggregate).await?)))
    })
}

/// A reader of the log that has come as far as `cursor`.
struct Reader<'a> {
    asked: &'a Asked,
    head: watch::Receiver<u64>,
    cursor: u64,
    filter: Condition,
    sight: Sight,
}

/// The events after a position in pages, never an empty one, and whatever comes after them.
fn follow(
    asked: &Asked,
    filter: Condition,
    sight: Sight,
    after: Option<Position>,
) -> impl Stream<Item = Result<Vec<events::Model>, Failure>> + Send + '_ {
    let head = asked.sources.log.head();
    let cursor = after.map_or_else(|| *head.borrow(), |after| after.0);
    let reader = Reader { asked, head, cursor, filter, sight };
    stream::try_unfold(reader, |mut reader| async move {
        let rows = reader.next().await?;
        Ok(Some((rows, reader)))
    })
}

impl Reader<'_> {
    async fn next(&mut self) -> Result<Vec<events::Model>, Failure> {
        loop {
            let head = *self.head.borrow_and_update();
            if head <= self.cursor {
                drop(tokio::time::timeout(NET, self.head.changed()).await); // Either way it looks again.
                continue;
            }
            if self.asked.sources.views.wait_for(head, PATIENCE).await.is_err() {
                continue; // The views are behind; they will come.
            }
            let rows = self.page(head).await?;
            let whole = rows.len() < PAGE;
            let last = rows.last().map(|row| row.position.cast_unsigned());
            self.cursor = if whole { head } else { last.unwrap_or(head) };
            if !rows.is_empty() {
                return Ok(rows);
            }
        }
    }

    async fn page(&self, head: u64) -> Result<Vec<events::Model>, Failure> {
        let place = events::Column::Position;
        let wanted = self
            .filter
            .clone()
            .add(place.gt(self.cursor.cast_signed()))
            .add(place.lte(head.cast_signed()));
        let page = Page::first(PAGE as u64, None);
        self.asked.moment.begin(); // What was waited for stands in the live views.
        let (db, order) = (self.asked.db(), Order::ascending(place));
        let slice =
            projections::list::<events::Entity>(&db, &self.sight, wanted, order, &page).await?;
        Ok(slice.into_rows())
    }
}
