//! Timers: each runs at its own instant and in order, however late, and none stands in front of another.

use api::{
    clock::ManualClock,
    commands::{Commands, Outcome, Request},
    service::Service,
};
use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use domain::{CommandId, EventId, LotId, reactions::policy_actor, wallet::WalletEvent};
use eventlog::{Clock, Log, SystemClock, Which};
use serde_json::json;
use tests::{Trade, places, told};
use uuid::Uuid;

use super::{opening, until};

/// Which lots have matured, in the order of the log, and when that was true.
async fn matured(log: &Log) -> Vec<(LotId, DateTime<Utc>)> {
    let events = told(log).await.into_iter();
    let lots = events.filter_map(|told| match told.told::<WalletEvent>()? {
        WalletEvent::Matured { lot, .. } => Some((*lot, told.envelope.occurred_at)),
        WalletEvent::Accrued { .. }
        | WalletEvent::PayoutRequested { .. }
        | WalletEvent::PayoutCancelled { .. }
        | WalletEvent::PayoutRejected { .. }
        | WalletEvent::PayoutApproved { .. }
        | WalletEvent::PayoutSubmitted { .. }
        | WalletEvent::PayoutPaid { .. }
        | WalletEvent::Frozen { .. }
        | WalletEvent::FundsFrozen { .. }
        | WalletEvent::Unfrozen { .. } => None,
    });
    lots.collect()
}

async fn start(target: &eventlog::Target) -> Service {
    Service::start(target.clone()).await.expect("it starts")
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_standstill_timers_run_in_their_order_each_at_its_own_instant() {
    for place in places().await {
        let log = place.log().await;
        let trade = Trade::without_money(&log).await;
        let days = ["2025-03-09", "2025-03-01", "2025-04-02", "2025-03-31", "2025-03-15"];
        let mut expected = vec![];
        for day in days {
            let (lot, due) = (Uuid::now_v7(), format!("{day}T00:00:00Z"));
            trade.accrue(lot, &due).await;
            expected.push((LotId(lot), due.parse::<DateTime<Utc>>().expect("an instant")));
        }
        expected.sort_by_key(|(_, due)| *due);
        log.close().await;
        drop((trade, log));
        let service = start(&place.target).await;
        until(async || matured(&service.log).await.len() == days.len()).await;
        assert_eq!(matured(&service.log).await, expected, "{place}");
        service.stop().await;
    }
}

/// More than are read at a time.
const REFUSED: usize = 300;

#[tokio::test(flavor = "multi_thread")]
async fn three_hundred_timers_that_cannot_run_stand_in_front_of_none() {
    for place in places().await {
        let log = place.log().await;
        let trade = Trade::without_money(&log).await;
        let credit = |number: usize| {
            let due = days_ago(500 - number as i64);
            let accrual = json!({
                "lot": Uuid::now_v7(), "program": trade.program, "partner": trade.partner,
                "deal": Uuid::now_v7(), "trigger": Uuid::now_v7(), "kind": "new", "level": 0,
                "line": "1", "component": "new-sales", "plan_version": 1,
                "base": { "amount": "5.00", "currency": "EUR" }, "rate": 200_000,
                "amount": { "amount": "1.00", "currency": "EUR" }, "matures_at": due,
                "trace_hash": "0".repeat(64)
            });
            let fields = json!({ "accrual": accrual });
            let command = domain::Command::parse("accrueCommission", trade.wallet(), fields);
            let (command, by) = (command.expect("a command"), policy_actor());
            Request { command, by, ..opening() }
        };
        let credits: Vec<Request> = (0..REFUSED).map(credit).collect();
        // Another command has the id of each timer.
        let timers = credits.iter().map(|credit| Request {
            command_id: CommandId(EventId::of(credit.command_id, 0).causes("timer/matureLot")),
            ..opening()
        });
        for request in timers.chain(credits.clone()).collect::<Vec<_>>() {
            done(&trade.commands, request).await;
        }
        let good = Uuid::now_v7();
        trade.accrue(good, &days_ago(1)).await;
        log.close().await;
        drop((trade, log));
        let service = start(&place.target).await;
        until(async || !matured(&service.log).await.is_empty()).await;
        let matured = matured(&service.log).await;
        assert_eq!(matured.iter().map(|(lot, _)| lot.0).collect::<Vec<_>>(), [good], "{place}");
        let open = service.log.open_items(Which::All).await.expect("they can be read");
        assert_eq!(open.len(), REFUSED, "{place}");
        service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_and_a_third_later_run_a_timer_once() {
    let place = tests::Place::postgres().await;
    let log = place.log().await;
    let trade = Trade::without_money(&log).await;
    let lots = 40;
    for number in 0..lots {
        trade.accrue(Uuid::now_v7(), &days_ago(100 - number)).await;
    }
    log.close().await;
    let (one, other) = (start(&place.target).await, start(&place.target).await);
    let all = lots as usize;
    until(async || matured(&one.log).await.len() >= all).await;
    one.settle().await;
    other.settle().await;
    let head = *one.log.head().borrow();
    one.stop().await;
    other.stop().await;
    let third = start(&place.target).await;
    third.settle().await;
    assert_eq!((*third.log.head().borrow(), matured(&third.log).await.len()), (head, all));
    assert!(third.log.not_come().await.expect("they can be read").open.is_empty());
    third.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_story_leaves_the_timers_of_a_log_to_whoever_serves_it_whichever_of_them_begins_first() {
    for server_first in [true, false] {
        let place = tests::Place::postgres().await;
        let clock = ManualClock::at("2025-01-01T08:00:00Z".parse().expect("an instant"));
        let story = async || {
            let story = Service::start_at(place.target.clone(), clock.clone()).await;
            story.expect("it starts")
        };
        let (story, server) = if server_first {
            let server = start(&place.target).await;
            (story().await, server)
        } else {
            (story().await, start(&place.target).await)
        };
        let trade = Trade::without_money(&server.log).await;
        trade.accrue(Uuid::now_v7(), &days_ago(-10)).await;
        story.advance(SystemClock.now() + TimeDelta::days(30)).await;
        server.settle().await;
        assert_eq!(matured(&server.log).await, [], "server first: {server_first}");
        story.stop().await;
        server.stop().await;
    }
}

async fn done(commands: &Commands, request: Request) {
    let outcome = commands.execute(request).await;
    assert!(matches!(outcome, Ok(Outcome::Done(_))), "{outcome:?}");
}

/// An instant so many days before now.
fn days_ago(days: i64) -> String {
    (SystemClock.now().trunc_subsecs(0) - TimeDelta::days(days)).to_rfc3339()
}
