//! A clock that is wrong where nothing tells: whoever begins long after the log was last seen holds until an operator
//! confirms the clock, and one that was confirmed and was wrong all the same is got over in the same way.

use std::sync::Arc;

use api::{
    cli::clock::{confirmed, shown},
    commands::Outcome,
    fault::Fault,
    service::Service,
};
use chrono::{SecondsFormat, TimeDelta};
use eventlog::{Clock, ConfirmError, Log, SystemClock, Target};
use tests::{Place, places, told};

use super::super::log::raw::Raw;
use super::clocks::{DAY, Shifted, earned, lots};
use super::{opening, until};

const HOUR: i64 = 3_600;

/// A machine with a clock of its own, and a database on it.
struct Machine {
    place: Place,
    clock: Arc<Shifted>,
}

impl Machine {
    /// Has a log in which a contract has just earned something.
    async fn with(place: Place) -> Self {
        earned(&place).await;
        if let Target::Postgres { .. } = place.target {
            let shift = "CREATE SCHEMA machine;
                CREATE TABLE machine.clock (shift interval NOT NULL);
                INSERT INTO machine.clock VALUES ('0');
                CREATE FUNCTION machine.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS
                    'SELECT pg_catalog.clock_timestamp() + shift FROM machine.clock';
                DO $$ BEGIN
                    EXECUTE format('ALTER DATABASE %I SET search_path = public, machine, pg_catalog', current_database());
                END $$";
            Raw::of(&place).await.run(shift).await.expect("the server's clock can be shifted");
        }
        Self { place, clock: Shifted::by(0) }
    }

    /// Sets its clock, which is the server's as well.
    async fn set(&self, seconds: i64) {
        if let Target::Postgres { .. } = self.place.target {
            let shift =
                format!("UPDATE machine.clock SET shift = make_interval(secs => {seconds})");
            Raw::of(&self.place).await.run(&shift).await.expect("it can be shifted");
        }
        self.clock.set(seconds);
    }

    async fn start(&self) -> Service {
        let service = Service::start_by(self.place.target.clone(), self.clock.clone()).await;
        service.expect("it starts")
    }

    /// Serves, and notes that as whoever serves does once a minute.
    async fn serve(&self) {
        let service = self.start().await;
        service.settle().await;
        assert_eq!(service.health().ready().await, Ok(()), "{}", self.place);
        service.log.see().await.expect("its clock is right");
        service.stop().await;
    }

    async fn confirm(&self) {
        let confirmed = Log::confirm_clock(&self.place.target, self.clock.clone()).await;
        confirmed.expect("nothing speaks against it");
    }
}

/// Nothing is decided, and nothing comes of itself.
async fn holds(service: &Service, because: &str) {
    let head = *service.log.head().borrow();
    let lots_before = lots(&service.log).await;
    for _ in 0..20 {
        let why = service.health().ready().await.expect_err("the clock is held");
        assert!(why.contains(because), "{why}");
        assert!(why.contains("`accord clock confirm`"), "{why}");
        assert_eq!(service.ask(opening()).await, Err(Fault::Unavailable));
    }
    assert_eq!(service.log.reach().await.expect("it can be read"), head);
    assert_eq!(lots(&service.log).await, lots_before);
}

