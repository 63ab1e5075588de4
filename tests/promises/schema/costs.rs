//! What questions cost: the rows that they may read, and a bound that leaves room for what a page needs.

use api::auth::Role;
use api::graphql::{BOUNDED, VALUES};
use async_graphql::parser::types::BaseType;
use async_graphql::{Request, Response};
use futures::StreamExt;
use serde_json::{Value, json};

use super::sdl::{document, fields, types};
use super::served::{Served, codes, principal};

fn cost(answer: &Response) -> Value {
    answer.extensions["cost"].clone().into_json().expect("is JSON")
}

fn rows(rows: u64) -> Value {
    json!({ "rows": rows, "limit": 10_000 })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_portals_page_is_answered_and_told_what_it_may_read() {
    let served = Served::begin().await;
    let page = "{ wallets(first: 20) { nodes {
        walletId balance { amount currency } partner { name tier }
        lots(first: 3) { nodes { lotId amount { amount } rate deal { customer { name } } } }
        statement(first: 5) { edges { cursor node { amount { amount } balanceAfter { amount } } } pageInfo { endCursor } }
        payouts(first: 2) { nodes { state amount { amount } } }
    } } }";
    let answer = served.ask(Role::Auditor, None, page).await;
    assert_eq!(answer.errors, []);
    // A wallet, its partner, three lots with their deals, five lines, two payouts.
    assert_eq!(cost(&answer), rows(20 * (1 + 1 + 3 * 2 + 5 + 2)));
    served.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_rows_are_allowed_and_of_one_more_the_dearest_field_is_told() {
    let served = Served::begin().await;
    let program = served.story.id("program");
    let ask = |more: &str| {
        let query = format!(
            "query($deals: Int = 100) {{
                list: partners(first: 99) {{ nodes {{ name ...sells }} }}
                one: program(programId: \"{program}\") {{ name }} {more}
            }}
            fragment sells on Partner {{ deals(first: $deals) {{ edges {{ node {{ dealId }} }} }} }}"
        );
        let served = &served;
        async move { served.ask(Role::Auditor, None, &query).await }
    };
    let most = ask("viewer { role }").await;
    assert_eq!(most.errors, []);
    assert_eq!(cost(&most), rows(10_000));
    let other = format!("two: program(programId: \"{program}\") {{ name }}");
    let refused = ask(&other).await;
    assert_eq!(codes(&refused), [(String::new(), "QUERY_TOO_COSTLY".to_owned())]);
    assert_eq!(cost(&refused), rows(10_001));
    let told = serde_json::to_value(&refused.errors[0]).expect("is JSON");
    assert_eq!(told["extensions"]["dearest"], "list.nodes.deals", "{told}");
    let message = told["message"].as_str().expect("is a text");
    assert!(message.contains("10001 rows where 10000 are allowed"), "{message}");
    served.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_asks_for_a_page_of_a_thousand_hears_how_long_a_page_may_be() {
    let served = Served::begin().await;
    for first in ["first: 1000", "last: 101", "first: 2000000000"] {
        let query = format!(
            "{{ partners({first}) {{ nodes {{ name wallets {{ nodes {{ walletId }} }} }} }} }}"
        );
        let refused = served.ask(Role::Auditor, None, &query).await;
        assert_eq!(codes(&refused), [("partners".to_owned(), "BAD_USER_INPUT".to_owned())]);
        assert!(refused.errors[0].message.contains("0 to 100 rows"), "{:?}", refused.errors);
        assert_eq!(cost(&refused), rows(100 * (1 + 20)), "{first}");
    }
    served.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mutations_streams_and_questions_about_the_schema_are_told_their_cost_as_well() {
    let served = Served::begin().await;
    let north = served.objects("north").await;
    let query =
        "mutation($input: OverrideTierInput!) { overrideTier(input: $input) { partner { tier } } }";
    let gold = json!({ "input": { "partnerId": north.partner, "to": "GOLD", "reason": "agreed" } });
    let done = served.ask_with(Role::ChannelManager, None, query, gold).await;
    assert_eq!((done.errors.len(), cost(&done)), (0, rows(2)), "the answer, and the partner");

    let stream = format!(
        "subscription {{ dealChanged(dealId: \"{}\", after: \"1\") {{ position deal {{ stage }} }} }}",
        north.deal
    );
    let request = Request::new(stream).data(principal(Role::Owner, Some(north.partner)));
    let first = served.graph.subscribe(request).next().await.expect("answers");
    assert_eq!((first.errors.len(), cost(&first)), (0, rows(2)), "the change, and the deal");

    let schema = served.ask(Role::Auditor, None, "{ __schema { types { name } } }").await;
    assert_eq!((schema.errors.len(), cost(&schema)), (0, rows(0)));
    let nodes = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }";
    let asked =
        served.ask_with(Role::Auditor, None, nodes, json!({ "ids": ["a", "b", "c"] })).await;
    assert_eq!((asked.errors.len(), cost(&asked)), (0, rows(3)));
    served.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_without_pages_cost_what_they_may_have() {
    let served = Served::begin().await;
    for (query, cost_of_it) in [
        ("{ events(first: 2) { nodes { effects { eventId } } } }", 2 * (1 + 1000)),
        ("{ events(first: 3) { nodes { causes { eventId } } } }", 3 * (1 + 100)),
        ("{ deals(first: 3) { nodes { lines { line } } } }", 3 * (1 + 100)),
        ("{ partners(first: 3) { nodes { contacts { person } } } }", 3), // They stand in its row.
        ("{ journal(first: 3) { nodes { entry { lines { account } } } } }", 3 * (1 + 1 + 4)),
        ("{ trialBalance { account } }", 9 * 200),
        ("{ openItems(first: 100) { nodes { code } } }", 100),
        ("{ partners(first: 3) { totalCount { count isExact } nodes { name } } }", 1000 + 3),
        (
            "{ partners(first: 2) { nodes { name deals(first: 5) { ...how } } } } fragment how on DealConnection { totalCount { count } }",
            2 * (1 + 5 + 1000),
        ),
    ] {
        let answer = served.ask(Role::Auditor, None, query).await;
        assert_eq!((answer.errors.len(), cost(&answer)), (0, rows(cost_of_it)), "{query}");
    }
    let chains = "{ events(first: 2) { nodes { effects { causes { eventId } } } } }";
    let refused = served.ask(Role::Auditor, None, chains).await;
    let told = serde_json::to_value(&refused.errors[0]).expect("is JSON");
    assert_eq!(told["extensions"]["dearest"], "events.nodes.effects.causes", "{told}");
    assert_eq!(told.get("locations"), None, "of no one place: {told}");
    served.service.stop().await;
}

/// The name of the type that a field leads to, and whether it is a list of such.
fn led_to(ty: &async_graphql::parser::types::Type) -> (&str, bool) {
    match &ty.base {
        BaseType::Named(name) => (name, false),
        BaseType::List(of) => (led_to(of).0, true),
    }
}

#[test]
fn every_list_of_rows_has_pages_or_ids_or_a_bound_that_its_price_covers() {
    let document = document();
    let is_object = |name: &str| {
        let mut named = types(&document).filter(|definition| definition.name.node == name);
        named.any(|definition| !fields(definition).is_empty())
    };
    let mut bare = vec![];
    for definition in types(&document) {
        let on = definition.name.node.as_str();
        if on.ends_with("Connection") {
            continue; // It holds the rows of its page.
        }
        for field in fields(definition) {
            let (to, list) = led_to(&field.node.ty.node);
            let by_length = ["first", "ids"].iter().any(|length| {
                field.node.arguments.iter().any(|argument| argument.node.name.node == *length)
            });
            let priced = by_length || VALUES.contains(&to);
            assert!(!to.ends_with("Connection") || by_length, "{on}: a page without a length");
            if list && is_object(to) && !priced {
                bare.push((on.to_owned(), field.node.name.node.to_string()));
            }
        }
    }
    let bounded = BOUNDED.map(|(on, field, _)| (on.to_owned(), field.to_owned()));
    assert_eq!(bare, bounded, "a list without pages says in BOUNDED how long it may be");
}

#[test]
fn what_costs_nothing_is_a_type_of_the_schema() {
    let document = document();
    let missing = VALUES
        .iter()
        .filter(|name| !types(&document).any(|definition| definition.name.node == **name));
    assert_eq!(missing.collect::<Vec<_>>(), Vec::<&&str>::new());
}
