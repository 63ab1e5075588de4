//! A link's token is derived and not stored, and opens what it was made for and nothing else.

use chrono::{DateTime, TimeDelta, Utc};
use eventlog::{Log, OneTime, Purpose, Unfit};
use tests::places;
use uuid::Uuid;

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_767_225_600 + seconds, 0).expect("a time")
}

fn reset(generation: u32) -> OneTime {
    OneTime::new(Purpose::ResetPassword, Uuid::from_u128(7), generation, at(3600))
}

fn read(log: &Log, token: &str) -> Result<OneTime, Unfit> {
    log.read_one_time_token(Purpose::ResetPassword, token, at(0))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_the_same_whenever_it_is_derived_and_says_what_it_was_derived_from() {
    for place in places().await {
        let log = place.log().await;
        let token = log.one_time_token(&reset(3));
        assert_eq!(read(&log, &token), Ok(reset(3)));
        log.close().await;
        drop(log);
        let again = place.log().await.one_time_token(&reset(3));
        assert_eq!(again, token, "of the same log opened again");
        assert_eq!(token.len(), 80);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_for_one_purpose_one_aggregate_one_generation_one_end_and_one_log() {
    let [one, other] = places().await;
    let (log, other) = (one.log().await, other.log().await);
    let of = |one_time: OneTime| log.one_time_token(&one_time);
    let token = of(reset(3));
    for another in [
        OneTime { purpose: Purpose::ConfirmEmail, ..reset(3) },
        OneTime { of: Uuid::from_u128(8), ..reset(3) },
        reset(4),
        OneTime { expires_at: at(3601), ..reset(3) },
    ] {
        assert_ne!(of(another), token, "{another:?}");
    }
    for purpose in [Purpose::ConfirmEmail, Purpose::Invitation] {
        assert_eq!(log.read_one_time_token(purpose, &token, at(0)), Err(Unfit::NotOurs));
    }
    assert_eq!(read(&other, &token), Err(Unfit::NotOurs), "another log has another secret");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_with_any_character_changed_added_or_left_out_is_none() {
    let [place, _] = places().await;
    let log = place.log().await;
    let token = log.one_time_token(&reset(3));
    for nth in 0..token.len() {
        let mut changed = token.clone();
        let other = if token.as_bytes()[nth] == b'A' { "B" } else { "A" };
        changed.replace_range(nth..=nth, other);
        assert_eq!(read(&log, &changed), Err(Unfit::NotOurs), "{nth}");
    }
    for text in
        ["", "A", &token[1..], &token[..79], &format!("{token}A"), &format!("{token}="), "ä"]
    {
        assert_eq!(read(&log, text), Err(Unfit::NotOurs), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_runs_out_in_the_second_that_it_names() {
    let [place, _] = places().await;
    let log = place.log().await;
    let ends = at(3600) + TimeDelta::milliseconds(400);
    let token =
        log.one_time_token(&OneTime::new(Purpose::ResetPassword, Uuid::from_u128(7), 0, ends));
    let on =
        |now| log.read_one_time_token(Purpose::ResetPassword, &token, now).map(|it| it.generation);
    assert_eq!(on(at(3600) - TimeDelta::milliseconds(1)), Ok(0));
    assert_eq!(on(at(3600)), Err(Unfit::Over));
}
