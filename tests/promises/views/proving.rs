//! A proof says what it has looked at, how far everything had come, and what effect of an event is missing or too many.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use eventlog::{Append, Clock, Log, REACTOR, SystemClock};
use projections::{Positions, VerifyError, schedule};
use serde_json::{Value, json};
use tests::{Place, Trade, append_all, history, places};
use uuid::Uuid;

use super::ground::*;

/// A history until just before its first accrual, of which the reactor says that it is through with it.
async fn without_its_first_accrual(reading: &Reading) {
    let accrues = |append: &Append| {
        append.own.events.iter().any(|event| event.event_type == "commission-accrued")
    };
    let all = history(1500, 51);
    let until = all.iter().position(accrues).expect("something is earned");
    append_all(&reading.log, all[..until].to_vec()).await.expect("they are taken");
    reading.caught_up().await;
}

async fn reacted(log: &Log, position: u64) {
    log.set_checkpoint(REACTOR, position).await.expect("it can be written");
}

fn broken(outcome: Result<projections::Report, VerifyError>) -> String {
    match outcome {
        Err(VerifyError::Unsound(broken)) => broken.to_string(),
        Ok(_)
        | Err(VerifyError::Different(_) | VerifyError::Damaged(_) | VerifyError::Failed(_)) => {
            panic!("it is not found: {outcome:?}")
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leg_that_no_lot_came_of_is_found_once_the_reactor_says_that_it_is_through() {
    for place in places().await {
        let reading = Reading::at(&place).await;
        without_its_first_accrual(&reading).await;
        let report = proof(&reading.log).await.expect("it may still come");
        assert_eq!((report.effects.due, report.effects.lots), (0, 0), "{place}");
        assert!(report.positions.are_behind(), "{place}: the reactor is");
        reacted(&reading.log, report.positions.head).await;
        let missing = broken(proof(&reading.log).await);
        assert!(missing.contains("accrueCommission"), "{place}: {missing}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_calculation_that_never_came_is_found_and_one_that_had_nothing_to_do_is_none() {
    for place in places().await {
        let reading = Reading::at(&place).await;
        let calculates = |append: &Append| {
            append.own.events.iter().any(|event| event.event_type == "commission-calculated")
        };
        let all = history(1500, 56);
        let until = all.iter().position(calculates).expect("something is calculated");
        let idle = all.iter().position(|append| append.own.events.is_empty());
        assert!(idle.is_some(), "some had nothing to do");
        append_all(&reading.log, all[..until].to_vec()).await.expect("they are taken");
        reading.caught_up().await;
        let report = proof(&reading.log).await.expect("it may still come");
        reacted(&reading.log, report.positions.head).await;
        let missing = broken(proof(&reading.log).await);
        assert!(missing.contains("calculateCommission"), "{place}: {missing}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lot_that_no_leg_asked_for_is_found() {
    for place in places().await {
        let reading = Reading::at(&place).await;
        Trade::set_up(&reading.log).await; // It credits a lot out of nothing.
        reading.caught_up().await;
        let invented = broken(proof(&reading.log).await);
        assert!(invented.contains("every lot has its leg"), "{place}: {invented}");
    }
}

/// A history until after the first append with an event of this type that can be changed so, past every gate. The views
/// stand before it, so that the log alone can tell.
async fn tampered(
    place: &Place,
    event_type: &str,
    change: impl Fn(&mut Append, &mut Value) -> bool,
) -> Log {
    let reading = Reading::at(place).await;
    let mut all = history(3000, 57);
    let changed = all.iter_mut().position(|append| {
        let found = append.own.events.iter().position(|event| event.event_type == event_type);
        let Some(index) = found else { return false };
        let mut payload = serde_json::from_str(&append.own.events[index].payload).expect("JSON");
        let done = change(append, &mut payload);
        append.own.events[index].payload = payload.to_string();
        done
    });
    let changed = changed.expect("one can be changed");
    append_all(&reading.log, all[..changed].to_vec()).await.expect("they are taken");
    reading.caught_up().await;
    let log = reading.log.clone();
    reading.end().await;
    append_all(&log, vec![all.remove(changed)]).await.expect("it is taken");
    log
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lot_of_another_amount_than_its_leg_is_found() {
    for place in places().await {
        let log = tampered(&place, "commission-accrued", |_, payload| {
            payload["commission-accrued"]["accrual"]["amount"]["amount"] = json!("0.01");
            true
        })
        .await;
        let found = broken(proof(&log).await);
        assert!(found.contains("every lot has its leg"), "{place}: {found}");
        assert!(found.contains("0.01 EUR in"), "{place}: {found}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lot_in_another_wallet_than_its_leg_is_found() {
    for place in places().await {
        let elsewhere = Uuid::now_v7();
        let log = tampered(&place, "commission-accrued", |append, _| {
            (append.own.aggregate_id, append.own.expected) = (elsewhere, 0);
            true
        })
        .await;
        let found = broken(proof(&log).await);
        assert!(found.contains("every lot has its leg"), "{place}: {found}");
        assert!(found.contains(&format!("in {elsewhere}")), "{place}: {found}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_legs_of_one_lot_are_found() {
    for place in places().await {
        let log = tampered(&place, "commission-calculated", |_, payload| {
            let legs = &mut payload["commission-calculated"]["trace"]["legs"];
            let both = legs.as_array().is_some_and(|legs| legs.len() > 1);
            if both {
                legs[1]["lot"] = legs[0]["lot"].clone();
            }
            both
        })
        .await;
        let found = broken(proof(&log).await);
        assert!(found.contains("two legs, the second at"), "{place}: {found}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_says_subject_by_subject_what_it_has_looked_at_and_where_everything_stood() {
    for place in places().await {
        let reading = Reading::with_history(&place, 1500, 52).await;
        let head = reading.views.position();
        reacted(&reading.log, head).await;
        let report = proof(&reading.log).await.expect("it holds");
        let names: Vec<&str> = report.subjects.iter().map(|subject| subject.name).collect();
        let expected = [
            "house", "account", "program", "partner", "deal", "wallet", "ledger", "glance", "audit",
        ];
        assert_eq!(names, expected, "{place}");
        for subject in &report.subjects {
            assert!(!subject.tables.is_empty(), "{place}: {}", subject.name);
        }
        let lots = report.tables().find(|(table, _)| table == "lots").expect("it is compared");
        assert_eq!(report.effects.lots, lots.1, "{place}");
        assert!(report.effects.due > lots.1, "{place}: calculations as well");
        assert_eq!(report.effects.open, 0, "{place}");
        let positions = report.positions;
        assert_eq!((positions.head, positions.views, positions.reactor), (head, head, head));
    }
}

/// It is always this instant.
struct At(&'static str);

impl Clock for At {
    fn now(&self) -> DateTime<Utc> {
        self.0.parse().expect("is an instant")
    }

    fn by_hand(&self) -> bool {
        true
    }
}

/// A history of which everybody has reacted to everything, at this instant.
async fn reacted_at(place: &Place, instant: &'static str) -> Reading {
    let reading = Reading::of(place.log_at(Arc::new(At(instant))).await).await;
    append_all(&reading.log, history(1500, 57)).await.expect("they are taken");
    reading.caught_up().await;
    reacted(&reading.log, reading.views.position()).await;
    reading
}

#[tokio::test(flavor = "multi_thread")]
async fn timers_that_are_late_are_behind_though_views_and_reactor_are_not() {
    for place in places().await {
        let reading = reacted_at(&place, "2999-01-01T00:00:00Z").await; // Of all timers that are set.
        let Positions { head, views, reactor, late, late_since } =
            proof(&reading.log).await.expect("it holds").positions;
        assert_eq!((views, reactor), (head, head), "{place}");
        let namespace = reading.views.current();
        let first = schedule::next_due(namespace.db()).await.expect("it can be read");
        assert_eq!(late_since, first, "{place}");
        let positions = Positions { head, views, reactor, late, late_since };
        assert!(late > 0 && positions.are_behind(), "{place}: {positions:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn views_that_have_stopped_are_behind_though_reactor_and_timers_are_not() {
    for place in places().await {
        let reading = reacted_at(&place, "2000-01-01T00:00:00Z").await; // Before any timer is due.
        let report = proof(&reading.log).await.expect("it holds");
        assert!(!report.positions.are_behind(), "{place}: {:?}", report.positions);
        let (log, position) = (reading.log.clone(), reading.views.position());
        reading.end().await;
        append_all(&log, history(200, 58)).await.expect("the log goes on");
        let head = *log.head().borrow();
        reacted(&log, head).await;
        let positions = proof(&log).await.expect("it holds as far as it goes").positions;
        let late = (0, None);
        assert_eq!((positions.late, positions.late_since), late, "{place}");
        assert_eq!((positions.views, positions.reactor, positions.head), (position, head, head));
        assert!(positions.are_behind(), "{place}: the views are");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_and_a_replay_run_beside_whoever_works_with_the_log_and_write_nothing_there() {
    for place in places().await {
        let reading = Reading::with_history(&place, 300, 53).await;
        let beside = Log::open_to_read(place.target.clone(), Arc::new(SystemClock)).await;
        let beside = beside.expect("it opens beside the other one");
        let report = proof(&beside).await.expect("it holds");
        assert_eq!(report.position, reading.views.position(), "{place}");
        let dir = tests::directory();
        let file = dir.path().join("audit.sqlite");
        projections::replay(&beside, 100, &file, |_| {}).await.expect("it is written");
        let mut appends = history(10, 54);
        let refused = beside.append(appends.remove(0)).await;
        assert!(refused.is_err(), "{place}: it reads only");
        let refused = beside.set_checkpoint(REACTOR, 1).await;
        assert!(refused.is_err(), "{place}: it reads only");
        beside.close().await;
        append_all(&reading.log, history(50, 55)).await.expect("the other one goes on");
        reading.caught_up().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_proof_leaves_behind_when_it_is_ended_is_swept_by_the_next_and_what_is_in_use_is_not()
 {
    let dir = tests::directory();
    let left = ["scratch-1", "scratch-2", "other"].map(|name| dir.path().join(name));
    for left in &left {
        std::fs::create_dir(left).expect("it can be made");
        std::fs::write(left.join("views.sqlite"), "").expect("it can be written");
    }
    let held = std::fs::File::open(&left[1]).expect("it is there");
    held.try_lock().expect("nobody else has it");
    projections::sweep_scratch(dir.path());
    assert_eq!(left.each_ref().map(|left| left.exists()), [false, true, true]);
}
