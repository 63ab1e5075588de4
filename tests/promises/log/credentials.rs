//! What opens a door stands beside the log, as hashes alone, and changes once for each time that it is changed.

use chrono::{DateTime, TimeDelta, Utc};
use eventlog::{
    Change, Changed, Ended, Lifetimes, Log, NewApiKey, NewPassword, NewSession, Refreshed, Session,
    Target, Throttle,
};
use futures::future::join_all;
use tests::{Place, places};
use uuid::Uuid;

use super::raw::Raw;

const LIFETIMES: Lifetimes = Lifetimes { idle: TimeDelta::days(14), longest: TimeDelta::days(90) };

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_767_225_600 + seconds, 0).expect("a time")
}

fn password(account: Uuid, replaces: u32) -> NewPassword {
    let hash = format!("$argon2id${replaces}");
    NewPassword { account, replaces, hash, at: at(1), keeps: None, change: None }
}

fn sign_in(account: Uuid, seconds: i64) -> NewSession {
    let client = "a browser".to_owned();
    NewSession { id: Uuid::now_v7(), account, client, at: at(seconds), password: None }
}

async fn begun(log: &Log, new: NewSession) -> (Session, String) {
    log.begin_session(new, LIFETIMES).await.expect("it is taken").expect("it begins")
}

async fn refreshed(log: &Log, token: &str, seconds: i64) -> Refreshed {
    log.refresh_session(token, at(seconds), LIFETIMES).await.expect("it is taken")
}

/// The next token, where there is one.
async fn next(log: &Log, token: &str, seconds: i64) -> String {
    match refreshed(log, token, seconds).await {
        Refreshed::Done(_, token) => token,
        other
        @ (Refreshed::NotOurs | Refreshed::Over | Refreshed::Raced | Refreshed::Reused(_)) => {
            panic!("{other:?}")
        }
    }
}

