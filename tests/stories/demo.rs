//! The demo's year on both engines: what it holds, and that every view and every invariant stands.

use std::collections::BTreeMap;

use api::{
    auth::{Principal, Role},
    clock::ManualClock,
    demo::{Year, examples},
    graphql,
    http::TraceId,
    service::Service,
    story::Story,
};
use async_graphql::{Request, Variables};
use chrono::{DateTime, Utc};
use domain::PartnerId;
use tests::places;

fn now() -> DateTime<Utc> {
    "2026-01-15T12:00:00Z".parse().expect("an instant")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_builds_a_year_that_verifies_on_both_engines() {
    let mut heads = vec![];
    for place in places().await {
        let year = Year::before(now()).unwrap_or_else(|error| panic!("{error}"));
        let service = Service::start_at(place.target.clone(), ManualClock::at(year.story.begins()))
            .await
            .expect("starts");
        let built =
            year.build(&service, |_| ()).await.unwrap_or_else(|error| panic!("{place}: {error}"));
        assert!(built.refused >= 8, "{place}: only {} commands were refused", built.refused);

        every_example_answers(&service, &year.story).await;
        let events = service.log.read_after(0, 100_000).await.expect("the log reads");
        let mut types = BTreeMap::<String, usize>::new();
        for event in &events {
            *types.entry(event.envelope.event_type.clone()).or_default() += 1;
        }
        let count = |name: &str| types.get(name).copied().unwrap_or(0);
        assert!(count("joined-network") >= 12, "{place}: {types:?}");
        assert_eq!(count("deal-registered"), 60, "{place}: {types:?}");
        for name in [
            "applied",
            "certified",
            "deal-qualified",
            "commission-accrued",
            "payout-requested",
            "payout-paid",
            "payout-rejected",
            "payout-cancelled",
            "protection-expired",
            "deal-won",
            "deal-lost",
            "information-requested",
            "partner-suspended",
            "wallet-frozen",
            "exam-failed",
        ] {
            assert!(count(name) > 0, "{place}: no {name} in {types:?}");
        }
        heads.push(events.len());

        let aside = tests::directory();
        let report = projections::verify(&service.log, aside.path(), |_| ())
            .await
            .unwrap_or_else(|error| panic!("{place}: {error}"));
        assert_eq!(report.position, events.len() as u64, "{place}");
        service.stop().await;
    }
    assert_eq!(heads[0], heads[1], "both engines hold the same year");
}

/// What the page offers must work: nobody forgives a demo whose own examples fail.
async fn every_example_answers(service: &Service, year: &Story) {
    let graph = graphql::graph(service, graphql::Settings { introspection: false });
    for example in
        examples(year).into_iter().filter(|example| !example.query.starts_with("subscription"))
    {
        let role: Role = example
            .role
            .as_deref()
            .and_then(|role| role.parse().ok())
            .expect("the example has a role");
        let partner = role.is_member().then(|| PartnerId(year.id("nordwind")));
        let principal = Principal::usual("somebody".into(), role, partner);
        let variables =
            serde_json::from_str(&example.variables).map(Variables::from_json).unwrap_or_default();
        let request =
            Request::new(&example.query).variables(variables).data(principal).data(TraceId::new());
        let response = graph.execute(request).await;
        assert!(response.errors.is_empty(), "{}: {:?}", example.title, response.errors);
        let answer = response.data.to_string();
        assert!(!answer.contains("refusal: {"), "{} is refused: {answer}", example.title);
        assert!(!answer.contains("edges: []"), "{} shows nothing: {answer}", example.title);
    }
}
