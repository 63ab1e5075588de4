//! People who can sign in (test data builder): accounts in a log, and accounts in memory for tests without one.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex};

use api::auth::{Accounts, AuthFailure};
use api::commands::{Commands, Outcome, Request};
use domain::account::{AccountCommand, Door, Grant, Holder, NewPerson, Scope, Seat, operator};
use domain::{Account, AccountId, Actor, Command, CommandId, Permission, Role};
use futures::FutureExt;
use futures::future::BoxFuture;
use uuid::Uuid;

fn person() -> NewPerson {
    let [first_name, last_name, email] = ["Ada", "Nowak", "ada@vendor.example"].map(str::to_owned);
    NewPerson { first_name, last_name, email, phone: None }
}

/// Registers a person whose address is confirmed, in this role; without one where there is none.
pub async fn account(commands: &Commands, seat: impl Into<Option<Seat>>) -> AccountId {
    let id = AccountId(Uuid::now_v7());
    let register = AccountCommand::Register { door: Door::Operator, person: person() };
    change(commands, id, register).await;
    if let Some(Seat { role, scope }) = seat.into() {
        let grant = AccountCommand::GrantRole { role, scope, permissions: None };
        change(commands, id, grant).await;
    }
    id
}

/// What whoever operates the machine does to an account.
pub async fn change(commands: &Commands, id: AccountId, command: AccountCommand) {
    change_by(commands, operator(), id, command).await;
}

/// What somebody does to an account.
pub async fn change_by(commands: &Commands, by: Actor, id: AccountId, command: AccountCommand) {
    let request = Request {
        command_id: CommandId(Uuid::now_v7()),
        by,
        at: None,
        expected_version: None,
        cause: None,
        command: Command::Account(id, command),
    };
    let outcome = commands.execute(request).await.expect("the log answers");
    assert!(matches!(outcome, Outcome::Done(_)), "{outcome:?}");
}

/// Accounts without a log.
#[derive(Default)]
pub struct People {
    accounts: Mutex<HashMap<AccountId, Arc<Account>>>,
    links: Mutex<HashMap<(String, String), AccountId>>,
}

impl People {
    /// Somebody in this role of the vendor.
    pub fn with(&self, role: Role) -> AccountId {
        self.seated(Seat { role, scope: Scope::Vendor })
    }

    /// Somebody who acts as this, with what usually comes with it.
    pub fn seated(&self, seat: Seat) -> AccountId {
        let id = AccountId(Uuid::now_v7());
        let permissions = Permission::usual(seat.role);
        let grant = Grant { id: Uuid::now_v7(), seat, permissions };
        let holder = Holder {
            is_system: false,
            email_confirmed: true,
            may_participate: false,
            grants: vec![grant],
            links: BTreeMap::new(),
            keys: BTreeSet::new(),
        };
        self.set(id, Account::Open(Box::new(holder)));
        id
    }

    /// What an account has become.
    pub fn set(&self, id: AccountId, account: Account) {
        self.accounts.lock().expect("the accounts").insert(id, Arc::new(account));
    }

    pub fn link(&self, issuer: &str, subject: &str, id: AccountId) {
        let key = (issuer.to_owned(), subject.to_owned());
        self.links.lock().expect("the links").insert(key, id);
    }
}

impl Accounts for People {
    fn account(&self, id: AccountId) -> BoxFuture<'_, Result<Arc<Account>, AuthFailure>> {
        let known = self.accounts.lock().expect("the accounts").get(&id).cloned();
        std::future::ready(Ok(known.unwrap_or_default())).boxed()
    }

    fn linked<'a>(
        &'a self,
        issuer: &'a str,
        subject: &'a str,
    ) -> BoxFuture<'a, Result<Option<AccountId>, AuthFailure>> {
        let key = (issuer.to_owned(), subject.to_owned());
        let linked = self.links.lock().expect("the links").get(&key).copied();
        std::future::ready(Ok(linked)).boxed()
    }
}
