//! One-shot maintenance commands of the command line: migrate, rebuild, verify, replay, and the like.

use std::{collections::BTreeMap, path::Path, process::ExitCode, sync::Arc};

use anyhow::Context;
use chrono::{TimeDelta, Utc};
use domain::PartnerId;
use eventlog::{Log, SystemClock, Target};
use projections::VerifyError;
use serde_json::json;

use super::output::Output;
use crate::{
    auth::{InstallationKey, Role},
    clock::ManualClock,
    service::Service,
    story::Story,
};

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

pub(super) async fn verify(target: Target, output: &Output) -> anyhow::Result<ExitCode> {
    let log = Log::open_migrated(target, Arc::new(SystemClock)).await?;
    let head = *log.head().borrow();
    let bar = output.progress("verifying", head);
    let verified = projections::verify(&log, |progress| bar.set_position(progress.done)).await;
    bar.finish_and_clear();
    log.close().await;
    match verified {
        Ok(report) => {
            let rows: u64 = report.tables.iter().map(|(_, rows)| rows).sum();
            let text = format!(
                "holds: {} events folded anew give the same {rows} rows in {} tables; {} invariants hold",
                report.position,
                report.tables.len(),
                report.invariants
            );
            let json = json!({
                "holds": true,
                "position": report.position,
                "tables": report.tables.into_iter().collect::<BTreeMap<_, _>>(),
                "invariants": report.invariants,
            });
            output.say(&text, &json);
            Ok(ExitCode::SUCCESS)
        }
        Err(VerifyError::Different(differences)) => {
            let differences: Vec<String> = differences.iter().map(ToString::to_string).collect();
            let text = format!("DIFFERS:\n{}", differences.join("\n"));
            output.say(&text, &json!({ "holds": false, "differences": differences }));
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

pub(super) async fn replay(
    target: Target,
    until: u64,
    out: &Path,
    output: &Output,
) -> anyhow::Result<()> {
    let log = Log::open_migrated(target, Arc::new(SystemClock)).await?;
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
    role: Role,
    subject: &str,
    partner: Option<PartnerId>,
    hours: u32,
    output: &Output,
) -> anyhow::Result<()> {
    let key =
        InstallationKey::open(dir).with_context(|| format!("{} cannot be used", dir.display()))?;
    let token = key.mint(role, subject, partner, TimeDelta::hours(hours.into()), Utc::now())?;
    output.say(&token, &json!({ "token": token }));
    Ok(())
}
