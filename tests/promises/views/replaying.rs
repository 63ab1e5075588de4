//! The views as they were, for an auditor's own tools and for questions about the past.

use projections::{RebuildError, Sight, journal_lines};
use sqlx::{Connection, SqliteConnection};
use tests::places;

use super::ground::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_is_a_plain_file_that_holds_the_prefix_and_nothing_later() {
    for place in places().await {
        let reading = Reading::with_history(&place, 500, 19).await;
        let dir = tests::directory();
        let file = dir.path().join("audit.sqlite");
        projections::replay(&reading.log, 250, &file, |_| {}).await.expect("it is written");
        let url = format!("sqlite://{}?mode=ro", file.display());
        let mut connection = SqliteConnection::connect(&url).await.expect("any tool opens it");
        let (events, last): (i64, i64) =
            sqlx::query_as("SELECT count(*), max(position) FROM events")
                .fetch_one(&mut connection)
                .await
                .expect("it has the events");
        assert_eq!((events, last), (250, 250));
        let later: i64 = sqlx::query_scalar("SELECT count(*) FROM deals WHERE last_position > 250")
            .fetch_one(&mut connection)
            .await
            .expect("it has the deals");
        assert_eq!(later, 0);
        let again = projections::replay(&reading.log, 250, &file, |_| {}).await;
        assert!(matches!(again, Err(RebuildError::Exists(_))), "nothing is overwritten");
        let beyond =
            projections::replay(&reading.log, 999_999, &dir.path().join("other.sqlite"), |_| {})
                .await;
        assert!(matches!(beyond, Err(RebuildError::Beyond { .. })));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_past_answers_by_the_same_queries() {
    for place in places().await {
        let reading = Reading::with_history(&place, 800, 20).await;
        let until = reading.views.position() - 100;
        let past = projections::ephemeral(&reading.log, until).await.expect("it is folded");
        assert_eq!(past.position().await.expect("it can be read"), until);
        let then = journal_lines::trial_balance(past.db(), Sight::All, None, None)
            .await
            .expect("it can be read");
        let now = reading.views.current();
        let from_now = journal_lines::trial_balance(now.db(), Sight::All, None, Some(until)).await;
        assert_eq!(then, from_now.expect("it can be read"));
    }
}
