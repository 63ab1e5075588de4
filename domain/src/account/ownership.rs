//! Whoever applies owns what they apply for: one account from registration on, in training, deals and rewards (R6).

use super::{Account, AccountEvent, Scope, Seat};
use crate::{AccountId, Issued, PartnerId, Permission, Role, bounds, derived, facts::Streams};

/// Makes the account that gives this command the owner of a partner, if the decision that asks appends anything. Tells whether
/// it can be: an actor who has no account always can.
pub async fn own<C: Sync, S: Streams>(
    issued: &Issued<C>,
    partner: PartnerId,
    streams: &S,
) -> Result<bool, S::Error> {
    let owner = issued.by.role == Role::Owner && issued.by.partner == Some(partner);
    let account = issued.by.id.parse::<AccountId>().ok().filter(|_| owner);
    let Some(account) = account else { return Ok(true) };
    let grant = derived(issued.command_id.0, "owner");
    let owns = move |account: &Account| account.owns(partner, grant).unwrap_or_default();
    let account = streams.load_with(account.0, owns).await?;
    Ok(account.owns(partner, grant).is_some())
}

impl Account {
    /// What makes it the owner of a partner; nothing where it cannot be.
    fn owns(&self, partner: PartnerId, grant: uuid::Uuid) -> Option<Vec<AccountEvent>> {
        let holder = match self {
            Self::Unknown => return Some(vec![]), // Somebody of a story.
            Self::Suspended { .. } | Self::Closed => return None,
            Self::Open(holder) => holder,
        };
        let (role, scope) = (Role::Owner, Scope::Partner(partner));
        let seat = Seat { role, scope };
        if holder.grant(seat).is_some() {
            return Some(vec![]); // It applies once more.
        }
        let fits = holder.suits(seat).is_ok() && holder.grants.len() < bounds::MANY;
        let permissions = Permission::usual(role);
        fits.then(|| vec![AccountEvent::RoleGranted { grant, role, scope, permissions }])
    }
}
