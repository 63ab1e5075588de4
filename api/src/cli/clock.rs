//! The clock on the command line: what is known of the time, and an operator's word that it is right (acknowledgement).

use std::sync::Arc;

use chrono::{DateTime, Utc};
use eventlog::{Log, SystemClock, Target, Timed};
use serde_json::{Value, json};

use super::output::Output;

pub(super) async fn show(target: Target, output: &Output) -> anyhow::Result<()> {
    let (text, json) = shown(target).await?;
    output.say(&text, &json);
    Ok(())
}

pub(super) async fn confirm(target: &Target, output: &Output) -> anyhow::Result<()> {
    let (text, json) = confirmed(target).await?;
    output.say(&text, &json);
    Ok(())
}

/// What is known of the time, for a person and for a program.
pub async fn shown(target: Target) -> anyhow::Result<(String, Value)> {
    let log = Log::open_to_read(target, Arc::new(SystemClock)).await?;
    let timed = log.timed().await;
    log.close().await;
    let Timed { shows, witness, skew } = timed?;
    let known = [
        ("the last event", witness.last, "there is none"),
        ("last seen", witness.seen, "never, by a process that serves"),
        ("the database's clock", witness.server, "it has none"),
        ("last confirmed", witness.confirmed, "never"),
    ];
    let mut lines = vec![line("the clock", &instant(shows))];
    lines.extend(known.map(|(what, at, none)| line(what, &at.map_or(none.to_owned(), instant))));
    lines.push(match skew {
        Some(skew) => format!(
            "HELD: {skew}; a process that begins now decides nothing and runs no timer: {}",
            skew.way_out()
        ),
        None => "nothing is held".to_owned(),
    });
    let json = json!({
        "clock": shows, "last_event": witness.last, "last_seen": witness.seen,
        "database": witness.server, "confirmed": witness.confirmed, "held": skew.is_some(),
        "why": skew.map(|skew| skew.to_string()), "way_out": skew.map(|skew| skew.way_out()),
    });
    Ok((lines.join("\n"), json))
}

/// Says that the clock is right.
pub async fn confirmed(target: &Target) -> anyhow::Result<(String, Value)> {
    let now = Log::confirm_clock(target, Arc::new(SystemClock)).await?;
    let text =
        format!("confirmed: it is {}; a process that serves goes on within seconds", instant(now));
    Ok((text, json!({ "confirmed": now })))
}

fn line(what: &str, says: &str) -> String {
    format!("{what:<20}  {says}")
}

fn instant(at: DateTime<Utc>) -> String {
    at.format("%F %T UTC").to_string()
}
