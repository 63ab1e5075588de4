//! Data at rest: files that nobody but their owner can open, and hashes that nobody can try out.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use api::auth::InstallationKey;
use api::service::Service;
use domain::{CommandId, partner::PartnerCommand, published::digest_of};
use eventlog::{ExecuteError, Log, OpenError, SystemClock, Target};
use serde_json::{Value, json};
use tests::{Place, Trade, places, trade::IBANS};
use uuid::Uuid;

use super::account::*;
use super::raw::Raw;

fn mode(path: &Path) -> u32 {
    fs::metadata(path).map_or(0, |found| found.permissions().mode() & 0o777) // One that goes meanwhile is nobody's.
}

/// Every file and directory from `dir` on, with the rights on it.
fn rights(dir: &Path) -> Vec<(PathBuf, u32)> {
    let mut all = vec![(dir.to_owned(), mode(dir))];
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            all.extend(rights(&path))
        } else {
            all.push((path.clone(), mode(&path)))
        }
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_written_is_for_its_owner_alone() {
    let within = tests::directory();
    let dir = within.path().join("deep").join("data");
    let service =
        Service::start(Target::Sqlite { dir: dir.clone() }).await.expect("the service starts");
    InstallationKey::open(&dir).expect("a key is made");
    Trade::set_up(&service.log).await;
    service.settle().await;
    let seen = Mutex::new(vec![]);
    let look = |_| seen.lock().expect("nobody panics").extend(rights(within.path()));
    drop(projections::verify(&service.log, &dir, look).await); // It is about its scratch space here.
    let out = within.path().join("replayed.sqlite");
    projections::replay(&service.log, service.views.position(), &out, look)
        .await
        .expect("it is written");
    projections::rebuild(&service.log, look).await.expect("it is built");
    service.stop().await;
    seen.lock().expect("nobody panics").extend(rights(within.path()));
    let seen = seen.into_inner().expect("nobody panics");
    for name in [
        "log.sqlite",
        "log.sqlite-wal",
        "log.sqlite-shm",
        "log.lock",
        "read_1.sqlite",
        "read_1.sqlite-wal",
        "read_2.sqlite",
        "token.key",
        "views.sqlite",
        "replayed.part",
        "replayed.sqlite",
    ] {
        assert!(seen.iter().any(|(path, _)| path.ends_with(name)), "{name} was there: {seen:?}");
    }
    let wide: Vec<_> = seen.iter().filter(|(_, mode)| mode & 0o077 != 0).collect();
    assert!(wide.is_empty(), "{wide:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_could_open_is_refused_at_start_with_what_to_do() {
    let within = tests::directory();
    let dir = within.path().join("data");
    let target = Target::Sqlite { dir: dir.clone() };
    let migrated = || Log::open_migrated(target.clone(), Arc::new(SystemClock));
    let service = Service::start(target.clone()).await.expect("the service starts");
    InstallationKey::open(&dir).expect("a key is made");
    service.stop().await;
    for (name, rights, should) in [
        ("", 0o750, "700"),
        ("", 0o701, "700"),
        ("log.sqlite", 0o640, "600"),
        ("log.lock", 0o604, "600"),
        ("read_1.sqlite", 0o620, "600"),
        ("token.key", 0o644, "600"),
    ] {
        let path = if name.is_empty() { dir.clone() } else { dir.join(name) };
        let set = |mode| {
            fs::set_permissions(&path, Permissions::from_mode(mode)).expect("it is ours");
        };
        set(rights);
        let to_do = format!("run `chmod {should} {}`", path.display());
        let opened = [
            migrated().await,
            Log::open(target.clone(), Arc::new(SystemClock)).await,
            Log::open_to_read(target.clone(), Arc::new(SystemClock)).await,
        ];
        for refused in opened.map(|log| log.err().expect("it is refused")) {
            assert!(matches!(refused, OpenError::Exposed { .. }), "{refused}");
            assert!(refused.to_string().contains(&to_do), "{refused}");
        }
        let key = InstallationKey::open(&dir).err().expect("it is refused").to_string();
        assert!(key.contains(&to_do), "{key}");
        set(if name.is_empty() { 0o700 } else { 0o600 });
        migrated().await.expect("it opens again").close().await;
    }
    let nowhere = within.path().join("nowhere");
    let read = Log::open_to_read(Target::Sqlite { dir: nowhere.clone() }, Arc::new(SystemClock));
    assert!(read.await.is_err() && !nowhere.exists(), "who only reads makes nothing");
}

/// The fingerprints of all receipts, in hex.
async fn fingerprints(place: &Place) -> Vec<String> {
    let hex = match place.target {
        Target::Sqlite { .. } => "SELECT lower(hex(fingerprint)) FROM receipts",
        Target::Postgres { .. } => "SELECT encode(fingerprint, 'hex') FROM receipts",
    };
    Raw::of(place).await.texts(hex).await
}

fn hex(bytes: [u8; 32]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_does_not_tell_whether_a_guess_at_the_request_is_right() {
    let (id, account) = (CommandId(Uuid::now_v7()), Uuid::now_v7());
    let mut seen = vec![];
    for place in
        [Place::sqlite(), Place::sqlite(), Place::postgres().await, Place::postgres().await]
    {
        let log = place.log().await;
        let asked = || command(id, account, deposit(40));
        execute(&log, asked()).await.expect("it is new");
        let [kept]: [String; 1] = fingerprints(&place).await.try_into().expect("one receipt");
        assert_ne!(kept, hex(asked().provenance.fingerprint), "{place}");
        seen.push(kept);
        // Whoever knows the secret tells the same request from another one, also after a new start.
        log.close().await;
        drop(log);
        let log = place.log().await;
        let again = execute(&log, asked()).await.expect("the first answer");
        assert!(again.duplicate, "{place}");
        let other = execute(&log, command(id, account, deposit(41))).await;
        assert!(matches!(other, Err(ExecuteError::CommandIdReused)), "{place}: {other:?}");
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 4, "the same request looks different in every installation");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_stored_is_a_hash_of_somebodys_account() {
    for place in places().await {
        let log = place.log().await;
        let trade = Trade::set_up(&log).await;
        let events = log.read_after(0, 100).await.expect("the log reads");
        let set = events.iter().find(|event| event.envelope.event_type == "payment-details-set");
        let set = set.expect("it has been set");
        let account = "Alfa sp. z o.o.".to_owned();
        let details = json!({ "account_holder": account, "iban": IBANS[0] });
        let command =
            PartnerCommand::SetPaymentDetails { account_holder: account, iban: IBANS[0].into() };
        let body = json!({ "id": trade.partner, "command": command });
        let salted = json!([set.envelope.command_id, details]);
        let payloads = "SELECT CAST(payload AS text) FROM events";
        let stored = Raw::of(&place).await.texts(payloads).await.concat();
        let stored = stored + &fingerprints(&place).await.concat();
        assert!(stored.contains("details_id"), "the event is there");
        let guess = |guess: &Value| hex(digest_of(guess).expect("has a hash"));
        for guessed in [&details, &body, &salted] {
            assert!(!stored.contains(&guess(guessed)), "{place}: {guessed}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_migrate_at_once_all_go_by_one_secret_and_without_it_nobody_starts() {
    let place = Place::postgres().await;
    let opening = (0..6).map(|_| place.log());
    let logs = futures::future::join_all(opening).await;
    let (id, account) = (new_command(), Uuid::now_v7());
    for (nth, log) in logs.iter().enumerate() {
        let done = execute(log, command(id, account, deposit(40))).await.expect("it is taken");
        assert_eq!(done.duplicate, nth > 0);
    }
    let of_one = Place::sqlite();
    execute(&of_one.log().await, command(id, account, deposit(40))).await.expect("it is taken");
    for place in [place, of_one] {
        place.log().await.close().await;
        Raw::of(&place).await.run("DELETE FROM secrets").await.expect("somebody has lost it");
        // Another one would make every key that is used again look like somebody else's.
        for opened in [
            Log::open(place.target.clone(), Arc::new(SystemClock)).await,
            Log::open_migrated(place.target.clone(), Arc::new(SystemClock)).await,
        ] {
            assert!(matches!(opened, Err(OpenError::NoSecret)), "{place}");
        }
    }
    // Nothing goes by it yet.
    for place in [Place::sqlite(), Place::postgres().await] {
        place.log().await.close().await;
        Raw::of(&place).await.run("DELETE FROM secrets").await.expect("somebody has lost it");
        place.log().await;
    }
}
