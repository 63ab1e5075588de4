//! A small aggregate to try the log with: an account with a holder and a balance.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use cqrs_es::event_sink::EventSink;
use cqrs_es::{Aggregate, DomainEvent};
use domain::{Actor, CommandId, Personal, Role, SubjectId};
use eventlog::{
    Append, ExecuteError, Execution, Log, NewEvent, Part, Provenance, RawEvent, Receipt,
};
use futures::FutureExt;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Account {
    pub holder: Option<Personal<String>>,
    pub balance: i64,
}

#[derive(Clone, Debug)]
pub enum AccountCommand {
    Open {
        holder: Personal<String>,
    },
    Deposit {
        amount: i64,
    },
    /// Two events at once.
    DepositWithFee {
        amount: i64,
        fee: i64,
    },
    Withdraw {
        amount: i64,
    },
    Empty,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AccountEvent {
    Opened { holder: Personal<String> },
    Deposited { amount: i64 },
    Withdrawn { amount: i64 },
}

#[derive(Clone, PartialEq, Debug)]
pub enum AccountRefusal {
    Overdrawn,
}

impl std::fmt::Display for AccountRefusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("there is not enough in the account")
    }
}

impl std::error::Error for AccountRefusal {}

impl DomainEvent for AccountEvent {
    fn event_type(&self) -> String {
        match self {
            Self::Opened { .. } => "account-opened",
            Self::Deposited { .. } => "account-deposited",
            Self::Withdrawn { .. } => "account-withdrawn",
        }
        .into()
    }

    fn event_version(&self) -> String {
        "1".into()
    }
}

impl Aggregate for Account {
    const TYPE: &'static str = "account";
    type Command = AccountCommand;
    type Event = AccountEvent;
    type Error = AccountRefusal;
    type Services = ();

    async fn handle(
        &mut self,
        command: Self::Command,
        (): &Self::Services,
        sink: &EventSink<Self>,
    ) -> Result<(), Self::Error> {
        let events = match command {
            AccountCommand::Open { .. } if self.holder.is_some() => vec![],
            AccountCommand::Open { holder } => vec![AccountEvent::Opened { holder }],
            AccountCommand::Deposit { amount } => vec![AccountEvent::Deposited { amount }],
            AccountCommand::DepositWithFee { amount, fee } => {
                vec![AccountEvent::Deposited { amount }, AccountEvent::Withdrawn { amount: fee }]
            }
            AccountCommand::Withdraw { amount } if self.balance < amount => {
                return Err(AccountRefusal::Overdrawn);
            }
            AccountCommand::Withdraw { amount } => vec![AccountEvent::Withdrawn { amount }],
            AccountCommand::Empty if self.balance == 0 => vec![],
            AccountCommand::Empty => vec![AccountEvent::Withdrawn { amount: self.balance }],
        };
        for event in events {
            sink.write(event, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: Self::Event) {
        match event {
            AccountEvent::Opened { holder } => self.holder = Some(holder),
            AccountEvent::Deposited { amount } => self.balance += amount,
            AccountEvent::Withdrawn { amount } => self.balance -= amount,
        }
    }
}

pub fn open(name: &str) -> AccountCommand {
    AccountCommand::Open { holder: Personal::new(SubjectId(Uuid::now_v7()), name.into()) }
}

pub fn deposit(amount: i64) -> AccountCommand {
    AccountCommand::Deposit { amount }
}

/// A command of Ann's; its fingerprint is its words.
pub fn command(
    id: CommandId,
    aggregate_id: Uuid,
    command: AccountCommand,
) -> Execution<AccountCommand> {
    let provenance = provenance(id, fingerprint(&format!("{command:?}")));
    Execution { aggregate_id, command, provenance, expected_version: None }
}

pub async fn execute(
    log: &Log,
    execution: Execution<AccountCommand>,
) -> Result<Receipt, ExecuteError<AccountRefusal>> {
    log.execute::<Account, _>(execution, |_, _, _| async { Ok(()) }.boxed()).await
}

/// The same as a new command.
pub async fn issue(
    log: &Log,
    account: Uuid,
    of: AccountCommand,
) -> Result<Receipt, ExecuteError<AccountRefusal>> {
    execute(log, command(new_command(), account, of)).await
}

pub fn new_command() -> CommandId {
    CommandId(Uuid::now_v7())
}

pub fn provenance(command_id: CommandId, fingerprint: [u8; 32]) -> Provenance {
    Provenance {
        command_id,
        fingerprint,
        occurred_at: DateTime::<Utc>::UNIX_EPOCH,
        actor: Actor::of(Role::ChannelManager, "ann"),
        causation_id: None,
        correlation_id: command_id.0,
    }
}

/// Deposits without asking the aggregate: `count` events after `expected`.
pub fn deposits(id: CommandId, account: Uuid, expected: u64, count: usize) -> Append {
    let event = NewEvent {
        event_type: "account-deposited".into(),
        event_version: 1,
        payload: r#"{"deposited":{"amount":1}}"#.into(),
    };
    let own = Part {
        aggregate_type: Account::TYPE,
        aggregate_id: account,
        expected,
        events: vec![event; count],
    };
    Append::alone(provenance(id, fingerprint("")), own)
}

pub fn fingerprint(body: &str) -> [u8; 32] {
    let mut print = [0; 32];
    for (slot, byte) in print.iter_mut().zip(body.bytes().rev()) {
        *slot = byte;
    }
    print
}

/// The whole log, which must be dense from 1 and in the order of its instants.
pub async fn whole(log: &Log) -> Vec<RawEvent> {
    pages(async |after| log.read_after(after, 500).await.expect("the log can be read")).await
}

/// The same over connections that may be broken, each of which says so once and is replaced.
pub async fn whole_at_last(log: &Log) -> Vec<RawEvent> {
    let persistent = async |after| {
        for _ in 0..100 {
            if let Ok(page) = log.read_after(after, 500).await {
                return page;
            }
        }
        log.read_after(after, 500).await.expect("a connection that was cut is replaced")
    };
    pages(persistent).await
}

async fn pages(read_after: impl AsyncFn(u64) -> Vec<RawEvent>) -> Vec<RawEvent> {
    let mut all = vec![];
    loop {
        let page = read_after(all.len() as u64).await;
        if page.is_empty() {
            break;
        }
        all.extend(page);
    }
    let mut sequences: HashMap<Uuid, u64> = HashMap::new();
    for (event, position) in all.iter().zip(1..) {
        assert_eq!(event.envelope.position, position, "positions are dense");
        let sequence = sequences.entry(event.envelope.aggregate_id).or_default();
        *sequence += 1;
        assert_eq!(event.envelope.sequence, *sequence, "sequences are dense within their stream");
    }
    assert!(all.is_sorted_by_key(|event| event.envelope.recorded_at), "instants never go back");
    all
}

/// How many events each command has in the log.
pub fn by_command(events: &[RawEvent]) -> HashMap<CommandId, usize> {
    let mut counts = HashMap::new();
    for event in events {
        *counts.entry(event.envelope.command_id).or_default() += 1;
    }
    counts
}
