//! Receipts, conflicts, retries, and what a command answers.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use eventlog::{AppendError, Clock, ExecuteError, Execution, Receipt};
use tests::places;
use uuid::Uuid;

use super::account::*;

#[tokio::test(flavor = "multi_thread")]
async fn r135_every_command_is_idempotent_under_a_client_supplied_key() {
    for place in places().await {
        let log = place.log().await;
        let account = Uuid::now_v7();
        issue(&log, account, deposit(10)).await.expect("a deposit is taken");

        let withdrawal = command(new_command(), account, AccountCommand::Withdraw { amount: 10 });
        let first = execute(&log, withdrawal.clone()).await.expect("there is enough");
        // Asked again, it would be refused: the account is empty by now. The receipt answers instead.
        let again = execute(&log, withdrawal.clone()).await.expect("a retry is answered");
        assert_eq!(again, Receipt { duplicate: true, ..first });

        let mut other = withdrawal.clone();
        other.provenance.fingerprint = fingerprint("another body");
        let refused = execute(&log, other).await;
        assert!(matches!(refused, Err(ExecuteError::CommandIdReused)), "{refused:?}");
        let elsewhere =
            execute(&log, command(withdrawal.provenance.command_id, Uuid::now_v7(), deposit(1)))
                .await;
        assert!(matches!(elsewhere, Err(ExecuteError::CommandIdReused)), "{elsewhere:?}");
        assert_eq!(whole(&log).await.len(), 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_command_asked_at_once_by_many_is_applied_once() {
    for place in places().await {
        let log = place.log().await;
        let deposit = command(new_command(), Uuid::now_v7(), deposit(5));
        let asked = (0..40).map(|_| execute(&log, deposit.clone()));
        let answers = futures::future::join_all(asked).await;
        let receipts = answers.into_iter().map(|answer| answer.expect("an answer"));
        let fresh = receipts.filter(|receipt| !receipt.duplicate).count();
        assert_eq!((fresh, whole(&log).await.len()), (1, 1));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outcome_that_held_already_leaves_a_receipt_by_which_it_never_acts_later() {
    for place in places().await {
        let log = place.log().await;
        let account = Uuid::now_v7();
        issue(&log, Uuid::now_v7(), deposit(1)).await.expect("another account's");
        let empty = command(new_command(), account, AccountCommand::Empty);
        let first = execute(&log, empty.clone()).await.expect("it is empty");
        assert_eq!((first.events(), first.last_position, first.duplicate), (0, 1, false));
        issue(&log, account, deposit(5)).await.expect("a deposit is taken");
        let again = execute(&log, empty).await.expect("a retry is answered");
        assert_eq!(again, Receipt { duplicate: true, ..first });
        let (state, _) = log.load::<Account>(account).await.expect("it loads");
        assert_eq!((state.balance, whole(&log).await.len()), (5, 2), "{place}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn receipts_without_events_stand_in_one_batch_with_those_that_have_some() {
    for place in places().await {
        let log = place.log().await;
        let appends: Vec<_> =
            (0..40).map(|nth| deposits(new_command(), Uuid::now_v7(), 0, nth % 3)).collect();
        let asked = appends.iter().cloned().map(|append| log.append(append));
        let receipts = futures::future::join_all(asked).await;
        let asked = appends.into_iter().map(|append| log.append(append));
        let again = futures::future::join_all(asked).await;
        let mut next = 1;
        for (nth, (first, again)) in receipts.into_iter().zip(again).enumerate() {
            let first = first.expect("the stream is new");
            assert_eq!((first.first_position, first.events()), (next, nth as u64 % 3), "{place}");
            next += first.events();
            assert_eq!(again.expect("a retry"), Receipt { duplicate: true, ..first }, "{place}");
        }
        assert_eq!((whole(&log).await.len() as u64, *log.head().borrow()), (next - 1, next - 1));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_passed_on_and_appends_nothing() {
    for place in places().await {
        let log = place.log().await;
        let refused = issue(&log, Uuid::now_v7(), AccountCommand::Withdraw { amount: 1 }).await;
        assert!(
            matches!(refused, Err(ExecuteError::Refused(AccountRefusal::Overdrawn))),
            "{refused:?}"
        );
        assert!(whole(&log).await.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_that_has_been_left_behind_is_a_conflict() {
    for place in places().await {
        let log = place.log().await;
        let account = Uuid::now_v7();
        let at = |version, amount| {
            let mut execution = command(new_command(), account, deposit(amount));
            execution.expected_version = Some(version);
            execution
        };
        let first = at(0, 1);
        execute(&log, first.clone()).await.expect("the account is new");
        let late = execute(&log, at(0, 2)).await;
        assert!(matches!(late, Err(ExecuteError::Conflict)), "{late:?}");
        let retried = execute(&log, first).await.expect("a retry is no conflict");
        assert!(retried.duplicate);
        let seen = Execution { expected_version: Some(3), ..at(0, 4) };
        let missing = execute(&log, Execution { aggregate_id: Uuid::now_v7(), ..seen }).await;
        assert!(matches!(missing, Err(ExecuteError::NotBegun)), "{missing:?}");
        execute(&log, at(1, 3)).await.expect("this is the version");
        let (state, version) = log.load::<Account>(account).await.expect("it loads");
        assert_eq!((state.balance, version), (4, 2));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn appends_to_a_stream_that_has_moved_or_is_not_there_yet_conflict() {
    for place in places().await {
        let log = place.log().await;
        let account = Uuid::now_v7();
        log.append(deposits(new_command(), account, 0, 2)).await.expect("the stream is new");
        for expected in [0, 1, 3] {
            let answer = log.append(deposits(new_command(), account, expected, 1)).await;
            assert!(matches!(answer, Err(AppendError::Conflict)), "at {expected}: {answer:?}");
        }
        let receipt =
            log.append(deposits(new_command(), account, 2, 3)).await.expect("this is its end");
        assert_eq!((receipt.first_position, receipt.last_position), (3, 5));
        assert_eq!(*log.head().borrow(), 5);
        let late = log.append(deposits(new_command(), account, 4, 0)).await;
        assert!(
            matches!(late, Err(AppendError::Conflict)),
            "what has moved may not hold: {late:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conflict_or_a_retry_in_a_batch_harms_nobody_else_in_it() {
    for place in places().await {
        let log = place.log().await;
        let (hot, retried) = (Uuid::now_v7(), new_command());
        log.append(deposits(retried, hot, 0, 1)).await.expect("the stream is new");
        let batch = (0..60).map(|nth| match nth % 3 {
            0 => log.append(deposits(new_command(), Uuid::now_v7(), 0, 1)), // Its own stream.
            1 => log.append(deposits(new_command(), hot, 1, 1)),            // One of these wins.
            _ => log.append(deposits(retried, hot, 0, 1)),                  // Applied before.
        });
        let answers = futures::future::join_all(batch).await;
        let count = |kind: fn(&Result<eventlog::Receipt, AppendError>) -> bool| {
            answers.iter().filter(|answer| kind(answer)).count()
        };
        assert_eq!(count(|answer| answer.as_ref().is_ok_and(|receipt| !receipt.duplicate)), 21);
        assert_eq!(count(|answer| answer.as_ref().is_ok_and(|receipt| receipt.duplicate)), 20);
        assert_eq!(count(|answer| matches!(answer, Err(AppendError::Conflict))), 19);
        assert_eq!(whole(&log).await.len(), 22);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn recorded_at_never_goes_back_even_when_the_clock_does() {
    for place in places().await {
        let clock = Arc::new(Hands::default());
        let log = place.log_at(clock.clone()).await;
        for seconds in [100, 50, 200, 10] {
            clock.0.store(seconds, Ordering::Relaxed);
            issue(&log, Uuid::now_v7(), deposit(1)).await.expect("a deposit is taken");
        }
        let recorded =
            whole(&log).await.into_iter().map(|event| event.envelope.recorded_at.timestamp());
        assert_eq!(recorded.collect::<Vec<_>>(), [100, 100, 200, 200]);
        let other = log.read_after(0, 1).await.expect("it can be read");
        assert_eq!(
            other[0].envelope.recorded_at.timestamp_subsec_nanos() % 1000,
            0,
            "microseconds at most"
        );
    }
}

/// A clock that shows what it is set to.
#[derive(Default)]
struct Hands(AtomicI64);

impl Clock for Hands {
    fn now(&self) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH
            + TimeDelta::seconds(self.0.load(Ordering::Relaxed))
            + TimeDelta::nanoseconds(1234)
    }

    fn by_hand(&self) -> bool {
        true
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_process_is_told_which_file_locks_it_out() {
    let place = tests::Place::sqlite();
    let log = place.log().await;
    let clock = Arc::new(eventlog::SystemClock);
    let error = eventlog::Log::open(place.target.clone(), clock.clone())
        .await
        .err()
        .expect("it is in use")
        .to_string();
    assert!(error.contains("log.lock") && error.contains("end that process"), "{error}");
    log.close().await;
    drop(log);
    eventlog::Log::open(place.target.clone(), clock).await.expect("it is free again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_without_its_tables_says_what_to_do() {
    let place = tests::Place::postgres().await;
    let opened = eventlog::Log::open(place.target.clone(), Arc::new(eventlog::SystemClock)).await;
    let error = opened.err().expect("nothing was migrated").to_string();
    assert!(error.contains("accord migrate"), "{error}");
}
