//! Open reactions on the command line: listed, and tried again by whoever serves the log (dead letter redrive).

use std::sync::Arc;

use comfy_table::{Table, presets::UTF8_FULL_CONDENSED};
use domain::{ClosedList, CommandId};
use eventlog::{Log, OpenItem, SystemClock, Target};
use serde_json::{Value, json};
use uuid::Uuid;

use super::output::Output;
use crate::effects::{OpenReaction, open_reactions};

/// Most that are listed.
const MOST: u32 = 1000;

pub(super) async fn list(target: Target, output: &Output) -> anyhow::Result<()> {
    let (text, json) = listed(target).await?;
    output.say(&text, &json);
    Ok(())
}

pub(super) async fn retry(
    target: &Target,
    id: Option<Uuid>,
    output: &Output,
) -> anyhow::Result<()> {
    let (text, json) = asked(target, id).await?;
    output.say(&text, &json);
    Ok(())
}

/// The open reactions, for a person and for a program.
pub async fn listed(target: Target) -> anyhow::Result<(String, Value)> {
    let log = Log::open_to_read(target, Arc::new(SystemClock)).await?;
    let open = open_reactions(&log, MOST).await;
    let counts = log.open_counts().await;
    log.close().await;
    let (open, counts) = (open?, counts?);
    let all: u64 = counts.values().sum();
    let rows: Vec<Value> = open.iter().map(as_json).collect();
    let text = if all == 0 {
        "no reaction is open: whatever should have come of the events has come".to_owned()
    } else {
        format!(
            "{}\n{all} are open; `accord reactions retry --all` has them tried again",
            table(&open)
        )
    };
    Ok((text, json!({ "open": all, "reactions": rows })))
}

/// Asks that one be tried again, or all.
pub async fn asked(target: &Target, id: Option<Uuid>) -> anyhow::Result<(String, Value)> {
    let asked = Log::ask_again(target, id.map(CommandId)).await?;
    if let Some(id) = id.filter(|_| asked == 0) {
        anyhow::bail!("no open reaction has the id {id}; `accord reactions` lists those there are");
    }
    let text = format!(
        "{asked} will be tried again within a second by the process that serves, or when one is begun; `accord \
         reactions` lists what stays open"
    );
    Ok((text, json!({ "asked": asked })))
}

fn table(open: &[OpenReaction]) -> String {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED);
    table.set_header(["id", "kind", "command", "amount", "since", "tries", "why"]);
    for OpenReaction { item, amount } in open {
        let OpenItem { command_id, kind, command, since, tries, code, reason, .. } = item;
        table.add_row([
            command_id.to_string(),
            kind.word().to_owned(),
            command.clone(),
            amount.map(|amount| amount.to_string()).unwrap_or_default(),
            since.format("%F %T").to_string(),
            tries.to_string(),
            format!("{code}: {reason}"),
        ]);
    }
    table.to_string()
}

fn as_json(OpenReaction { item, amount }: &OpenReaction) -> Value {
    json!({
        "id": item.command_id, "kind": item.kind.word(), "command": item.command,
        "aggregate": item.aggregate_id, "amount": amount, "code": item.code,
        "reason": item.reason, "cause": { "event": item.event_id, "position": item.position },
        "waits_for": item.waits_for, "since": item.since, "tried_at": item.tried_at,
        "tries": item.tries
    })
}
