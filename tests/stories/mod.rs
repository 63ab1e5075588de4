//! Stories of the trade told end to end on both engines (acceptance tests), and what holds of every one of them.

mod again;
mod application;
mod commission;
mod company;
mod crashed;
mod deal;
mod demo;
mod erasure;
mod folds;
mod leaving;
mod payout;
mod people;
mod program;
mod training;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use api::auth::{Principal, Role};
use api::clock::ManualClock;
use api::commands::{Cause, Outcome, Request};
use api::fault::Fault;
use api::graphql::{Settings, graph};
use api::http::TraceId;
use api::service::Service;
use api::story::{Step, Story, Told};
use chrono::{DateTime, Utc};
use domain::reactions::{effects, policy_actor};
use domain::{CommandId, Currency, Event, PartnerId, Recorded, WalletId, decode};
use serde_json::{Value, json};
use tests::{Place, owner, places, told, vendor};
use uuid::Uuid;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/stories");

/// A story of the folder, told to its end.
struct Telling {
    file: PathBuf,
    story: Story,
    service: Service,
}

impl Telling {
    async fn of(place: &Place, name: &str) -> Self {
        let file = Path::new(FOLDER).join(name).with_extension("json");
        let story = Story::read(&file).unwrap_or_else(|error| panic!("{error}"));
        let service = start(place, &story).await;
        let telling = Self { file, story, service };
        let told = telling.tell(&telling.story).await;
        assert_eq!(told.done + told.refused, telling.story.steps.len(), "{place}: {name}");
        telling
    }

    async fn tell(&self, story: &Story) -> Told {
        let told = story.tell(&self.file, &self.service, |_| ()).await;
        told.unwrap_or_else(|error| panic!("{error}"))
    }

    /// Every event of the log in its order.
    async fn history(&self) -> Vec<Recorded> {
        told(&self.service.log).await
    }

    fn wallet_of(&self, name: &str) -> WalletId {
        WalletId::of(PartnerId(self.story.id(name)), eur())
    }

    /// The data that somebody of the vendor's gets for a query.
    async fn ask(&self, role: Role, query: &str) -> Value {
        let principal = Principal::usual(role.to_string(), role, None);
        let query = async_graphql::Request::new(query).data(principal).data(TraceId::new());
        let graph = graph(&self.service, Settings { introspection: false });
        let response = graph.execute(query).await;
        assert!(response.errors.is_empty(), "{:?}", response.errors);
        response.data.into_json().expect("an answer is JSON")
    }
}

async fn start(place: &Place, story: &Story) -> Service {
    Service::start_at(place.target.clone(), ManualClock::at(story.begins()))
        .await
        .expect("the service starts")
}

fn eur() -> Currency {
    Currency::from_code("EUR").expect("EUR")
}

/// A step's command as its sender sends it.
fn request(step: &Step) -> Request {
    Request {
        command_id: step.command_id,
        by: step.by.clone(),
        at: Some(step.at),
        expected_version: None,
        cause: None,
        command: step.command.clone(),
    }
}

/// The names of all stories of the folder.
fn all() -> Vec<String> {
    let files = std::fs::read_dir(FOLDER).expect("there are stories");
    let name = |file: PathBuf| Some(file.file_stem()?.to_str()?.to_owned());
    let names: Vec<String> =
        files.filter_map(|file| name(file.expect("the folder can be read").path())).collect();
    assert!(names.len() >= 7, "{names:?}");
    names
}

/// What each stream holds, whatever lies between. What has its id under a log's own secret goes by its first event.
fn streams(history: &[Recorded]) -> BTreeMap<Uuid, Vec<Event>> {
    let mut streams = BTreeMap::<_, Vec<Event>>::new();
    let mut firsts = BTreeMap::new();
    for Recorded { envelope, event } in history {
        let keyed = matches!(event, Event::Reservation(_));
        let first = *firsts.entry(envelope.aggregate_id).or_insert(envelope.event_id.0);
        let stream = if keyed { first } else { envelope.aggregate_id };
        streams.entry(stream).or_default().push(event.clone());
    }
    streams
}

