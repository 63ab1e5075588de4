//! Clocks that are wrong: nothing is lost by one that is behind, nothing comes early by one that is ahead, and a story
//! keeps its own time to itself.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use api::{clock::ManualClock, commands::Outcome, fault::Fault, service::Service, story::Story};
use chrono::{DateTime, TimeDelta, Utc};
use domain::wallet::WalletEvent;
use eventlog::{Clock, Log, REACTOR, SystemClock};
use serde_json::json;
use tests::{Place, Trade, places, told};
use uuid::Uuid;

use super::{opening, until};

/// The clock of the machine, set forward by so many seconds.
#[derive(Default)]
pub(super) struct Shifted(AtomicI64);

impl Shifted {
    pub fn by(seconds: i64) -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(seconds)))
    }

    pub fn set(&self, seconds: i64) {
        self.0.store(seconds, Ordering::Relaxed);
    }
}

impl Clock for Shifted {
    fn now(&self) -> DateTime<Utc> {
        SystemClock.now() + TimeDelta::seconds(self.0.load(Ordering::Relaxed))
    }
}

pub(super) const DAY: i64 = 86_400;

/// How many lots the log has, and how many of them have matured.
pub(super) async fn lots(log: &Log) -> (usize, usize) {
    let mut lots = (0, 0);
    for recorded in told(log).await {
        let event = recorded.told::<WalletEvent>();
        lots.0 += usize::from(matches!(event, Some(WalletEvent::Accrued { .. })));
        lots.1 += usize::from(matches!(event, Some(WalletEvent::Matured { .. })));
    }
    lots
}

