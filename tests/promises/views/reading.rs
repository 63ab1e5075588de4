//! The reader: who wrote reads what it wrote, and what cannot be folded stops it.

use std::time::Duration;

use eventlog::{Append, Target};
use projections::{Behind, ReaderState};
use tests::{Place, append_all, bypassing, history, places};
use uuid::Uuid;

use super::ground::*;

#[tokio::test(flavor = "multi_thread")]
async fn whoever_wrote_reads_what_it_wrote() {
    for place in places().await {
        let reading = Reading::at(&place).await;
        for append in history(150, 8) {
            let receipt = reading.log.append(append).await.expect("it is taken");
            reading
                .views
                .wait_for(receipt.last_position, PATIENCE)
                .await
                .expect("the views follow");
            let position = reading.views.current().position().await.expect("it can be read");
            assert!(position >= receipt.last_position);
        }
        let beyond = reading.views.position() + 1;
        let behind = reading
            .views
            .wait_for(beyond, Duration::from_millis(1))
            .await
            .expect_err("nothing is there");
        assert_eq!(behind.position, beyond - 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_does_not_fit_halts_the_reader_after_those_before_it() {
    for place in places().await {
        let reading = Reading::with_history(&place, 100, 9).await;
        let good = reading.views.position();
        append_all(&reading.log, vec![poison("deal", "deal-won", r#"{"deal-withdrawn":{}}"#)])
            .await
            .expect("it is taken");
        append_all(&reading.log, history(50, 10)).await.expect("the log goes on");
        assert_eq!(halted(&reading).await.0, good + 1);
        assert_eq!(reading.views.current().position().await.expect("it can be read"), good);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_cannot_be_read_halts_the_reader_and_says_what_it_is() {
    for place in places().await {
        let reading = Reading::at(&place).await;
        let mut appends = history(40, 11);
        appends.push(poison("deal", "deal-won", r#"{"deal-devoured":{}}"#));
        append_all(&reading.log, appends).await.expect("they are taken");
        let head = *reading.log.head().borrow();
        let (position, error) = halted(&reading).await;
        assert_eq!(position, head);
        assert!(error.contains("deal-won"), "{error}");
        reading.views.wait_for(head - 1, PATIENCE).await.expect("everything before it is there");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_the_database_refuses_halts_the_reader_at_its_event_until_that_is_mended() {
    for place in places().await {
        let reading = Reading::at(&place).await;
        let (refuse, mend) = match &place.target {
            Target::Sqlite { .. } => (
                "CREATE TRIGGER barred BEFORE INSERT ON events WHEN NEW.position >= 77 \
                 BEGIN SELECT RAISE(ABORT, 'barred'); END",
                "DROP TRIGGER barred",
            ),
            Target::Postgres { .. } => (
                "ALTER TABLE events ADD CONSTRAINT barred CHECK (position < 77)",
                "ALTER TABLE events DROP CONSTRAINT barred",
            ),
        };
        tamper(&reading.views, &place, refuse).await;
        append_all(&reading.log, history(200, 14)).await.expect("the log goes on");
        let (position, error) = halted(&reading).await;
        assert_eq!(position, 77);
        assert!(error.contains("the database refuses its rows"), "{error}");
        assert_eq!(reading.views.position(), 76, "what comes before it is folded");
        let waiting = reading.views.wait_for(77, Duration::MAX);
        let behind = tokio::time::timeout(PATIENCE, waiting).await.expect("nobody waits for ever");
        assert_eq!(behind, Err(Behind { position: 76 }));
        tamper(&reading.views, &place, mend).await;
        until_runs(&reading).await;
    }
}

/// What makes an engine refuse every row of `events`, the code that it then gives, and what undoes it.
struct Bar {
    code: &'static str,
    bar: &'static [&'static str],
    mend: &'static [&'static str],
}

fn bars(target: &Target) -> [Bar; 2] {
    let too_big = Bar {
        code: "(18)",
        bar: &[
            "CREATE TRIGGER barred BEFORE INSERT ON events BEGIN SELECT zeroblob(1000000001); END",
        ],
        mend: &["DROP TRIGGER barred"],
    };
    let mismatch = Bar {
        code: "(20)",
        bar: &[
            "CREATE TABLE numbers (number INTEGER PRIMARY KEY)",
            "CREATE TRIGGER barred BEFORE INSERT ON events BEGIN INSERT INTO numbers VALUES ('one'); END",
        ],
        mend: &["DROP TRIGGER barred", "DROP TABLE numbers"],
    };
    let out_of_range = Bar {
        code: "(22003)",
        bar: &[
            "ALTER TABLE events ADD narrow smallint GENERATED ALWAYS AS ((sequence + 40000)::smallint) STORED",
        ],
        mend: &["ALTER TABLE events DROP narrow"],
    };
    let limit_exceeded = Bar {
        code: "(54000)",
        bar: &[
            "ALTER TABLE events ADD wide text GENERATED ALWAYS AS (repeat('w', 3000)) STORED",
            "ALTER TABLE events ALTER wide SET STORAGE EXTERNAL", // Not compressed.
            "CREATE INDEX wide ON events (wide)",
        ],
        mend: &["ALTER TABLE events DROP wide"],
    };
    match target {
        Target::Sqlite { .. } => [too_big, mismatch],
        Target::Postgres { .. } => [out_of_range, limit_exceeded],
    }
}

async fn tamper_with(reading: &Reading, place: &Place, statements: &[&str]) {
    for sql in statements {
        tamper(&reading.views, place, sql).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn values_and_limits_that_a_database_refuses_halt_the_reader_until_that_is_mended() {
    for nth in 0..2 {
        for place in places().await {
            let Bar { code, bar, mend } = &bars(&place.target)[nth];
            let reading = Reading::at(&place).await;
            tamper_with(&reading, &place, bar).await;
            append_all(&reading.log, history(20, 15)).await.expect("the log goes on");
            let (position, error) = halted(&reading).await;
            assert_eq!(position, 1, "{place}: {error}");
            assert!(error.contains(code), "{place}: {error}");
            tamper_with(&reading, &place, mend).await;
            until_runs(&reading).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_database_may_take_later_halts_nobody() {
    for place in places().await {
        let reading = Reading::with_history(&place, 20, 16).await;
        tamper(&reading.views, &place, "ALTER TABLE events RENAME TO elsewhere").await;
        append_all(&reading.log, history(20, 17)).await.expect("the log goes on");
        let mut state = reading.views.state();
        let retries = state.wait_for(|state| *state != ReaderState::Running);
        let retries = tokio::time::timeout(PATIENCE, retries).await.expect("in time");
        let retries = retries.expect("the reader runs").clone();
        assert!(matches!(retries, ReaderState::Retrying { .. }), "{place}: {retries:?}");
        tamper(&reading.views, &place, "ALTER TABLE elsewhere RENAME TO events").await;
        until_runs(&reading).await;
    }
}

/// Waits until the reader goes on by itself and has read all.
async fn until_runs(reading: &Reading) {
    let mut state = reading.views.state();
    let runs = state.wait_for(|state| *state == ReaderState::Running);
    drop(tokio::time::timeout(PATIENCE, runs).await.expect("in time").expect("the reader runs"));
    reading.caught_up().await;
    proof(&reading.log).await.expect("nothing differs");
}

fn poison(aggregate_type: &'static str, event_type: &str, payload: &str) -> Append {
    bypassing(aggregate_type, Uuid::now_v7(), event_type, payload)
}

async fn halted(reading: &Reading) -> (u64, String) {
    let mut state = reading.views.state();
    let halted = state.wait_for(|state| matches!(state, ReaderState::Halted { .. }));
    let halted = tokio::time::timeout(PATIENCE, halted)
        .await
        .expect("it halts in time")
        .expect("the reader runs")
        .clone();
    match halted {
        ReaderState::Halted { position, error } => (position, error),
        ReaderState::Running | ReaderState::Retrying { .. } => panic!("it does not halt"),
    }
}
