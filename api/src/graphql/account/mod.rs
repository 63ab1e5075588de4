//! Accounts as GraphQL objects: who can sign in, and which roles they have and had.

mod edges;
mod lists;
mod mutations;

use chrono::{DateTime, Utc};
use domain::{
    Permission, Role,
    account::{Door, Person},
};
use eventlog::SealedValue;
use projections::user_accounts::AccountState;
use uuid::Uuid;

pub use self::{lists::AccountQueries, mutations::AccountMutations};
use super::ground::{
    asked::Asked,
    failure::Failure,
    scalars::Position,
    show::{read, shown, shows},
    word::Word,
};

shows! {
    /// A person, or another system, that can sign in.
    #[graphql(complex)]
    Account of user_accounts as row {
        /// The account's UUID, by which the log names whoever acts.
        account_id: Uuid = row.id,
        /// Whether it can be used.
        state: Option<Word<AccountState>> = Some(Word(row.state)),
        /// By which door a person came; null for another system.
        door: Option<Word<Door>>,
        /// What another system is called; null for a person.
        name: Option<String>,
        /// When it was registered.
        registered_at: Option<DateTime<Utc>> = Some(row.registered_at),
        /// Who registered it.
        registered_by: Option<String> = Some(row.registered_by),
        /// When the e-mail address was confirmed; until then the account can do nothing.
        email_confirmed_at: Option<DateTime<Utc>>,
        /// When the password was changed last.
        password_changed_at: Option<DateTime<Utc>>,
        /// When it was closed.
        closed_at: Option<DateTime<Utc>>,
        /// Grows with every change; give it as `expectedVersion`.
        version: Option<u32> = Some(shown(row.version)?),
        /// The place in the log of the last change.
        changed_at_position: Option<Position> = Some(shown(row.last_position)?),
        #[graphql(skip)]
        person: Vec<SealedValue> = row.person.0,
    }
}

shows! {
    /// A role that an account has, or had.
    #[graphql(complex)]
    RoleGrant of grants as row {
        /// The role.
        role: Word<Role>,
        /// The account's UUID.
        account_id: Uuid = row.account,
        /// Of which partner a member is; null for a role of the vendor.
        partner_id: Option<Uuid> = row.partner,
        /// What the role comes with.
        permissions: Vec<Word<Permission>> = words(&row.permissions)?,
        /// From when on it is held.
        valid_from: DateTime<Utc>,
        /// The first instant at which it is no longer held; null where it is held still.
        valid_until: Option<DateTime<Utc>>,
        /// Who gave it.
        granted_by: String,
        /// Who took it back.
        revoked_by: Option<String>,
    }
}

impl Account {
    /// What is personal of it; none of another system, and once the person's data has been erased.
    async fn opened(&self, asked: &Asked) -> Result<Option<Person>, Failure> {
        let Some(person) = self.person.first() else { return Ok(None) };
        asked.opened(person).await?.as_ref().map(read).transpose()
    }
}

fn words(kept: &serde_json::Value) -> Result<Vec<Word<Permission>>, Failure> {
    Ok(read::<Vec<Permission>>(kept)?.into_iter().map(Word).collect())
}
