//! A process that is killed in the middle of its work has kept every promise it made.

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::sync::Arc;

use domain::CommandId;
use eventlog::{Log, SystemClock, Target};
use rand::Rng;
use tests::places;
use uuid::Uuid;

use super::account::*;

const KILLS: usize = 20;
const CLIENTS: usize = 32;
const TARGET: &str = "ACCORD_TEST_LOG";

#[tokio::test(flavor = "multi_thread")]
async fn a_process_killed_under_load_loses_no_acknowledged_command_and_doubles_none() {
    for place in places().await {
        place.log().await.close().await;
        let (mut asked, mut acknowledged) = (HashSet::new(), HashSet::new());
        for _ in 0..KILLS {
            let (tried, done) = tokio::task::block_in_place(|| load_until_killed(&place.target));
            asked.extend(tried);
            acknowledged.extend(done);
        }
        let log = place.log().await;
        let events = by_command(&whole(&log).await);
        assert!(acknowledged.len() >= KILLS, "there was load");
        assert!(
            acknowledged.iter().all(|command| events.get(command) == Some(&1)),
            "every promise is kept"
        );
        assert!(
            events.iter().all(|(command, count)| asked.contains(command) && *count == 1),
            "nothing is doubled"
        );
        let retried = asked.iter().map(|command| log.append(one_of(*command)));
        for answer in futures::future::join_all(retried).await {
            answer.expect("a retry is answered");
        }
        let events = by_command(&whole(&log).await);
        assert!(
            events.len() == asked.len() && events.values().all(|count| *count == 1),
            "each is there once"
        );
    }
}

/// The process that is killed. Run by itself it has nothing to do.
#[test]
#[ignore = "the test above starts it as a process of its own"]
fn load() {
    let Ok(target) = std::env::var(TARGET) else { return };
    let target = match target.strip_prefix("postgres://") {
        Some(_) => Target::Postgres { url: target },
        None => Target::Sqlite { dir: target.into() },
    };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
    runtime.block_on(async {
        let log = Log::open(target, Arc::new(SystemClock)).await.expect("the log opens");
        futures::future::join_all((0..CLIENTS).map(|_| append_for_ever(&log))).await;
    });
}

async fn append_for_ever(log: &Log) {
    loop {
        let command = new_command();
        say("asked", command);
        log.append(one_of(command)).await.expect("nobody disturbs the database");
        say("done", command);
    }
}

/// Each command opens a stream of its own.
fn one_of(command: CommandId) -> eventlog::Append {
    deposits(command, command.0, 0, 1)
}

fn say(word: &str, command: CommandId) {
    writeln!(std::io::stdout().lock(), "{word} {command}").expect("somebody listens");
}

/// The commands that a process asked for and those that it saw acknowledged before it was killed at a random moment.
fn load_until_killed(target: &Target) -> (Vec<CommandId>, Vec<CommandId>) {
    let target = match target {
        Target::Sqlite { dir } => dir.display().to_string(),
        Target::Postgres { url } => url.clone(),
    };
    let mut process = Command::new(std::env::current_exe().expect("a test knows itself"))
        .args(["promises::log::killed::load", "--exact", "--ignored", "--nocapture"])
        .env(TARGET, target)
        .stdout(Stdio::piped())
        .spawn()
        .expect("it can be started again");
    let enough = rand::rng().random_range(1..400);
    let (mut asked, mut acknowledged) = (vec![], vec![]);
    for line in BufReader::new(process.stdout.take().expect("it was piped")).lines() {
        let line = line.expect("lines are text");
        let said = line
            .split_once(' ')
            .and_then(|(word, id)| Some((word, CommandId(id.parse::<Uuid>().ok()?))));
        match said {
            Some(("asked", command)) => asked.push(command),
            Some(("done", command)) => acknowledged.push(command),
            Some(_) | None => {} // What the test runner says.
        }
        if acknowledged.len() == enough {
            process.kill().expect("it is still there"); // SIGKILL; what it had said by then is read on.
        }
    }
    process.wait().expect("it has ended");
    assert!(acknowledged.len() >= enough, "it ended by itself");
    (asked, acknowledged)
}
