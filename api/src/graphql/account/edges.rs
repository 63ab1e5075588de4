//! Where accounts and roles lead, and what is personal of an account, opened when it is asked for.

use async_graphql::Context;

use super::{Account, RoleGrant};
use crate::graphql::{
    ground::{asked::Asked, edges::edges, failure::Failure},
    partner::Partner,
};

edges! {
    Account by account_id;
    pages {
        /// Every role that it has and had, the latest first.
        grants: RoleGrant = grants by Account, descending ValidFrom;
    }
    more {
        /// First name. Null for another system, and once the person's data has been erased; so are the next three.
        async fn first_name(&self, ctx: &Context<'_>) -> Result<Option<String>, Failure> {
            Ok(self.opened(Asked::of(ctx)?).await?.map(|person| person.first_name))
        }

        /// Last name.
        async fn last_name(&self, ctx: &Context<'_>) -> Result<Option<String>, Failure> {
            Ok(self.opened(Asked::of(ctx)?).await?.map(|person| person.last_name))
        }

        /// E-mail address.
        async fn email(&self, ctx: &Context<'_>) -> Result<Option<String>, Failure> {
            Ok(self.opened(Asked::of(ctx)?).await?.map(|person| person.email))
        }

        /// Telephone number.
        async fn phone(&self, ctx: &Context<'_>) -> Result<Option<String>, Failure> {
            Ok(self.opened(Asked::of(ctx)?).await?.and_then(|person| person.phone))
        }
    }
}

edges! {
    RoleGrant by account_id;
    one {
        /// Whose role it is.
        account: Account = account_id;
        /// The partner whose member this is.
        partner: Partner = partner_id;
    }
}
