//! What the log keeps about a person is of no use to whoever has only the table.

use domain::{Held, Personal};
use eventlog::{LoadError, Log, PersonalError, ReadError};
use tests::{Place, places};
use uuid::Uuid;

use super::account::*;
use super::raw::Raw;

#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_read_back_but_is_not_in_the_table() {
    for place in places().await {
        let log = place.log().await;
        let (account, _) = opened(&log, "Ann Archer").await;
        assert_eq!(
            holder(&log, account).await.expect("it loads").known().map(String::as_str),
            Some("Ann Archer")
        );
        let read = log.by_position(1).await.expect("it can be read").expect("it is there");
        assert!(read.payload.contains("Ann Archer"), "{}", read.payload);

        let stored =
            Raw::of(&place).await.texts("SELECT CAST(payload AS text) FROM events").await.concat();
        assert!(stored.contains("sealed") && !stored.contains("Archer"), "{stored}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_key_a_name_is_erased() {
    for place in places().await {
        let log = place.log().await;
        let (account, _) = opened(&log, "Ann Archer").await;
        log.close().await;
        drop(log);
        Raw::of(&place).await.run("DELETE FROM subject_keys").await.expect("keys may go");
        let log = place.log().await;
        assert_eq!(holder(&log, account).await.expect("it loads").value, Held::Erased(true));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tampered_name_is_an_error_and_not_an_erasure() {
    for place in places().await {
        let log = place.log().await;
        let (account, _) = opened(&log, "Ann Archer").await;
        let mut raw = Raw::of(&place).await;
        raw.unlock().await;
        let flipped = raw
            .texts("SELECT CAST(payload AS text) FROM events")
            .await
            .concat()
            .replace("\"sealed\":\"", "\"sealed\":\"AAAA");
        raw.run(&format!("UPDATE events SET payload = '{flipped}'"))
            .await
            .expect("nothing stops it any more");
        assert_tampered(&log, account).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_names_that_change_places_are_an_error() {
    for place in places().await {
        let log = place.log().await;
        let subject = domain::SubjectId(Uuid::now_v7());
        let (one, two) = (Uuid::now_v7(), Uuid::now_v7());
        for (account, name) in [(one, "Ann Archer"), (two, "Bob Baker")] {
            let open = AccountCommand::Open { holder: Personal::new(subject, name.into()) };
            issue(&log, account, open).await.expect("it is new");
        }
        let mut raw = Raw::of(&place).await;
        raw.unlock().await;
        let payloads =
            raw.texts("SELECT CAST(payload AS text) FROM events ORDER BY position DESC").await;
        for (payload, position) in payloads.iter().zip(1..) {
            let swap =
                format!("UPDATE events SET payload = '{payload}' WHERE position = {position}");
            raw.run(&swap).await.expect("nothing stops it any more");
        }
        assert_tampered(&log, one).await;
        assert_tampered(&log, two).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_agree_on_one_key_for_a_person() {
    for place in places().await {
        let log = place.log().await;
        let subject = domain::SubjectId(Uuid::now_v7());
        let opening = (0..30).map(|nth| {
            let open =
                AccountCommand::Open { holder: Personal::new(subject, format!("Name {nth}")) };
            issue(&log, Uuid::now_v7(), open)
        });
        for done in futures::future::join_all(opening).await {
            done.expect("it is new");
        }
        log.close().await;
        drop(log);
        let read = whole(&place.log().await).await;
        assert!(read.iter().all(|event| event.payload.contains("Name ")), "every name opens");
    }
}

async fn opened(log: &Log, name: &str) -> (Uuid, Personal<String>) {
    let account = Uuid::now_v7();
    issue(log, account, open(name)).await.expect("it is new");
    (account, holder(log, account).await.expect("it loads"))
}

async fn holder(log: &Log, account: Uuid) -> Result<Personal<String>, LoadError> {
    let (state, _) = log.load::<Account>(account).await?;
    Ok(state.holder.expect("it has been opened"))
}

async fn assert_tampered(log: &Log, account: Uuid) {
    let loaded = holder(log, account).await;
    assert!(matches!(loaded, Err(LoadError::Undecodable(_))), "{loaded:?}");
    let read = log.read_after(0, 10).await;
    assert!(matches!(read, Err(ReadError::Personal(PersonalError::Tampered { .. }))), "{read:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_tells_a_person_when_things_happened() {
    let place = Place::sqlite();
    let log = place.log().await;
    issue(&log, Uuid::now_v7(), deposit(1)).await.expect("a deposit is taken");
    let at = Raw::of(&place).await.texts("SELECT recorded_at FROM events").await.concat();
    assert!(at.len() == "2026-11-21T10:00:00.000000Z".len() && at.ends_with('Z'), "{at}");
}
