//! Rolling upgrades: programs of two versions beside each other on one log, and what takes over in the middle of work.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use eventlog::{Clock, Log, Target};
use projections::{OpenViewsError, ReaderState, Version, Views, rebuild, rebuild_as};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection, SqliteConnection};
use tests::{Place, append_all, history, places};

use super::super::log::raw::Raw;
use super::ground::*;

/// A clock that is moved by hand.
#[derive(Default)]
struct Moved(Mutex<TimeDelta>);

impl Clock for Moved {
    fn now(&self) -> DateTime<Utc> {
        Still.now() + *self.0.lock().expect("nobody panics with it")
    }

    fn by_hand(&self) -> bool {
        true
    }
}

async fn reading_as(log: Log, version: &str) -> Result<Reading, OpenViewsError> {
    let views = Views::open_as(&log, Version::named(version)).await?;
    Ok(Reading::with_views(log, views))
}

async fn until(condition: impl AsyncFnMut() -> bool) {
    tests::until(PATIENCE, condition).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_versions_on_one_log_fill_each_its_own_views_and_the_old_one_says_that_it_is_old() {
    let place = Place::postgres().await;
    let old = reading_as(place.log().await, "old").await.expect("it makes views of its own");
    append_all(&old.log, history(200, 41)).await.expect("they are taken");
    old.caught_up().await;
    let log = place.log().await;
    let refused = reading_as(log.clone(), "new").await.map(drop);
    assert!(matches!(refused, Err(OpenViewsError::Outdated { .. })), "{refused:?}");
    assert_eq!(*old.views.successor().borrow(), None);

    let rebuilt = rebuild_as(&log, &Version::named("new"), |_| {}).await.expect("it is built");
    let new = reading_as(log, "new").await.expect("these are its own");
    let mut successor = old.views.successor();
    let told = successor.wait_for(|name| name.as_ref() == Some(&rebuilt.name));
    drop(told.await.expect("the reader runs"));

    append_all(&new.log, history(200, 42)).await.expect("the log goes on");
    new.caught_up().await;
    let head = *new.log.head().borrow();
    old.views.wait_for(head, PATIENCE).await.expect("it shows what it can for as long as it may");
    assert_eq!(new.views.current().name(), rebuilt.name);
    assert_ne!(old.views.current().name(), rebuilt.name);
}

#[tokio::test(flavor = "multi_thread")]
async fn views_that_another_version_fills_are_not_folded_by_this_one() {
    for place in places().await {
        let reading = Reading::with_history(&place, 100, 43).await;
        let before = reading.views.position();
        tamper(&reading.views, &place, "UPDATE checkpoint SET version = 'another'").await;
        append_all(&reading.log, history(50, 44)).await.expect("the log goes on");
        let mut state = reading.views.state();
        let refused = state.wait_for(
            |state| matches!(state, ReaderState::Retrying { error } if error.contains("written")),
        );
        drop(tokio::time::timeout(PATIENCE, refused).await.expect("in time").expect("it runs"));
        assert_eq!(reading.views.current().position().await.expect("it can be read"), before);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_been_replaced_is_swept_within_a_minute_and_not_at_once() {
    for place in places().await {
        let clock = Arc::<Moved>::default();
        let reading = Reading::of(place.log_at(clock.clone()).await).await;
        append_all(&reading.log, history(100, 45)).await.expect("they are taken");
        reading.caught_up().await;
        let old = reading.views.current();
        rebuild(&reading.log, |_| {}).await.expect("it is built");
        until(async || reading.views.current().name() != old.name()).await;
        old.position().await.expect("whoever reads it still can");
        *clock.0.lock().expect("nobody panics with it") = TimeDelta::seconds(59);
        let (name, mut raw) = (old.name().to_owned(), Raw::of(&place).await);
        drop(old);
        until(async || !raw.texts("SELECT name FROM read_namespaces").await.contains(&name)).await;
        proof(&reading.log).await.expect("the other one is whole");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn views_that_have_to_catch_up_first_stall_neither_the_present_ones_nor_the_end() {
    for place in places().await {
        let reading = Reading::with_history(&place, 300, 46).await;
        let (log, views) = (reading.log.clone(), reading.views.clone());
        reading.end().await;
        let (old, head) = (views.current().name().to_owned(), views.position());
        let new = rebuild(&log, |_| {}).await.expect("it is built").name;
        // It seems to lack an event, and somebody is about to fold it, but takes his time.
        let mut other = beside(&place, &new).await;
        let back = format!("UPDATE checkpoint SET position = {}", head - 1);
        other.run(&back).await.expect("it is there");
        let begin = match &place.target {
            Target::Sqlite { .. } => "BEGIN IMMEDIATE",
            Target::Postgres { .. } => "BEGIN",
        };
        other.run(begin).await.expect("nobody is at it");
        let fold = format!("UPDATE checkpoint SET position = {head}");
        other.run(&fold).await.expect("nobody is at it");

        let first = Reading::with_views(log.clone(), views.clone());
        append_all(&log, history(300, 47)).await.expect("the log goes on");
        first.caught_up().await;
        assert_eq!(views.current().name(), old, "{place}");
        tokio::time::timeout(Duration::from_secs(5), first.end()).await.expect("it ends at once");

        let second = Reading::with_views(log.clone(), views.clone());
        other.run("COMMIT").await.expect("it was begun");
        until(async || views.current().name() == new).await;
        second.caught_up().await;
        proof(&log).await.expect("nothing is lost");
    }
}

/// A connection to the tables of a namespace.
async fn beside(place: &Place, name: &str) -> Raw {
    match &place.target {
        Target::Sqlite { dir } => {
            let options = SqliteConnectOptions::new().filename(dir.join(format!("{name}.sqlite")));
            let connection = SqliteConnection::connect_with(&options).await;
            Raw::Sqlite(connection.expect("the file opens"))
        }
        Target::Postgres { .. } => {
            let mut raw = Raw::of(place).await;
            raw.run(&format!("SET search_path = {name}")).await.expect("it is there");
            raw
        }
    }
}
