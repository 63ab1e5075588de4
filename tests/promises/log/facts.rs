//! What is kept in memory between commands (the cache): out of date it is brought forward, and nothing rests on it unchecked.

use eventlog::ExecuteError;
use tests::{Place, places};
use uuid::Uuid;

use super::account::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_state_that_another_process_has_left_behind_neither_refuses_nor_does_nothing() {
    let place = Place::postgres().await;
    let (here, there) = (place.log().await, place.log().await);
    let account = Uuid::now_v7();
    issue(&here, account, deposit(10)).await.expect("a deposit is taken");
    issue(&there, account, deposit(10)).await.expect("a deposit is taken");
    issue(&here, account, AccountCommand::Withdraw { amount: 20 }).await.expect("there is enough");
    let refused = issue(&there, account, AccountCommand::Withdraw { amount: 1 }).await;
    assert!(
        matches!(refused, Err(ExecuteError::Refused(AccountRefusal::Overdrawn))),
        "{refused:?}"
    );
    issue(&here, account, deposit(5)).await.expect("a deposit is taken");
    let emptied = issue(&there, account, AccountCommand::Empty).await.expect("there is something");
    assert_eq!(emptied.events(), 1, "it was not empty any more");
    let empty = issue(&here, account, AccountCommand::Empty).await.expect("it is empty");
    assert_eq!(empty.events(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_is_what_its_stream_folds_to_whatever_came_of_the_commands() {
    for place in places().await {
        let log = place.log().await;
        let account = Uuid::now_v7();
        let mut balance = 0;
        for nth in 1..=40 {
            let (command, change) = match nth % 4 {
                0 => (AccountCommand::Withdraw { amount: 1_000 }, None),
                1 => (deposit(nth), Some(nth)),
                2 => (AccountCommand::DepositWithFee { amount: nth, fee: 1 }, Some(nth - 1)),
                _ => (AccountCommand::Withdraw { amount: 1 }, Some(-1)),
            };
            let done = issue(&log, account, command).await;
            assert_eq!(done.is_ok(), change.is_some(), "{nth}: {done:?}");
            balance += change.unwrap_or(0);
        }
        let all = AccountCommand::Withdraw { amount: balance + 1 };
        let refused = issue(&log, account, all).await;
        assert!(matches!(refused, Err(ExecuteError::Refused(_))), "{refused:?}");
        let all = AccountCommand::Withdraw { amount: balance };
        issue(&log, account, all).await.expect("exactly that is there");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_named_version_is_that_of_the_stream_whatever_was_kept() {
    let place = Place::postgres().await;
    let (here, there) = (place.log().await, place.log().await);
    let account = Uuid::now_v7();
    issue(&here, account, deposit(1)).await.expect("a deposit is taken");
    issue(&there, account, deposit(1)).await.expect("a deposit is taken");
    let at = |version| {
        let mut execution = command(new_command(), account, deposit(1));
        execution.expected_version = Some(version);
        execution
    };
    let late = execute(&here, at(1)).await;
    assert!(matches!(late, Err(ExecuteError::Conflict)), "{late:?}");
    execute(&here, at(2)).await.expect("this is the version");
}
