//! The demo command: sample data of a year, built once, then served with a token for every role.

use std::sync::Arc;

use chrono::TimeDelta;
use comfy_table::{Table, presets::UTF8_FULL_CONDENSED};
use domain::AccountId;
use eventlog::{Clock, Log, SystemClock, Target};
use serde_json::json;

use super::{Demo, Mail, Serve, Store, output::Output, serve};
use crate::{
    auth::{InstallationKey, Role},
    clock::ManualClock,
    demo::{Year, examples},
    http::{Ide, RoleToken},
    service::Service,
};

const DIR: &str = "accord-demo";

/// Whose account of the year's signs in for each role.
const PEOPLE: [(Role, &str); 7] = [
    (Role::ChannelManager, "carla"),
    (Role::Finance, "fiona"),
    (Role::Auditor, "arthur"),
    (Role::Administrator, "vera"),
    (Role::Owner, "nora"),
    (Role::Seller, "niklas"),
    (Role::Specialist, "emil"),
];

pub(super) async fn demo(store: &Store, settings: Demo, output: &Output) -> anyhow::Result<()> {
    let year = Year::before(SystemClock.now())?;
    let own = build(&year, store, output).await?;
    if settings.build_only {
        return Ok(());
    }
    let dir = store.dir(DIR);
    let key = InstallationKey::open(&dir)?;
    let mut roles = vec![];
    for (role, name) in PEOPLE {
        let account = AccountId(year.story.id(name));
        let token = key.mint(account, None, TimeDelta::hours(12), SystemClock.now())?;
        roles.push((role, format!("{name}, {account}"), token));
    }
    output.say(
        &format!("{}\nOpen http://{}/ to query as any of them.", table(&roles), settings.listen),
        &json!({ "roles": roles.iter().map(|(role, account, token)|
            json!({ "role": role.name(), "account": account, "token": token })).collect::<Vec<_>>() }),
    );
    let ide = Ide {
        title: "Meridian Partner Programme (demo)".into(),
        examples: examples(&year.story),
        roles: roles
            .into_iter()
            .map(|(role, _, token)| RoleToken { name: role.name().into(), token })
            .collect(),
    };
    let serving = Serve {
        listen: settings.listen,
        issuer: None,
        audience: None,
        jwks_url: None,
        development: true,
        mail: Mail::default(),
    };
    let target = store.target(DIR);
    if own && matches!(target, Target::Sqlite { .. }) {
        // Whoever starts it by hand, be it weeks later, looks at its dates and has nobody's money in it.
        Log::confirm_clock(&target, Arc::new(SystemClock)).await?;
    }
    serve::serve(target, &dir, serving, Some(ide), output).await
}

/// Builds the year where the log is empty; a log that has events is served as it is. Tells whether it is the year's.
async fn build(year: &Year, store: &Store, output: &Output) -> anyhow::Result<bool> {
    let dir = store.dir(DIR);
    eventlog::private_dir(&dir)?;
    let service =
        Service::start_at(store.target(DIR), ManualClock::at(year.story.begins())).await?;
    let head = *service.log.head().borrow();
    let text = if head == 0 {
        let bar = output.progress("building a year", year.story.steps.len() as u64);
        let built = year.build(&service, |done| bar.set_position(done as u64)).await;
        bar.finish_and_clear();
        let built = built?;
        let head = *service.log.head().borrow();
        format!(
            "a year of {head} events: {} commands carried out, {} refused as they should be",
            built.done, built.refused
        )
    } else {
        format!("the log has {head} events already; they are served as they are")
    };
    let head = *service.log.head().borrow();
    let first = service.log.by_position(1).await?;
    let program = year.story.id("program");
    service.stop().await;
    output.say(&text, &json!({ "head": head, "data_dir": dir }));
    Ok(first.is_some_and(|first| first.envelope.aggregate_id == program))
}

fn table(roles: &[(Role, String, String)]) -> String {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED).set_header(["role", "account", "token (12 hours)"]);
    for (role, account, token) in roles {
        table.add_row([role.name(), account, token]);
    }
    // A token that wraps cannot be copied: the table is as wide as it needs to be.
    table.set_content_arrangement(comfy_table::ContentArrangement::Disabled);
    table.to_string()
}
