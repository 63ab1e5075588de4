//! Whose an event is (tenancy): aggregates of two kinds under one id have each a home of its own, whatever the gate does.

use domain::{Currency, Money, PartnerId};
use projections::{Namespace, Order, Page, Sight, events, list, payouts, rebuild};
use sea_orm::Condition;
use serde_json::json;
use tests::{Trade, bypassing, places};
use uuid::Uuid;

use super::ground::*;

const SOON: &str = "2025-03-01T00:00:00Z";

/// The types of the events, and the number of payouts, that a partner sees.
async fn seen(namespace: &Namespace, partner: Uuid) -> (Vec<String>, usize) {
    let (db, sight) = (namespace.db(), Sight::Partner(PartnerId(partner)));
    let page = Page::first(100, None);
    let order = Order::<events::Entity>::ascending(events::Column::Position);
    let events = list(db, &sight, Condition::all(), order, &page).await;
    let events = events.expect("it can be read").into_rows();
    let order = Order::<payouts::Entity>::ascending(payouts::Column::RequestedAt);
    let payouts = list(db, &sight, Condition::all(), order, &page).await;
    let types = events.into_iter().map(|event| event.event_type);
    (types.collect(), payouts.expect("it can be read").into_rows().len())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deal_under_the_id_of_a_wallet_takes_nothing_of_it_into_another_partners_sight() {
    for place in places().await {
        let log = place.log().await;
        let reading = Reading::of(log.clone()).await;
        let trade = Trade::set_up(&log).await;
        trade.done("registerDeal", Uuid::now_v7(), trade.member(), trade.deal()).await;
        let registered = log.read_after(0, 1_000).await.expect("it can be read").pop();
        let payload = registered.expect("it is the last").payload;
        let other = Uuid::now_v7();
        let payload = payload.replace(&trade.partner.to_string(), &other.to_string());
        let taken = bypassing("deal", trade.wallet(), "deal-registered", &payload);
        log.append(taken).await.expect("nobody has decided it");
        let amount = Money::new(60_000, Currency::from_code("EUR").expect("EUR"));
        let asks = json!({ "payout": Uuid::now_v7(), "amount": amount });
        trade.done("requestPayout", trade.wallet(), trade.member(), asks).await;
        trade.accrue(Uuid::now_v7(), SOON).await;
        reading.caught_up().await;
        let folded = reading.views.current();
        rebuild(&log, |_| {}).await.expect("it is built");
        tests::until(PATIENCE, async || reading.views.current().name() != folded.name()).await;
        for namespace in [folded, reading.views.current()] {
            let (name, stranger) = (namespace.name(), seen(&namespace, other).await);
            assert_eq!(stranger, (vec!["deal-registered".into()], 0), "{place}: {name}");
            let (own, payouts) = seen(&namespace, trade.partner).await;
            let last = ["deal-registered", "payout-requested", "commission-accrued"];
            assert!(own.iter().rev().take(3).eq(last.iter().rev()), "{place}: {name}: {own:?}");
            assert_eq!(payouts, 1, "{place}: {name}");
        }
    }
}
