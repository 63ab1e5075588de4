//! Whoever asks may go away at any moment; what was asked happens once or not at all.

use std::pin::pin;

use futures::poll;
use rand::Rng;
use tests::places;
use uuid::Uuid;

use super::account::*;

#[tokio::test(flavor = "multi_thread")]
async fn commands_whose_caller_goes_away_are_whole_or_absent_and_a_retry_makes_them_once() {
    for place in places().await {
        let log = place.log().await;
        let account = Uuid::now_v7();
        let both = AccountCommand::DepositWithFee { amount: 3, fee: 1 };
        let commands: Vec<_> =
            (0..200).map(|_| command(new_command(), account, both.clone())).collect();
        for each in &commands {
            let mut asked = pin!(execute(&log, each.clone()));
            for _ in 0..rand::rng().random_range(0..6) {
                if poll!(&mut asked).is_ready() {
                    break;
                }
                tokio::task::yield_now().await;
            }
        }
        // Whatever is in the log by now, and while the rest is still on its way, is whole.
        assert!(by_command(&whole(&log).await).values().all(|events| *events == 2));
        for each in &commands {
            execute(&log, each.clone()).await.expect("a retry is answered");
        }
        let events = by_command(&whole(&log).await);
        assert!(commands.iter().all(|each| events.get(&each.provenance.command_id) == Some(&2)));
        let (state, version) = log.load::<Account>(account).await.expect("it loads");
        assert_eq!((state.balance, version), (400, 400));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn appends_whose_caller_goes_away_are_whole_or_absent() {
    for place in places().await {
        let log = place.log().await;
        let appends: Vec<_> =
            (0..200).map(|_| deposits(new_command(), Uuid::now_v7(), 0, 2)).collect();
        for append in &appends {
            let mut asked = pin!(log.append(append.clone()));
            for _ in 0..rand::rng().random_range(0..3) {
                if poll!(&mut asked).is_ready() {
                    break;
                }
            }
        }
        let retried = appends.iter().map(|append| log.append(append.clone()));
        for answer in futures::future::join_all(retried).await {
            answer.expect("a retry is answered");
        }
        let events = by_command(&whole(&log).await);
        assert!(events.len() == 200 && events.values().all(|events| *events == 2), "{events:?}");
    }
}
