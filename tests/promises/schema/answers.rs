//! What single questions are answered.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use api::auth::{Principal, Role};
use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};
use serde_json::{Value, json};
use uuid::Uuid;

use super::served::{LATE, Served, codes, principal};

/// Counts the batches that are read on this thread.
#[derive(Default)]
struct Batches(Arc<AtomicU64>);

impl Recorder for Batches {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        match key.name() {
            "accord_graphql_batches_total" => Counter::from_arc(self.0.clone()),
            _ => Counter::noop(),
        }
    }
    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }
    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

#[tokio::test]
async fn three_levels_of_a_list_are_one_statement_each() {
    let served = Served::begin().await;
    let batches = Batches::default();
    let query = "{ partners { nodes { name wallets { nodes { walletId payouts { nodes { payoutId } } } } deals { nodes { dealId } } } } }";
    let answer = {
        let _counting = metrics::set_default_local_recorder(&batches);
        served.ask(Role::Auditor, None, query).await
    };
    assert_eq!(answer.errors, []);
    let data = answer.data.into_json().expect("is JSON");
    assert_eq!(data["partners"]["nodes"].as_array().map(Vec::len), Some(3));
    // Beside the list of partners: the wallets of all, the payouts of all, the deals of all.
    assert_eq!(batches.0.load(Ordering::Relaxed), 3);
    served.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_a_hundred_and_one_is_refused() {
    let served = Served::begin().await;
    let ask = |first: u32| {
        let query = format!("{{ partners(first: {first}) {{ edges {{ cursor }} }} }}");
        let served = &served;
        async move { served.ask(Role::Auditor, None, &query).await }
    };
    assert_eq!(ask(100).await.errors, []);
    let refused = ask(101).await;
    assert_eq!(codes(&refused), [("partners".to_owned(), "BAD_USER_INPUT".to_owned())]);
    served.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_goes_on_after_a_cursor_and_before_one() {
    let served = Served::begin().await;
    let names = |query: String| {
        let served = &served;
        async move {
            let data =
                served.ask(Role::Auditor, None, &query).await.data.into_json().expect("is JSON");
            data["partners"].clone()
        }
    };
    let order = "orderBy: { field: NAME, direction: ASCENDING }";
    let selected =
        "{ nodes { name } pageInfo { endCursor startCursor hasNextPage hasPreviousPage } }";
    let first = names(format!("{{ partners({order}, first: 2) {selected} }}")).await;
    assert_eq!(
        first["nodes"],
        json!([{ "name": "North sp. z o.o." }, { "name": "Ridge sp. z o.o." }])
    );
    assert_eq!(first["pageInfo"]["hasNextPage"], true);
    let after = &first["pageInfo"]["endCursor"];
    let rest = names(format!("{{ partners({order}, first: 2, after: {after}) {selected} }}")).await;
    assert_eq!(rest["nodes"], json!([{ "name": "Summit sp. z o.o." }]));
    assert_eq!(rest["pageInfo"]["hasNextPage"], false);
    let before = &rest["pageInfo"]["startCursor"];
    let back =
        names(format!("{{ partners({order}, last: 1, before: {before}) {selected} }}")).await;
    assert_eq!(back["nodes"], json!([{ "name": "Ridge sp. z o.o." }]));
    let elsewhere = format!("{{ deals(after: {after}) {{ nodes {{ dealId }} }} }}");
    let foreign = served.ask(Role::Auditor, None, &elsewhere).await;
    assert_eq!(codes(&foreign), [("deals".to_owned(), "BAD_USER_INPUT".to_owned())]);
    served.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_data_with_its_field_and_its_policy() {
    let served = Served::begin().await;
    let north = served.objects("north").await;
    let query = "mutation($input: RequestPayoutInput!) { requestPayout(input: $input) \
                 { wallet { walletId } position refusal { code message field policy { id version } } } }";
    let input = json!({ "input": { "walletId": north.wallet, "amount": { "amount": "1.234", "currency": "EUR" } } });
    let answer = served.ask_with(Role::Owner, Some(north.partner), query, input).await;
    assert_eq!(answer.errors, []);
    let payload = answer.data.into_json().expect("is JSON")["requestPayout"].clone();
    assert_eq!(payload["refusal"]["code"], "INPUT_INVALID");
    assert_eq!(payload["refusal"]["field"], json!(["amount", "amount"]));
    assert_eq!(payload["position"], json!(null));

    let input = json!({ "input": { "walletId": north.wallet, "amount": { "amount": "1.23", "currency": "EUR" } } });
    let answer = served.ask_with(Role::Owner, Some(north.partner), query, input).await;
    let refusal = answer.data.into_json().expect("is JSON")["requestPayout"]["refusal"].clone();
    assert_eq!(refusal["code"], "PAYOUT_BELOW_MINIMUM");
    assert_eq!(refusal["policy"], json!({ "id": "payout-policy", "version": 1 }));
    served.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r135_the_same_command_id_answers_the_same_and_with_another_body_is_an_error() {
    let served = Served::begin().await;
    let north = served.objects("north").await;
    let query = "mutation($input: OverrideTierInput!) { overrideTier(input: $input) \
                 { partner { tier version } position replayed refusal { code } } }";
    let input = |to: &str| json!({ "input": { "partnerId": north.partner, "to": to, "reason": "agreed", "commandId": Uuid::from_u128(9) } });
    let first = served.ask_with(Role::ChannelManager, None, query, input("SILVER")).await;
    assert_eq!(first.errors, []);
    let done = first.data.clone().into_json().expect("is JSON")["overrideTier"].clone();
    assert_eq!(done["partner"]["tier"], "SILVER");
    assert_eq!(done["replayed"], false);
    let again = served.ask_with(Role::ChannelManager, None, query, input("SILVER")).await;
    let mut again = again.data.into_json().expect("is JSON")["overrideTier"].clone();
    assert_eq!(again["replayed"].take(), true);
    assert_eq!(again, with(&done, "replayed", json!(null)), "all the rest is the same");
    let other = served.ask_with(Role::ChannelManager, None, query, input("GOLD")).await;
    assert_eq!(codes(&other), [("overrideTier".to_owned(), "COMMAND_ID_REUSED".to_owned())]);

    let stale = json!({ "input": { "partnerId": north.partner, "to": "GOLD", "reason": "x", "expectedVersion": 1 } });
    let conflict = served.ask_with(Role::ChannelManager, None, query, stale).await;
    assert_eq!(codes(&conflict), [("overrideTier".to_owned(), "CONFLICT".to_owned())]);
    served.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_command_id_of_somebody_else_is_another_request() {
    let served = Served::begin().await;
    let north = served.objects("north").await;
    let query = "mutation($input: OverrideTierInput!) { overrideTier(input: $input) \
                 { position replayed refusal { code } } }";
    let input = json!({ "input": {
        "partnerId": north.partner, "to": "SILVER", "reason": "agreed", "commandId": Uuid::from_u128(9)
    } });
    for (issuer, subject, replayed) in [
        ("accord", "ann", false),
        ("accord", "bob", false),
        ("elsewhere", "ann", false),
        ("accord", "ann", true),
    ] {
        let by = Principal {
            issuer: issuer.into(),
            subject: subject.into(),
            ..principal(Role::ChannelManager, None)
        };
        let answer = served.ask_by(by, query, input.clone()).await;
        assert_eq!(answer.errors, [], "{subject} of {issuer}");
        let payload = answer.data.into_json().expect("is JSON")["overrideTier"].clone();
        assert_eq!(payload["replayed"], replayed, "{subject} of {issuer}: {payload}");
        assert_eq!(payload["refusal"], Value::Null, "{subject} of {issuer}");
    }
    served.service.stop().await;
}

fn with(object: &Value, field: &str, value: Value) -> Value {
    let mut object = object.clone();
    object[field] = value;
    object
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_of_what_is_not_there_is_no_conflict() {
    let served = Served::begin().await;
    let open = |version: u32| {
        json!({ "input": {
            "programId": Uuid::now_v7(), "name": "Second", "baseCurrency": "EUR",
            "policy": { "timeZone": "Europe/Warsaw", "interviewRequired": false, "maxNetworkDepth": 3 },
            "expectedVersion": version
        } })
    };
    let query = "mutation($input: OpenProgramInput!) { openProgram(input: $input) { position } }";
    let seen = served.ask_with(Role::Administrator, None, query, open(1)).await;
    assert_eq!(codes(&seen), [("openProgram".to_owned(), "BAD_USER_INPUT".to_owned())]);
    assert!(seen.errors[0].message.contains("nothing under this id yet"), "{:?}", seen.errors);
    assert_eq!(served.ask_with(Role::Administrator, None, query, open(0)).await.errors, []);
    served.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_date_in_the_past_is_for_channel_managers_and_finance() {
    let served = Served::begin().await;
    let north = served.objects("north").await;
    let query = "mutation($input: WithdrawDealInput!) { withdrawDeal(input: $input) { refusal { code field } } }";
    let input = |at: &str| json!({ "input": { "dealId": north.deal, "occurredAt": at } });
    let member = served
        .ask_with(Role::Owner, Some(north.partner), query, input("2025-01-17T00:00:00Z"))
        .await;
    assert_eq!(codes(&member), [("withdrawDeal".to_owned(), "BAD_USER_INPUT".to_owned())]);
    let future =
        served.ask_with(Role::ChannelManager, None, query, input("2225-01-17T00:00:00Z")).await;
    let refusal = future.data.into_json().expect("is JSON")["withdrawDeal"]["refusal"].clone();
    assert_eq!(refusal["code"], "INPUT_INVALID");
    served.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_a_candidate_sees_its_application_and_nothing_else() {
    let served = Served::begin().await;
    let candidate = LATE;
    let apply = "mutation($input: ApplyForProgramInput!) { applyForProgram(input: $input) \
                 { position refusal { code message } } }";
    let input = json!({ "input": {
        "program": served.story.id("program"),
        "company": { "name": "Late sp. z o.o.", "country": "PL" },
        "contacts": [{ "person": Uuid::from_u128(4712), "firstName": "Ewa", "lastName": "Nowak", "email": "ewa@late.example" }],
        "sections": { "competencies": "ERP", "customerPortfolio": "Makers", "strategicGoals": "Growth" },
        "source": "WEB",
        "termsVersion": 1,
    } });
    let applied = served.ask_with(Role::Owner, Some(candidate), apply, input).await;
    let payload = applied.data.clone().into_json().expect("is JSON")["applyForProgram"].clone();
    assert_eq!((applied.errors.len(), &payload["refusal"]), (0, &json!(null)));

    let own = served
        .ask(Role::Owner, Some(candidate), "{ viewer { role application { stage name } } }")
        .await;
    assert_eq!(own.errors, []);
    let application = own.data.into_json().expect("is JSON")["viewer"]["application"].clone();
    assert_eq!(application, json!({ "stage": "APPLIED", "name": "Late sp. z o.o." }));

    for query in [
        "{ partners { nodes { name } } }",
        "{ programs { nodes { name } } }",
        "{ deals { nodes { dealId } } }",
        "{ wallets { nodes { walletId } } }",
        "{ node(id: \"AQI\") { id } }",
        "{ viewer { partner { name } } }",
    ] {
        let answer = served.ask(Role::Owner, Some(candidate), query).await;
        assert!(codes(&answer).iter().any(|(_, code)| code == "FORBIDDEN"), "{query}");
    }
    served.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn e15_an_event_leads_back_to_whoever_asked_for_it_and_on_to_all_that_came_of_it() {
    let served = Served::begin().await;
    let query = "{ events(filter: { types: [\"commission-matured\"] }, first: 1) { nodes { eventType payload \
                 causes { eventType actor { role subject } } } } }";
    let data = served.ask(Role::Auditor, None, query).await.data.into_json().expect("is JSON");
    let matured = &data["events"]["nodes"][0];
    assert!(matured["payload"]["commission-matured"]["lot"].is_string(), "{matured}");
    let causes = matured["causes"].as_array().expect("has causes");
    let first = causes.last().expect("somebody asked for it");
    assert!(first["actor"]["role"].as_str().is_some_and(|role| role != "POLICY"), "{causes:?}");
    let query = "{ events(filter: { types: [\"contract-status-changed\"] }, first: 1) { nodes { effects { eventType } } } }";
    let data = served.ask(Role::Auditor, None, query).await.data.into_json().expect("is JSON");
    let effects = data["events"]["nodes"][0]["effects"].as_array().expect("has effects");
    for name in ["commission-calculated", "commission-accrued", "commission-matured"] {
        assert!(effects.iter().any(|effect| effect["eventType"] == name), "{name}: {effects:?}");
    }
    served.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r74_a_balance_is_the_sum_of_its_history() {
    let served = Served::begin().await;
    let north = served.objects("north").await;
    let query = format!(
        "{{ wallet(walletId: \"{}\") {{ balance {{ amount }} statement {{ nodes {{ amount {{ amount }} }} }} }} }}",
        north.wallet
    );
    let answer = served.ask(Role::Owner, Some(north.partner), &query).await;
    assert_eq!(answer.errors, []);
    let wallet = answer.data.into_json().expect("is JSON")["wallet"].clone();
    assert_eq!(wallet["balance"]["amount"], "200.00");
    assert_eq!(
        wallet["statement"]["nodes"],
        json!([{ "amount": { "amount": "-2000.00" } }, { "amount": { "amount": "2200.00" } }])
    );
    served.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_position_beyond_the_log_is_waited_for_and_then_refused() {
    let served = Served::begin().await;
    let answer =
        served.ask(Role::Auditor, None, "{ viewer(minPosition: \"1000000\") { role } }").await;
    assert_eq!(codes(&answer), [("viewer".to_owned(), "BAD_USER_INPUT".to_owned())]);
    served.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_replays_what_was_missed_and_then_goes_live() {
    use async_graphql::Request;
    use futures::StreamExt;

    let served = Served::begin().await;
    let north = served.objects("north").await;
    let query = format!(
        "subscription {{ dealChanged(dealId: \"{}\", after: \"1\") {{ position deal {{ stage }} }} }}",
        north.deal
    );
    let request = Request::new(&query).data(principal(Role::Owner, Some(north.partner)));
    let mut stream = served.graph.subscribe(request);
    let missed = stream.next().await.expect("answers");
    assert_eq!(missed.errors, []);
    let missed = missed.data.into_json().expect("is JSON");
    assert_eq!(missed["dealChanged"]["deal"]["stage"], "WON");

    let foreign = Request::new(&query).data(principal(Role::Owner, Some(served.story.id("ridge"))));
    let mut foreign = served.graph.subscribe(foreign);
    let waited = tokio::time::timeout(std::time::Duration::from_millis(700), foreign.next()).await;
    assert!(waited.is_err(), "another's deal never changes: {waited:?}");

    let denied = Request::new(&query).data(principal(Role::Administrator, None));
    let denied = served.graph.subscribe(denied).next().await.expect("answers");
    assert_eq!(codes(&denied), [("dealChanged".to_owned(), "FORBIDDEN".to_owned())]);
    served.service.stop().await;
}
