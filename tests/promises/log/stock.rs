//! The table is one that the stock repositories read, and nobody changes.

use cqrs_es::EventStore;
use cqrs_es::persist::{PersistedEventRepository, PersistedEventStore};
use domain::Held;
use eventlog::{Log, LogRepository};
use postgres_es::PostgresEventRepository;
use sqlite_es::SqliteEventRepository;
use tests::places;
use uuid::Uuid;

use super::account::*;
use super::raw::Raw;

#[tokio::test(flavor = "multi_thread")]
async fn the_stock_repositories_replay_the_log() {
    for place in places().await {
        let log = place.log().await;
        let account = Uuid::now_v7();
        for each in
            [open("Ann Archer"), deposit(40), AccountCommand::DepositWithFee { amount: 5, fee: 3 }]
        {
            issue(&log, account, each).await.expect("it is taken");
        }
        let (ours, version) = log.load::<Account>(account).await.expect("it loads");
        let (stock, stock_version) = by_stock(&log, account).await;
        assert_eq!((stock.balance, stock_version), (ours.balance, version));
        let holder = stock.holder.expect("it has been opened");
        assert!(
            matches!(holder.value, Held::Sealed(_)),
            "without the log's keys it stays sealed: {holder:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_neither_changed_nor_removed() {
    for place in places().await {
        let log = place.log().await;
        issue(&log, Uuid::now_v7(), deposit(1)).await.expect("a deposit is taken");
        let mut raw = Raw::of(&place).await;
        for sql in ["UPDATE events SET event_type = 'other'", "DELETE FROM events"] {
            let error = raw.run(sql).await.expect_err("it must not work").to_string();
            assert!(error.contains("append a correcting one"), "{sql}: {error}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn snapshots_are_refused() {
    for place in places().await {
        let repository = LogRepository::new(place.log().await);
        assert!(repository.get_snapshot::<Account>("any").await.is_err());
        let snapshot = Some(("any".into(), serde_json::Value::Null, 1));
        assert!(repository.persist::<Account>(&[], snapshot).await.is_err());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn replays_of_one_aggregate_and_of_all_see_every_event() {
    for place in places().await {
        let log = place.log().await;
        let account = Uuid::now_v7();
        for nth in 0..3 {
            log.append(deposits(new_command(), account, nth * 700, 700))
                .await
                .expect("it is the end");
        }
        log.append(deposits(new_command(), Uuid::now_v7(), 0, 1)).await.expect("the stream is new");
        let repository = LogRepository::new(log);
        let mut one =
            repository.stream_events::<Account>(&account.to_string()).await.expect("it streams");
        let mut all = repository.stream_all_events::<Account>().await.expect("it streams");
        for (stream, expected) in [(&mut one, 2100), (&mut all, 2101)] {
            let mut count = 0;
            while let Some(event) = stream.next::<Account>(&[]).await {
                event.expect("it can be read");
                count += 1;
            }
            assert_eq!(count, expected);
        }
    }
}

async fn by_stock(log: &Log, account: Uuid) -> (Account, u64) {
    match (log.postgres_pool(), log.sqlite_pool()) {
        (Some(pool), _) => loaded(PostgresEventRepository::new(pool.clone()), account).await,
        (_, Some(pool)) => loaded(SqliteEventRepository::new(pool.clone()), account).await,
        (None, None) => unreachable!("a log is on one of the two"),
    }
}

async fn loaded<R: PersistedEventRepository>(repository: R, account: Uuid) -> (Account, u64) {
    let store = PersistedEventStore::<R, Account>::new_event_store(repository);
    let context = store.load_aggregate(&account.to_string()).await.expect("it loads");
    (context.aggregate, context.current_sequence as u64)
}
