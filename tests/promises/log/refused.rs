//! Appends that the database refuses (constraint violations): no outage, and no harm to those that come with them.

use eventlog::{AppendError, ExecuteError, Target};
use tests::{Place, places};
use uuid::Uuid;

use super::account::*;
use super::raw::Raw;

/// Has the database refuse every event of an account, and says what makes it take them again.
async fn bar(place: &Place, account: Uuid) -> (Raw, &'static str) {
    let (bar, mend) = match &place.target {
        Target::Sqlite { .. } => (
            format!(
                "CREATE TRIGGER barred BEFORE INSERT ON events WHEN NEW.aggregate_id = '{account}' \
                 BEGIN SELECT RAISE(ABORT, 'barred'); END"
            ),
            "DROP TRIGGER barred",
        ),
        Target::Postgres { .. } => (
            format!("ALTER TABLE events ADD CONSTRAINT barred CHECK (aggregate_id <> '{account}')"),
            "ALTER TABLE events DROP CONSTRAINT barred",
        ),
    };
    let mut raw = Raw::of(place).await;
    raw.run(&bar).await.expect("one may do so to one's own tables");
    (raw, mend)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_database_refuses_is_impossible_and_what_comes_with_it_is_appended() {
    for place in places().await {
        let log = place.log().await;
        let barred = Uuid::now_v7();
        let (mut raw, mend) = bar(&place, barred).await;
        let accounts: Vec<Uuid> =
            (0..20).map(|nth| if nth == 10 { barred } else { Uuid::now_v7() }).collect();
        let appends = accounts.iter().map(|account| deposits(new_command(), *account, 0, 1));
        let answers = futures::future::join_all(appends.map(|append| log.append(append))).await;
        for (account, answer) in accounts.iter().zip(answers) {
            if *account == barred {
                assert!(matches!(answer, Err(AppendError::Impossible(_))), "{place}: {answer:?}");
            } else {
                assert!(answer.is_ok(), "{place}: {answer:?}");
            }
        }
        assert!(!log.is_failing(), "{place}: the log can be written");
        let deposit = command(new_command(), barred, deposit(1));
        let refused = execute(&log, deposit.clone()).await;
        assert!(matches!(refused, Err(ExecuteError::Impossible(_))), "{place}: {refused:?}");
        assert!(!log.is_failing(), "{place}");
        raw.run(mend).await.expect("it was barred");
        let done = execute(&log, deposit).await.expect("nothing stands in its way now");
        assert!(!done.duplicate, "{place}: nothing was left of it");
        assert_eq!(whole(&log).await.len(), 20, "{place}");
    }
}
