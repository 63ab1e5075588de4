//! Gauges tell what is true when they are asked for, also of parts that stand still.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use api::{health::Health, service::Service};
use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};
use projections::{Version, rebuild_as};
use tests::places;

use super::{clocks::Shifted, opening, unreadable, until};

/// Every gauge by its name and labels.
#[derive(Default)]
pub(super) struct Gauges(Mutex<HashMap<String, Arc<AtomicU64>>>);

impl Gauges {
    pub fn has(&self, name: &str) -> bool {
        self.0.lock().expect("nobody panics with it").contains_key(name)
    }

    pub fn read(&self, name: &str) -> f64 {
        let all = self.0.lock().expect("nobody panics with it");
        f64::from_bits(all.get(name).expect(name).load(Ordering::Relaxed))
    }
}

/// What every gauge of a process says now.
pub(super) async fn measured(health: &Health) -> Gauges {
    let gauges = Gauges::default();
    let here = metrics::set_default_local_recorder(&gauges);
    health.measure().await;
    drop(here);
    gauges
}

impl Recorder for Gauges {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn register_counter(&self, _: &Key, _: &Metadata<'_>) -> Counter {
        Counter::noop()
    }
    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        let labels: String =
            key.labels().map(|label| format!(" {}={}", label.key(), label.value())).collect();
        let mut all = self.0.lock().expect("nobody panics with it");
        let gauge = all.entry(format!("{}{labels}", key.name())).or_default();
        Gauge::from_arc(gauge.clone())
    }
    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

#[tokio::test]
async fn views_that_have_halted_lag_by_what_the_log_has_beyond_them() {
    for place in places().await {
        let service = Service::start(place.target.clone()).await.expect("it starts");
        service.ask(opening()).await.expect("it is decided");
        service.settle().await;
        service.log.append(unreadable()).await.expect("it is taken");
        for _ in 0..3 {
            service.ask(opening()).await.expect("the log goes on");
        }
        let health = service.health();
        let halted = "accord_projection_state state=halted";
        until(async || measured(&health).await.read(halted) > 0.0).await;
        assert!(health.ready().await.is_err(), "{place}");
        let gauges = measured(&health).await;
        assert_eq!(gauges.read("accord_projection_state state=running"), 0.0, "{place}");
        assert_eq!(gauges.read("accord_log_head_position"), 5.0, "{place}");
        assert_eq!(gauges.read("accord_projection_position"), 1.0, "{place}");
        assert_eq!(gauges.read("accord_projection_lag_events"), 4.0, "{place}");
        let lag = gauges.read("accord_projection_lag_seconds");
        until(async || measured(&health).await.read("accord_projection_lag_seconds") > lag).await;
        assert_eq!(gauges.read("accord_reactor_lag_events"), 4.0, "{place}");
        service.log.close().await; // It cannot be asked any more.
        let lag = measured(&health).await.read("accord_projection_lag_seconds");
        assert!(lag.is_nan(), "{place}: {lag} of a log that does not answer");
        service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_wrong_shows() {
    for place in places().await {
        let clock = Shifted::by(0);
        let service =
            Service::start_by(place.target.clone(), clock.clone()).await.expect("it starts");
        let health = service.health();
        let right = async || measured(&health).await.read("accord_clock_right");
        until(async || right().await == 1.0).await;
        clock.set(40 * 86_400);
        until(async || right().await == 0.0).await;
        clock.set(0);
        until(async || right().await == 1.0).await;
        service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_another_version_has_replaced_is_not_ready_and_shows_it() {
    for place in places().await {
        let service = Service::start(place.target.clone()).await.expect("it starts");
        service.ask(opening()).await.expect("it is decided");
        service.settle().await;
        let health = service.health();
        assert_eq!(health.ready().await, Ok(()), "{place}");
        assert_eq!(measured(&health).await.read("accord_views_retired"), 0.0, "{place}");
        rebuild_as(&service.log, &Version::named("next"), |_| {}).await.expect("it is built");
        let replaced = "another version of this program has taken over: end this one";
        until(async || health.ready().await == Err(replaced.to_owned())).await;
        assert_eq!(measured(&health).await.read("accord_views_retired"), 1.0, "{place}");
        service.stop().await;
    }
}
