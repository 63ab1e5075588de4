//! Consistent reads: a request keeps to one set of views, and an edge that pages reads no more than its page.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

use api::auth::Role;
use api::commands::{Commands, Outcome, Request};
use api::graphql::{Settings, Sources, graph_of};
use api::mailing::{self, Mailing};
use async_graphql::Response;
use domain::{Command, CommandId, PartnerId, Tier, partner::PartnerCommand};
use eventlog::SystemClock;
use futures::StreamExt;
use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};
use projections::{Sight, Views, deals, partners};
use sea_orm::EntityTrait;
use serde_json::{Value, json};
use tests::{append_all, history, places, vendor};
use tokio::sync::oneshot;
use uuid::Uuid;

use super::served::{Served, codes, principal};

/// Sees what is counted while a request runs on this thread.
trait Watching: Send + Sync {
    fn counter(&self, name: &str) -> Counter;
}

struct Watch<W>(W);

impl<W: Watching> Recorder for Watch<W> {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        self.0.counter(key.name())
    }
    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }
    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

/// Holds the first batch up until somebody has done something meanwhile.
struct Pause(Mutex<Option<(oneshot::Sender<()>, Receiver<()>)>>);

impl Watching for Pause {
    fn counter(&self, name: &str) -> Counter {
        if name == "accord_graphql_batches_total" {
            let held = self.0.lock().expect("nobody panics with it").take();
            if let Some((reached, go_on)) = held {
                reached.send(()).expect("somebody waits for it");
                go_on.recv().expect("it is told to go on");
            }
        }
        Counter::noop()
    }
}

/// Lets other views take over, and changes in them what a request is reading.
async fn meanwhile(
    served: &Served,
    partner: Uuid,
    reached: oneshot::Receiver<()>,
    done: Sender<()>,
) -> u64 {
    reached.await.expect("the request comes so far");
    take_over(served).await;
    let changed_at = set_tier(served, partner, Tier::Platinum).await;
    done.send(()).expect("the request waits for it");
    changed_at
}

/// The answer to a query during which other views take over, and where in the log they were changed then.
async fn asked_meanwhile(served: &Arc<Served>, partner: Uuid, query: &str) -> (Response, u64) {
    let (reach, reached) = oneshot::channel();
    let (done, go_on) = channel();
    let flip = tokio::spawn({
        let served = served.clone();
        async move { meanwhile(&served, partner, reached, done).await }
    });
    let answer = {
        let pause = Watch(Pause(Mutex::new(Some((reach, go_on)))));
        let _watching = metrics::set_default_local_recorder(&pause);
        served.ask(Role::Auditor, None, query).await
    };
    (answer, flip.await.expect("it takes over"))
}

async fn take_over(served: &Served) {
    let service = &served.service;
    let rebuilt = projections::rebuild(&service.log, |_| {}).await.expect("they are built");
    while service.views.current().name() != rebuilt.name {
        tokio::task::yield_now().await;
    }
}

