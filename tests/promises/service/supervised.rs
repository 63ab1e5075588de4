//! Supervision: no task of a process is down without the process saying so and beginning it again.

use std::sync::atomic::Ordering;

use api::{commands::Outcome, service::Service};
use eventlog::AppendError;
use tests::places;

use super::{breakable, opening, unreadable, until};

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

#[tokio::test(flavor = "multi_thread")]
async fn timers_that_panic_are_named_and_run_again() {
    for place in places().await {
        let clock = breakable();
        let service =
            Service::start_by(place.target.clone(), clock.clone()).await.expect("it starts");
        let health = service.health();
        clock.0.store(true, Ordering::Relaxed);
        until(async || names(&health.ready().await, "timers")).await;
        clock.0.store(false, Ordering::Relaxed);
        until(async || health.ready().await.is_ok()).await;
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
