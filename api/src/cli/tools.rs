//! One-shot maintenance commands of the command line: migrate, rebuild, verify, replay, and the like.

use std::{collections::BTreeMap, path::Path, process::ExitCode, sync::Arc};

use anyhow::Context;
use chrono::TimeDelta;
use domain::{AccountId, account::Seat};
use eventlog::{Clock, Log, SystemClock, Target};
use projections::{Found, Positions, Report, Subject, Tried, VerifyError};
use serde_json::{Value, json};

use super::output::Output;
use crate::{auth::InstallationKey, clock::ManualClock, service::Service, story::Story};

pub(super) async fn story(target: Target, file: &Path, output: &Output) -> anyhow::Result<()> {
    let story = Story::read(file)?;
    let service = Service::start_at(target, ManualClock::at(story.begins())).await?;
    let bar = output.progress("telling", story.steps.len() as u64);
    let told = story.tell(file, &service, |done| bar.set_position(done as u64)).await;
    bar.finish_and_clear();
    let head = *service.log.head().borrow();
    service.stop().await;
    let told = told?;
    let text = format!(
        "{}: {} commands carried out, {} refused and {} questions answered as written, {} of both left out since their \
         moment is over; the log ends at position {head}",
        story.title, told.done, told.refused, told.answered, told.left_out
    );
    output.say(
        &text,
        &json!({ "story": story.title, "done": told.done, "refused": told.refused,
            "answered": told.answered, "left_out": told.left_out, "head": head }),
    );
    Ok(())
}

pub(super) async fn migrate(target: &Target, output: &Output) -> anyhow::Result<()> {
    Log::migrate(target).await?;
    output.say("the schema is up to date", &json!({ "migrated": true }));
    Ok(())
}

pub(super) async fn rebuild(target: Target, output: &Output) -> anyhow::Result<()> {
    let log = Log::open_migrated(target, Arc::new(SystemClock)).await?;
    let head = *log.head().borrow();
    let bar = output.progress("rebuilding views", head);
    let rebuilt = projections::rebuild(&log, |progress| bar.set_position(progress.done)).await;
    bar.finish_and_clear();
    log.close().await;
    let rebuilt = rebuilt.context("the views were not rebuilt; the live ones are as they were")?;
    let text = format!("views rebuilt from {} events into {}", rebuilt.position, rebuilt.name);
    output.say(&text, &json!({ "position": rebuilt.position, "namespace": rebuilt.name }));
    Ok(())
}

/// The exit code of views, effects or timers that are right as far as they go and stand behind the log.
const BEHIND: u8 = 3;

pub(super) async fn verify(
    target: Target,
    dir: &Path,
    output: &Output,
) -> anyhow::Result<ExitCode> {
    let log = Log::open_to_read(target, Arc::new(SystemClock)).await?;
    let head = *log.head().borrow();
    let bar = output.progress("verifying", head);
    let verified = projections::verify(&log, dir, |progress| bar.set_position(progress.done)).await;
    bar.finish_and_clear();
    log.close().await;
    match verified {
        Ok(report) => {
            let behind = report.positions.are_behind();
            output.say(&told(&report), &as_json(&report));
            Ok(if behind { ExitCode::from(BEHIND) } else { ExitCode::SUCCESS })
        }
        Err(VerifyError::Different(differences)) => {
            let differences: Vec<String> = differences.iter().map(ToString::to_string).collect();
            let text = format!("DIFFERS:\n{}", differences.join("\n"));
            output.say(&text, &json!({ "holds": false, "differences": differences }));
            Ok(ExitCode::FAILURE)
        }
        Err(VerifyError::Damaged(values)) => {
            let values: Vec<String> = values.iter().map(ToString::to_string).collect();
            let text = format!("DAMAGED:\n{}", values.join("\n"));
            output.say(&text, &json!({ "holds": false, "damaged": values }));
            Ok(ExitCode::FAILURE)
        }
        Err(VerifyError::Unsound(broken)) => {
            output.say(
                &format!("DIFFERS:\n{broken}"),
                &json!({ "holds": false, "broken": broken.to_string() }),
            );
            Ok(ExitCode::FAILURE)
        }
        Err(VerifyError::Failed(error)) => Err(error.into()),
    }
}

fn told(report: &Report) -> String {
    let rows: u64 = report.tables().map(|(_, rows)| rows).sum();
    let Positions { head, views, reactor, late, late_since } = report.positions;
    let mut lines = vec![format!(
        "holds: {} events folded anew give the same {rows} rows in {} tables; {} invariants hold",
        report.position,
        report.tables().count(),
        report.claims()
    )];
    for subject in &report.subjects {
        let tables: Vec<String> =
            subject.tables.iter().map(|(table, rows)| format!("{table} {rows}")).collect();
        let (name, claims) = (subject.name, subject.claims);
        lines.push(format!("  {name:<8} {claims} invariants over {}", tables.join(", ")));
    }
    let Found { due, open, dismissed, lots } = report.effects;
    lines.push(format!(
        "  effects  {due} due, {open} of them open items, {dismissed} dismissed; {lots} lots, each with its leg"
    ));
    let Tried { open, erased } = report.personal;
    lines.push(format!("  personal {open} values open, {erased} erased"));
    lines.push(format!("  the log ends at {head}; views at {views}, reactor at {reactor}"));
    if let Some(since) = late_since {
        lines.push(format!("  {late} timers are late, the first since {since}"));
    }
    if report.positions.are_behind() {
        lines.push("BEHIND: what is there holds, and something is still to come".to_owned());
    }
    lines.join("\n")
}

fn as_json(report: &Report) -> Value {
    let Positions { head, views, reactor, late, late_since } = report.positions;
    let Found { due, open, dismissed, lots } = report.effects;
    let subject = |subject: &Subject| {
        let tables: BTreeMap<&String, u64> =
            subject.tables.iter().map(|(table, rows)| (table, *rows)).collect();
        (subject.name, json!({ "tables": tables, "invariants": subject.claims }))
    };
    json!({
        "holds": true,
        "behind": report.positions.are_behind(),
        "position": report.position,
        "subjects": report.subjects.iter().map(subject).collect::<BTreeMap<_, _>>(),
        "invariants": report.claims(),
        "personal": { "open": report.personal.open, "erased": report.personal.erased },
        "effects": { "due": due, "open": open, "dismissed": dismissed, "lots": lots },
        "positions": { "head": head, "views": views, "reactor": reactor },
        "timers": { "late": late, "since": late_since },
    })
}

pub(super) async fn replay(
    target: Target,
    until: u64,
    out: &Path,
    output: &Output,
) -> anyhow::Result<()> {
    let log = Log::open_to_read(target, Arc::new(SystemClock)).await?;
    let bar = output.progress("replaying", until);
    let replayed =
        projections::replay(&log, until, out, |progress| bar.set_position(progress.done)).await;
    bar.finish_and_clear();
    log.close().await;
    replayed?;
    let text = format!("the views at position {until} are in {}", out.display());
    output.say(&text, &json!({ "until": until, "out": out }));
    Ok(())
}

pub(super) fn token(
    dir: &Path,
    account: AccountId,
    acting: Option<Seat>,
    hours: u32,
    output: &Output,
) -> anyhow::Result<()> {
    let key =
        InstallationKey::open(dir).with_context(|| format!("{} cannot be used", dir.display()))?;
    let token = key.mint(account, acting, TimeDelta::hours(hours.into()), SystemClock.now())?;
    output.say(&token, &json!({ "token": token }));
    Ok(())
}
