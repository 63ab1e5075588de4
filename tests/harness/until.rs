//! Polling: waiting for a condition, not for a time.

use std::time::Duration;

/// Waits for `condition`, and fails where it does not hold in time.
pub async fn until(patience: Duration, mut condition: impl AsyncFnMut() -> bool) {
    let waiting = async {
        while !condition().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(patience, waiting).await.expect("the condition holds in time");
}
