//! The sessions of a writer (PostgreSQL): neither a peer that stops within its batch, nor a server that does not answer, keeps
//! the others from appending for longer than a bound.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use eventlog::{AppendError, Log, SystemClock, Target};
use tests::Place;
use uuid::Uuid;

use super::account::*;
use super::raw::Raw;

const TARGET: &str = "ACCORD_TEST_PEER_LOG";

/// More than any bound here, and less than for ever.
const PATIENCE: Duration = Duration::from_secs(30);

/// Has the session that appends say of itself what `what` selects, at every append.
async fn watch(raw: &mut Raw, what: &str) {
    for sql in [
        format!("CREATE TABLE said AS {what} WHERE false"),
        format!(
            "CREATE FUNCTION say() RETURNS trigger LANGUAGE plpgsql AS
             $$ BEGIN INSERT INTO said {what}; RETURN NULL; END $$"
        ),
        "CREATE TRIGGER say AFTER INSERT ON events FOR EACH STATEMENT EXECUTE FUNCTION say()"
            .into(),
    ] {
        raw.run(&sql).await.expect("one may do so to one's own tables");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_session_that_appends_is_bounded_in_everything_that_it_may_wait_for() {
    let place = Place::postgres().await;
    let log = place.log().await;
    let mut raw = Raw::of(&place).await;
    // Through a socket of this machine a server shows no keepalive, but it knows what was asked for.
    watch(&mut raw, "SELECT concat(name, '=', reset_val) AS setting FROM pg_settings").await;
    log.append(deposits(new_command(), Uuid::now_v7(), 0, 1)).await.expect("it is taken");
    let settings = raw.texts("SELECT setting FROM said").await;
    let settings: HashMap<&str, &str> =
        settings.iter().filter_map(|setting| setting.split_once('=')).collect();
    let number = |name: &str| settings[name].parse::<u64>().expect(name);
    for (name, most) in [
        ("lock_timeout", 3_000), // Milliseconds.
        ("statement_timeout", 5_000),
        ("idle_in_transaction_session_timeout", 5_000),
        ("tcp_user_timeout", 11_000),
        ("tcp_keepalives_idle", 5), // Seconds.
        ("tcp_keepalives_interval", 2),
        ("tcp_keepalives_count", 3),
    ] {
        assert!((1..=most).contains(&number(name)), "{name} is {}", settings[name]);
    }
    assert_eq!(settings["synchronous_commit"], "on");
    assert_eq!(settings["default_transaction_isolation"], "read committed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_goes_on_for_too_long_is_ended_by_the_server_and_nothing_was_changed() {
    let place = Place::postgres().await;
    let log = place.log().await;
    let (mut raw, slow) = (Raw::of(&place).await, Uuid::now_v7());
    for sql in [
        "CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS
         $$ BEGIN PERFORM pg_sleep(60); RETURN NEW; END $$",
        &format!(
            "CREATE TRIGGER dawdle BEFORE INSERT ON events FOR EACH ROW
             WHEN (NEW.aggregate_id = '{slow}') EXECUTE FUNCTION dawdle()"
        ),
    ] {
        raw.run(sql).await.expect("one may do so to one's own tables");
    }
    let asked = Instant::now();
    let late = log.append(deposits(new_command(), slow, 0, 1)).await;
    assert!(matches!(late, Err(AppendError::Unavailable(_))), "{late:?}");
    assert!(asked.elapsed() < Duration::from_secs(8), "{:?}", asked.elapsed());
    log.append(deposits(new_command(), Uuid::now_v7(), 0, 1)).await.expect("the others go on");
    assert_eq!(whole(&log).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_gets_no_answer_is_unknown_after_a_while_and_the_others_go_on() {
    let place = Place::postgres().await;
    let log = place.log().await;
    let mut raw = Raw::of(&place).await;
    watch(&mut raw, "SELECT pid::text FROM (SELECT pg_backend_pid() AS pid) AS mine").await;
    let append = |account| deposits(new_command(), account, 0, 1);
    log.append(append(Uuid::now_v7())).await.expect("it is taken");
    let session = raw.texts("SELECT pid FROM said").await.remove(0);
    let stopped = Stopped::process(&session);
    let unheard = append(Uuid::now_v7());
    let answer = tokio::time::timeout(PATIENCE, log.append(unheard.clone())).await;
    let answer = answer.expect("everybody is answered");
    assert!(matches!(answer, Err(AppendError::UnknownOutcome(_))), "{answer:?}");
    assert!(log.is_failing());
    log.append(append(Uuid::now_v7())).await.expect("another session is free");
    drop(stopped);
    log.append(unheard.clone()).await.expect("it is done, or has been done meanwhile");
    let counts = by_command(&whole(&log).await);
    assert_eq!((counts.len(), counts[&unheard.provenance.command_id]), (3, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_stops_within_its_batch_keeps_the_others_waiting_for_no_longer_than_a_bound() {
    let place = Place::postgres().await;
    let log = place.log().await;
    let mut raw = Raw::of(&place).await;
    let peer = tokio::task::block_in_place(|| Peer::start(&place.target));
    let stopped = loop {
        let stopped = Stopped::process(&peer.0.id().to_string());
        let within = "SELECT state FROM pg_stat_activity
                      WHERE datname = current_database() AND state = 'idle in transaction'";
        if settles(&mut raw).await && !raw.texts(within).await.is_empty() {
            break stopped;
        }
    };
    let asked = Instant::now();
    let first = log.append(deposits(new_command(), Uuid::now_v7(), 0, 1)).await;
    assert!(matches!(first, Err(AppendError::Unavailable(_))), "it holds the head: {first:?}");
    tests::until(PATIENCE, async || {
        log.append(deposits(new_command(), Uuid::now_v7(), 0, 1)).await.is_ok()
    })
    .await;
    assert!(asked.elapsed() < Duration::from_secs(15), "{:?}", asked.elapsed());
    drop(stopped);
}

/// Waits until no session is at work for the peer that has stopped.
async fn settles(raw: &mut Raw) -> bool {
    const AT_WORK: &str = "SELECT state FROM pg_stat_activity
        WHERE datname = current_database() AND state = 'active' AND pid <> pg_backend_pid()";
    while !raw.texts(AT_WORK).await.is_empty() {
        tokio::task::yield_now().await;
    }
    true
}

/// The process that is stopped. Run by itself it has nothing to do.
#[test]
#[ignore = "the test above starts it as a process of its own"]
fn peer() {
    let Ok(url) = std::env::var(TARGET) else { return };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
    runtime.block_on(async {
        let log = Log::open(Target::Postgres { url }, Arc::new(SystemClock)).await;
        let log = log.expect("the log opens");
        let again = deposits(new_command(), Uuid::now_v7(), 0, 1);
        // What has been done already takes a transaction to tell.
        while log.append(again.clone()).await.is_ok() {
            writeln!(std::io::stdout().lock(), "done").expect("somebody listens");
        }
    });
}

/// A process that appends without a pause. Killed when it is dropped.
struct Peer(Child);

impl Peer {
    fn start(target: &Target) -> Self {
        let Target::Postgres { url } = target else { unreachable!("a file has one writer") };
        let mut process = Command::new(std::env::current_exe().expect("a test knows itself"))
            .args(["promises::log::sessions::peer", "--exact", "--ignored", "--nocapture"])
            .env(TARGET, url)
            .stdout(Stdio::piped())
            .spawn()
            .expect("it can be started again");
        let mut said = BufReader::new(process.stdout.take().expect("it was piped")).lines();
        let peer = Self(process);
        let works = said.by_ref().any(|line| line.is_ok_and(|line| line == "done"));
        assert!(works, "it ended by itself");
        std::thread::spawn(move || said.for_each(drop)); // Nothing that it says may hold it up.
        peer
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let killed = self.0.kill().and_then(|()| self.0.wait());
        assert!(killed.is_ok() || std::thread::panicking(), "{killed:?}");
    }
}

/// A process that stands still (SIGSTOP) until this is dropped.
struct Stopped(String);

impl Stopped {
    fn process(pid: &str) -> Self {
        signal("-STOP", pid);
        Self(pid.to_owned())
    }
}

impl Drop for Stopped {
    fn drop(&mut self) {
        signal("-CONT", &self.0);
    }
}

fn signal(name: &str, pid: &str) {
    let sent = Command::new("kill").args([name, pid]).status().expect("there is a kill");
    assert!(sent.success() || std::thread::panicking(), "kill {name} {pid}");
}