async fn goes_on(service: &Service) {
    until(async || service.health().ready().await.is_ok()).await;
    let done = service.ask(opening()).await;
    assert!(matches!(done, Ok(Outcome::Done(_))), "{done:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_forty_days_ahead_holds_until_it_is_confirmed_and_a_wrong_confirmation_is_got_over()
{
    for place in places().await {
        let machine = Machine::with(place).await;
        machine.serve().await;
        let mut raw = Raw::of(&machine.place).await;
        let built = SystemClock.now().to_rfc3339_opts(SecondsFormat::Micros, true);
        let build = format!(
            "INSERT INTO read_namespaces (name, version, created_at) VALUES ('read_99', 'x', '{built}')"
        );
        raw.run(&build).await.expect("somebody builds it just now");
        let mut there = async || {
            let name = "SELECT name FROM read_namespaces WHERE name = 'read_99'";
            !raw.texts(name).await.is_empty()
        };
        machine.set(40 * DAY).await;
        let service = machine.start().await;
        holds(&service, "nobody has seen the log for 40 d").await;
        assert!(there().await, "{}: what others build seems abandoned", machine.place);
        assert_eq!(lots(&service.log).await, (2, 1), "{}: nothing matured", machine.place);
        machine.confirm().await;
        goes_on(&service).await;
        until(async || lots(&service.log).await == (2, 2)).await;
        until(async || !there().await).await; // By a clock that is right it is.
        service.stop().await;

        machine.set(0).await;
        let service = machine.start().await;
        holds(&service, "behind the time at which the log was last written").await;
        machine.confirm().await;
        goes_on(&service).await;
        let last = told(&service.log).await.pop().expect("it is there").envelope;
        let ahead = last.recorded_at - SystemClock.now();
        assert!(ahead < TimeDelta::seconds(60), "{}: recorded {ahead} from now", machine.place);
        let rebuilt = projections::rebuild(&service.log, |_| ()).await;
        assert!(rebuilt.is_ok(), "{}: {:?}", machine.place, rebuilt.err());
        service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_standstill_of_hours_is_got_over_by_itself_and_who_serves_counts_as_having_seen_the_log()
{
    for place in places().await {
        let machine = Machine::with(place).await;
        for hours in [0, 1, 24, 47] {
            machine.set(hours * HOUR).await;
            machine.serve().await;
        }
        machine.set((47 + 25) * HOUR).await;
        let service = machine.start().await;
        holds(&service, "nobody has seen the log for 25 h").await;
        service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_whose_machine_is_set_forty_days_ahead_matures_nothing_and_goes_on_once_it_is_right()
 {
    for place in places().await {
        let machine = Machine::with(place).await;
        machine.serve().await;
        let service = machine.start().await;
        goes_on(&service).await;
        service.log.see().await.expect("its clock is right");
        machine.set(40 * DAY).await;
        until(async || {
            service.health().ready().await.is_err_and(|why| why.contains("nobody has seen"))
        })
        .await;
        holds(&service, "nobody has seen the log for 40 d").await;
        machine.set(0).await;
        goes_on(&service).await;
        assert_eq!(lots(&service.log).await, (2, 1), "{}", machine.place);
        service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_apart_from_the_servers_is_not_confirmed() {
    let place = Place::postgres().await;
    let log = place.log().await;
    for (seconds, side) in [(90, "ahead of"), (-90, "behind")] {
        let refused = Log::confirm_clock(&place.target, Shifted::by(seconds)).await;
        let refused = refused.expect_err("one of the two is wrong");
        assert!(matches!(refused, ConfirmError::Apart(_)), "{refused:?}");
        let why = refused.to_string();
        assert!(why.contains(side) && why.contains("confirming helps nothing"), "{why}");
    }
    assert_eq!(log.timed().await.expect("it can be asked").witness.confirmed, None);
    Log::confirm_clock(&place.target, Shifted::by(30)).await.expect("half a minute is nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn accord_clock_says_what_is_held_and_why_beside_a_process_that_serves() {
    for place in places().await {
        let machine = Machine::with(place).await;
        let service = machine.start().await;
        let target = &machine.place.target;
        service.log.see().await.expect("its clock is right");
        let (text, json) = shown(target.clone()).await.expect("it can be asked");
        assert!(text.ends_with("nothing is held"), "{text}");
        assert_eq!((&json["held"], json["confirmed"].is_null()), (&false.into(), true), "{json}");
        let days_ago = (SystemClock.now() - TimeDelta::days(3)).format("%FT%T%.6fZ");
        let unseen = format!("UPDATE clock SET seen_at = '{days_ago}'");
        Raw::of(&machine.place).await.run(&unseen).await.expect("it is there");
        let (text, json) = shown(target.clone()).await.expect("it can be asked");
        assert!(text.contains("HELD: by the clock, nobody has seen the log for 3 d 0 h"), "{text}");
        assert!(text.ends_with("run `accord clock confirm` if it is right"), "{text}");
        assert_eq!(json["held"], true, "{json}");
        let (text, _) = confirmed(target).await.expect("nothing speaks against it");
        assert!(text.starts_with("confirmed: it is 20"), "{text}");
        let (text, json) = shown(target.clone()).await.expect("it can be asked");
        assert!(text.ends_with("nothing is held"), "{text}");
        assert_eq!((&json["held"], json["confirmed"].is_null()), (&false.into(), false), "{json}");
        service.stop().await;
    }
}
