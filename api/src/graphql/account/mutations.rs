//! GraphQL mutations of accounts: who can sign in, and as what.

use async_graphql::InputObject;
use domain::{
    PartnerId, Permission, Role,
    account::{AccountCommand, Door, NewPerson, Scope},
};
use uuid::Uuid;

use super::Account;
use crate::graphql::ground::{mutation::mutations, word::Word};

/// A person who is to sign in.
#[derive(InputObject, Debug)]
pub struct PersonInput {
    /// First name. At most 200 characters on one line.
    first_name: String,
    /// Last name. At most 200 characters on one line.
    last_name: String,
    /// E-mail address. At most 200 characters on one line.
    email: String,
    /// Telephone number. At most 200 characters on one line.
    phone: Option<String>,
}

impl From<PersonInput> for NewPerson {
    fn from(person: PersonInput) -> Self {
        let PersonInput { first_name, last_name, email, phone } = person;
        Self { first_name, last_name, email, phone }
    }
}

/// Where a role is for a partner, or for the vendor.
fn scope(partner_id: Option<Uuid>) -> Scope {
    Scope::of(partner_id.map(PartnerId))
}

mutations! {
    /// Mutations of accounts.
    AccountMutations asks AccountCommand of Account(AccountId) by account_id, "The account."; changes account: Account;

    /// Registers a person, who can act once the e-mail address is confirmed and a role is given.
    register_account(RegisterAccountInput) -> RegisterAccountPayload {
        /// The id that the account shall have, a UUID of your choice; one is made where it is left out.
        account_id: Option<Uuid>,
        /// Who.
        person: PersonInput,
    } => |from| [from.new_id(account_id, "account")] Register { door: Door::Administrator, person: person.into() };

    /// Registers another system, which signs in with keys.
    register_client(RegisterClientInput) -> RegisterClientPayload {
        /// The id that the account shall have, a UUID of your choice; one is made where it is left out.
        account_id: Option<Uuid>,
        /// What the system is called. At most 200 characters on one line.
        name: String,
    } => |from| [from.new_id(account_id, "account")] RegisterClient { name };

    /// Gives an account a role, or other permissions with a role that it has. Nobody gives one to themselves. An owner
    /// gives the roles seller and specialist of its own partner.
    grant_role(GrantRoleInput) -> GrantRolePayload {
        /// The role.
        role: Word<Role>,
        /// Of which partner; for owner, seller and specialist.
        partner_id: Option<Uuid>,
        /// What the role comes with: all of these and no other. The usual where it is left out. At most 100 entries.
        permissions: Option<Vec<Word<Permission>>>,
    } => GrantRole {
        role: role.0,
        scope: scope(partner_id),
        permissions: permissions.map(|all| all.into_iter().map(|Word(one)| one).collect()),
    };

    /// Takes a role back. It is gone with the next request of whoever had it.
    revoke_role(RevokeRoleInput) -> RevokeRolePayload {
        /// The role.
        role: Word<Role>,
        /// Of which partner; for owner, seller and specialist.
        partner_id: Option<Uuid>,
    } => RevokeRole { role: role.0, scope: scope(partner_id) };

    /// Lets an account do nothing until it is reinstated.
    suspend_account(SuspendAccountInput) -> SuspendAccountPayload {
        /// Why, in words. At most 8000 characters.
        reason: String,
    } => Suspend { reason };

    /// Lets a suspended account act again, with the roles that it still has.
    reinstate_account(ReinstateAccountInput) -> ReinstateAccountPayload {} => Reinstate {};

    /// Closes an account for good.
    close_account(CloseAccountInput) -> CloseAccountPayload {} => Close {};
}
