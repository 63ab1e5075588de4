//! What the decisions of an account know of others: whether the partner that a role is for has ever applied.

use super::{Account, AccountCommand, AccountFacts};
use crate::{
    Issued,
    facts::{Facted, Streams},
};

impl Facted for Account {
    async fn facts<S: Streams>(
        &self,
        issued: &Issued<AccountCommand>,
        streams: &S,
    ) -> Result<AccountFacts, S::Error> {
        let AccountCommand::GrantRole { scope, .. } = &issued.command else {
            return Ok(AccountFacts::default());
        };
        let partner_is_unknown = match scope.partner() {
            Some(partner) => streams.is_unused("partner", partner.0).await?,
            None => false,
        };
        Ok(AccountFacts { partner_is_unknown })
    }
}
