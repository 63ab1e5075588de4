//! Open items on the command line: listed, tried again by whoever serves the log (dead letter redrive), and dismissed.

use std::sync::Arc;

use comfy_table::{Table, presets::UTF8_FULL_CONDENSED};
use domain::{ClosedList, CommandId, bounds};
use eventlog::{Clock, Dismissal, ItemPage, Log, OpenItem, SystemClock, Target};
use serde_json::{Value, json};
use uuid::Uuid;

use super::output::Output;
use crate::open_items::{self, Listed};

/// Most that are listed.
const MOST: u32 = 1000;

pub(super) async fn list(target: Target, dismissed: bool, output: &Output) -> anyhow::Result<()> {
    let (text, json) = listed(target, dismissed).await?;
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

pub(super) async fn dismiss(
    target: &Target,
    id: Uuid,
    by: String,
    reason: String,
    output: &Output,
) -> anyhow::Result<()> {
    let (text, json) = dismissed(target, id, by, reason).await?;
    output.say(&text, &json);
    Ok(())
}

/// The open items, or those that were dismissed, for a person and for a program.
pub async fn listed(target: Target, dismissed: bool) -> anyhow::Result<(String, Value)> {
    let log = Log::open_to_read(target, Arc::new(SystemClock)).await?;
    let page = ItemPage { dismissed, most: MOST, ..ItemPage::default() };
    let items = open_items::listed(&log, page).await;
    let counts = log.open_counts().await;
    log.close().await;
    let (items, counts) = (items?, counts?);
    let open: u64 = counts.values().sum();
    let text = match (items.is_empty(), dismissed) {
        (true, false) => {
            "no item is open: whatever should have come of the events has come".to_owned()
        }
        (true, true) => "no item was dismissed".to_owned(),
        (false, false) => format!(
            "{}\n{open} are open; `accord open-items retry --all` has them tried again",
            table(&items)
        ),
        (false, true) => format!("{}\nthese were dismissed and are not tried again", table(&items)),
    };
    let items: Vec<Value> = items.iter().map(as_json).collect();
    Ok((text, json!({ "open": open, "items": items })))
}

/// Asks that one be tried again, or all.
pub async fn asked(target: &Target, id: Option<Uuid>) -> anyhow::Result<(String, Value)> {
    let asked = Log::ask_again(target, id.map(CommandId)).await?;
    if let Some(id) = id.filter(|_| asked == 0) {
        return Err(unknown(id));
    }
    let text = format!(
        "{asked} will be tried again within a second by the process that serves, or when one is begun; `accord \
         open-items` lists what stays open"
    );
    Ok((text, json!({ "asked": asked })))
}

/// Dismisses one.
pub async fn dismissed(
    target: &Target,
    id: Uuid,
    by: String,
    reason: String,
) -> anyhow::Result<(String, Value)> {
    bounds::check("by", &by, bounds::LINE)?;
    bounds::check("reason", &reason, bounds::PROSE)?;
    let dismissal = Dismissal { at: SystemClock.now(), by, reason };
    if !Log::dismiss(target, CommandId(id), &dismissal).await? {
        return Err(unknown(id));
    }
    let text = format!(
        "{id} is dismissed: nobody tries it again, and `accord open-items --dismissed` says who said so and why"
    );
    Ok((text, json!({ "dismissed": id })))
}

fn unknown(id: Uuid) -> anyhow::Error {
    anyhow::anyhow!("no open item has the id {id}; `accord open-items` lists those there are")
}

fn table(items: &[Listed]) -> String {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED);
    table.set_header(["id", "kind", "command", "amount", "since", "tries", "why"]);
    for Listed { item, amount } in items {
        let OpenItem { command_id, kind, command, since, tries, code, reason, dismissed, .. } =
            item;
        let dismissed = dismissed.as_ref().map(|Dismissal { at, by, reason }| {
            format!("\ndismissed by {by} on {}: {reason}", at.format("%F %T"))
        });
        table.add_row([
            command_id.to_string(),
            kind.word().to_owned(),
            command.clone(),
            amount.map(|amount| amount.to_string()).unwrap_or_default(),
            since.format("%F %T").to_string(),
            tries.to_string(),
            format!("{code}: {reason}{}", dismissed.unwrap_or_default()),
        ]);
    }
    table.to_string()
}

fn as_json(Listed { item, amount }: &Listed) -> Value {
    let dismissed = item.dismissed.as_ref();
    json!({
        "id": item.command_id, "kind": item.kind.word(), "command": item.command,
        "aggregate": item.aggregate_id, "amount": amount, "code": item.code,
        "reason": item.reason, "cause": { "event": item.event_id, "position": item.position },
        "waits_for": item.waits_for, "since": item.since, "tried_at": item.tried_at,
        "tries": item.tries,
        "dismissed": dismissed.map(|Dismissal { at, by, reason }| {
            json!({ "at": at, "by": by, "reason": reason })
        })
    })
}
