//! Views built anew are the views that were there, on either engine and in batches of any size.

use tests::{Place, append_all, history, places};

use super::ground::*;

#[tokio::test(flavor = "multi_thread")]
async fn r133_views_rebuilt_from_the_log_equal_the_live_ones() {
    for place in places().await {
        let reading = Reading::with_history(&place, 1500, 1).await;
        let report = proof(&reading.log).await.expect("nothing differs");
        assert_eq!(report.position, *reading.log.head().borrow());
        let tables: Vec<&str> = report.tables().map(|(table, _)| table.as_str()).collect();
        for table in projections::tables() {
            assert!(tables.contains(&table.as_str()), "{table} is compared");
        }
        assert!(
            report.tables().all(|(_, rows)| *rows > 0),
            "no table is empty: {:?}",
            report.subjects
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn e5_both_engines_and_batches_of_any_size_come_to_the_same_rows() {
    let [sqlite, postgres] = places().await;
    let files = tests::directory();
    let at_once = Reading::with_history(&sqlite, 1200, 2).await;
    let bit_by_bit = Reading::at(&postgres).await;
    for appends in history(1200, 2).chunks(7) {
        append_all(&bit_by_bit.log, appends.to_vec()).await.expect("they are taken");
        bit_by_bit.caught_up().await;
    }
    let mut copies = vec![];
    for (name, log) in [("one", &at_once.log), ("two", &bit_by_bit.log)] {
        proof(log).await.expect("the live rows are those of the log");
        let file = files.path().join(format!("{name}.sqlite"));
        projections::replay(log, *log.head().borrow(), &file, |_| {}).await.expect("it is written");
        copies.push(rows(&file).await);
    }
    assert_eq!(copies[0], copies[1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebuild_takes_over_while_others_read_and_write() {
    for place in places().await {
        let reading = Reading::with_history(&place, 600, 3).await;
        let before = reading.views.current().name().to_owned();
        let rebuilt = projections::rebuild(&reading.log, |_| {}).await.expect("it is built");
        assert_ne!(rebuilt.name, before);
        let mut position = reading.views.watch();
        while reading.views.current().name() != rebuilt.name {
            drop(
                tokio::time::timeout(std::time::Duration::from_millis(20), position.changed())
                    .await,
            );
        }
        append_all(&reading.log, history(300, 4)).await.expect("the log goes on");
        reading.caught_up().await;
        proof(&reading.log).await.expect("nothing differs");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_readers_of_one_database_fold_every_event_once() {
    let place = Place::postgres().await;
    let (one, two) = (Reading::at(&place).await, Reading::at(&place).await);
    append_all(&one.log, history(1500, 5)).await.expect("the history is taken");
    one.caught_up().await;
    two.views.wait_for(one.views.position(), PATIENCE).await.expect("the other one catches up");
    proof(&one.log).await.expect("nothing is there twice");
}
