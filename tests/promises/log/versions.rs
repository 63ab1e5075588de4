//! Events of a version that this program does not know (schema evolution): nobody decides on what it can read of them.

use domain::EVENT_VERSION;
use eventlog::{ExecuteError, LoadError};
use tests::places;
use uuid::Uuid;

use super::account::*;

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_decided_on_an_event_of_a_later_version() {
    for place in places().await {
        let log = place.log().await;
        let account = Uuid::now_v7();
        issue(&log, account, deposit(40)).await.expect("it is of today");
        let mut later = deposits(new_command(), account, 1, 1);
        later.own.events[0].event_version = EVENT_VERSION + 1;
        log.append(later).await.expect("another program writes it");

        let loaded = log.load::<Account>(account).await.map(drop);
        assert!(matches!(loaded, Err(LoadError::Undecodable(_))), "{place}: {loaded:?}");
        let decided = issue(&log, account, AccountCommand::Withdraw { amount: 1 }).await;
        assert!(matches!(decided, Err(ExecuteError::Undecodable(_))), "{place}: {decided:?}");
        assert_eq!(whole(&log).await.len(), 2, "{place}: nothing was appended");
    }
}
