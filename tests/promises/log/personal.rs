//! What the log keeps about a person is of no use to whoever has only the table.

use domain::{Held, Personal, SubjectId};
use eventlog::{Erasure, Log, PersonalError, RawEvent};
use tests::{Place, places};
use uuid::Uuid;

use super::account::*;
use super::raw::Raw;

const ACCOUNT: &str = "account";

#[tokio::test(flavor = "multi_thread")]
async fn a_name_can_be_opened_but_is_neither_in_the_table_nor_in_what_is_decided_on() {
    for place in places().await {
        let log = place.log().await;
        let account = opened(&log, SubjectId(Uuid::now_v7()), "Ann Archer").await;
        assert_eq!(name(&log, account).await, Ok(Some("Ann Archer".into())));
        let read = log.by_position(1).await.expect("it can be read").expect("it is there");
        let stored = Raw::of(&place).await.texts("SELECT CAST(payload AS text) FROM events").await;
        for text in [&read.payload, &stored.concat()] {
            assert!(text.contains("sealed") && !text.contains("Archer"), "{text}");
        }
        log.close().await;
        drop(log);
        let (state, _) = place.log().await.load::<Account>(account).await.expect("it loads");
        let holder = state.holder.expect("it has been opened");
        assert!(matches!(holder.value, Held::Sealed(_)), "{holder:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whose_key_is_destroyed_is_erased_at_once_in_every_process_and_what_comes_later_is_not() {
    for place in places().await {
        let (log, ann) = (place.log().await, SubjectId(Uuid::now_v7()));
        let account = opened(&log, ann, "Ann Archer").await;
        let elsewhere = match place.target {
            eventlog::Target::Postgres { .. } => place.log().await,
            eventlog::Target::Sqlite { .. } => log.clone(), // One process owns the file.
        };
        assert_eq!(name(&elsewhere, account).await, Ok(Some("Ann Archer".into())));
        assert_eq!(log.erase(ACCOUNT, account, ann).await.expect("it is taken"), Erasure::Done);
        assert_eq!(name(&elsewhere, account).await, Ok(None), "{place}");
        assert_eq!(log.erase(ACCOUNT, account, ann).await.expect("it is taken"), Erasure::Nothing);

        append(&elsewhere, account, 1, ann, "Ann Baker").await;
        assert_eq!(name(&log, account).await, Ok(None), "what is erased stays so");
        let names = names(&log, account).await;
        assert_eq!(names, [Ok(None), Ok(Some("Ann Baker".into()))], "{place}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_aggregates_that_name_the_same_person_share_no_key() {
    for place in places().await {
        let (log, person) = (place.log().await, SubjectId(Uuid::now_v7()));
        let one = opened(&log, person, "Ann Archer").await;
        let other = opened(&log, person, "Bob Baker").await;
        let keys = "SELECT count(DISTINCT key) || '' FROM subject_keys";
        assert_eq!(Raw::of(&place).await.texts(keys).await, ["2"]);
        assert_eq!(log.erase(ACCOUNT, one, person).await.expect("it is taken"), Erasure::Done);
        assert_eq!(name(&log, one).await, Ok(None), "{place}");
        assert_eq!(name(&log, other).await, Ok(Some("Bob Baker".into())), "{place}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_destroyed_and_neither_changed_nor_removed() {
    for place in places().await {
        let log = place.log().await;
        let account = opened(&log, SubjectId(Uuid::now_v7()), "Ann Archer").await;
        let mut raw = Raw::of(&place).await;
        for sql in [
            "DELETE FROM subject_keys",
            "UPDATE subject_keys SET key = NULL",
            "UPDATE subject_keys SET aggregate_type = 'other', key = NULL, destroyed_at = created_at",
            "UPDATE subject_keys SET created_at = created_at",
        ] {
            raw.run(sql).await.expect_err(sql);
        }
        assert_eq!(name(&log, account).await, Ok(Some("Ann Archer".into())), "{place}");
        let destroy = "UPDATE subject_keys SET key = NULL, destroyed_at = created_at";
        raw.run(destroy).await.expect("that is what the sentence says");
        assert_eq!(name(&log, account).await, Ok(None), "{place}");
        raw.run("UPDATE subject_keys SET key = 'x', destroyed_at = NULL").await.expect_err("gone");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tampered_name_is_an_error_and_not_an_erasure() {
    for place in places().await {
        let (log, ann) = (place.log().await, SubjectId(Uuid::now_v7()));
        let account = opened(&log, ann, "Ann Archer").await;
        let mut raw = Raw::of(&place).await;
        raw.unlock().await;
        let stored = raw.texts("SELECT CAST(payload AS text) FROM events").await.concat();
        let begins = stored.find("\"sealed\":\"").expect("it is sealed") + "\"sealed\":\"".len();
        // In the key's id, in the nonce, in the ciphertext.
        for nth in [0, 30, 60] {
            let mut flipped = stored.clone();
            let other = if &stored[begins + nth..=begins + nth] == "A" { "B" } else { "A" };
            flipped.replace_range(begins + nth..=begins + nth, other);
            raw.run(&format!("UPDATE events SET payload = '{flipped}'"))
                .await
                .expect("nothing stops it any more");
            assert_damaged(&log, account).await;
        }
        // Whose key has gone astray in whatever way is not erased either.
        raw.run(&format!("UPDATE events SET payload = '{stored}'")).await.expect("as it was");
        raw.unlock_keys().await;
        raw.run("DELETE FROM subject_keys").await.expect("nothing stops it any more");
        assert_damaged(&log, account).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_names_that_change_places_are_an_error() {
    for place in places().await {
        let (log, subject) = (place.log().await, SubjectId(Uuid::now_v7()));
        let one = opened(&log, subject, "Ann Archer").await;
        append(&log, one, 1, subject, "Ann Baker").await;
        let other = opened(&log, subject, "Bob Baker").await;
        let mut raw = Raw::of(&place).await;
        raw.unlock().await;
        let payloads =
            raw.texts("SELECT CAST(payload AS text) FROM events ORDER BY position").await;
        // Within a stream, where the key is the same, and between two.
        for (position, from) in [(1, 1), (2, 2), (3, 0)] {
            let swap = format!(
                "UPDATE events SET payload = '{}' WHERE position = {position}",
                payloads[from]
            );
            raw.run(&swap).await.expect("nothing stops it any more");
        }
        assert_damaged(&log, one).await;
        assert_damaged(&log, other).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_damaged_value_keeps_no_other_from_being_opened() {
    for place in places().await {
        let (log, subject) = (place.log().await, SubjectId(Uuid::now_v7()));
        let (one, other) = (opened(&log, subject, "Ann").await, opened(&log, subject, "Bob").await);
        let mut raw = Raw::of(&place).await;
        raw.unlock_keys().await;
        let lost = format!("DELETE FROM subject_keys WHERE aggregate_id = '{one}'");
        raw.run(&lost).await.expect("nothing stops it any more");
        let events = log.read_after(0, 10).await.expect("the log reads");
        let opened = log.open_events(events).await.expect("the keys are there");
        assert!(matches!(opened[..], [Err(PersonalError::Damaged { .. }), Ok(_)]), "{opened:?}");
        assert_damaged(&log, one).await;
        assert_eq!(name(&log, other).await, Ok(Some("Bob".into())), "{place}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_make_a_persons_key_at_once_whoever_comes_through_can_be_read() {
    for place in places().await {
        let log = place.log().await;
        for _ in 0..20 {
            let (subject, account) = (SubjectId(Uuid::now_v7()), Uuid::now_v7());
            let attempts = (0..4).map(|nth| {
                let holder = Personal::new(subject, format!("Name {nth}"));
                issue(&log, account, AccountCommand::Open { holder })
            });
            let done = futures::future::join_all(attempts).await;
            assert!(done.iter().all(Result::is_ok), "{place}: {done:?}");
            let name = name(&log, account).await.expect("it is not damaged");
            assert!(name.is_some_and(|name| name.starts_with("Name ")), "{place}");
        }
        let keys = "SELECT count(*) || '' FROM subject_keys";
        assert_eq!(Raw::of(&place).await.texts(keys).await, ["20"], "{place}");
    }
}

async fn opened(log: &Log, subject: SubjectId, name: &str) -> Uuid {
    let account = Uuid::now_v7();
    let open = AccountCommand::Open { holder: Personal::new(subject, name.into()) };
    issue(log, account, open).await.expect("it is new");
    account
}

/// Another holder, without asking the aggregate.
async fn append(log: &Log, account: Uuid, expected: u64, subject: SubjectId, name: &str) {
    let mut append = deposits(new_command(), account, expected, 1);
    let holder = Personal::new(subject, name.to_owned());
    append.own.events[0].event_type = "account-opened".into();
    append.own.events[0].payload =
        serde_json::json!({ "opened": { "holder": holder } }).to_string();
    log.append(append).await.expect("it is the end");
}

/// Every name that an account's events have; none where it is erased.
async fn names(log: &Log, account: Uuid) -> Vec<Result<Option<String>, PersonalError>> {
    let mut events = whole(log).await;
    events.retain(|event| event.envelope.aggregate_id == account);
    let opened = log.open_events(events).await.expect("the keys can be read");
    let name = |event: RawEvent| {
        let payload: serde_json::Value = serde_json::from_str(&event.payload).expect("is JSON");
        let holder = payload["opened"]["holder"].clone();
        let holder: Personal<String> = serde_json::from_value(holder).expect("has a holder");
        assert!(holder.sealed().is_none(), "known or erased");
        holder.known().cloned()
    };
    opened.into_iter().map(|opened| opened.map(name)).collect()
}

async fn name(log: &Log, account: Uuid) -> Result<Option<String>, PersonalError> {
    names(log, account).await.swap_remove(0)
}

async fn assert_damaged(log: &Log, account: Uuid) {
    let name = name(log, account).await;
    assert!(matches!(name, Err(PersonalError::Damaged { .. })), "{name:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_tells_a_person_when_things_happened() {
    let place = Place::sqlite();
    let log = place.log().await;
    issue(&log, Uuid::now_v7(), deposit(1)).await.expect("a deposit is taken");
    let at = Raw::of(&place).await.texts("SELECT recorded_at FROM events").await.concat();
    assert!(at.len() == "2026-11-21T10:00:00.000000Z".len() && at.ends_with('Z'), "{at}");
}
