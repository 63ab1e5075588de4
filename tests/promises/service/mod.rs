//! A process among others and beside its database: it says what is wrong with it, comes back, and ends when it is asked to.

mod gauges;
mod stalled;
mod supervised;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use api::commands::Request;
use chrono::{DateTime, Utc};
use domain::{Actor, Command, CommandId};
use eventlog::{Append, Clock, NewEvent, Part, Provenance, SystemClock};
use serde_json::json;
use uuid::Uuid;

/// The clock of the machine, until somebody breaks it.
#[derive(Default)]
struct Breakable(AtomicBool);

impl Clock for Breakable {
    fn now(&self) -> DateTime<Utc> {
        assert!(!self.0.load(Ordering::Relaxed), "the clock is broken");
        SystemClock.now()
    }
}

/// What opens a new programme.
fn opening() -> Request {
    let fields = json!({
        "name": "Channel", "time_zone": "Europe/Warsaw", "base_currency": "EUR",
        "interview_required": false, "max_network_depth": 3
    });
    let command = Command::parse("openProgram", Uuid::now_v7(), fields).expect("a command");
    Request {
        command_id: CommandId(Uuid::now_v7()),
        by: Actor::vendor("vera"),
        at: None,
        expected_version: None,
        cause: None,
        command,
    }
}

/// An event that nobody can read.
pub(crate) fn unreadable() -> Append {
    let command_id = CommandId(Uuid::now_v7());
    let provenance = Provenance {
        command_id,
        fingerprint: [1; 32],
        occurred_at: DateTime::UNIX_EPOCH,
        actor: Actor::vendor("mallory"),
        causation_id: None,
        correlation_id: command_id.0,
    };
    let event = NewEvent {
        event_type: "deal-won".into(),
        event_version: 1,
        payload: r#"{"deal-devoured":{}}"#.into(),
    };
    let (aggregate_id, events) = (Uuid::now_v7(), vec![event]);
    Append::alone(provenance, Part { aggregate_type: "deal", aggregate_id, expected: 0, events })
}

/// Waits for `condition`, not for a time.
async fn until(mut condition: impl AsyncFnMut() -> bool) {
    let waiting = async {
        while !condition().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), waiting).await.expect("it comes in time");
}

fn breakable() -> Arc<Breakable> {
    Arc::default()
}
