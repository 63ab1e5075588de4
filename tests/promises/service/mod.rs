//! A process among others and beside its database: it says what is wrong with it, comes back, and ends when it is asked to.

mod binary;
mod clocks;
mod gauges;
mod held;
mod open_items;
mod reacting;
mod settled;
mod stalled;
mod supervised;
mod timers;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use api::commands::Request;
use chrono::{DateTime, Utc};
use domain::{Command, CommandId};
use eventlog::{Append, Clock, SystemClock};
use serde_json::json;
use tests::{bypassing, vendor};
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
        "name": "Channel", "base_currency": "EUR",
                "policy": { "time_zone": "Europe/Warsaw", "interview_required": false, "max_network_depth": 3 }
    });
    let command = Command::parse("openProgram", Uuid::now_v7(), fields).expect("a command");
    Request {
        command_id: CommandId(Uuid::now_v7()),
        by: vendor("vera", "openProgram"),
        at: None,
        expected_version: None,
        cause: None,
        command,
    }
}

/// An event that nobody can read.
pub(crate) fn unreadable() -> Append {
    bypassing("deal", Uuid::now_v7(), "deal-won", r#"{"deal-devoured":{}}"#)
}

async fn until(condition: impl AsyncFnMut() -> bool) {
    tests::until(Duration::from_secs(30), condition).await;
}

fn breakable() -> Arc<Breakable> {
    Arc::default()
}