/// A log in which a contract has just earned something, and nobody has reacted to it yet. The trade itself has one lot.
pub(super) async fn earned(place: &Place) {
    let log = place.log().await;
    Trade::set_up(&log).await.earn().await;
    log.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_takes_over_with_a_clock_behind_loses_no_accrual() {
    for place in places().await {
        earned(&place).await;
        let service =
            Service::start_by(place.target.clone(), Shifted::by(-30)).await.expect("it starts");
        service.settle().await;
        assert_eq!(service.health().ready().await, Ok(()), "{place}: half a minute is nothing");
        assert_eq!(lots(&service.log).await, (2, 1), "{place}");
        service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_clock_far_behind_nothing_is_decided_until_it_is_right_and_then_nothing_is_lost() {
    for place in places().await {
        earned(&place).await;
        let clock = Shifted::by(-90);
        let service =
            Service::start_by(place.target.clone(), clock.clone()).await.expect("it starts");
        let health = service.health();
        let head = *service.log.head().borrow();
        let ready = health.ready().await.expect_err("the clock is wrong");
        assert!(ready.contains("behind"), "{place}: {ready}");
        assert_eq!(service.ask(opening()).await, Err(Fault::Unavailable), "{place}");
        assert_eq!(*service.log.head().borrow(), head, "{place}: nothing was changed");
        clock.set(0);
        until(async || health.ready().await.is_ok()).await;
        service.settle().await;
        assert_eq!(lots(&service.log).await, (2, 1), "{place}");
        service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_set_forty_days_forward_for_a_moment_matures_nothing_and_pins_nothing() {
    for place in places().await {
        earned(&place).await;
        let clock = Shifted::by(0);
        let service =
            Service::start_by(place.target.clone(), clock.clone()).await.expect("it starts");
        service.settle().await;
        let health = service.health();
        assert_eq!(lots(&service.log).await, (2, 1), "{place}");
        let head = *service.log.head().borrow();
        clock.set(40 * DAY);
        assert_eq!(service.ask(opening()).await, Err(Fault::Unavailable), "{place}: at once");
        until(async || health.ready().await.is_err_and(|why| why.contains("clock"))).await;
        for _ in 0..20 {
            assert_eq!(service.ask(opening()).await, Err(Fault::Unavailable), "{place}");
        }
        clock.set(0);
        until(async || health.ready().await.is_ok()).await;
        assert_eq!(service.log.reach().await.expect("it can be read"), head, "{place}");
        let done = service.ask(opening()).await;
        assert!(matches!(done, Ok(Outcome::Done(_))), "{place}: {done:?}");
        let last = told(&service.log).await.pop().expect("it is there").envelope;
        let ahead = last.recorded_at - SystemClock.now();
        assert!(ahead < TimeDelta::seconds(60), "{place}: recorded {ahead} from now");
        assert_eq!(lots(&service.log).await, (2, 1), "{place}: it matures in two weeks");
        service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_starts_with_a_clock_ahead_of_the_servers_never_writes() {
    let place = Place::postgres().await;
    earned(&place).await;
    let ahead = Service::start_by(place.target.clone(), Shifted::by(40 * DAY)).await;
    let ahead = ahead.expect("it starts");
    let beside = Service::start(place.target.clone()).await.expect("it starts");
    beside.settle().await;
    let ready = ahead.health().ready().await.expect_err("the clock is wrong");
    assert!(ready.contains("ahead of the database's"), "{ready}");
    assert_eq!(ahead.ask(opening()).await, Err(Fault::Unavailable));
    assert_eq!(beside.health().ready().await, Ok(()), "the other one works");
    assert_eq!(lots(&beside.log).await, (2, 1), "what was earned is there and has not matured");
    ahead.stop().await;
    beside.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_story_told_on_a_log_that_others_use_keeps_its_time_to_itself() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/stories/payout.json");
    let mut story = Story::read(&file).expect("it can be read");
    story.steps.iter_mut().for_each(|step| step.then.clear()); // They ask about the whole log.
    for place in places().await {
        let log = place.log().await;
        let trade = Trade::set_up(&log).await;
        trade.earn().await;
        trade.accrue(Uuid::now_v7(), "2025-03-01T00:00:00Z").await; // Long before the story ends.
        log.close().await;
        drop((trade, log));
        let before = SystemClock.now();
        let clock = ManualClock::at(story.begins());
        let service = Service::start_at(place.target.clone(), clock).await.expect("it starts");
        let begins = *service.log.head().borrow();
        story.tell(&file, &service, |_| ()).await.expect("it goes as written");
        assert_eq!(service.log.checkpoint(REACTOR).await.expect("it is there"), 0, "{place}");
        let history = told(&service.log).await;
        let own = &history[begins as usize..];
        assert!(
            own.iter().all(|event| event.envelope.recorded_at >= before - TimeDelta::seconds(1))
        );
        let matured = |event: &WalletEvent| matches!(event, WalletEvent::Matured { .. });
        let of_trade = |wallet: Uuid| {
            let events = history.iter().filter(move |told| told.envelope.aggregate_id == wallet);
            events.filter_map(|told| told.told::<WalletEvent>()).filter(|event| matured(event))
        };
        let wallets: std::collections::BTreeSet<Uuid> =
            history.iter().map(|told| told.envelope.aggregate_id).collect();
        let in_all: usize = wallets.iter().map(|wallet| of_trade(*wallet).count()).sum();
        assert!(in_all > 1, "{place}: its own lots matured on the way");
        let trades = history[..begins as usize].iter().rfind(|told| {
            told.told::<WalletEvent>()
                .is_some_and(|event| matches!(event, WalletEvent::Accrued { .. }))
        });
        let wallet = trades.expect("it has one").envelope.aggregate_id;
        assert_eq!(of_trade(wallet).count(), 1, "{place}: the trade's own stayed as they were");
        service.stop().await;

        let serving = Service::start(place.target.clone()).await.expect("it starts");
        serving.settle().await;
        let head = *serving.log.head().borrow();
        until(async || serving.log.checkpoint(REACTOR).await.is_ok_and(|at| at >= head)).await;
        serving.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_story_that_begins_a_log_is_recorded_in_its_own_time_and_accounts_for_it() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/stories/training.json");
    let story = Story::read(&file).expect("it can be read");
    for place in places().await {
        let clock = ManualClock::at(story.begins());
        let service = Service::start_at(place.target.clone(), clock).await.expect("it starts");
        story.tell(&file, &service, |_| ()).await.expect("it goes as written");
        let head = *service.log.head().borrow();
        until(async || service.log.checkpoint(REACTOR).await.is_ok_and(|at| at == head)).await;
        for recorded in told(&service.log).await {
            let envelope = recorded.envelope;
            assert_eq!(envelope.recorded_at, envelope.occurred_at, "{place}: {envelope:?}");
        }
        service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_story_of_days_to_come_is_recorded_now() {
    let steps = json!({ "title": "To come", "steps": [{
        "at": "2199-01-01T00:00:00Z", "by": "channel-manager carla", "do": "openProgram", "on": "@program",
        "with": { "name": "Later", "base_currency": "EUR",
                "policy": { "time_zone": "Europe/Warsaw", "interview_required": false, "max_network_depth": 3 } }
    }] });
    let file = Path::new("to-come.json");
    let story = Story::parse(file, &steps.to_string()).expect("is a story");
    for place in places().await {
        let clock = ManualClock::at(story.begins());
        let service = Service::start_at(place.target.clone(), clock).await.expect("it starts");
        story.tell(file, &service, |_| ()).await.expect("it goes as written");
        service.stop().await;
        let serving = Service::start(place.target.clone()).await.expect("it starts");
        assert_eq!(serving.health().ready().await, Ok(()), "{place}: nothing is pinned");
        let done = serving.ask(opening()).await;
        assert!(matches!(done, Ok(Outcome::Done(_))), "{place}: {done:?}");
        serving.stop().await;
    }
}
