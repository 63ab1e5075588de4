//! What a log holds, event by event in its order (fixture).

use domain::{Recorded, decode};
use eventlog::{Log, RawEvent};

/// More events than any test tells.
const ALL: u32 = 100_000;

/// Every event of the log, with what is personal in it sealed.
pub async fn told(log: &Log) -> Vec<Recorded> {
    decoded(log.read_after(0, ALL).await.expect("the log reads"))
}

/// The same with what is personal open, as no two seals are alike.
pub async fn told_open(log: &Log) -> Vec<Recorded> {
    let events = log.read_after(0, ALL).await.expect("the log reads");
    let opened = log.open_events(events).await.expect("the keys are there").into_iter();
    decoded(opened.map(|event| event.expect("what is sealed opens")).collect())
}

fn decoded(events: Vec<RawEvent>) -> Vec<Recorded> {
    let decoded = events.into_iter().map(|raw| decode(raw.envelope, &raw.payload));
    decoded.map(|event| event.expect("every event decodes")).collect()
}
