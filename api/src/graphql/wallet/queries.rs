//! Asking for wallets and payouts.

use async_graphql::{Context, InputObject, Object};
use domain::{PartnerId, ProgramId};
use projections::{Sort, payouts, wallets};
use uuid::Uuid;

use super::{Payout, PayoutState, Wallet};
use crate::graphql::{
    connection::{Connection, connection, cost, page},
    failure::Failure,
    request::Asked,
    scalars::{CurrencyCode, Position},
};

/// Which wallets; every part that is given must hold.
#[derive(InputObject, Debug, Default)]
pub struct WalletFilter {
    /// Of this programme.
    program: Option<Uuid>,
    /// Of this partner.
    partner: Option<Uuid>,
    /// In this currency.
    currency: Option<CurrencyCode>,
}

/// Which payouts; every part that is given must hold.
#[derive(InputObject, Debug, Default)]
pub struct PayoutFilter {
    /// Of this programme.
    program: Option<Uuid>,
    /// Of this partner.
    partner: Option<Uuid>,
    /// In any of these states.
    #[graphql(default)]
    states: Vec<PayoutState>,
}

/// Queries of wallets.
#[derive(Default)]
pub struct WalletQueries;

#[Object]
impl WalletQueries {
    /// A wallet by its UUID. Null where there is none, and where you may not see it.
    async fn wallet(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The wallet's UUID.")] wallet_id: Uuid,
        #[graphql(desc = "Answer no earlier than this place in the log.")] min_position: Option<
            Position,
        >,
    ) -> Result<Option<Wallet>, Failure> {
        Asked::at_least(ctx, min_position).await?.wallet(wallet_id).await
    }

    /// The wallets that you may see, the greatest balance first.
    #[graphql(complexity = "cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments, reason = "each is an argument of the schema")]
    async fn wallets(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones; all where it is left out.")] filter: Option<WalletFilter>,
        #[graphql(desc = "How many, counted from the beginning; at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many, counted from the end; at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
        #[graphql(desc = "Answer no earlier than this place in the log.")] min_position: Option<
            Position,
        >,
    ) -> Result<Option<Connection<Wallet>>, Failure> {
        let asked = Asked::at_least(ctx, min_position).await?;
        let page = page(first, after, last, before)?;
        let filter = filter.unwrap_or_default();
        let filter = wallets::Filter {
            program: filter.program.map(ProgramId),
            partner: filter.partner.map(PartnerId),
            currency: filter.currency.map(|currency| currency.0.code().to_owned()),
        };
        let sort = Sort::descending(wallets::Order::Balance);
        connection(wallets::list(&asked.db(), asked.scope::<Wallet>(), &filter, sort, &page).await?)
            .map(Some)
    }

    /// The payouts that you may see, the latest request first: for finance the list to work through.
    #[graphql(complexity = "cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments, reason = "each is an argument of the schema")]
    async fn payouts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones; all where it is left out.")] filter: Option<PayoutFilter>,
        #[graphql(desc = "How many, counted from the beginning; at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many, counted from the end; at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
        #[graphql(desc = "Answer no earlier than this place in the log.")] min_position: Option<
            Position,
        >,
    ) -> Result<Option<Connection<Payout>>, Failure> {
        let asked = Asked::at_least(ctx, min_position).await?;
        let page = page(first, after, last, before)?;
        let filter = filter.unwrap_or_default();
        let filter = payouts::Filter {
            program: filter.program.map(ProgramId),
            partner: filter.partner.map(PartnerId),
            states: filter.states.into_iter().map(payouts::State::from).collect(),
            ..payouts::Filter::default()
        };
        let sort = Sort::descending(payouts::Order::RequestedAt);
        connection(payouts::list(&asked.db(), asked.scope::<Payout>(), &filter, sort, &page).await?)
            .map(Some)
    }
}
