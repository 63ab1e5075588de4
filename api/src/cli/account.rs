//! Accounts on the command line (bootstrap of identity and access): the first administrator, and what only whoever operates
//! the machine can vouch for.

use std::{collections::BTreeSet, sync::Arc};

use anyhow::bail;
use clap::{Args, Subcommand};
use domain::{
    AccountId, Command, CommandId, PartnerId, Permission, Role,
    account::{AccountCommand, Door, NewPerson, Scope, operator, sign_up},
};
use eventlog::{Log, SystemClock, Target};
use serde_json::json;
use uuid::Uuid;

use super::output::Output;
use crate::commands::{Commands, Outcome, Request};

/// What to do with an account. In the embedded database nobody may serve meanwhile.
#[derive(Subcommand, Debug)]
pub enum Account {
    /// Register a person, whose e-mail address is taken as confirmed. Prints the account's id.
    Create(Create),
    /// Give an account a role, or other permissions with a role that it has.
    Grant {
        /// The account's id.
        account: AccountId,
        #[command(flatten)]
        seat: Sits,
        /// What the role comes with: all of these and no other; the usual where none is named.
        #[arg(long = "permission", value_parser = permission)]
        permissions: Vec<Permission>,
    },
    /// Take a role back.
    Revoke {
        /// The account's id.
        account: AccountId,
        #[command(flatten)]
        seat: Sits,
    },
    /// Let an account sign in by an issuer, which calls it by this subject.
    Link {
        /// The account's id.
        account: AccountId,
        /// As its tokens name the issuer.
        #[arg(long)]
        issuer: String,
        /// As its tokens name the person.
        #[arg(long)]
        subject: String,
    },
    /// Let an account do nothing until it is reinstated.
    Suspend {
        /// The account's id.
        account: AccountId,
        /// Why.
        #[arg(long)]
        reason: String,
    },
    /// Let a suspended account act again.
    Reinstate {
        /// The account's id.
        account: AccountId,
    },
    /// Close an account for good.
    Close {
        /// The account's id.
        account: AccountId,
    },
}

/// Who is registered.
#[derive(Args, Debug)]
pub struct Create {
    #[arg(long)]
    pub first_name: String,
    #[arg(long)]
    pub last_name: String,
    #[arg(long)]
    pub email: String,
    #[arg(long)]
    pub phone: Option<String>,
}

/// A role, and for whom.
#[derive(Args, Debug)]
pub struct Sits {
    /// owner, seller, specialist, channel-manager, finance, auditor or administrator.
    #[arg(long)]
    pub role: Role,
    /// The partner of an owner, a seller or a specialist.
    #[arg(long)]
    pub partner: Option<PartnerId>,
}

fn permission(text: &str) -> Result<Permission, String> {
    use domain::ClosedList;
    Permission::of(text).ok_or_else(|| {
        let all = Permission::OF_PEOPLE.map(Permission::word).join(", ");
        format!("not a permission; the permissions are {all}")
    })
}

impl Account {
    fn command(self) -> (AccountId, AccountCommand) {
        match self {
            Self::Create(Create { first_name, last_name, email, phone }) => {
                let person = NewPerson { first_name, last_name, email, phone };
                let register = AccountCommand::Register { door: Door::Operator, person };
                (AccountId(Uuid::now_v7()), register)
            }
            Self::Grant { account, seat: Sits { role, partner }, permissions } => {
                let permissions: BTreeSet<_> = permissions.into_iter().collect();
                let permissions = (!permissions.is_empty()).then_some(permissions);
                let scope = Scope::of(partner);
                (account, AccountCommand::GrantRole { role, scope, permissions })
            }
            Self::Revoke { account, seat: Sits { role, partner } } => {
                (account, AccountCommand::RevokeRole { role, scope: Scope::of(partner) })
            }
            Self::Link { account, issuer, subject } => {
                (account, AccountCommand::Link { issuer, subject })
            }
            Self::Suspend { account, reason } => (account, AccountCommand::Suspend { reason }),
            Self::Reinstate { account } => (account, AccountCommand::Reinstate {}),
            Self::Close { account } => (account, AccountCommand::Close {}),
        }
    }
}

/// Carries out what was asked, by the road of every command.
pub(super) async fn change(target: Target, asked: Account, output: &Output) -> anyhow::Result<()> {
    let (account, command) = asked.command();
    let log = Log::open_migrated(target, Arc::new(SystemClock)).await?;
    let commands = Commands::new(log.clone(), Arc::new(SystemClock));
    // Which sign-in opens an account is no administrator's to say.
    let links = matches!(command, AccountCommand::Link { .. });
    let by = if links { sign_up(account) } else { operator() };
    let request = Request {
        command_id: CommandId(Uuid::now_v7()),
        by,
        at: None,
        expected_version: None,
        cause: None,
        command: Command::Account(account, command),
    };
    let outcome = commands.execute(request).await;
    log.close().await;
    match outcome {
        Ok(Outcome::Done(_)) => {
            output.say(&account.to_string(), &json!({ "account": account }));
            Ok(())
        }
        Ok(Outcome::Refused(refusal)) => {
            bail!("{}: {}; `accord explain {0}` says more", refusal.code, refusal.message)
        }
        Err(fault) => bail!("nothing was changed: {fault:?}; `accord clock` says what is held"),
    }
}
