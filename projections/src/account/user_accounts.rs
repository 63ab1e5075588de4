//! The read model of accounts: whoever can sign in, and whether they can now.

use domain::account::{AccountEvent, Door};
use sea_orm::entity::prelude::*;

use crate::ground::{Misfit, Placed, Portrait, Sealed, Word, table, words};

table! {
    "user_accounts" of None, stamped [last_position, version], found by [
        "registered_at, id",
        "state, registered_at, id",
        "door, registered_at, id",
    ];
    #[derive(Default)]
    pub struct Model {
        pub id: Uuid,
        pub state: AccountState,
        /// How a person came.
        pub door: Option<Word<Door>>,
        /// Of another system.
        pub name: Option<String>,
        /// Of a person.
        pub person: Sealed,
        pub registered_at: DateTimeUtc,
        pub registered_by: String,
        pub email_confirmed_at: Option<DateTimeUtc>,
        pub password_changed_at: Option<DateTimeUtc>,
        pub closed_at: Option<DateTimeUtc>,
    }
}

words! {
    /// Whether an account can be used.
    pub enum AccountState {
        "open" => Open: "It can be used, a person's once the e-mail address is confirmed.",
        "suspended" => Suspended: "It cannot be used until it is reinstated.",
        "closed" => Closed: "It is over.",
    }
}

impl Portrait for Entity {
    type Event = AccountEvent;

    fn found(event: &AccountEvent, placed: &Placed) -> Result<Option<Model>, Misfit> {
        let registered = |door, name, person, confirmed: bool| Model {
            id: placed.aggregate(),
            door,
            name,
            person,
            registered_at: placed.at(),
            registered_by: placed.recorded.envelope.actor.id.clone(),
            email_confirmed_at: confirmed.then(|| placed.at()),
            ..Model::default()
        };
        Ok(match event {
            AccountEvent::Registered { door, email_confirmed, person } => {
                let person = Sealed::of([person], placed)?;
                Some(registered(Some(Word(*door)), None, person, *email_confirmed))
            }
            AccountEvent::ClientRegistered { name } => {
                Some(registered(None, Some(name.clone()), Sealed::default(), true))
            }
            AccountEvent::EmailConfirmed {}
            | AccountEvent::RoleGranted { .. }
            | AccountEvent::RoleRevoked { .. }
            | AccountEvent::Suspended { .. }
            | AccountEvent::Reinstated { .. }
            | AccountEvent::Closed {}
            | AccountEvent::Linked { .. }
            | AccountEvent::PasswordChanged {}
            | AccountEvent::ApiKeyIssued { .. }
            | AccountEvent::ApiKeyRevoked { .. } => None,
        })
    }

    fn change(row: &mut Model, event: &AccountEvent, placed: &Placed) -> Result<(), Misfit> {
        match event {
            AccountEvent::Registered { .. } | AccountEvent::ClientRegistered { .. } => {
                return placed.twice::<Entity>();
            }
            AccountEvent::EmailConfirmed {} => row.email_confirmed_at = Some(placed.at()),
            AccountEvent::PasswordChanged {} => row.password_changed_at = Some(placed.at()),
            AccountEvent::Suspended { .. } => row.state = AccountState::Suspended,
            AccountEvent::Reinstated { .. } => row.state = AccountState::Open,
            AccountEvent::Closed {} => {
                row.state = AccountState::Closed;
                row.closed_at = Some(placed.at());
            }
            AccountEvent::RoleGranted { .. }
            | AccountEvent::RoleRevoked { .. }
            | AccountEvent::Linked { .. }
            | AccountEvent::ApiKeyIssued { .. }
            | AccountEvent::ApiKeyRevoked { .. } => {} // Rows of their own, or the credentials'.
        }
        Ok(())
    }
}
