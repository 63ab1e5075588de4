//! The same again (idempotency): every command under its key, the commands of reactions and timers with them, and a key
//! that somebody else has used.

use std::collections::{BTreeMap, BTreeSet};

use api::commands::Commands;
use domain::{Command, CommandId, Origin};
use eventlog::Receipt;
use tests::Trade;

use super::*;

async fn asked(service: &Service, request: Request) -> Outcome {
    let name = request.command.name();
    service.ask(request).await.unwrap_or_else(|fault| panic!("{name}: {fault:?}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn r135_every_command_has_its_first_outcome_under_its_key_and_another_body_is_an_error() {
    for place_of in [0, 1] {
        let mut again = BTreeSet::new();
        for name in all() {
            let place = &places().await[place_of];
            let telling = Telling::of(place, &name).await;
            let (history, service) = (telling.history().await, &telling.service);
            let steps = &telling.story.steps;
            let done = steps.iter().filter(|step| step.refused.is_none());
            let end = steps.last().expect("there are steps").at;
            let mut requests: Vec<(Request, bool)> =
                done.map(|step| (request(step), true)).collect();
            let caused = history.iter().flat_map(caused).filter(|caused| caused.at <= Some(end));
            requests.extend(caused.map(|request| (request, false)));
            let first = first_outcomes(&history);
            let mut used: Option<Request> = None;
            for (request, was_done) in requests {
                let command = request.command.name();
                match asked(service, request.clone()).await {
                    Outcome::Done(receipt) if receipt.duplicate => {
                        again.insert(command);
                        if let Some(first) = first.get(&request.command_id) {
                            let positions = (receipt.first_position, receipt.last_position);
                            assert_eq!(positions, *first, "{place}: {name}: {command}");
                        }
                    }
                    // What an event asks for may have been refused or overtaken; that leaves no receipt.
                    other @ (Outcome::Done(_) | Outcome::Refused(_)) => {
                        assert!(!was_done, "{place}: {name}: {command}: {other:?}")
                    }
                }
                if let Some(other) = used.replace(request.clone())
                    && other.command != request.command
                    && first.contains_key(&request.command_id)
                {
                    let reused = Request { command: other.command, ..request };
                    let refused = service.ask(reused).await;
                    assert_eq!(refused, Err(Fault::CommandIdReused), "{name}: {command}");
                }
            }
            assert_eq!(telling.history().await, history, "{place}: {name}");
            telling.service.stop().await;
        }
        let missing: Vec<_> =
            Command::names().into_iter().filter(|name| !again.contains(name)).collect();
        let missing: Vec<_> =
            missing.into_iter().filter(|name| !OF_SIGN_IN.contains(name)).collect();
        assert_eq!(missing, Vec::<&str>::new(), "no story does these");
    }
}

/// What the service that signs people in tells of an account: no story speaks for it.
const OF_SIGN_IN: [&str; 5] =
    ["confirmEmail", "linkAccount", "recordPasswordChange", "recordApiKey", "recordApiKeyEnd"];

/// Where the events of each command stand.
fn first_outcomes(history: &[Recorded]) -> BTreeMap<CommandId, (u64, u64)> {
    let mut positions = BTreeMap::new();
    for Recorded { envelope, .. } in history {
        let known = positions.entry(envelope.command_id);
        known.or_insert((envelope.position, 0)).1 = envelope.position;
    }
    positions
}

#[tokio::test(flavor = "multi_thread")]
async fn r135_what_was_so_already_is_not_done_later_under_the_same_key() {
    for place in places().await {
        let log = place.log().await;
        let trade = Trade::set_up(&log).await;
        let tier = |to: &str| {
            let fields = json!({ "to": to, "reason": "agreed" });
            Command::parse("overrideTier", trade.partner, fields).expect("is a command")
        };
        let vera = || vendor("vera", "overrideTier");
        let to = |tier: &str| json!({ "to": tier, "reason": "agreed" });
        trade.done("overrideTier", trade.partner, vera(), to("gold")).await;
        let request = Request {
            command_id: CommandId(Uuid::now_v7()),
            by: vera(),
            at: None,
            expected_version: None,
            cause: None,
            command: tier("gold"),
        };
        let ask = async |request: &Request| match trade.commands.execute(request.clone()).await {
            Ok(Outcome::Done(receipt)) => receipt,
            other => panic!("{other:?}"),
        };
        let already = ask(&request).await;
        assert_eq!((already.events(), already.duplicate), (0, false), "{place}: it is gold");
        trade.done("overrideTier", trade.partner, vera(), to("silver")).await;
        let head = *log.head().borrow();
        assert_eq!(ask(&request).await, Receipt { duplicate: true, ..already }, "{place}");
        assert_eq!(*log.head().borrow(), head, "{place}: nothing is changed back");
        let other = Request { command: tier("silver"), ..request };
        let reused = trade.commands.execute(other).await;
        assert_eq!(reused, Err(Fault::CommandIdReused), "{place}");
        log.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_counts_for_whoever_gave_it_alone() {
    for place in places().await {
        let log = place.log().await;
        let trade = Trade::set_up(&log).await;
        let key = Uuid::now_v7();
        let deal = |issuer, subject| Request {
            command_id: CommandId::given(Origin { issuer, subject }, key),
            by: trade.member(),
            at: None,
            expected_version: None,
            cause: None,
            command: Command::parse("registerDeal", Uuid::now_v7(), trade.deal()).expect("is one"),
        };
        let commands: &Commands = &trade.commands;
        let mut positions = BTreeSet::new();
        for (issuer, subject) in [("accord", "anna"), ("accord", "ann"), ("elsewhere", "anna")] {
            match commands.execute(deal(issuer, subject)).await {
                Ok(Outcome::Done(receipt)) => {
                    assert!(!receipt.duplicate, "{place}: {issuer} {subject}");
                    positions.insert(receipt.first_position);
                }
                other => panic!("{place}: {issuer} {subject}: {other:?}"),
            }
        }
        assert_eq!(positions.len(), 3, "{place}: three have done something");
        let again = commands.execute(deal("accord", "anna")).await;
        assert_eq!(again, Err(Fault::CommandIdReused), "{place}: it is another deal");
        log.close().await;
    }
}
