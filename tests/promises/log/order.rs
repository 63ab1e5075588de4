//! The order that everything else is folded from: dense, and complete up to wherever one has read.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};

use eventlog::Log;
use sqlx::{Connection, Executor, PgConnection};
use tests::Place;
use uuid::Uuid;

use super::account::*;

const EACH: usize = 400;

#[tokio::test(flavor = "multi_thread")]
async fn three_processes_that_append_at_once_make_one_dense_order() {
    let place = Place::postgres().await;
    let logs = [place.log().await, place.log().await, place.log().await];
    let shared = Uuid::now_v7();
    let work = logs.iter().map(|log| async move {
        let own = (0..EACH).map(|_| issue(log, Uuid::now_v7(), deposit(1)));
        let contended = (0..20).map(|_| issue(log, shared, deposit(1)));
        let own = futures::future::join_all(own).await;
        let contended = futures::future::join_all(contended).await;
        assert!(own.iter().all(Result::is_ok));
        contended.iter().filter(|done| done.is_ok()).count()
    });
    let contended: usize = futures::future::join_all(work).await.into_iter().sum();
    let events = whole(&logs[0]).await;
    assert_eq!(events.len(), 3 * EACH + contended);
    let (state, _) = logs[1].load::<Account>(shared).await.expect("it loads");
    assert_eq!(state.balance, contended as i64);
}

#[tokio::test(flavor = "multi_thread")]
async fn m17_a_reader_of_dense_positions_loses_nothing_where_one_of_an_identity_column_does() {
    let place = Place::postgres().await;
    let eventlog::Target::Postgres { url } = &place.target else {
        unreachable!("this place is on PostgreSQL")
    };
    assert_eq!(
        lost_by_identity_column(url).await,
        1,
        "the control must fail, or the test proves nothing"
    );

    let (one, two) = (place.log().await, place.log().await);
    let done = AtomicBool::new(false);
    let (seen, ()) = futures::join!(seen_by_reader(&one, &done), async {
        futures::join!(many(&one), many(&two));
        done.store(true, Ordering::Release);
    });
    let all: HashSet<_> =
        whole(&one).await.into_iter().map(|event| event.envelope.event_id).collect();
    assert_eq!((all.len(), seen), (2 * EACH, all));
}

/// Takes numbers from an identity column in two transactions, commits the later one first, and reads in between, as
/// a reader does that remembers the highest number it has seen. Answers how many rows that reader never sees.
async fn lost_by_identity_column(url: &str) -> usize {
    let connect = || async { PgConnection::connect(url).await.expect("the server answers") };
    let (mut slow, mut quick, mut reader) = (connect().await, connect().await, connect().await);
    let run = "CREATE TABLE naive (id bigserial PRIMARY KEY, who text)";
    reader.execute(run).await.expect("a table can be made");
    let insert = "INSERT INTO naive (who) VALUES ('somebody')";
    slow.execute("BEGIN").await.expect("it begins");
    slow.execute(insert).await.expect("the first number is taken");
    quick.execute(insert).await.expect("the second number is taken and committed");
    let mut seen = 0;
    let mut last = read_naive(&mut reader, 0, &mut seen).await;
    slow.execute("COMMIT").await.expect("the first number is committed");
    last = read_naive(&mut reader, last, &mut seen).await;
    assert_eq!(last, 2);
    2 - seen
}

async fn read_naive(reader: &mut PgConnection, after: i64, seen: &mut usize) -> i64 {
    let query = sqlx::query_scalar("SELECT id FROM naive WHERE id > $1 ORDER BY id").bind(after);
    let ids: Vec<i64> = query.fetch_all(reader).await.expect("it can be read");
    *seen += ids.len();
    ids.last().copied().unwrap_or(after)
}

async fn many(log: &Log) {
    let deposits = (0..EACH).map(|_| issue(log, Uuid::now_v7(), deposit(1)));
    assert!(futures::future::join_all(deposits).await.iter().all(Result::is_ok));
}

/// What a reader sees that starts before and ends after the writers, and never looks back.
async fn seen_by_reader(log: &Log, done: &AtomicBool) -> HashSet<domain::EventId> {
    let (mut seen, mut position) = (HashSet::new(), 0);
    loop {
        let was_done = done.load(Ordering::Acquire);
        let page = log.read_after(position, 50).await.expect("no gap, at any moment");
        match page.last() {
            Some(last) => position = last.envelope.position,
            None if was_done => return seen,
            None => tokio::task::yield_now().await,
        }
        seen.extend(page.into_iter().map(|event| event.envelope.event_id));
    }
}
