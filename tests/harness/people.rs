//! People who can sign in (test data builder): accounts in a log.

use api::commands::{Commands, Outcome, Request};
use domain::account::{AccountCommand, Door, NewPerson, Seat, operator};
use domain::{AccountId, Actor, Command, CommandId};
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
