//! Whatever differs from the log is found and named.

use std::collections::BTreeSet;

use projections::{Broken, Difference, VerifyError, check_claims, claims};
use sea_orm::{ConnectionTrait, TransactionTrait};
use tests::places;

use super::ground::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_somebody_changed_is_named_with_what_people_do_not_write() {
    const FIRST: &str = "WHERE last_position = (SELECT min(last_position) FROM partners)";
    for place in places().await {
        let reading = Reading::with_history(&place, 400, 6).await;
        let change = "UPDATE partners SET company_name = 'Somebody else', contacts = 'ann@x.example', \
                      reviewer = 'ann@x.example', stage = 'withdrawn', terms_version = 17";
        tamper(&reading.views, &place, &format!("{change} {FIRST}")).await;
        let error = proof(&reading.log).await.expect_err("it is found");
        let said = error.to_string();
        for personal in ["Somebody", "Partner ", "example", "sealed", "subject"] {
            assert!(!said.contains(personal), "{place}: {personal} in {said}");
        }
        let VerifyError::Different(differences) = error else { panic!("{error}") };
        let named = differences.iter().map(|difference| {
            let Difference::Value { column, values, .. } = difference else {
                panic!("{difference:?}")
            };
            (column.as_str(), values.as_ref().map(|values| values[0].as_str()))
        });
        let expected = [
            ("company_name", None),
            ("stage", Some("'withdrawn'")),
            ("reviewer", None),
            ("contacts", None),
            ("terms_version", Some("17")),
        ];
        assert_eq!(named.collect::<Vec<_>>(), expected, "{place}");
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

/// For each claim a change of rows that contradicts it, and none that is checked before it.
const CONTRADICTIONS: [(&str, &str); 19] = [
    (
        "an account has a role for a partner, or for the vendor, once at a time",
        "UPDATE grants SET valid_until = NULL",
    ),
    (
        "nobody has a role of the vendor and one of a partner at a time",
        "UPDATE grants SET partner = id WHERE role = 'auditor'",
    ),
    (
        "the network is a forest: everybody stands one below a parent that has joined the same programme",
        "UPDATE partners SET depth = depth + 1 WHERE depth = (SELECT max(depth) FROM partners)",
    ),
    (
        "an application waits as long as it is not decided, and no longer",
        "UPDATE partners SET stage = 'reviewed' WHERE stage = 'approved'",
    ),
    ("a deal is paid by its payments", "UPDATE deals SET paid_minor = paid_minor + 1"),
    (
        "of a frozen wallet nothing is available, and of any other nothing is frozen",
        "UPDATE wallets SET freezes = freezes + 1 WHERE available_minor > 0",
    ),
    ("no bucket of a wallet is below zero", "UPDATE wallets SET held_minor = -1"),
    (
        "the balance is what has matured and is not paid, and the sum of its history",
        "UPDATE wallets SET balance_minor = balance_minor + 1",
    ),
    (
        "each line of a statement carries the balance on from the one before",
        "UPDATE statement_lines SET balance_after_minor = balance_after_minor + 1",
    ),
    (
        "what is reserved or in transit are open payouts, one a wallet at most",
        "UPDATE wallets SET reserved_minor = reserved_minor + 1, available_minor = available_minor - 1
         WHERE available_minor > 0",
    ),
    ("what is held are lots that have not matured", "UPDATE wallets SET held_minor = held_minor + 1"),
    (
        "a lot is positive and matures whole, once",
        "UPDATE lots SET amount_minor = amount_minor + 1 WHERE matured_at IS NOT NULL",
    ),
    (
        "every journal entry balances in each currency",
        "UPDATE journal_lines SET debit_minor = debit_minor + 1 WHERE debit_minor > 0",
    ),
    (
        "the lines of an entry stand at one position, so that the trial balance is zero at every one",
        "UPDATE journal_lines SET position = position + 1000000
         WHERE nth = (SELECT max(nth) FROM journal_lines)",
    ),
    (
        "accounts are the sums of their lines",
        "UPDATE accounts SET debit_rest = debit_rest + 1, credit_rest = credit_rest + 1",
    ),
    (
        "positions are dense and every event has an id of its own",
        "DELETE FROM events WHERE position = 17",
    ),
    ("the buckets of a wallet equal its accounts", "UPDATE accounts SET wallet = NULL"),
    (
        "every calculation comes to the same result from its trace alone",
        "UPDATE commissions SET trace_hash = 'another' WHERE trace_hash IS NOT NULL",
    ),
    ("every accrual equals its leg", "UPDATE lots SET level = level + 1"),
];

#[tokio::test(flavor = "multi_thread")]
async fn each_claim_is_told_by_its_own_sentence_where_rows_contradict_it() {
    let contradicted = CONTRADICTIONS.map(|(claim, _)| claim);
    assert_eq!(BTreeSet::from_iter(contradicted), BTreeSet::from_iter(claims()));
    for place in places().await {
        let reading = Reading::with_history(&place, 1500, 8).await;
        let db = beside(&reading.views, &place).await;
        check_claims(&db).await.expect("the rows are sound");
        for (expected, change) in CONTRADICTIONS {
            let aside = db.begin().await.expect("a transaction begins");
            aside.execute_unprepared(change).await.expect("it can be changed");
            match check_claims(&aside).await {
                Err(Broken::Claim { claim, .. }) => assert_eq!(claim, expected, "{place}"),
                other => panic!("{place}: {expected}: {other:?}"),
            }
            aside.rollback().await.expect("it is as it was");
        }
    }
}