/// What an event causes and sets on the schedule, as it is asked for.
fn caused(recorded: &Recorded) -> Vec<Request> {
    let cause =
        Cause { event: recorded.envelope.event_id, correlation: recorded.envelope.correlation_id };
    let request = |(command_id, at, command)| Request {
        command_id,
        by: policy_actor(),
        at: Some(at),
        expected_version: None,
        cause: Some(cause),
        command,
    };
    effects(recorded).map(request).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn e14_told_again_doubled_reordered_and_crashed_a_story_leaves_the_same_streams() {
    for name in all() {
        for place in places().await {
            let telling = Telling::of(&place, &name).await;
            let once = telling.history().await;
            telling.tell(&telling.story).await;
            assert_eq!(telling.history().await, once, "{place}: {name} told again");

            // Doubled: every event again, from the first on. Reordered across streams: last stream first.
            let Telling { service, story, .. } = telling;
            service.log.set_checkpoint("reactor", 0).await.expect("rewinds");
            let mut reordered = once.clone();
            reordered.sort_by_key(|event| {
                (std::cmp::Reverse(event.envelope.aggregate_id), event.envelope.sequence)
            });
            for recorded in &reordered {
                for request in caused(recorded) {
                    let is_timer = request.at > Some(recorded.envelope.occurred_at);
                    let done = service.log.has_carried_out(request.command_id).await;
                    if is_timer && !done.expect("it reads") {
                        continue; // Its instant has not come.
                    }
                    service.ask(request).await.expect("the log answers");
                }
            }
            service.stop().await;

            // Crashed: the checkpoint lags behind what was done, and the next process begins there.
            let service = start(&place, &story).await;
            service.settle().await;
            assert_eq!(streams(&told(&service.log).await), streams(&once), "{place}: {name}");
            service.stop().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn e15_every_event_goes_back_to_an_outside_command() {
    for name in all() {
        let place = Place::sqlite();
        let telling = Telling::of(&place, &name).await;
        let history = telling.history().await;
        for event in &history {
            let mut cause = event;
            for _ in 0..history.len() {
                let Some(id) = cause.envelope.causation_id else { break };
                cause = history
                    .iter()
                    .find(|event| event.envelope.event_id == id)
                    .expect("the cause is in the log");
                let correlation = event.envelope.correlation_id;
                assert_eq!(cause.envelope.correlation_id, correlation, "{name}");
            }
            assert_eq!(cause.envelope.causation_id, None, "{name}: the chain ends");
            let asked = cause.envelope.actor.role;
            assert_ne!(asked, Role::Policy, "{name}: nobody asked for it");
        }
        telling.service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_views_of_every_story_are_what_its_log_says() {
    for name in all() {
        for place in places().await {
            let telling = Telling::of(&place, &name).await;
            let aside = tests::directory();
            let verified = projections::verify(&telling.service.log, aside.path(), |_| ()).await;
            assert!(verified.is_ok(), "{place}: {name}: {:?}", verified.err());
            telling.service.stop().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_written_into_a_story_that_was_told_is_all_that_is_added() {
    for place in places().await {
        let telling = Telling::of(&place, "training").await;
        let before = telling.history().await;
        let text = std::fs::read_to_string(&telling.file).expect("the file is there");
        let mut written: Value = serde_json::from_str(&text).expect("is JSON");
        let steps = written["steps"].as_array_mut().expect("has steps");
        let course =
            json!({ "course": "service", "area": "software", "modules": ["care"], "step": 3 });
        let added = json!({ "by": "channel-manager carla", "do": "publishCourse", "on": "@program", "with": course });
        steps.insert(5, added);
        let story = Story::parse(&telling.file, &written.to_string()).expect("is a story");
        telling.tell(&story).await;
        let after = telling.history().await;
        assert_eq!(after[..before.len()], before, "{place}");
        let added = after[before.len()..].iter().map(|event| event.envelope.event_type.as_str());
        assert_eq!(added.collect::<Vec<_>>(), ["course-published"], "{place}");
        telling.service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_story_told_again_what_is_new_is_checked_and_what_was_left_out_is_counted() {
    for place in places().await {
        let telling = Telling::of(&place, "training").await;
        let steps = &telling.story.steps;
        let done = steps.iter().rposition(|step| step.refused.is_none()).expect("some are done");
        let questions = |steps: &[Step]| steps.iter().map(|step| step.then.len()).sum::<usize>();
        let refusals = |steps: &[Step]| steps.iter().filter(|step| step.refused.is_some()).count();
        let (over, last) = steps.split_at(done + 1);
        let again = telling.tell(&telling.story).await;
        assert!(refusals(over) > 0 && questions(over) > 0, "there is something to leave out");
        assert_eq!(again.left_out, refusals(over) + questions(over), "{place}");
        assert_eq!((again.refused, again.answered), (refusals(last), questions(last)), "{place}");

        let text = std::fs::read_to_string(&telling.file).expect("the file is there");
        let written: Value = serde_json::from_str(&text).expect("is JSON");
        let with = |course: &str, refused: Value, role: &str| {
            let mut written = written.clone();
            let then = json!([{ "as": "auditor ada", "query": "{ viewer { role } }", "answer": { "viewer": { "role": role } } }]);
            let fields =
                json!({ "course": course, "area": "software", "modules": ["care"], "step": 3 });
            let step = json!({ "by": "channel-manager carla", "do": "publishCourse", "on": "@program",
                "with": fields, "name": course, "refused": refused, "then": then });
            written["steps"].as_array_mut().expect("has steps").push(step);
            Story::parse(&telling.file, &written.to_string()).expect("is a story")
        };
        let told = telling.tell(&with("right", Value::Null, "AUDITOR")).await;
        assert_eq!((told.left_out, told.answered), (again.left_out, again.answered + 1), "{place}");
        for (story, problem) in [
            (with("asked wrongly", Value::Null, "OWNER"), "not\n"),
            (with("not refused", json!("PROGRAM_NOT_OPEN"), "AUDITOR"), "was carried out"),
        ] {
            let wrong = story.tell(&telling.file, &telling.service, |_| ()).await;
            let wrong = wrong.expect_err("it does not go as written").to_string();
            assert!(wrong.contains(problem), "{place}: {wrong}");
        }
        telling.service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r132_the_five_events_come_out_under_their_names() {
    for place in places().await {
        let telling = Telling::of(&place, "one-partner").await;
        let history = telling.history().await;
        for name in
            ["applied", "certified", "deal-qualified", "commission-accrued", "payout-requested"]
        {
            assert!(
                history.iter().any(|event| event.envelope.event_type == name),
                "{place}: {name}"
            );
        }
        telling.service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_used_for_another_command_is_refused_as_such() {
    for place in places().await {
        let telling = Telling::of(&place, "erasure").await;
        let steps = &telling.story.steps;
        let reused = Request { command_id: steps[0].command_id, ..request(&steps[1]) };
        assert_eq!(telling.service.ask(reused).await, Err(Fault::CommandIdReused), "{place}");
        telling.service.stop().await;
    }
}
