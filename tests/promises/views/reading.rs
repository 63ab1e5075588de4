//! The reader: who wrote reads what it wrote, and what cannot be folded stops it.

use std::time::Duration;

use eventlog::{Append, Target};
use projections::{Behind, ReaderState};
use tests::{append_all, bypassing, history, places};
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
        let mut state = reading.views.state();
        let runs = state.wait_for(|state| *state == ReaderState::Running);
        tokio::time::timeout(PATIENCE, runs).await.expect("in time").expect("the reader runs");
        reading.caught_up().await;
        proof(&reading.log).await.expect("nothing differs");
    }
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