/// The same log again: of PostgreSQL by connections of its own.
async fn beside(place: &Place, log: &Log) -> Log {
    match place.target {
        Target::Postgres { .. } => place.log().await,
        Target::Sqlite { .. } => log.clone(), // One process owns the file.
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_several_who_replace_the_same_password_one_does() {
    for place in places().await {
        let log = place.log().await;
        let (other, account) = (beside(&place, &log).await, Uuid::now_v7());
        assert_eq!(log.password(account).await.expect("it is read"), None);
        for replaces in 0..3 {
            let tries = [&log, &other, &log, &other]
                .map(|log| log.set_password(password(account, replaces)));
            let set = join_all(tries).await.into_iter().map(|set| set.expect("it is taken"));
            assert_eq!(set.filter(|set| *set).count(), 1, "{place}, {replaces}");
            let kept = log.password(account).await.expect("it is read").expect("it is there");
            assert_eq!(
                (kept.generation, kept.hash),
                (replaces + 1, format!("$argon2id${replaces}"))
            );
        }
        assert!(!log.set_password(password(account, 1)).await.expect("it is taken"), "used up");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_password_ends_every_session_but_the_one_that_changed_it() {
    for place in places().await {
        let (log, account) = (place.log().await, Uuid::now_v7());
        assert!(log.set_password(password(account, 0)).await.expect("it is taken"));
        let (here, token) = begun(&log, sign_in(account, 2)).await;
        let (elsewhere, other) = begun(&log, sign_in(account, 3)).await;
        let (stranger, _) = begun(&log, sign_in(Uuid::now_v7(), 3)).await;
        let change = Uuid::now_v7();
        let new =
            NewPassword { keeps: Some(here.id), change: Some(change), ..password(account, 1) };
        assert!(log.set_password(new).await.expect("it is taken"));

        let live = log.live_sessions(account, at(4)).await.expect("they are read");
        assert_eq!(live, [here]);
        assert!(matches!(refreshed(&log, &other, 4).await, Refreshed::Over));
        assert!(matches!(refreshed(&log, &token, 4).await, Refreshed::Done(..)));
        let ended =
            log.session(elsewhere.id).await.expect("it is read").expect("it is there").ended;
        assert_eq!(ended.map(|(_, why)| why), Some(Ended::PasswordChanged), "{place}");
        assert!(
            log.session(stranger.id).await.expect("it is read").is_some_and(|it| it.is_live(at(4)))
        );

        let told = Change { id: change, account, what: Changed::Password, key: None, at: at(1) };
        assert_eq!(log.credential_changes().await.expect("they are read"), [told]);
        log.drop_credential_change(change).await.expect("it is taken");
        assert_eq!(log.credential_changes().await.expect("they are read"), []);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_session_outlives_the_password_that_it_was_begun_with_however_the_two_cross() {
    for place in places().await {
        let log = place.log().await;
        let (other, account) = (beside(&place, &log).await, Uuid::now_v7());
        assert!(log.set_password(password(account, 0)).await.expect("it is taken"));
        for generation in 1..16 {
            let old = || NewSession { password: Some(generation), ..sign_in(account, 2) };
            let begin = join_all((0..4).map(|_| log.begin_session(old(), LIFETIMES)));
            let (_, set) = tokio::join!(begin, other.set_password(password(account, generation)));
            assert!(set.expect("it is taken"));
            let live = log.live_sessions(account, at(3)).await.expect("they are read");
            assert_eq!(live, [], "{place}, {generation}");
            let late = log.begin_session(old(), LIFETIMES).await.expect("it is taken");
            assert!(late.is_none(), "{place}: the password is another by now");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_several_who_refresh_with_the_same_token_one_gets_the_next_and_the_session_goes_on() {
    for place in places().await {
        let log = place.log().await;
        let other = beside(&place, &log).await;
        let (session, first) = begun(&log, sign_in(Uuid::now_v7(), 0)).await;
        let tries =
            [&log, &other, &log, &other, &log, &other].map(|log| refreshed(log, &first, 60));
        let (mut tokens, mut raced) = (vec![], 0);
        for outcome in join_all(tries).await {
            match outcome {
                Refreshed::Done(_, token) => tokens.push(token),
                Refreshed::Raced => raced += 1,
                other @ (Refreshed::NotOurs | Refreshed::Over | Refreshed::Reused(_)) => {
                    panic!("{other:?}")
                }
            }
        }
        assert_eq!((tokens.len(), raced), (1, 5), "{place}");
        next(&log, &tokens[0], 61).await;
        assert!(
            log.session(session.id).await.expect("it is read").is_some_and(|it| it.is_live(at(62)))
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_that_comes_again_ends_its_session_for_whoever_has_the_next() {
    for place in places().await {
        let log = place.log().await;
        let (session, stolen) = begun(&log, sign_in(Uuid::now_v7(), 0)).await;
        let second = next(&log, &stolen, 60).await;
        assert!(
            matches!(refreshed(&log, &stolen, 69).await, Refreshed::Raced),
            "it may have crossed"
        );
        assert!(
            matches!(refreshed(&log, &stolen, 70).await, Refreshed::Reused(of) if of.id == session.id)
        );
        assert!(matches!(refreshed(&log, &second, 71).await, Refreshed::Over), "{place}");
        let ended = log.session(session.id).await.expect("it is read").expect("it is there").ended;
        assert_eq!(ended, Some((at(70), Ended::Reused)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_over_when_nobody_refreshes_it_and_at_its_longest() {
    for place in places().await {
        let log = place.log().await;
        let day = 24 * 60 * 60;
        let (_, idle) = begun(&log, sign_in(Uuid::now_v7(), 0)).await;
        assert!(matches!(refreshed(&log, &idle, 14 * day).await, Refreshed::Over));
        let (_, mut token) = begun(&log, sign_in(Uuid::now_v7(), 0)).await;
        for days in (10..=80).step_by(10) {
            token = next(&log, &token, days * day).await;
        }
        token = next(&log, &token, 90 * day - 1).await;
        assert!(matches!(refreshed(&log, &token, 90 * day).await, Refreshed::Over), "{place}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_has_twenty_sessions_and_the_one_refreshed_longest_ago_gives_way() {
    for place in places().await {
        let (log, account) = (place.log().await, Uuid::now_v7());
        let mut all = vec![];
        for second in 0..20 {
            all.push(begun(&log, sign_in(account, second)).await);
        }
        next(&log, &all[0].1, 30).await; // So that the second is the one that was refreshed longest ago.
        begun(&log, sign_in(account, 31)).await;
        let live = log.live_sessions(account, at(32)).await.expect("they are read");
        assert_eq!(live.len(), 20);
        assert!(
            live.iter().any(|it| it.id == all[0].0.id)
                && live.iter().all(|it| it.id != all[1].0.id)
        );
        assert_eq!(
            log.end_sessions(account, Some(all[0].0.id), Ended::Revoked, at(33))
                .await
                .expect("it is taken"),
            19
        );
        assert!(
            !log.end_session(Uuid::now_v7(), all[0].0.id, Ended::Revoked, at(34))
                .await
                .expect("it is taken"),
            "another's"
        );
        assert!(
            log.end_session(account, all[0].0.id, Ended::SignedOut, at(35))
                .await
                .expect("it is taken")
        );
        assert_eq!(log.live_sessions(account, at(36)).await.expect("they are read"), [], "{place}");
    }
}

fn api_key(account: Uuid) -> NewApiKey {
    let name = "The learning system".to_owned();
    NewApiKey { id: Uuid::now_v7(), account, name, at: at(0), expires_at: at(3600) }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_told_once_and_signs_in_until_it_runs_out_or_is_revoked() {
    for place in places().await {
        let (log, account) = (place.log().await, Uuid::now_v7());
        let used = async |text: &str, seconds| {
            let key = log.use_api_key(text, at(seconds)).await.expect("it is read");
            key.map(|key| key.id)
        };
        let new = api_key(account);
        let text = log.issue_api_key(new.clone()).await.expect("it is taken").expect("it is told");
        assert_eq!(log.issue_api_key(new.clone()).await.expect("it is taken"), None, "told once");
        assert_eq!(used(&text, 3599).await, Some(new.id));
        assert_eq!(used(&text, 3600).await, None, "{place}");
        for wrong in [
            &text[1..],
            &text.replace("accord_", ""),
            &format!("{text}A"),
            &format!("{}{}", &text[..70], if text.ends_with('A') { 'B' } else { 'A' }),
        ] {
            assert_eq!(used(wrong, 1).await, None, "{wrong}");
        }

        let next = api_key(account);
        let later =
            log.issue_api_key(next.clone()).await.expect("it is taken").expect("it is told");
        assert!(log.shorten_api_key(account, new.id, at(600)).await.expect("it is taken"));
        assert_eq!(
            (used(&text, 599).await, used(&later, 599).await),
            (Some(new.id), Some(next.id)),
            "both for a while"
        );
        assert_eq!((used(&text, 600).await, used(&later, 600).await), (None, Some(next.id)));

        let change = Change {
            id: Uuid::now_v7(),
            account,
            what: Changed::KeyRevoked,
            key: Some(next.id),
            at: at(700),
        };
        let foreign = Change { account: Uuid::now_v7(), ..change.clone() };
        assert!(!log.revoke_api_key(foreign).await.expect("it is taken"), "another's");
        assert!(log.revoke_api_key(change.clone()).await.expect("it is taken"));
        assert_eq!(used(&later, 701).await, None);
        assert!(!log.revoke_api_key(change.clone()).await.expect("it is taken"), "once");
        assert_eq!(log.credential_changes().await.expect("they are read"), [change]);
        assert_eq!(log.live_api_keys(account, at(701)).await.expect("they are read"), []);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn when_a_key_was_used_last_is_known_to_the_minute() {
    for place in places().await {
        let (log, new) = (place.log().await, api_key(Uuid::now_v7()));
        let text = log.issue_api_key(new.clone()).await.expect("it is taken").expect("it is told");
        for (used, known) in [(10, 10), (70, 10), (71, 71)] {
            log.use_api_key(&text, at(used)).await.expect("it is read").expect("it signs in");
            let key = log.api_key(new.id).await.expect("it is read").expect("it is there");
            assert_eq!(key.used_at, Some(at(known)), "{place}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_signs_in_with_what_stands_in_the_tables() {
    for place in places().await {
        let (log, account) = (place.log().await, Uuid::now_v7());
        let (_, token) = begun(&log, sign_in(account, 0)).await;
        let key =
            log.issue_api_key(api_key(account)).await.expect("it is taken").expect("it is told");
        let guesses = Throttle { name: "guesses", places: 1, every: TimeDelta::minutes(1) };
        log.take_place(&guesses, "ann@example.com", at(0))
            .await
            .expect("it is taken")
            .expect("it is free");
        let all = match &place.target {
            Target::Sqlite { dir } => ["log.sqlite", "log.sqlite-wal"]
                .map(|file| std::fs::read(dir.join(file)).expect("it is read"))
                .concat(),
            Target::Postgres { .. } => {
                let mut raw = Raw::of(&place).await;
                let mut all = vec![];
                for table in ["sessions", "api_keys", "throttles"] {
                    all.extend(raw.texts(&format!("SELECT t::text FROM {table} t")).await);
                }
                all.concat().into_bytes()
            }
        };
        let holds = |part: &[u8]| all.windows(part.len()).any(|window| window == part);
        for secret in [token.as_str(), &key, "ann@example.com"] {
            assert!(!holds(secret.as_bytes()), "{place}: {secret}");
            let bytes = base64_of(secret.trim_start_matches("accord_"));
            for part in bytes.chunks_exact(16).skip(1) {
                let hex: String = part.iter().map(|byte| format!("{byte:02x}")).collect();
                assert!(!holds(part) && !holds(hex.as_bytes()), "{place}: {secret}");
            }
        }
    }
}

/// What URL-safe base64 says; nothing of what is none.
fn base64_of(text: &str) -> Vec<u8> {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let value = |byte: &u8| LETTERS.iter().position(|letter| letter == byte);
    let four = |four: &[u8]| {
        let bits = four.iter().map(value).try_fold(0, |bits, six| Some((bits << 6) | six?));
        bits.map(|bits| [bits >> 16, bits >> 8, bits].map(|byte| byte as u8))
    };
    text.as_bytes().chunks_exact(4).filter_map(four).flatten().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_be_tried_so_often_may_not_be_tried_more_often_by_way_of_two_processes() {
    const GUESSES: Throttle = Throttle { name: "guesses", places: 5, every: TimeDelta::minutes(1) };
    for place in places().await {
        let log = place.log().await;
        let other = beside(&place, &log).await;
        let take = async |log: &Log, who: &str, seconds| {
            log.take_place(&GUESSES, who, at(seconds)).await.expect("it is taken")
        };
        let at_once = [&log, &other, &log, &other, &log, &other, &log, &other];
        let taken = join_all(at_once.map(|log| take(log, "ann", 0))).await;
        assert_eq!(taken.iter().filter(|taken| taken.is_ok()).count(), 5, "{place}");
        assert_eq!(take(&log, "ann", 59).await, Err(TimeDelta::seconds(1)));
        assert_eq!(take(&log, "ben", 59).await, Ok(()), "whoever else is counted apart");
        assert_eq!(take(&other, "ann", 60).await, Ok(()), "{place}");
        assert_eq!(take(&log, "ann", 60).await, Err(TimeDelta::seconds(60)));
        log.give_place_back(&GUESSES, "ann").await.expect("it is taken");
        assert_eq!(take(&log, "ann", 60).await, Ok(()), "one was given back");
        for _ in 0..5 {
            assert_eq!(take(&log, "ann", 6000).await, Ok(()), "and all are free after a while");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_says_nothing_any_more_is_swept_away_and_nothing_else() {
    const ONE: Throttle = Throttle { name: "one", places: 1, every: TimeDelta::minutes(1) };
    for place in places().await {
        let (log, account) = (place.log().await, Uuid::now_v7());
        let (ended, _) = begun(&log, sign_in(account, 0)).await;
        let (live, _) = begun(&log, sign_in(account, 0)).await;
        log.end_session(account, ended.id, Ended::SignedOut, at(0)).await.expect("it is taken");
        log.take_place(&ONE, "ann", at(0)).await.expect("it is taken").expect("it is free");
        let is_there = async |id| log.session(id).await.expect("it is read").is_some();
        let counted =
            async || Raw::of(&place).await.texts("SELECT count(*) || '' FROM throttles").await;
        log.sweep_credentials(at(60)).await.expect("it is taken");
        assert_eq!(
            (is_there(ended.id).await, is_there(live.id).await, counted().await),
            (true, true, vec!["1".into()])
        );
        log.sweep_credentials(at(90 * 24 * 60 * 60 + 1)).await.expect("it is taken");
        assert_eq!(
            (is_there(ended.id).await, is_there(live.id).await, counted().await),
            (false, true, vec!["0".into()]),
            "{place}"
        );
    }
}
