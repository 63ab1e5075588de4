//! Whatever differs from the log is found and named.

use projections::{Difference, VerifyError};
use tests::places;

use super::ground::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_somebody_changed_is_named_with_both_values() {
    for place in places().await {
        let reading = Reading::with_history(&place, 400, 6).await;
        let change = "UPDATE partners SET company_name = 'Somebody else' WHERE last_position = \
                      (SELECT min(last_position) FROM partners)";
        tamper(&reading.views, &place, change).await;
        let error = proof(&reading.log).await.expect_err("it is found");
        let VerifyError::Different(differences) = error else { panic!("{error}") };
        let [Difference::Value { table, column, live, rebuilt, .. }] = differences.as_slice()
        else {
            panic!("{differences:?}")
        };
        assert_eq!((table.as_str(), column.as_str()), ("partners", "company_name"));
        assert!(
            live.contains("Somebody else") && rebuilt.contains("Partner"),
            "{live} and {rebuilt}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_too_few_and_a_row_too_many_are_named() {
    for place in places().await {
        let reading = Reading::with_history(&place, 400, 7).await;
        tamper(&reading.views, &place, "DELETE FROM events WHERE position = 17").await;
        tamper(&reading.views, &place, "UPDATE events SET position = 999999 WHERE position = 20")
            .await;
        let error = proof(&reading.log).await.expect_err("it is found");
        let VerifyError::Different(differences) = error else { panic!("{error}") };
        let named = |difference: Difference| differences.contains(&difference);
        assert!(
            named(Difference::Missing { table: "events".into(), key: "17".into() }),
            "{differences:?}"
        );
        assert!(
            named(Difference::Extra { table: "events".into(), key: "999999".into() }),
            "{differences:?}"
        );
    }
}
