//! A peer that stalls with what every writer needs (a paused machine, a partition): said, bounded, and got over.

use std::time::{Duration, Instant};

use api::{commands::Outcome, fault::Fault, service::Service};
use eventlog::Target;
use tests::{Place, places};

use super::super::log::raw::Raw;
use super::{gauges::measured, opening, until};

const WAIT: &str = "accord_append_longest_wait_seconds";

/// Holds what every append takes first.
async fn hold(place: &Place) -> Raw {
    let mut peer = Raw::of(place).await;
    let sql = match &place.target {
        Target::Sqlite { .. } => "BEGIN IMMEDIATE",
        Target::Postgres { .. } => "BEGIN; SELECT FROM log_head FOR UPDATE",
    };
    peer.run(sql).await.expect("it is free");
    peer
}

#[tokio::test(flavor = "multi_thread")]
async fn while_a_peer_holds_the_log_a_command_hears_that_nothing_was_changed_and_the_process_is_not_ready()
 {
    for place in places().await {
        let service = Service::start(place.target.clone()).await.expect("it starts");
        let health = service.health();
        assert_eq!(health.ready().await, Ok(()), "{place}");
        let mut peer = hold(&place).await;
        let asked = Instant::now();
        let refused = service.ask(opening()).await;
        assert_eq!(refused, Err(Fault::Unavailable), "{place}");
        assert!(asked.elapsed() < Duration::from_secs(8), "{place}: {:?}", asked.elapsed());
        assert_eq!(health.ready().await, Err("the log cannot be written".to_owned()), "{place}");
        assert_eq!(measured(&health).await.read("accord_log_writable"), 0.0, "{place}");
        peer.run("ROLLBACK").await.expect("it was begun");
        until(async || health.ready().await.is_ok()).await; // Though nobody asks for anything.
        assert_eq!(measured(&health).await.read("accord_log_writable"), 1.0, "{place}");
        let done = service.ask(opening()).await;
        assert!(matches!(done, Ok(Outcome::Done(_))), "{place}: {done:?}");
        assert_eq!(*service.log.head().borrow(), 1, "{place}: the first one was not done");
        service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_append_that_waits_is_seen_before_it_fails() {
    for place in places().await {
        let service = Service::start(place.target.clone()).await.expect("it starts");
        let mut peer = hold(&place).await;
        let commands = service.commands.clone();
        let asked = tokio::spawn(async move { commands.execute(opening()).await });
        until(async || service.log.longest_wait() > Duration::from_millis(100)).await;
        assert!(!service.log.is_failing(), "{place}: it has not failed yet");
        peer.run("ROLLBACK").await.expect("it was begun");
        let done = asked.await.expect("no panic");
        assert!(
            matches!(done, Ok(Outcome::Done(_))),
            "{place}: a short wait harms nobody: {done:?}"
        );
        assert_eq!(service.log.longest_wait(), Duration::ZERO, "{place}");
        service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_append_that_has_waited_for_long_makes_the_process_not_ready_and_shows_how_long() {
    for place in places().await {
        let service = Service::start(place.target.clone()).await.expect("it starts");
        let health = service.health();
        let waits = async || {
            health
                .ready()
                .await
                .is_err_and(|why| why.contains("an append has been waiting for 2 s"))
        };
        assert_eq!(measured(&health).await.read(WAIT), 0.0, "{place}");
        // It is for a moment only, after which the append is given up.
        until(async || {
            let mut peer = hold(&place).await;
            let commands = service.commands.clone();
            let asked = tokio::spawn(async move { commands.execute(opening()).await });
            let mut waited = false;
            until(async || {
                waited = waits().await;
                waited || asked.is_finished()
            })
            .await;
            let shown = measured(&health).await.read(WAIT);
            peer.run("ROLLBACK").await.expect("it was begun");
            drop(asked.await.expect("no panic"));
            until(async || health.ready().await.is_ok()).await;
            waited && shown > 2.0
        })
        .await;
        assert_eq!(measured(&health).await.read(WAIT), 0.0, "{place}");
        service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_ends_when_it_is_asked_to_although_a_peer_holds_the_log() {
    for place in places().await {
        let service = Service::start(place.target.clone()).await.expect("it starts");
        let _peer = hold(&place).await;
        let commands = service.commands.clone();
        let asked = tokio::spawn(async move { commands.execute(opening()).await });
        until(async || !service.log.longest_wait().is_zero()).await;
        let began = Instant::now();
        service.stop().await;
        assert!(began.elapsed() < Duration::from_secs(15), "{place}: {:?}", began.elapsed());
        assert_eq!(asked.await.expect("no panic"), Err(Fault::Unavailable), "{place}");
    }
}

/// A server that refuses everything that is written, and counts it.
const FULL: &str = "CREATE SEQUENCE refused;
    CREATE FUNCTION refuse_all() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM nextval('refused');
        RAISE EXCEPTION 'No space left on device' USING ERRCODE = 'disk_full';
    END
    $$;
    CREATE TRIGGER full_of_events BEFORE INSERT ON events FOR EACH STATEMENT EXECUTE FUNCTION refuse_all();
    CREATE TRIGGER full_of_probes BEFORE INSERT ON probes FOR EACH STATEMENT EXECUTE FUNCTION refuse_all()";

#[tokio::test(flavor = "multi_thread")]
async fn a_process_whose_database_takes_nothing_is_not_ready_for_as_long_as_that_is_so() {
    let place = Place::postgres().await;
    let service = Service::start(place.target.clone()).await.expect("it starts");
    let health = service.health();
    let mut peer = Raw::of(&place).await;
    peer.run(FULL).await.expect("it can be refused");
    assert_eq!(service.ask(opening()).await, Err(Fault::Unavailable));
    for tries in 2..6 {
        until(async || {
            let refused = peer.texts("SELECT last_value::text FROM refused").await.concat();
            refused.parse::<u64>().is_ok_and(|refused| refused >= tries)
        })
        .await; // Nobody asks for anything meanwhile.
        assert_eq!(health.ready().await, Err("the log cannot be written".to_owned()));
    }
    peer.run("DROP FUNCTION refuse_all CASCADE").await.expect("it is there");
    until(async || health.ready().await.is_ok()).await;
    let done = service.ask(opening()).await;
    assert!(matches!(done, Ok(Outcome::Done(_))), "{done:?}");
    assert!(peer.texts("SELECT 'left' FROM probes").await.is_empty());
    service.stop().await;
}
