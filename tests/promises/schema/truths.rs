//! Nothing is answered that is not true: neither that something was done, nor that it was not, nor that it is not there.

use api::access;
use api::auth::Role;
use projections::ReaderState;
use serde_json::json;
use tests::{Trade, places};
use uuid::Uuid;

use super::super::service::unreadable;
use super::served::{Served, codes};

/// Brings the views to stand still for good, with the log going on.
async fn halt(served: &Served) {
    served.service.settle().await;
    served.service.log.append(unreadable()).await.expect("it is taken");
    let mut state = served.service.views.state();
    let halted = state.wait_for(|state| matches!(state, ReaderState::Halted { .. }));
    drop(halted.await.expect("the reader runs"));
}

fn code(path: &str, code: &str) -> Vec<(String, String)> {
    vec![(path.to_owned(), code.to_owned())]
}

#[tokio::test(flavor = "multi_thread")]
async fn with_views_that_stand_still_what_was_done_is_told_apart_from_what_was_not() {
    for place in places().await {
        let served = Served::at(place).await;
        let north = served.story.id("north");
        halt(&served).await;
        let before = served.service.log.reach().await.expect("it answers");

        let open =
            "mutation($input: OpenProgramInput!) { openProgram(input: $input) { position } }";
        let input = json!({ "input": {
            "programId": Uuid::now_v7(), "commandId": Uuid::now_v7(), "name": "Second",
            "baseCurrency": "EUR",
            "policy": { "timeZone": "Europe/Warsaw", "interviewRequired": false, "maxNetworkDepth": 3 }
        } });
        let done = served.ask_with(Role::Administrator, None, open, input).await;
        assert_eq!(codes(&done), code("openProgram", "VIEWS_BEHIND"));
        let after = served.service.log.reach().await.expect("it answers");
        assert_eq!(after, before + 1, "it is done");
        let position = served.ask(Role::Auditor, None, &at_least(after)).await;
        assert_eq!(codes(&position), code("viewer", "VIEWS_BEHIND"), "it is in the log");

        let approve = format!(
            "mutation {{ approveApplication(input: {{ partnerId: \"{north}\", commandId: \"{}\" }}) {{ position }} }}",
            Uuid::now_v7()
        );
        let already = served.ask(Role::ChannelManager, None, &approve).await;
        assert_eq!(codes(&already), code("approveApplication", "UNAVAILABLE"));
        assert!(already.errors[0].message.contains("nothing was changed"), "{:?}", already.errors);
        assert_eq!(served.service.log.reach().await.expect("it answers"), after);
        served.service.stop().await;
    }
}

fn at_least(position: u64) -> String {
    format!("{{ viewer(minPosition: \"{position}\") {{ role }} }}")
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_the_approval_lets_a_member_in_and_nothing_before_it_whatever_the_views_show() {
    for place in places().await {
        let served = Served::at(place).await;
        halt(&served).await;
        let trade = Trade::set_up(&served.service.log).await;
        let candidate = Uuid::now_v7();
        trade.candidate(candidate, None, 1).await;
        for (asked, path) in [
            ("{ partners { nodes { name } } }", "partners"),
            ("{ viewer { partner { name } } }", "viewer.partner"),
            ("{ programs { nodes { name } } }", "programs"),
        ] {
            let ask = async |partner| codes(&served.ask(Role::Owner, Some(partner), asked).await);
            assert_eq!(ask(trade.partner).await, [], "the views do not show it yet");
            assert_eq!(ask(candidate).await, code(path, "FORBIDDEN"));
        }
        let own = "{ viewer { application { stage } } }";
        assert_eq!(codes(&served.ask(Role::Owner, Some(candidate), own).await), []);
        trade.approve(candidate).await;
        let partners = "{ partners { nodes { name } } }";
        assert_eq!(codes(&served.ask(Role::Owner, Some(candidate), partners).await), []);
        served.service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_the_table_lets_know_why_a_lot_is_what_it_is_hears_it() {
    let served = Served::begin().await;
    let [north, ridge] = [served.objects("north").await, served.objects("ridge").await];
    let query = |lot: Uuid| {
        format!("{{ explainCommission(lot: \"{lot}\") {{ holds legs {{ beneficiaryId }} }} }}")
    };
    for role in Role::PEOPLE {
        let answer = served.ask(role, Some(north.partner), &query(north.lot)).await;
        if !access::may_use(role, "Query", "explainCommission") {
            assert_eq!(codes(&answer), code("explainCommission", "FORBIDDEN"), "{role}");
            continue;
        }
        assert_eq!(answer.errors, [], "{role}");
        let told = answer.data.into_json().expect("is JSON")["explainCommission"].clone();
        assert_eq!(told["holds"], true, "{role}");
        let legs = told["legs"].as_array().expect("there are legs");
        let others = legs.iter().any(|leg| leg["beneficiaryId"] != json!(north.partner));
        assert_eq!(others, !role.is_member(), "{role}: a member sees its own legs");
        assert!(!legs.is_empty(), "{role}");
    }
    for role in [Role::Owner, Role::Seller] {
        let foreign = served.ask(role, Some(north.partner), &query(ridge.lot)).await;
        assert_eq!(foreign.errors, [], "{role}");
        let told = foreign.data.into_json().expect("is JSON");
        assert_eq!(told, json!({ "explainCommission": null }), "{role}: it is another's");
    }
    served.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn equal_questions_over_equal_views_have_equal_answers_byte_for_byte() {
    let served = Served::begin().await;
    let query = "{ viewer { role } \
        partners(first: 2) { nodes { wallets { nodes { payouts { nodes { state } } lots(first: 2) { nodes { lotId } } walletId } } name } } \
        deals(first: 2) { nodes { partner { name } payments { nodes { outstanding { amount } } } stage } } \
        b: programs(first: 1) { nodes { name } } a: programs(first: 1) { nodes { name } } }";
    let mut answers = std::collections::BTreeSet::new();
    for _ in 0..20 {
        let answer = served.ask(Role::Auditor, None, query).await;
        assert_eq!(answer.errors, []);
        answers.insert(serde_json::to_string(&answer.data).expect("is JSON"));
    }
    assert_eq!(answers.len(), 1, "{answers:?}");
    let answer = answers.pop_first().unwrap_or_default();
    let keys = [
        "viewer", "partners", "payouts", "lots", "walletId", "deals", "payments", "stage", "b", "a",
    ];
    let place = |key: &str| answer.find(&format!("\"{key}\":")).unwrap_or_else(|| panic!("{key}"));
    let places = keys.map(place);
    assert!(places.is_sorted(), "{places:?} in {answer}");
    served.service.stop().await;
}
