//! Authorization from the log: as whom somebody acts who has signed in, as their account's stream has it at that moment,
//! so that what was taken away is gone with the next request (R127).

use std::sync::Arc;

use domain::{Account, AccountId, Reservation, account::link_name};
use eventlog::{LoadError, Log};
use futures::{FutureExt, future::BoxFuture};

use super::AuthFailure;

/// Where accounts are looked up.
pub trait Accounts: Send + Sync {
    /// The account as it is now; an unknown one where there is none.
    fn account(&self, id: AccountId) -> BoxFuture<'_, Result<Arc<Account>, AuthFailure>>;

    /// The account that is linked to what an issuer calls this subject.
    fn linked<'a>(
        &'a self,
        issuer: &'a str,
        subject: &'a str,
    ) -> BoxFuture<'a, Result<Option<AccountId>, AuthFailure>>;
}

impl Accounts for Log {
    fn account(&self, id: AccountId) -> BoxFuture<'_, Result<Arc<Account>, AuthFailure>> {
        async move { self.look(id.0).await.map_err(unavailable) }.boxed()
    }

    fn linked<'a>(
        &'a self,
        issuer: &'a str,
        subject: &'a str,
    ) -> BoxFuture<'a, Result<Option<AccountId>, AuthFailure>> {
        async move {
            let link = self.keyed(&link_name(issuer, subject));
            let held: Arc<Reservation> = self.look(link).await.map_err(unavailable)?;
            Ok(held.holder.map(AccountId))
        }
        .boxed()
    }
}

fn unavailable(error: LoadError) -> AuthFailure {
    tracing::warn!(%error, "an account cannot be read");
    AuthFailure::Unavailable
}