/// Where in the log the tier was changed, once the views show it.
async fn set_tier(served: &Served, partner: Uuid, to: Tier) -> u64 {
    let command = PartnerCommand::OverrideTier { to, reason: "agreed".into() };
    let request = Request {
        command_id: CommandId(Uuid::now_v7()),
        by: vendor("vera", "overrideTier"),
        at: None,
        expected_version: None,
        cause: None,
        command: Command::Partner(PartnerId(partner), command),
    };
    let Ok(Outcome::Done(change)) = served.service.ask(request).await else { panic!("it is done") };
    served.service.settle().await;
    change.last_position
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_reads_one_set_of_views_though_another_takes_over() {
    for place in places().await {
        let served = Arc::new(Served::at(place).await);
        let north = served.story.id("north");
        let query =
            "{ partners { nodes { name tier deals(first: 1) { nodes { partner { tier } } } } } }";
        let (answer, changed_at) = asked_meanwhile(&served, north, query).await;
        assert_eq!(answer.errors, []);
        let read = answer.extensions["read"].clone().into_json().expect("is JSON");
        assert!(number(&read["last"]) < changed_at, "{read}");
        assert!(number(&read["first"]) <= number(&read["last"]), "{read}");
        assert_eq!(tiers_of_north(answer.data.into_json().expect("is JSON")), ["GOLD", "GOLD"]);

        let later = served.ask(Role::Auditor, None, query).await;
        let read = later.extensions["read"].clone().into_json().expect("is JSON");
        assert!(number(&read["first"]) >= changed_at, "{read}");
        let tiers = tiers_of_north(later.data.into_json().expect("is JSON"));
        assert_eq!(tiers, ["PLATINUM", "PLATINUM"]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn views_that_were_replaced_do_not_pass_for_a_position_that_they_never_reached() {
    for place in places().await {
        let served = Arc::new(Served::at(place).await);
        let north = served.story.id("north");
        let next = *served.service.log.head().borrow() + 1;
        let query = format!(
            "{{ partners {{ nodes {{ deals(first: 1) {{ nodes {{ dealId }} }} }} }} \
             viewer(minPosition: \"{next}\") {{ role }} }}"
        );
        let (answer, changed_at) = asked_meanwhile(&served, north, &query).await;
        assert_eq!(changed_at, next);
        assert_eq!(codes(&answer), [("viewer".to_owned(), "VIEWS_BEHIND".to_owned())]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_answer_of_a_stream_reads_the_views_that_are_live_by_then() {
    for place in places().await {
        let served = Served::at(place).await;
        let north = served.story.id("north");
        let head = *served.service.log.head().borrow();
        let query = format!(
            "subscription {{ events(after: \"{head}\", filter: {{ aggregateId: \"{north}\" }}) \
             {{ position partner {{ tier }} }} }}"
        );
        let request = async_graphql::Request::new(query).data(principal(Role::Auditor, None));
        let mut stream = served.graph.subscribe(request);
        for (to, shown, replaced) in
            [(Tier::Silver, "SILVER", false), (Tier::Platinum, "PLATINUM", true)]
        {
            if replaced {
                take_over(&served).await;
            }
            let changed_at = set_tier(&served, north, to).await;
            let answer = stream.next().await.expect("goes on");
            assert_eq!(answer.errors, []);
            let read = answer.extensions["read"].clone().into_json().expect("is JSON");
            assert!(number(&read["first"]) >= changed_at, "{read}");
            let event = answer.data.into_json().expect("is JSON")["events"].clone();
            let expected =
                json!({ "position": changed_at.to_string(), "partner": { "tier": shown } });
            assert_eq!(event, expected);
        }
        drop(stream);
        served.service.stop().await;
    }
}

fn number(position: &Value) -> u64 {
    position.as_str().and_then(|digits| digits.parse().ok()).expect("is a position")
}

/// The tier of north itself, and of the partner of its deal.
fn tiers_of_north(data: Value) -> [String; 2] {
    let partners = data["partners"]["nodes"].as_array().expect("is a list");
    let north = partners
        .iter()
        .find(|partner| partner["name"].as_str().is_some_and(|name| name.starts_with("North")))
        .expect("is there");
    [&north["tier"], &north["deals"]["nodes"][0]["partner"]["tier"]]
        .map(|tier| tier.as_str().expect("is a tier").to_owned())
}

#[tokio::test]
async fn what_reads_no_views_tells_no_position() {
    let served = Served::begin().await;
    let answer = served.ask(Role::Auditor, None, "{ viewer { role } }").await;
    assert_eq!(
        answer.data.into_json().expect("is JSON"),
        json!({ "viewer": { "role": "AUDITOR" } })
    );
    assert!(!answer.extensions.contains_key("read"));
    served.service.stop().await;
}

/// Counts the rows that are read.
#[derive(Clone, Default)]
struct Count(Arc<AtomicU64>);

impl Watching for Count {
    fn counter(&self, name: &str) -> Counter {
        match name {
            "accord_view_rows_total" => Counter::from_arc(self.0.clone()),
            _ => Counter::noop(),
        }
    }
}

#[tokio::test]
async fn an_edge_that_pages_reads_its_page_and_no_more() {
    for place in places().await {
        let log = place.log().await;
        append_all(&log, history(1500, 31)).await.expect("the history is taken");
        let views = Views::open(&log).await.expect("the views open");
        let head = *log.head().borrow();
        let (db, following) = (views.current().db().clone(), views.clone());
        let caught_up = {
            let mut position = views.watch();
            async move { drop(position.wait_for(|position| *position >= head).await) }
        };
        following.run(caught_up).await;
        let all = projections::seen::<deals::Entity>(&Sight::All).all(&db).await.expect("is read");
        let sellers = partners::Entity::find().all(&db).await.expect("is read");
        let own = |partner: &partners::Model| {
            all.iter().filter(|deal| deal.partner == partner.id).count() as u64
        };
        // Of each list its page, and the one row that tells whether there are more.
        let least: u64 = sellers.iter().map(|partner| own(partner).min(2)).sum();
        assert!(least < all.len() as u64, "some have more deals than a page shows");

        let commands = Commands::new(log.clone(), Arc::new(SystemClock));
        let mailing = Mailing::new(log.clone(), mailing::Settings::default());
        let sources = Sources { commands, log, views, mailing };
        let graph = graph_of(sources, Settings { introspection: false });
        let count = Count::default();
        let answer = {
            let watch = Watch(count.clone());
            let _watching = metrics::set_default_local_recorder(&watch);
            let query =
                "{ partners(first: 100) { nodes { deals(first: 1) { nodes { dealId } } } } }";
            let request = async_graphql::Request::new(query);
            graph.execute(request.data(principal(Role::Auditor, None))).await
        };
        assert_eq!(answer.errors, []);
        assert_eq!(count.0.load(Ordering::Relaxed), sellers.len() as u64 + least);
    }
}
