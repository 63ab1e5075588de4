//! What all durable followers of the log have in common (catch-up subscriptions): where they begin, and what they read.

use domain::{Recorded, decode};
use eventlog::{Log, RawEvent};

use crate::effects::{FIRST_PAUSE, wait};

/// How far the follower of this name has come, however long it takes to hear that.
pub(crate) async fn checkpoint(log: &Log, name: &str) -> u64 {
    let mut pause = FIRST_PAUSE;
    loop {
        match log.checkpoint(name).await {
            Ok(position) => return position,
            Err(error) => tracing::warn!(%error, name, "a checkpoint cannot be read yet"),
        }
        wait(&mut pause).await;
    }
}

/// The event; none where it cannot be understood.
pub(crate) fn understood(raw: RawEvent) -> Option<Recorded> {
    let position = raw.envelope.position;
    decode(raw.envelope, &raw.payload)
        .inspect_err(|error| tracing::error!(position, %error, "an event cannot be understood"))
        .ok()
}
