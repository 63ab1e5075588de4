//! Who may not, of those in the right role (separation of duties): nobody gives a role to themselves, and an owner gives
//! those of its own partner only (M12).

use super::{Account, AccountCommand, AccountFacts, AccountRefusal, Scope};
use crate::{Actor, Guarded, Issued, Permission, Role};

impl Guarded for Account {
    fn guard(
        &self,
        issued: &Issued<AccountCommand>,
        _: &AccountFacts,
    ) -> Result<(), AccountRefusal> {
        use AccountCommand as Do;
        let own = issued.by.subjects().any(|subject| subject == issued.target.to_string());
        match &issued.command {
            Do::GrantRole { role, scope, permissions } => {
                let usual = Permission::usual(*role);
                let more = permissions.as_ref().is_some_and(|named| *named != usual);
                reaches(&issued.by, *role, *scope, more)?;
                if own { Err(AccountRefusal::OwnRole) } else { Ok(()) }
            }
            Do::RevokeRole { role, scope } => reaches(&issued.by, *role, *scope, false),
            Do::Register { .. }
            | Do::RegisterClient { .. }
            | Do::ConfirmEmail {}
            | Do::Suspend { .. }
            | Do::Reinstate {}
            | Do::Close {}
            | Do::Link { .. }
            | Do::RecordPasswordChange {}
            | Do::RecordApiKey { .. }
            | Do::RecordApiKeyEnd { .. } => Ok(()),
        }
    }
}

/// Whether somebody may give or take this role there; `more` than what usually comes with it is for administrators.
fn reaches(by: &Actor, role: Role, scope: Scope, more: bool) -> Result<(), AccountRefusal> {
    let below = matches!(role, Role::Seller | Role::Specialist);
    let own = scope.partner().is_some() && scope.partner() == by.partner;
    if by.role.is_member() && !(below && own && !more) {
        return Err(AccountRefusal::OutOfReach);
    }
    Ok(())
}
