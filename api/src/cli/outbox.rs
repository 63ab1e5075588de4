//! The outbox on the command line: listed, and what failed sent again.

use std::sync::Arc;

use comfy_table::{Table, presets::UTF8_FULL_CONDENSED};
use domain::{ClosedList, mails::MailState};
use eventlog::{Clock, Log, MailPage, Outgoing, SystemClock, Target};
use serde_json::{Value, json};
use uuid::Uuid;

use super::output::Output;

/// Most that are listed.
const MOST: u32 = 1000;

pub(super) fn state(word: &str) -> Result<MailState, String> {
    MailState::of(word).ok_or_else(|| "the states are waiting, sent, failed and dropped".to_owned())
}

pub(super) async fn list(
    target: Target,
    state: Option<MailState>,
    output: &Output,
) -> anyhow::Result<()> {
    let (text, json) = listed(target, state).await?;
    output.say(&text, &json);
    Ok(())
}

pub(super) async fn retry(
    target: &Target,
    id: Option<Uuid>,
    output: &Output,
) -> anyhow::Result<()> {
    let (text, json) = again(target, id).await?;
    output.say(&text, &json);
    Ok(())
}

/// The mail there is, the latest first, for a person and for a program.
pub async fn listed(target: Target, state: Option<MailState>) -> anyhow::Result<(String, Value)> {
    let log = Log::open_to_read(target, Arc::new(SystemClock)).await?;
    let page = MailPage { state, last: true, most: MOST, ..MailPage::default() };
    let mail = log.mail_page(page).await;
    let counts = log.mail_counts().await;
    log.close().await;
    let (mail, counts) = (mail?, counts?);
    let count = |(state, word, _): &(MailState, &str, &str)| {
        (word.to_string(), counts.get(state).copied().unwrap_or_default())
    };
    let counts: Vec<(String, u64)> = MailState::ALL.iter().map(count).collect();
    let told: Vec<String> = counts.iter().map(|(word, count)| format!("{count} {word}")).collect();
    let told = told.join(", ");
    let text = if mail.is_empty() {
        told
    } else {
        format!("{}\n{told}; `accord outbox retry --all` has what failed sent again", table(&mail))
    };
    let counts: Value = counts.into_iter().map(|(word, count)| (word, json!(count))).collect();
    let mail: Vec<Value> = mail.iter().map(as_json).collect();
    Ok((text, json!({ "counts": counts, "mail": mail })))
}

/// Has one sent again that failed, or all.
pub async fn again(target: &Target, id: Option<Uuid>) -> anyhow::Result<(String, Value)> {
    let asked = Log::send_again(target, id, SystemClock.now()).await?;
    if let Some(id) = id.filter(|_| asked == 0) {
        anyhow::bail!(
            "no mail {id} has failed; `accord outbox --state failed` lists those that have"
        );
    }
    let text = format!(
        "{asked} will be sent again by the process that serves with a mail server, or when one is begun"
    );
    Ok((text, json!({ "asked": asked })))
}

fn table(mail: &[Outgoing]) -> String {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED);
    table.set_header(["id", "about", "for", "state", "since", "tries", "why"]);
    for mail in mail {
        table.add_row([
            mail.id.to_string(),
            mail.kind.word().to_owned(),
            format!("{} {}", mail.recipient.aggregate_type(), mail.recipient.id()),
            mail.state.word().to_owned(),
            mail.since.format("%F %T").to_string(),
            mail.tries.to_string(),
            mail.problem.clone().unwrap_or_default(),
        ]);
    }
    table.to_string()
}

fn as_json(mail: &Outgoing) -> Value {
    json!({
        "id": mail.id, "kind": mail.kind, "state": mail.state,
        "cause": { "event": mail.event_id, "position": mail.position },
        "recipient": { "type": mail.recipient.aggregate_type(), "id": mail.recipient.id() },
        "since": mail.since, "due_at": mail.due_at, "tries": mail.tries, "tried_at": mail.tried_at,
        "settled_at": mail.settled_at, "problem": mail.problem,
    })
}
