//! What a command costs while the history behind its decision grows: of its programme and of its partner (scalability).

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use api::commands::{Outcome, Request};
use domain::{Command, CommandId, derived};
use eventlog::{Append, Log, NewEvent, Part, Provenance, SystemClock, Target};
use serde_json::{Value, json};
use tests::{Trade, trade::IBANS};
use uuid::Uuid;

use crate::load::{Rate, closed_loop, line, median, ratio, say};

/// Events on the programme and on the partner, each.
const SIZES: [u64; 4] = [10, 100, 1_000, 10_000];
const ROUNDS: usize = 3;
const ROUND: Duration = Duration::from_secs(2);

pub async fn run() -> anyhow::Result<()> {
    let url = tests::cluster().await.database().await;
    let log = Log::open_migrated(Target::Postgres { url }, Arc::new(SystemClock)).await?;
    say("\ncommands while history grows, PostgreSQL");
    grow(&log).await?;
    log.close().await;
    let dir = tests::directory();
    let target = Target::Sqlite { dir: dir.path().into() };
    let log = Log::open_migrated(target, Arc::new(SystemClock)).await?;
    say("\ncommands while history grows, SQLite");
    grow(&log).await?;
    log.close().await;
    Ok(())
}

async fn grow(log: &Log) -> anyhow::Result<()> {
    let mut trades = vec![];
    for size in SIZES {
        let trade = Trade::set_up(log).await;
        lengthen(log, "program", trade.program, "payout-policy-published", size).await?;
        lengthen(log, "partner", trade.partner, "payment-details-set", size).await?;
        trade.set_payment_details(IBANS[0]).await; // Brings what is kept forward, once.
        trades.push(trade);
    }
    for (name, clients, command) in ASKED {
        let mut rounds = SIZES.map(|_| vec![]);
        for _ in 0..ROUNDS {
            for (trade, rounds) in trades.iter().zip(&mut rounds) {
                rounds.push(measure(trade, clients, command).await?);
            }
        }
        let rates = rounds.map(median);
        say(&format!("  {name}, {clients} clients"));
        for (size, rate) in SIZES.into_iter().zip(rates) {
            let of_shortest = ratio(rate.per_second, rates[0].per_second);
            say(&format!("    {} {of_shortest}", line(&format!("{size} events"), rate)));
        }
    }
    Ok(())
}

/// A command's name, and what it is asked of and with.
type Asked = fn(&Trade, Uuid) -> (&'static str, Uuid, Value);

/// How it is called here, from how many clients, and what it is.
const ASKED: [(&str, usize, Asked); 3] = [
    ("a deal is registered", 16, |trade, id| ("registerDeal", id, trade.deal())),
    ("a deal's win is refused", 16, |_, id| ("winDeal", id, json!({}))),
    ("the partner is changed", 1, |trade, id| {
        let iban = IBANS[usize::from(id.as_bytes()[0] % 2 == 0)];
        let fields = json!({ "account_holder": "Alfa sp. z o.o.", "iban": iban });
        ("setPaymentDetails", trade.partner, fields)
    }),
];

async fn measure(trade: &Trade, clients: usize, command: Asked) -> anyhow::Result<Rate> {
    let (root, trade) = (Uuid::now_v7(), trade.clone());
    closed_loop(clients, ROUND, move |number| {
        let trade = trade.clone();
        async move {
            let id = derived(root, &number.to_string());
            let (name, aggregate, fields) = command(&trade, id);
            let request = Request {
                command_id: CommandId(id),
                by: trade.member(),
                at: None,
                expected_version: None,
                cause: None,
                command: Command::parse(name, aggregate, fields)?,
            };
            let outcome = trade.commands.execute(request).await;
            let outcome = outcome.map_err(|fault| anyhow::anyhow!("{name}: {fault:?}"))?;
            let refused = matches!(outcome, Outcome::Refused(_));
            anyhow::ensure!(refused == (name == "winDeal"), "{name}: {outcome:?}");
            Ok(())
        }
    })
    .await
}

/// Repeats the last event of its type until the stream has so many.
async fn lengthen(
    log: &Log,
    aggregate_type: &'static str,
    id: Uuid,
    event_type: &str,
    size: u64,
) -> anyhow::Result<()> {
    let (mut events, mut position) = (vec![], 0);
    loop {
        let page = log.read_after(position, 2_000).await?;
        let Some(last) = page.last() else { break };
        position = last.envelope.position;
        let mut own = page;
        own.retain(|event| event.envelope.aggregate_id == id);
        // What is personal is sealed anew where it is repeated.
        let open: Result<Vec<_>, _> = log.open_events(own).await?.into_iter().collect();
        events.extend(open?);
    }
    let mut expected = events.len() as u64;
    let of_type = events.into_iter().rfind(|event| event.envelope.event_type == event_type);
    let event = of_type.with_context(|| format!("there is no {event_type} yet"))?;
    while expected < size {
        let count = (size - expected).min(200);
        let (aggregate_id, event_type) = (id, event_type.to_owned());
        let new = NewEvent { event_type, event_version: 1, payload: event.payload.clone() };
        let events = vec![new; usize::try_from(count)?];
        let command_id = CommandId(Uuid::now_v7());
        let provenance = Provenance {
            command_id,
            fingerprint: [0; 32],
            occurred_at: event.envelope.occurred_at,
            actor: event.envelope.actor.clone(),
            causation_id: None,
            correlation_id: command_id.0,
        };
        let own = Part { aggregate_type, aggregate_id, expected, events };
        log.append(Append::alone(provenance, own)).await?;
        expected += count;
    }
    Ok(())
}
