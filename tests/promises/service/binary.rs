//! The binary as whoever operates it runs it: its exit codes, and what it leaves behind (command-line interface).

use std::path::Path;
use std::process::Stdio;

use api::service::Service;
use eventlog::{REACTOR, Target};
use projections::Views;
use tests::{Place, Trade, append_all, history, places};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

use super::super::views::ground::{Reading, tamper};
use super::until;

/// The binary on this place, with `dir` for what it keeps beside the database.
fn accord(place: &Place, dir: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_accord-tried"));
    command.args(arguments).env_remove("DATABASE_URL").kill_on_drop(true);
    command.arg("--data-dir").arg(dir).stdout(Stdio::piped()).stderr(Stdio::null());
    if let Target::Postgres { url } = &place.target {
        command.args(["--database-url", url]);
    }
    command
}

/// The exit code of `accord verify`.
async fn verified(place: &Place, dir: &Path) -> Option<i32> {
    accord(place, dir, &["verify"]).status().await.expect("it runs").code()
}

/// Where the binary keeps what is not in the database.
fn data(place: &Place, beside: &Path) -> std::path::PathBuf {
    match &place.target {
        Target::Sqlite { dir } => dir.clone(),
        Target::Postgres { .. } => beside.to_owned(),
    }
}

/// What has been left of scratch space.
fn scratch(dir: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(dir).expect("it is there").flatten();
    let scratch =
        entries.filter(|entry| entry.file_name().to_string_lossy().starts_with("scratch-"));
    scratch.map(|entry| entry.path()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn verify_ends_with_0_where_all_holds_3_where_something_is_behind_and_1_where_it_differs() {
    let beside = tests::directory();
    for place in places().await {
        let dir = data(&place, beside.path());
        let service = Service::start(place.target.clone()).await.expect("it starts");
        Trade::without_money(&service.log).await.earn().await;
        service.settle().await;
        let head = *service.log.head().borrow();
        let log = service.log.clone();
        until(async || log.checkpoint(REACTOR).await.is_ok_and(|position| position == head)).await;
        service.stop().await;
        drop(log);
        assert_eq!(verified(&place, &dir).await, Some(0), "{place}");

        let log = place.log().await;
        log.set_checkpoint(REACTOR, head - 1).await.expect("it can be written");
        log.close().await;
        drop(log);
        assert_eq!(verified(&place, &dir).await, Some(3), "{place}");

        let log = place.log().await;
        log.set_checkpoint(REACTOR, head).await.expect("it can be written");
        let views = Views::open(&log).await.expect("the views open");
        tamper(&views, &place, "UPDATE deals SET paid_minor = 17").await;
        views.close().await;
        log.close().await;
        drop((views, log));
        assert_eq!(verified(&place, &dir).await, Some(1), "{place}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_proof_that_was_killed_leaves_is_swept_by_the_next_and_by_whoever_serves_next() {
    let beside = tests::directory();
    for place in places().await {
        let dir = data(&place, beside.path());
        let reading = Reading::of(place.log().await).await;
        append_all(&reading.log, history(1500, 61)).await.expect("they are taken");
        reading.caught_up().await;
        let (log, views) = (reading.log.clone(), reading.views.clone());
        reading.end().await;
        views.close().await;
        log.close().await;
        drop((log, views));

        leave_scratch(&place, &dir).await;
        assert!(verified(&place, &dir).await.is_some(), "{place}");
        assert_eq!(scratch(&dir), Vec::<std::path::PathBuf>::new(), "{place}: the next proof");

        leave_scratch(&place, &dir).await;
        let serve = ["serve", "--listen", "127.0.0.1:0"];
        let mut serving = accord(&place, &dir, &serve).spawn().expect("it runs");
        let mut said = BufReader::new(serving.stdout.take().expect("it was piped")).lines();
        let first = said.next_line().await.expect("it can be read").expect("it serves");
        assert!(first.contains("GraphQL at"), "{place}: {first}");
        assert_eq!(scratch(&dir), Vec::<std::path::PathBuf>::new(), "{place}: who serves next");
        let pid = serving.id().expect("it runs").to_string();
        let asked = Command::new("kill").args(["-TERM", &pid]).status().await;
        assert!(asked.expect("there is a kill").success());
        let ended = serving.wait().await.expect("it ends");
        assert_eq!(ended.code(), Some(0), "{place}: it was asked to end");
    }
}

/// Kills `accord verify` in the middle of its work.
async fn leave_scratch(place: &Place, dir: &Path) {
    until(async || {
        let mut proof = accord(place, dir, &["verify"]).spawn().expect("it runs");
        until(async || {
            let begun = scratch(dir).iter().any(|left| left.join("views.sqlite").exists());
            begun || proof.try_wait().expect("it can be asked").is_some()
        })
        .await;
        drop(proof.kill().await); // SIGKILL, unless it has ended.
        !scratch(dir).is_empty()
    })
    .await;
}
