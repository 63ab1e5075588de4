//! Personal data in the views: the log's own ciphertext, which opens for whoever asks and for as long as its key is there.

use std::path::Path;

use api::auth::{Principal, Role};
use api::graphql::{Settings, graph};
use api::http::TraceId;
use api::service::Service;
use async_graphql::Response;
use domain::SubjectId;
use eventlog::{Erasure, Log, Target};
use projections::VerifyError;
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection, Row};
use tests::{Place, Trade, places, trade::IBANS};

use super::ground::*;
use crate::promises::log::raw::Raw;

/// What [`Trade`] says of people: a name, an address, an account, a text.
const PERSONAL: [&str; 4] = ["Nowak", "anna@alfa.example", IBANS[0], "Steel"];

const CONTACTS: &str = "{ partners { nodes { partnerId contacts { person email lastName } } } }";

async fn ask(service: &Service, query: &str) -> Response {
    let principal = Principal::usual("arthur".into(), Role::Auditor, None);
    let query = async_graphql::Request::new(query).data(principal).data(TraceId::new());
    graph(service, Settings { introspection: false }).execute(query).await
}

/// The contacts that the views show of a partner.
async fn contacts(service: &Service, of: &Trade) -> Value {
    let answer = ask(service, CONTACTS).await;
    assert_eq!(answer.errors, []);
    let answer = answer.data.into_json().expect("is JSON");
    let nodes = answer["partners"]["nodes"].as_array().expect("a list").clone();
    let node = nodes.into_iter().find(|node| node["partnerId"] == json!(of.partner));
    node.expect("it is shown")["contacts"][0].clone()
}

/// Every byte of every file in a directory, one after the other.
fn bytes(dir: &Path) -> Vec<u8> {
    let files = std::fs::read_dir(dir).expect("it can be read");
    let read = |file: std::io::Result<std::fs::DirEntry>| {
        std::fs::read(file.expect("it is there").path()).expect("it can be read")
    };
    files.flat_map(read).collect()
}

/// Every row of every table of a database, as text.
async fn everything(url: &str) -> Vec<u8> {
    let mut connection = PgConnection::connect(url).await.expect("the database answers");
    let tables = "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
                  WHERE schemaname = 'public' OR schemaname LIKE 'read%'";
    let tables: Vec<String> =
        sqlx::query_scalar(tables).fetch_all(&mut connection).await.expect("there are tables");
    assert!(tables.iter().any(|table| table.ends_with(".partners")), "{tables:?}");
    let mut text = String::new();
    for table in tables {
        let rows = format!("SELECT t::text FROM {table} AS t");
        let rows = sqlx::query(&rows).fetch_all(&mut connection).await.expect("they are read");
        rows.iter().for_each(|row| text.push_str(row.get(0)));
    }
    text.into_bytes()
}

