//! What goes on: streams that begin where their last reader stopped, and then stay.

use std::time::Duration;

use async_graphql::{Context, SimpleObject, Subscription as Streams};
use futures::{Stream, StreamExt, TryStreamExt, stream};
use projections::{Page, Scope, Sort, events};
use tokio::sync::watch;
use uuid::Uuid;

use super::{
    audit::{AuditEvent, AuditFilter},
    deal::Deal,
    failure::Failure,
    gate::OpenStream,
    request::{Asked, PATIENCE},
    scalars::Position,
    show::Shows,
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
        let asked = Asked::of(ctx)?;
        Ok(changes(asked, wallet_id, asked.scope::<Wallet>(), after).and_then(
            move |position| async move {
                Ok(WalletChange { position, wallet: asked.wallet(wallet_id).await? })
            },
        ))
    }

    /// A deal whenever it changes. Several changes at once are one answer.
    async fn deal_changed<'ctx>(
        &self,
        ctx: &Context<'ctx>,
        #[graphql(desc = "The deal's UUID.")] deal_id: Uuid,
        #[graphql(desc = "Begin after this place in the log; from now on where it is left out.")]
        after: Option<Position>,
    ) -> Result<impl Stream<Item = Result<DealChange, Failure>> + use<'ctx>, Failure> {
        let asked = Asked::of(ctx)?;
        Ok(
            changes(asked, deal_id, asked.scope::<Deal>(), after).and_then(
                move |position| async move {
                    Ok(DealChange { position, deal: asked.deal(deal_id).await? })
                },
            ),
        )
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
        let filter = filter.unwrap_or_default().into();
        let pages = follow(asked, filter, asked.scope::<AuditEvent>(), after);
        Ok(pages.map_ok(|rows| stream::iter(rows).map(AuditEvent::show)).try_flatten())
    }
}

/// The positions at which an aggregate has changed, each only the last of those that came together.
fn changes(
    asked: &Asked,
    aggregate: Uuid,
    scope: Scope,
    after: Option<Position>,
) -> impl Stream<Item = Result<Position, Failure>> + Send + '_ {
    let filter = events::Filter { aggregate_id: Some(aggregate), ..events::Filter::default() };
    let last =
        |rows: Vec<events::Model>| rows.last().map(|row| Position(row.position.cast_unsigned()));
    follow(asked, filter, scope, after)
        .try_filter_map(move |rows| std::future::ready(Ok(last(rows))))
}

/// A reader of the log that has come as far as `cursor`.
struct Reader<'a> {
    asked: &'a Asked,
    head: watch::Receiver<u64>,
    cursor: u64,
    filter: events::Filter,
    scope: Scope,
}

/// The events after a position in pages, never an empty one, and whatever comes after them.
fn follow(
    asked: &Asked,
    filter: events::Filter,
    scope: Scope,
    after: Option<Position>,
) -> impl Stream<Item = Result<Vec<events::Model>, Failure>> + Send + '_ {
    let head = asked.sources.log.head();
    let cursor = after.map_or_else(|| *head.borrow(), |after| after.0);
    let reader = Reader { asked, head, cursor, filter, scope };
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
        let filter = events::Filter {
            after_position: Some(self.cursor),
            until_position: Some(head),
            ..self.filter.clone()
        };
        let sort = Sort::ascending(events::Order::Position);
        let page = Page::first(PAGE as u64, None);
        Ok(events::list(&self.asked.db(), self.scope, &filter, sort, &page).await?.into_rows())
    }
}
