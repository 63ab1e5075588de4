//! Connections that break under load: nobody is told a success that is none, and the service comes back by itself.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use eventlog::{ExecuteError, Log};
use sqlx::{Connection, Executor, PgConnection};
use tests::Place;
use uuid::Uuid;

use super::account::*;

const CLIENTS: usize = 16;
const CUTS: usize = 10;

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_cuts_every_connection_loses_and_doubles_nothing() {
    let place = Place::postgres().await;
    let log = place.log().await;
    let eventlog::Target::Postgres { url } = &place.target else {
        unreachable!("this place is on PostgreSQL")
    };
    let (stop, faults, acknowledged) =
        (AtomicBool::new(false), AtomicUsize::new(0), AtomicUsize::new(0));
    let clients = (0..CLIENTS).map(|_| client(&log, &stop, &faults, &acknowledged));
    let (counts, ()) = futures::join!(futures::future::join_all(clients), async {
        for _ in 0..CUTS {
            let before = acknowledged.load(Ordering::Relaxed);
            wait_for(|| acknowledged.load(Ordering::Relaxed) > before + 20).await; // It works, or works again.
            cut_all(url).await;
        }
        let before = acknowledged.load(Ordering::Relaxed);
        wait_for(|| acknowledged.load(Ordering::Relaxed) > before + 20).await;
        stop.store(true, Ordering::Relaxed);
    });
    assert!(faults.load(Ordering::Relaxed) > 0, "cut connections are noticed");
    let events = by_command(&whole_at_last(&log).await);
    assert_eq!(events.len(), counts.iter().sum::<usize>());
    assert!(events.values().all(|events| *events == 1), "nothing is doubled");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_follower_goes_on_after_its_connections_were_cut() {
    let place = Place::postgres().await;
    let (here, there) = (place.log().await, place.log().await);
    let eventlog::Target::Postgres { url } = &place.target else {
        unreachable!("this place is on PostgreSQL")
    };
    let mut follower = here.follow(0);
    for nth in 1..=5 {
        cut_all(url).await;
        let deposit = command(new_command(), Uuid::now_v7(), deposit(1));
        while execute(&there, deposit.clone()).await.is_err() {}
        while follower.position() < nth {
            drop(follower.next(10).await); // An error says to try again.
        }
        assert_eq!(follower.position(), nth);
    }
}

/// Deposits until told to stop, asking again with the same id until there is an answer. Answers how many were taken.
async fn client(
    log: &Log,
    stop: &AtomicBool,
    faults: &AtomicUsize,
    acknowledged: &AtomicUsize,
) -> usize {
    let mut taken = 0;
    while !stop.load(Ordering::Relaxed) {
        let deposit = command(new_command(), Uuid::now_v7(), deposit(1));
        loop {
            match execute(log, deposit.clone()).await {
                Ok(_) => break,
                Err(ExecuteError::Unavailable(_) | ExecuteError::UnknownOutcome(_)) => {
                    faults.fetch_add(1, Ordering::Relaxed);
                }
                Err(other) => panic!("a cut connection is no {other:?}"),
            }
        }
        taken += 1;
        acknowledged.fetch_add(1, Ordering::Relaxed);
    }
    taken
}

async fn cut_all(url: &str) {
    let mut connection = PgConnection::connect(url).await.expect("the server answers");
    let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
               WHERE datname = current_database() AND pid <> pg_backend_pid()";
    connection.execute(sql).await.expect("one may end one's own connections");
}

async fn wait_for(condition: impl Fn() -> bool) {
    let wait = async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), wait)
        .await
        .expect("the service comes back by itself");
}