fn holds(bytes: &[u8], part: impl AsRef<[u8]>) -> bool {
    let part = part.as_ref();
    bytes.windows(part.len()).any(|window| window == part)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_destroyed_is_not_left_in_the_file() {
    let place = Place::sqlite();
    let Target::Sqlite { dir } = &place.target else { unreachable!("it is a file") };
    let service = Service::start(place.target.clone()).await.expect("the service starts");
    let trade = Trade::set_up(&service.log).await;
    service.settle().await;
    let person = contacts(&service, &trade).await["person"].clone();
    let person = SubjectId(person.as_str().expect("an id").parse().expect("an id"));
    let key = format!("SELECT key FROM subject_keys WHERE subject = '{person}'");
    let key: Vec<u8> = sqlx::query_scalar(&key)
        .fetch_one(service.log.sqlite_pool().expect("it is a file"))
        .await
        .expect("it has a key");
    assert!(holds(&bytes(dir), &key));
    let erase = || service.log.erase("partner", trade.partner, person);
    assert_eq!(erase().await.expect("it is taken"), Erasure::Done);
    assert!(!holds(&bytes(dir), &key));
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_destroyed_beside_who_reads_says_so_and_goes_after_that() {
    for end in ["the next append", "another attempt", "the next start"] {
        let place = Place::sqlite();
        let Target::Sqlite { dir } = &place.target else { unreachable!("it is a file") };
        let log = place.log().await;
        let partner = Trade::set_up(&log).await.partner;
        let (person, key) = key_of_a_person(&log).await;
        let mut reads = Raw::of(&place).await;
        reads.run("BEGIN").await.expect("it begins");
        reads.texts("SELECT payload FROM events").await;
        let erased = log.erase("partner", partner, person).await.expect("it is taken");
        assert_eq!(erased, Erasure::Lingers);
        assert!(holds(&bytes(dir), &key), "as it says");
        reads.run("ROLLBACK").await.expect("it ends");
        match end {
            "the next append" => drop(Trade::set_up(&log).await),
            "another attempt" => {
                let again = log.erase("partner", partner, person).await.expect("it is taken");
                assert_eq!(again, Erasure::Nothing, "there is nothing left to erase");
            }
            _ => {
                // As after a crash: nobody has closed the file.
                std::mem::forget(Raw::of(&place).await);
                log.close().await;
                drop(log);
                place.log().await;
            }
        }
        assert!(!holds(&bytes(dir), &key), "{end}");
    }
}

/// Somebody who has a key, and the key.
async fn key_of_a_person(log: &Log) -> (SubjectId, Vec<u8>) {
    let key = "SELECT subject, key FROM subject_keys LIMIT 1";
    let pool = log.sqlite_pool().expect("it is a file");
    let row = sqlx::query(key).fetch_one(pool).await.expect("somebody has a key");
    let subject: String = row.get(0);
    (SubjectId(subject.parse().expect("an id")), row.get(1))
}

#[tokio::test(flavor = "multi_thread")]
async fn verify_tells_what_opens_what_is_erased_and_what_is_damaged() {
    for place in places().await {
        let service = Service::start(place.target.clone()).await.expect("the service starts");
        let trade = Trade::without_money(&service.log).await;
        service.settle().await;
        let dir = tests::directory();
        let verify = || projections::verify(&service.log, dir.path(), |_| ());
        let before = verify().await.expect("it holds").personal;
        assert!(before.open > 0 && before.erased == 0, "{place}: {before:?}");

        let person = contacts(&service, &trade).await["person"].clone();
        let person = SubjectId(person.as_str().expect("an id").parse().expect("an id"));
        let erased = service.log.erase("partner", trade.partner, person).await;
        assert_eq!(erased.expect("it is taken"), Erasure::Done);
        let after = verify().await.expect("an erased value is no damage").personal;
        assert!(after.erased > 0, "{place}: {after:?}");
        assert_eq!(after.open + after.erased, before.open, "{place}");

        let mut raw = Raw::of(&place).await;
        raw.unlock_keys().await;
        raw.run("DELETE FROM subject_keys WHERE key IS NULL").await.expect("nothing stops it");
        let damaged = verify().await.expect_err("it is seen");
        let VerifyError::Damaged(values) = damaged else { panic!("{place}: {damaged}") };
        assert_eq!(values.len() as u64, after.erased, "{place}");
        assert!(values[0].to_string().contains(&person.to_string()), "{place}: {}", values[0]);
        service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_file_and_no_table_says_what_is_personal_before_and_after_it_is_erased() {
    for place in places().await {
        let service = Service::start(place.target.clone()).await.expect("the service starts");
        let trade = Trade::set_up(&service.log).await;
        service.settle().await;
        let contact = contacts(&service, &trade).await;
        assert_eq!(
            (&contact["email"], &contact["lastName"]),
            (&json!(PERSONAL[1]), &json!("Nowak"))
        );
        let events = service.log.read_after(0, 100).await.expect("the log reads");
        let applied = events.iter().find(|event| event.envelope.event_type == "applied");
        let applied: Value =
            serde_json::from_str(&applied.expect("it has applied").payload).expect("is JSON");
        let sealed = &applied["applied"]["contacts"][0]["details"]["sealed"];
        let sealed = sealed.as_str().expect("it is sealed");

        let person = SubjectId(contact["person"].as_str().expect("an id").parse().expect("an id"));
        for (round, erased) in [("known", false), ("erased", true)] {
            if erased {
                let erasing = service.log.erase("partner", trade.partner, person);
                assert_eq!(erasing.await.expect("it is taken"), Erasure::Done);
            }
            let dir = tests::directory();
            let (log, until) = (&service.log, service.views.position());
            let file = dir.path().join("replayed.sqlite");
            projections::replay(log, until, &file, |_| ()).await.expect("it is written");
            let replayed = bytes(dir.path());
            let kept = match &place.target {
                Target::Sqlite { dir } => bytes(dir), // The write-ahead logs are among them.
                Target::Postgres { url } => everything(url).await,
            };
            for copy in [&replayed, &kept] {
                assert!(holds(copy, sealed), "{place}: {round}: the ciphertext as it is");
                let said: Vec<_> = PERSONAL.iter().filter(|said| holds(copy, said)).collect();
                assert!(said.is_empty(), "{place}: {round}: {said:?}");
            }
            let shown = contacts(&service, &trade).await["email"].clone();
            assert_eq!(shown.is_null(), erased, "{place}: {round}");
        }
        service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebuild_needs_no_key_and_gives_the_same_rows() {
    const ALL: &str = "UPDATE subject_keys SET key = NULL, destroyed_at = created_at";
    for place in places().await {
        let reading = Reading::with_history(&place, 400, 9).await;
        proof(&reading.log).await.expect("nothing differs");
        Raw::of(&place).await.run(ALL).await.expect("keys may go");
        proof(&reading.log).await.expect("nothing differs");
        let rebuilt = projections::rebuild(&reading.log, |_| {}).await.expect("it is built");
        assert_eq!(rebuilt.position, *reading.log.head().borrow(), "{place}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_damaged_fails_its_own_fields_and_halts_nothing() {
    for place in places().await {
        let service = Service::start(place.target.clone()).await.expect("the service starts");
        let (one, other) = (Trade::set_up(&service.log).await, Trade::set_up(&service.log).await);
        service.settle().await;
        let mut raw = Raw::of(&place).await;
        raw.unlock_keys().await;
        let lost = format!("DELETE FROM subject_keys WHERE aggregate_id = '{}'", one.partner);
        raw.run(&lost).await.expect("nothing stops it any more");

        let third = Trade::set_up(&service.log).await;
        one.set_payment_details(IBANS[1]).await; // Under a new key: the old one is lost.
        service.settle().await;
        projections::rebuild(&service.log, |_| ()).await.expect("it is built");
        let answer = ask(&service, CONTACTS).await;
        assert_eq!(answer.errors.len(), 2, "{place}: {:?}", answer.errors);
        let failed = |error: &async_graphql::ServerError| {
            let code = error.extensions.as_ref().and_then(|more| more.get("code")).cloned();
            (error.path.last().cloned(), code)
        };
        for field in ["email", "lastName"] {
            let field = Some(async_graphql::PathSegment::Field(field.into()));
            let internal = Some(async_graphql::Value::from("INTERNAL"));
            assert!(
                answer
                    .errors
                    .iter()
                    .map(failed)
                    .any(|error| error == (field.clone(), internal.clone())),
                "{place}"
            );
        }
        let nodes = answer.data.into_json().expect("is JSON")["partners"]["nodes"].clone();
        let shown = |trade: &Trade| {
            let mut nodes = nodes.as_array().expect("a list").iter();
            let node = nodes.find(|node| node["partnerId"] == json!(trade.partner));
            node.expect("it is shown")["contacts"][0]["email"].clone()
        };
        assert_eq!(shown(&one), Value::Null, "{place}");
        assert_eq!([shown(&other), shown(&third)], [json!(PERSONAL[1]), json!(PERSONAL[1])]);
        service.stop().await;
    }
}
