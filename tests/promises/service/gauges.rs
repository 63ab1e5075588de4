//! Gauges tell what is true when they are asked for, also of parts that stand still.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use api::service::Service;
use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};
use tests::places;

use super::{opening, unreadable, until};

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
        until(async || health.ready().await.is_err()).await;
        let gauges = Gauges::default();
        until(async || {
            let _here = metrics::set_default_local_recorder(&gauges);
            health.measure().await;
            gauges.read("accord_projection_state state=halted") > 0.0
        })
        .await;
        assert_eq!(gauges.read("accord_projection_state state=running"), 0.0, "{place}");
        assert_eq!(gauges.read("accord_log_head_position"), 5.0, "{place}");
        assert_eq!(gauges.read("accord_projection_position"), 1.0, "{place}");
        assert_eq!(gauges.read("accord_projection_lag_events"), 4.0, "{place}");
        let lag = gauges.read("accord_projection_lag_seconds");
        until(async || {
            let _here = metrics::set_default_local_recorder(&gauges);
            health.measure().await;
            gauges.read("accord_projection_lag_seconds") > lag
        })
        .await;
        assert_eq!(gauges.read("accord_reactor_lag_events"), 4.0, "{place}");
        service.stop().await;
    }
}
