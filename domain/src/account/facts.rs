//! What the decisions of an account know of others: whether the partner that a role is for has ever applied, and who else
//! has what only one account may have.

use super::{Account, AccountCommand, AccountFacts, Reserved};
use crate::{
    Issued,
    facts::{Facted, Streams},
    reservation::{Reservation, ReservationKind, Reserve},
};

impl Facted for Account {
    async fn facts<S: Streams>(
        &self,
        issued: &Issued<AccountCommand>,
        streams: &S,
    ) -> Result<AccountFacts, S::Error> {
        let mut facts = AccountFacts::default();
        match &issued.command {
            AccountCommand::GrantRole { scope, .. } => {
                if let Some(partner) = scope.partner() {
                    facts.partner_is_unknown = streams.is_unused("partner", partner.0).await?;
                }
            }
            AccountCommand::Link { issuer, subject } => {
                let key = link_key(issuer, subject);
                let link = Reserve { kind: ReservationKind::AccountLink, program: None, key: &key };
                let Reservation { holder } = *link.take(issued.target, streams).await?;
                facts.wanted = Some(Reserved { id: link.id(streams), holder });
            }
            AccountCommand::Close {} => {
                let holder = issued.target;
                for id in self.reserved() {
                    let let_go = move |held: &Reservation| held.let_go(holder);
                    streams.load_with(id, let_go).await?;
                }
            }
            AccountCommand::Register { .. }
            | AccountCommand::RegisterClient { .. }
            | AccountCommand::ConfirmEmail {}
            | AccountCommand::RevokeRole { .. }
            | AccountCommand::Suspend { .. }
            | AccountCommand::Reinstate {}
            | AccountCommand::RecordPasswordChange {}
            | AccountCommand::RecordApiKey { .. }
            | AccountCommand::RecordApiKeyEnd { .. } => {}
        }
        Ok(facts)
    }
}

/// What is reserved of somebody whom an issuer calls `subject`: neither has a line break in it.
fn link_key(issuer: &str, subject: &str) -> String {
    format!("{issuer}\n{subject}")
}

/// The name that the reservation of such a link is keyed from.
pub fn link_name(issuer: &str, subject: &str) -> String {
    let key = link_key(issuer, subject);
    Reserve { kind: ReservationKind::AccountLink, program: None, key: &key }.name()
}
