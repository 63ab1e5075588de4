//! Commands rest on the log alone (command query responsibility segregation): no view is read before one, whoever asks.

use std::collections::BTreeSet;
use std::sync::Arc;

use api::access;
use api::auth::Role;
use api::commands::Commands;
use api::graphql::{Settings, Sources, graph_of};
use api::mailing::{self, Mailing};
use async_graphql::{Request, Response, Variables};
use domain::{Currency, PartnerId, WalletId};
use eventlog::{Append, SystemClock};
use projections::Views;
use serde_json::{Value, json};
use tests::{append_all, history, places};
use uuid::Uuid;

use super::mutations::{mutations, operation, value};
use super::sdl::document;
use super::served::{LATE, Objects, Served, codes, principal};

const APPLY: &str = "mutation($input: ApplyForProgramInput!) { applyForProgram(input: $input) \
                     { position partner { name } refusal { code } } }";

/// An application of a partner that there is not yet.
pub async fn apply(served: &Served, candidate: Uuid, name: &str) -> Response {
    let input = json!({ "input": {
        "program": served.story.id("program"),
        "company": { "name": name, "country": "PL" },
        "contacts": [{ "person": Uuid::from_u128(77), "firstName": "Ewa", "lastName": "Nowak", "email": "ewa@late.example" }],
        "sections": { "competencies": "ERP", "customerPortfolio": "Makers", "strategicGoals": "Growth" },
        "source": "WEB",
        "termsVersion": 1,
    } });
    served.ask_with(Role::Owner, Some(candidate), APPLY, input).await
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_a_candidate_is_told_what_came_of_its_application_and_not_shown_the_partner() {
    let served = Served::begin().await;
    let applied = apply(&served, LATE, "Late").await;
    assert_eq!(
        codes(&applied),
        [("applyForProgram.partner".to_owned(), "FORBIDDEN".to_owned())],
        "{applied:?}"
    );
    let payload = applied.data.into_json().expect("is JSON")["applyForProgram"].clone();
    assert!(payload["position"].is_string(), "{payload}");
    assert_eq!((&payload["partner"], &payload["refusal"]), (&Value::Null, &Value::Null));
    served.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_what_is_not_open_to_a_candidate_is_refused_by_its_aggregate_and_nothing_is_recorded() {
    for place in places().await {
        let served = Served::at(place).await;
        let (document, program) = (document(), served.story.id("program"));
        let (candidate, lot) = (LATE, Uuid::from_u128(4));
        let wallet =
            WalletId::of(PartnerId(candidate), Currency::from_code("EUR").expect("is one"));
        let (deal, account) = (Uuid::from_u128(2), Uuid::from_u128(5));
        let own = Objects { partner: candidate, wallet: wallet.0, deal, lot, account };
        assert_eq!(apply(&served, candidate, "Late").await.errors.len(), 1, "of the partner");
        let walk = async |ended: &str| {
            let before = *served.service.log.head().borrow();
            let mut refusals = BTreeSet::new();
            for (mutation, input) in mutations(&document) {
                let entry = access::entry("Mutation", &mutation).expect("has a row");
                if entry.before_approval() {
                    continue;
                }
                for role in Role::PEOPLE
                    .into_iter()
                    .filter(|role| role.is_member() && entry.contains(*role))
                {
                    let operation = operation(&mutation, &input);
                    let given = json!({ "input": value(&document, "input", &input, own, program) });
                    let answer = served.ask_with(role, Some(candidate), &operation, given).await;
                    assert_eq!(answer.errors, [], "{ended} {role}: {mutation}");
                    let payload = answer.data.into_json().expect("is JSON")[&mutation].clone();
                    assert_eq!(payload["position"], Value::Null, "{ended} {role}: {mutation}");
                    let code = payload["refusal"]["code"].as_str().expect("is refused").to_owned();
                    refusals.insert(code);
                }
            }
            assert_eq!(*served.service.log.head().borrow(), before, "{ended}");
            refusals.into_iter().collect::<Vec<_>>()
        };
        let elsewhere =
            ["DEAL_NOT_REGISTERED", "PARTNER_NOT_IN_PROGRAM", "ROLE_OUT_OF_REACH", "WALLET_EMPTY"];
        let mut told = walk("applied").await;
        told.retain(|code| !elsewhere.contains(&code.as_str()));
        assert_eq!(told, ["PARTNER_NOT_APPROVED"]);

        let withdraw = "mutation($input: WithdrawApplicationInput!) \
                        { withdrawApplication(input: $input) { position } }";
        let input = json!({ "input": { "partnerId": candidate } });
        let gone = served.ask_with(Role::Owner, Some(candidate), withdraw, input).await;
        assert_eq!(gone.errors, []);
        let mut told = walk("withdrawn").await;
        told.retain(|code| !elsewhere.contains(&code.as_str()));
        assert_eq!(told, ["APPLICATION_ENDED"]);
        served.service.stop().await;
    }
}

/// The first partner of a history whose application is approved in it.
fn approved(history: &[Append]) -> Uuid {
    let approves = |append: &&Append| {
        append.own.events.iter().any(|event| event.event_type == "application-approved")
    };
    history.iter().find(approves).expect("somebody is approved").own.aggregate_id
}

#[tokio::test(flavor = "multi_thread")]
async fn a_members_command_goes_while_the_views_are_behind_and_while_they_are_down() {
    for place in places().await {
        let log = place.log().await;
        let history = history(60, 41);
        let own = approved(&history);
        append_all(&log, history).await.expect("the history is taken");
        // Nobody reads the log into the one, and nobody can read from the other.
        let behind = Views::open(&log).await.expect("the views open");
        let down = Views::open(&log).await.expect("the views open");
        down.close().await;
        let before = *log.head().borrow();
        let ask = async |views: Views, iban: &str| {
            let commands = Commands::new(log.clone(), Arc::new(SystemClock));
            let mailing = Mailing::new(log.clone(), mailing::Settings::default());
            let sources = Sources { commands, log: log.clone(), views, mailing };
            let operation = "mutation($input: SetPaymentDetailsInput!) \
                             { setPaymentDetails(input: $input) { position refusal { code } } }";
            let input = json!({ "input": { "partnerId": own, "commandId": Uuid::now_v7(), "accountHolder": "North", "iban": iban } });
            let request = Request::new(operation).variables(Variables::from_json(input));
            let request = request.data(principal(Role::Owner, Some(own)));
            graph_of(sources, Settings { introspection: false }).execute(request).await
        };
        let (behind, down) = tokio::join!(
            ask(behind, "DE89370400440532013000"),
            ask(down, "PL61109010140000071219812874")
        );
        for answer in [behind, down] {
            let told = [("setPaymentDetails".to_owned(), "VIEWS_BEHIND".to_owned())];
            assert_eq!(codes(&answer), told, "{:?}", answer.errors);
        }
        assert_eq!(*log.head().borrow(), before + 2, "{place}: both are recorded");
    }
}
