//! What a command costs while the history behind its decision grows: of its programme and of its partner (scalability).

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use domain::{Actor, Command, CommandId, PartnerId, derived};
use eventlog::{Append, Log, NewEvent, Part, Provenance, SystemClock, Target};
use serde_json::json;
use tests::{Trade, trade::IBANS};
use uuid::Uuid;

use api::commands::{Outcome, Request};

use crate::load::{closed_loop, line, ratio, say};

/// Events on the programme and on the partner, each.
const SIZES: [u64; 4] = [10, 100, 1_000, 10_000];
const ROUND: Duration = Duration::from_secs(3);
const CLIENTS: usize = 16;

pub async fn run() -> anyhow::Result<()> {
    let url = tests::cluster().await.database().await;
    let log = Log::open_migrated(Target::Postgres { url }, Arc::new(SystemClock)).await?;
    say("\ncommands while history grows, PostgreSQL");
    grow(&log).await?;
    log.close().await;
    let dir = tempfile::tempdir()?;
    let target = Target::Sqlite { dir: dir.path().into() };
    let log = Log::open_migrated(target, Arc::new(SystemClock)).await?;
    say("\ncommands while history grows, SQLite");
    grow(&log).await?;
    log.close().await;
    Ok(())
}

async fn grow(log: &Log) -> anyhow::Result<()> {
    let trade = Trade::set_up(log).await;
    let mut first: Option<[u64; 3]> = None;
    for size in SIZES {
        lengthen(log, "program", trade.program, "payout-policy-published", size).await?;
        lengthen(log, "partner", trade.partner, "payment-details-set", size).await?;
        // As another process would leave it: the first command brings what is kept forward.
        trade.set_payment_details(IBANS[0]).await;
        let deal = trade.deal();
        let registers = move |id| ("registerDeal", id, deal.clone());
        let refused = |id| ("winDeal", id, json!({}));
        let partner = trade.partner;
        let changes = move |id: Uuid| {
            let iban = IBANS[usize::from(id.as_bytes()[0] % 2 == 0)];
            let fields = json!({ "account_holder": "Alfa sp. z o.o.", "iban": iban });
            ("setPaymentDetails", partner, fields)
        };
        let rates = [
            measure(&trade, size, CLIENTS, registers).await?,
            measure(&trade, size, CLIENTS, refused).await?,
            measure(&trade, size, 1, changes).await?,
        ];
        let names = ["a deal is registered", "a deal's win is refused", "the partner is changed"];
        let base = *first.get_or_insert(rates.map(|rate| rate.per_second));
        for ((name, rate), base) in names.into_iter().zip(rates).zip(base) {
            let of_first = ratio(rate.per_second, base);
            say(&format!("  {size:>6} events: {} {of_first}", line(name, rate)));
        }
    }
    Ok(())
}

async fn measure<F>(
    trade: &Trade,
    size: u64,
    clients: usize,
    command: F,
) -> anyhow::Result<crate::load::Rate>
where
    F: Fn(Uuid) -> (&'static str, Uuid, serde_json::Value) + Clone + Send + Sync + 'static,
{
    let root = Uuid::now_v7();
    let trade = trade.clone();
    closed_loop(clients, ROUND, move |number| {
        let (trade, command) = (trade.clone(), command.clone());
        async move {
            let id = derived(root, &format!("{size}/{number}"));
            let (name, aggregate, fields) = command(id);
            let request = Request {
                command_id: CommandId(id),
                by: Actor::member("anna", PartnerId(trade.partner)),
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
        events.extend(page.into_iter().filter(|event| event.envelope.aggregate_id == id));
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
