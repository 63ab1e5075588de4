//! Filters of lists and search by name; what rows cannot be compared with is an input error.

use api::auth::Role;
use serde_json::{Value, json};
use tests::places;
use uuid::Uuid;

use super::commands::apply;
use super::served::{LATE, Served, codes};

const QUERY: &str = "query($filter: PartnerFilter!) {
    partners(filter: $filter, orderBy: { field: NAME, direction: ASCENDING }) { nodes { name } } }";

/// The names of the partners that a filter leaves, by name.
async fn found(served: &Served, filter: Value) -> Vec<String> {
    let given = json!({ "filter": filter });
    let answer = served.ask_with(Role::Auditor, None, QUERY, given).await;
    assert_eq!(answer.errors, [], "{filter}");
    let data = answer.data.into_json().expect("is JSON");
    let nodes = data["partners"]["nodes"].as_array().expect("is a list").iter();
    nodes.map(|node| node["name"].as_str().expect("is a text").to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn poles_and_turks_find_partners_however_a_name_is_typed_on_both_engines() {
    for place in places().await {
        let served = Served::at(place).await;
        let names = [
            "Łódź Makina A.Ş.",
            "İstanbul Yazılım",
            "ISPARTA Gül",
            "50%_\\Off sp. z o.o.",
            "łask sp. z o.o.",
        ];
        for (nth, name) in names.into_iter().enumerate() {
            let candidate = Uuid::from_u128(LATE.as_u128() + nth as u128);
            let applied = apply(&served, candidate, name).await;
            assert_eq!(applied.errors.len(), 1, "of the partner alone: {applied:?}");
        }
        let [lodz, istanbul, isparta, off, lask] = names;
        for (typed, expected) in [
            ("lodz", vec![lodz]),
            ("ŁÓDŹ", vec![lodz]),
            ("istanbul", vec![istanbul]),
            ("ISTANBUL", vec![istanbul]),
            ("İstanbul", vec![istanbul]),
            ("ısparta", vec![isparta]),
            ("isparta gül", vec![isparta]),
            ("GUL ISP", vec![isparta]),
            ("yazilim", vec![istanbul]), // A word within the name.
            ("is", vec![isparta, istanbul]),
            ("l", vec![lask, lodz]),
            ("zilim", vec![]), // The end of a word.
            ("isparta lodz", vec![]),
            ("50", vec![off]),
            ("50%_\\", vec![off]),
            ("50x", vec![]),
        ] {
            assert_eq!(found(&served, json!({ "name": typed })).await, expected, "{typed}");
        }
        served.service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn partners_are_left_by_stage_tier_and_when_they_joined_and_stand_by_tier() {
    for place in places().await {
        let served = Served::at(place).await;
        let all = ["North sp. z o.o.", "Ridge sp. z o.o.", "Summit sp. z o.o."];
        assert_eq!(found(&served, json!({})).await, all);
        let query = "{ partners(filter: { name: \"north\" }) { nodes { joinedAt tier stage } } }";
        let north = served.ask(Role::Auditor, None, query).await.data.into_json().expect("is JSON");
        let north = &north["partners"]["nodes"][0];
        let from = json!({ "joinedFrom": north["joinedAt"] });
        let until = json!({ "joinedUntil": north["joinedAt"] });
        let (from, until) = (found(&served, from).await, found(&served, until).await);
        assert!(from.contains(&all[0].to_owned()) && !until.contains(&all[0].to_owned()));
        assert_eq!(from.len() + until.len(), 3, "nobody is left out between two periods");
        let known = json!({ "tiers": [north["tier"]], "stages": [north["stage"]] });
        assert!(found(&served, known).await.contains(&all[0].to_owned()));
        for other in [json!({ "tiers": ["PLATINUM"] }), json!({ "stages": ["WITHDRAWN"] })] {
            assert_eq!(found(&served, other).await, Vec::<String>::new());
        }
        let version = "{ partners(filter: { name: \"ridge\" }) { nodes { version partnerId } } }";
        let ridge =
            served.ask(Role::Auditor, None, version).await.data.into_json().expect("is JSON");
        let ridge = &ridge["partners"]["nodes"][0];
        let input = json!({ "input": { "partnerId": ridge["partnerId"], "to": "PLATINUM", "reason": "Best of all." } });
        let raise = "mutation($input: OverrideTierInput!) { overrideTier(input: $input) { partner { tier } refusal { message } } }";
        let raised = served.ask_with(Role::ChannelManager, None, raise, input).await;
        assert_eq!(raised.errors, [], "{raised:?}");
        let by_tier =
            "{ partners(orderBy: { field: TIER, direction: DESCENDING }) { nodes { name tier } } }";
        let first =
            served.ask(Role::Auditor, None, by_tier).await.data.into_json().expect("is JSON");
        let first = &first["partners"]["nodes"];
        assert_eq!(first[0], json!({ "name": "Ridge sp. z o.o.", "tier": "PLATINUM" }), "{first}");
        assert_eq!(found(&served, json!({ "tiers": ["PLATINUM"] })).await, [all[1]]);
        served.service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_that_no_row_can_be_compared_with_is_an_input_error() {
    for place in places().await {
        let served = Served::at(place).await;
        for (filter, known) in [
            (json!({ "name": "North" }), true),
            (json!({ "name": "a\u{0}" }), true), // Two words, of which the second is none.
            (json!({ "name": "" }), true),       // Nothing is sought.
            (json!({ "name": " %_ " }), false),
            (json!({ "name": "a b c d e f g h i" }), true), // The longest count.
            (json!({ "country": "P\u{0}" }), false),
            (json!({ "appliedFrom": "1900-01-01T00:00:00Z" }), true),
            (json!({ "appliedFrom": "1899-12-31T23:59:59Z" }), false),
            (json!({ "appliedUntil": "9999-12-31T23:59:59Z" }), true),
            (json!({ "appliedUntil": "+10000-01-01T00:00:00Z" }), false),
        ] {
            let given = json!({ "filter": filter });
            let answer = served.ask_with(Role::Auditor, None, QUERY, given).await;
            let wrong = [("partners".to_owned(), "BAD_USER_INPUT".to_owned())];
            let expected = if known { vec![] } else { wrong.to_vec() };
            assert_eq!(codes(&answer), expected, "{filter}: {:?}", answer.errors);
        }
        served.service.stop().await;
    }
}
