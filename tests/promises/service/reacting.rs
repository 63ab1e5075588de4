//! Reactions that cannot be carried out yet: one that panics, one that has no room, and one that would wait for nobody.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use api::{
    commands::{Commands, Outcome},
    effects::Effects,
    reactor::Reactor,
    service::Service,
};
use domain::{Actor, Partner, Role, outcomes::OpenKind, wallet::WalletEvent};
use eventlog::{Log, OpenItem, Which};
use serde_json::{Value, json};
use tests::{Trade, bypassing, integration, owner, places, told, vendor};
use uuid::Uuid;

use super::{Breakable, until};

async fn open(log: &Log) -> Vec<OpenItem> {
    log.open_items(Which::All).await.expect("they can be read")
}

async fn is_joined(log: &Log, partner: Uuid) -> bool {
    let (partner, _) = log.load::<Partner>(partner).await.expect("it loads");
    partner.active().is_some_and(|active| active.place.is_some())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reaction_that_panics_is_left_open_and_is_tried_when_the_next_process_begins() {
    for place in places().await {
        let log = place.log().await;
        let trade = Trade::without_money(&log).await;
        let partner = Uuid::now_v7();
        trade.candidate(partner, None, 1).await;
        trade.approve(partner).await;
        let clock = Arc::new(Breakable::default());
        clock.0.store(true, Ordering::Relaxed);
        let effects = Effects::new(log.clone(), Commands::new(log.clone(), clock));
        let reactor = Arc::new(Reactor::new(log.clone(), effects));
        let mut position = reactor.position();
        let running = tokio::spawn({
            let reactor = reactor.clone();
            async move { reactor.run(Default::default()).await }
        });
        let head = *log.head().borrow();
        position.wait_for(|position| *position == head).await.expect("it goes on behind them");
        until(async || log.checkpoint(eventlog::REACTOR).await.is_ok_and(|at| at == head)).await;
        let left = open(&log).await;
        let known: Vec<_> = left.iter().map(|item| (item.kind, item.code.as_str())).collect();
        assert_eq!(known, [(OpenKind::Failed, "INTERNAL"); 2], "{place}: the joinings of both");
        assert!(!is_joined(&log, partner).await, "{place}");
        assert!(!running.is_finished(), "{place}: it has not ended with the reaction");
        running.abort();
        running.await.expect_err("it was ended");
        log.close().await;
        drop((log, trade, reactor));

        let service = Service::start(place.target.clone()).await.expect("it starts");
        until(async || open(&service.log).await.is_empty()).await;
        assert!(is_joined(&service.log, partner).await, "{place}: nobody has asked");
        service.stop().await;
    }
}

/// What the partner has earned past the gate, so that its wallet has room for 100.00 EUR and no more.
fn filling(trade: &Trade, lot: Uuid) -> Value {
    let eur = |amount: &str| json!({ "amount": amount, "currency": "EUR" });
    json!({ "commission-accrued": { "accrual": {
        "lot": lot, "program": trade.program, "partner": trade.partner, "deal": Uuid::now_v7(),
        "trigger": Uuid::now_v7(), "kind": "new", "level": 0, "line": "1",
        "component": "new-sales", "plan_version": 1, "base": eur("5000.00"), "rate": 200_000,
        "amount": eur("92233720368547658.07"), "matures_at": "2025-02-01T00:00:00Z",
        "trace_hash": "0".repeat(64)
    } } })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commission_that_finds_no_room_waits_for_the_next_payout_and_comes_by_itself() {
    for place in places().await {
        let service = Service::start(place.target.clone()).await.expect("it starts");
        let log = &service.log;
        let trade = Trade::without_money(log).await;
        let (wallet, lot) = (trade.wallet(), Uuid::now_v7());
        let full = filling(&trade, lot).to_string();
        log.append(bypassing("wallet", wallet, "commission-accrued", &full)).await.expect("taken");
        let policy = domain::reactions::policy_actor;
        trade.done("matureLot", wallet, policy(), json!({ "lot": lot })).await;
        trade.earn().await;
        service.settle().await;
        let [item] = <[_; 1]>::try_from(open(log).await).expect("the commission of 1600.00 EUR");
        assert_eq!((item.kind, item.code.as_str()), (OpenKind::Waiting, "WALLET_OVERFLOW"));
        assert_eq!((item.aggregate_id, item.waits_for), (wallet, Some(wallet)), "{place}");

        let payout = Uuid::now_v7();
        let fiona = || Actor::of(Role::Finance, "fiona");
        let amount = json!({ "amount": "2000.00", "currency": "EUR" });
        let request = json!({ "payout": payout, "amount": amount });
        trade.done("requestPayout", wallet, trade.member(), request).await;
        let payout = |more: Value| {
            let mut fields = json!({ "payout": payout });
            for (field, value) in more.as_object().expect("is an object") {
                fields[field] = value.clone();
            }
            fields
        };
        trade.done("approvePayout", wallet, fiona(), payout(json!({}))).await;
        let key = payout(json!({ "provider_key": "po-1" }));
        trade.done("submitPayout", wallet, fiona(), key).await;
        service.settle().await;
        let tries: Vec<_> = open(log).await.iter().map(|item| item.tries).collect();
        assert_eq!(tries, [1], "{place}: what is on its way makes no room, and nobody tries");
        let fee = payout(json!({ "fee": { "amount": "0.00", "currency": "EUR" } }));
        trade.done("settlePayout", wallet, integration("bank"), fee).await;
        service.settle().await;
        assert_eq!(open(log).await, [], "{place}");
        let accrued = told(log)
            .await
            .into_iter()
            .filter(|told| matches!(told.told::<WalletEvent>(), Some(WalletEvent::Accrued { .. })));
        assert_eq!(accrued.count(), 2, "{place}");
        service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_invited_by_itself_by_a_stranger_or_by_whoever_has_left() {
    for place in places().await {
        let log = place.log().await;
        let trade = Trade::without_money(&log).await;
        let (applicant, left) = (Uuid::now_v7(), Uuid::now_v7());
        trade.candidate(left, None, 1).await;
        trade.done("withdrawApplication", left, owner("anna", left), json!({})).await;
        let apply = |inviter: Uuid| {
            let fields = json!({
                "program": trade.program, "company": { "name": "Alfa sp. z o.o.", "country": "PL" },
                "contacts": [{
                    "person": Uuid::now_v7(), "first_name": "Anna", "last_name": "Nowak",
                    "email": "anna@alfa.example"
                }],
                "sections": {
                    "competencies": "Energy", "customer_portfolio": "Steel",
                    "strategic_goals": "Growth"
                },
                "source": "referral", "inviter": inviter, "terms_version": 1
            });
            let vera = vendor("vera", "applyForProgram");
            trade.ask("applyForProgram", applicant, vera, fields)
        };
        for unknown in [applicant, Uuid::now_v7(), trade.program, trade.wallet(), left] {
            match apply(unknown).await {
                Outcome::Refused(refusal) => {
                    assert_eq!(
                        (refusal.code, refusal.field),
                        ("INVITER_UNKNOWN", vec!["inviter".into()])
                    );
                }
                Outcome::Done(_) => panic!("{place}: {unknown} invites"),
            }
        }
        assert!(matches!(apply(trade.partner).await, Outcome::Done(_)), "{place}");
        log.close().await;
    }
}
