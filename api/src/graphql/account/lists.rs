//! How accounts are asked for.

use async_graphql::Context;
use chrono::{DateTime, Utc};
use domain::{PartnerId, account::Door};
use projections::{Order, Sight, grants, user_accounts::AccountState};
use sea_orm::Condition;
use uuid::Uuid;

use super::{Account, RoleGrant};
use crate::{
    access,
    graphql::{
        deal::Deal,
        ground::{
            asked::Asked,
            failure::Failure,
            list::queries,
            page::{Connection, answered, page},
            scalars::Position,
            word::Word,
        },
    },
};

queries! {
    /// Queries of accounts.
    AccountQueries;

    one {
        /// An account by its UUID.
        account: Account by account_id, "The account's UUID.";
    }

    /// The accounts that there are, the latest first.
    list accounts: user_accounts as Account {
        filter AccountFilter, "Which accounts; every part that is given must hold." {
            /// In any of these states.
            states: Vec<Word<AccountState>> = any_of State,
            /// Of people who came by this door.
            door: Word<Door> = is Door,
        }
        stands RegisteredAt Descending;
    }

    more {
        /// Who could see a deal at an instant: the roles that let somebody see it and were held then, by accounts that
        /// could be used then. Which roles see deals is as it is today.
        #[allow(clippy::too_many_arguments, reason = "each is an argument of the schema")]
        async fn who_could_see(
            &self,
            ctx: &Context<'_>,
            #[graphql(desc = "The deal's UUID.")] deal_id: Uuid,
            #[graphql(desc = "When.")] at: DateTime<Utc>,
            #[graphql(desc = "How many, counted from the beginning; at most 100.")] first: Option<i32>,
            #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
            #[graphql(desc = "How many, counted from the end; at most 100.")] last: Option<i32>,
            #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
            #[graphql(desc = "Answer no earlier than this place in the log.")] min_position: Option<Position>,
        ) -> Result<Option<Connection<RoleGrant>>, Failure> {
            let asked = Asked::at_least(ctx, min_position).await?;
            let page = page(ctx, first, after, last, before)?;
            let Some(deal) = asked.find::<Deal>(deal_id).await? else { return Ok(None) };
            let roles = access::readers("Deal");
            let could = Condition::all().add(grants::held_at(at));
            let could = could.add(grants::of(&roles, PartnerId(deal.partner)));
            // Before it was registered there was nothing to see.
            let there = deal.registered_at <= at;
            let sight = if there { asked.sight::<RoleGrant>() } else { Sight::None };
            let order = Order::ascending(grants::Column::ValidFrom);
            let list = asked.within::<RoleGrant>(sight, could, order, &page).await?;
            Ok(Some(answered(ctx, list)))
        }
    }
}
