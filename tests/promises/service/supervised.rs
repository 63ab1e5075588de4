//! Supervision: no task of a process is down without the process saying so and beginning it again.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

use api::{commands::Outcome, service::Service};
use domain::{CommandId, outcomes::OpenKind};
use eventlog::{AppendError, Log, OpenItem, Target};
use tests::{places, told};
use uuid::Uuid;

use super::{breakable, gauges::measured, opening, unreadable, until};

/// Whether a task is said to be down.
fn names(ready: &Result<(), String>, task: &str) -> bool {
    ready.as_ref().is_err_and(|down| down.starts_with("down") && down.contains(task))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_appender_that_panics_is_named_and_appends_again() {
    for place in places().await {
        let clock = breakable();
        let service =
            Service::start_by(place.target.clone(), clock.clone()).await.expect("it starts");
        let health = service.health();
        clock.0.store(true, Ordering::Relaxed);
        let unknown = service.log.append(unreadable()).await;
        assert!(matches!(unknown, Err(AppendError::UnknownOutcome(_))), "{place}: {unknown:?}");
        until(async || names(&health.ready().await, "appender")).await;
        clock.0.store(false, Ordering::Relaxed);
        until(async || health.ready().await.is_ok()).await;
        let done = service.ask(opening()).await;
        assert!(matches!(done, Ok(Outcome::Done(_))), "{place}: {done:?}");
        service.stop().await;
    }
}

/// An open item that nothing asks for any more.
async fn leave_open(service: &Service) -> CommandId {
    service.ask(opening()).await.expect("it is decided");
    service.settle().await;
    let (log, cause) = (&service.log, told(&service.log).await.remove(0).envelope);
    let item = OpenItem {
        command_id: CommandId(Uuid::now_v7()),
        kind: OpenKind::Failed,
        event_id: cause.event_id,
        position: cause.position,
        command: "assignCourse".to_owned(),
        aggregate_id: cause.aggregate_id,
        waits_for: None,
        code: "INTERNAL".to_owned(),
        reason: "it is tried".to_owned(),
        since: log.now(),
        tried_at: log.now(),
        tries: 1,
        dismissed: None,
    };
    log.keep_open(&item).await.expect("it is taken");
    item.command_id
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_panics_on_reading_the_clock_is_named_and_works_again() {
    for place in places().await {
        let clock = breakable();
        let service =
            Service::start_by(place.target.clone(), clock.clone()).await.expect("it starts");
        let health = service.health();
        let item = leave_open(&service).await;
        until(async || health.ready().await.is_ok()).await;
        clock.0.store(true, Ordering::Relaxed);
        Log::ask_again(&place.target, Some(item)).await.expect("somebody wants it tried again");
        for task in ["timers", "clock", "open items", "reader"] {
            until(async || names(&health.ready().await, task)).await;
            let up = measured(&health).await.read(&format!("accord_task_up task={task}"));
            assert_eq!(up, 0.0, "{place}: {task}");
        }
        clock.0.store(false, Ordering::Relaxed);
        until(async || health.ready().await.is_ok()).await;
        service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_must_never_end_is_kept_and_said_to_be_up() {
    for place in places().await {
        let service = Service::start(place.target.clone()).await.expect("it starts");
        let mut tasks = BTreeSet::from([
            "appender",
            "clock",
            "heartbeat",
            "open items",
            "outbox",
            "reactor",
            "reader",
            "timers",
        ]);
        if let Target::Postgres { .. } = place.target {
            tasks.insert("listener"); // In a file nobody else writes.
        }
        let health = service.health();
        until(async || service.log.tasks().kept() == tasks).await;
        let gauges = measured(&health).await;
        for task in tasks {
            assert_eq!(gauges.read(&format!("accord_task_up task={task}")), 1.0, "{place}: {task}");
        }
        service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reactor_that_ends_at_what_it_cannot_read_is_named() {
    for place in places().await {
        let service = Service::start(place.target.clone()).await.expect("it starts");
        service.log.append(unreadable()).await.expect("it is taken");
        let health = service.health();
        until(async || names(&health.ready().await, "reactor")).await;
        service.stop().await;
    }
}
