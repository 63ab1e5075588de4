//! Ids from outside (insecure direct object references): none takes the place of what it does not name, and none is a key
//! that an event or a timer uses.

use std::collections::BTreeSet;
use std::path::Path;

use api::auth::Role;
use api::clock::ManualClock;
use api::graphql::{Settings, graph};
use api::http::TraceId;
use api::service::Service;
use api::story::Story;
use async_graphql::parser::types::{BaseType, ServiceDocument};
use async_graphql::{Request, Variables};
use domain::reactions::{TimerChange, effects, timers};
use domain::{Currency, Deal, PartnerId, Recorded, Wallet, WalletId};
use serde_json::{Value, json};
use tests::{Place, places, told};
use uuid::Uuid;

use super::super::schema::{
    mutations::{mutations, operation, value},
    sdl::{document, inputs, types},
    served::{LATE, Served, codes, principal},
};

fn wallet_of(partner: Uuid, code: &str) -> Uuid {
    WalletId::of(PartnerId(partner), Currency::from_code(code).expect(code)).0
}

/// As the service makes them for what a command names none for, and nobody else.
const OF_VERSION_8: Uuid = Uuid::from_u128(0x0197_f0a0_0000_8000_8000_0000_0000_0001);

/// Every id that can be computed from what an answer shows, and every one that stands in the log.
fn derivable(history: &[Recorded]) -> BTreeSet<Uuid> {
    let mut ids = BTreeSet::new();
    for recorded in history {
        let envelope = &recorded.envelope;
        ids.extend([envelope.event_id.0, envelope.aggregate_id, envelope.correlation_id]);
        ids.extend(effects(recorded).map(|(id, ..)| id.0));
        ids.extend(timers(recorded).into_iter().map(|change| match change {
            TimerChange::Set(timer) => timer.id,
            TimerChange::Clear(id) => id,
        }));
        ids.insert(OF_VERSION_8);
        // What a command would name, which only its sender's service may take for it.
        ids.insert(envelope.command_id.names("deal"));
        for code in ["EUR", "PLN", "CHF"] {
            ids.insert(wallet_of(envelope.aggregate_id, code));
        }
    }
    ids
}

/// The mutations that found something under an id from outside: those whose target may be left out.
fn founding() -> Vec<(String, &'static str)> {
    let document = document();
    let mut founding = vec![];
    for (mutation, input) in mutations(&document) {
        let input = input.base.to_string();
        let definition = types(&document).find(|one| one.name.node == input).expect("is there");
        let mut of_an_account = inputs(definition).iter();
        if of_an_account.any(|one| one.node.name.node == "accountId" && !one.node.ty.node.nullable)
        {
            continue; // What else may be left out says whom a role is for, and founds nothing.
        }
        for target in ["accountId", "programId", "partnerId", "dealId", "walletId"] {
            let field = inputs(definition).iter().find(|field| field.node.name.node == target);
            if field.is_some_and(|field| field.node.ty.node.nullable) {
                founding.push((mutation.clone(), target));
            }
        }
    }
    founding
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_new_stands_under_an_id_that_names_or_may_yet_name_something_else() {
    let found = founding();
    let named: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        named,
        ["applyForProgram", "openProgram", "registerAccount", "registerClient", "registerDeal"]
    );
    for place in places().await {
        let served = Served::at(place).await;
        let (document, program) = (document(), served.story.id("program"));
        let north = served.objects("north").await;
        let before = told(&served.service.log).await;
        let mut kinds = BTreeSet::new();
        for (mutation, target) in &found {
            let input = mutations(&document)
                .into_iter()
                .find(|(name, _)| name == mutation)
                .expect("is there")
                .1;
            for id in derivable(&before) {
                let mut given = value(&document, "input", &input, north, program);
                given[*target] = json!(id);
                // An applicant is a member of what it founds; nobody else needs a partner here.
                let (role, partner) = match mutation.as_str() {
                    "openProgram" | "registerAccount" | "registerClient" => {
                        (Role::Administrator, None)
                    }
                    "applyForProgram" => (Role::Owner, Some(id)),
                    _ => (Role::Owner, Some(north.partner)),
                };
                let operation = operation(mutation, &input);
                let given = json!({ "input": given });
                let answer = served.ask_with(role, partner, &operation, given).await;
                let told = answer.data.into_json().expect("is JSON")[mutation].clone();
                assert_eq!(told["position"], Value::Null, "{mutation} {id}: {told}");
                let code = told["refusal"]["code"].as_str();
                kinds.insert(code.unwrap_or_else(|| panic!("{mutation} {id}: {told}")).to_owned());
            }
        }
        assert!(kinds.contains("ID_TAKEN") && kinds.contains("INPUT_INVALID"), "{kinds:?}");
        assert_eq!(told(&served.service.log).await, before);
        served.service.stop().await;
    }
}

/// What is new under an id from outside and is not walked, since it names nothing outside of what it is part of: with why.
const PARTS: [(&str, &str, &str); 4] = [
    (
        "addContact",
        "contact.person",
        "data, certificates and keys are of a person within its partner",
    ),
    (
        "applyForProgram",
        "contacts.person",
        "data, certificates and keys are of a person within its partner",
    ),
    ("recordPayment", "payment", "a payment is of its deal, and its row has the id of its event"),
    ("requestPayout", "payout", "a payout is of its wallet, and its row has an id of both"),
];

/// The inputs that name what is there.
const NAMES: [&str; 11] = [
    "contact.person",
    "accountId",
    "dealId",
    "inviter",
    "partner",
    "partnerId",
    "payout",
    "person",
    "program",
    "programId",
    "walletId",
];

/// The dotted paths of everything in an input that is a UUID.
fn uuids(document: &ServiceDocument, input: &str) -> Vec<String> {
    let Some(definition) = types(document).find(|one| one.name.node == input) else {
        return vec![];
    };
    let fields = inputs(definition).iter().map(|field| &field.node);
    let paths = fields.flat_map(|field| {
        let (name, mut base) = (field.name.node.as_str(), &field.ty.node.base);
        while let BaseType::List(item) = base {
            base = &item.base;
        }
        let base = if let BaseType::Named(base) = base { base.as_str() } else { "" };
        if base == "UUID" {
            return vec![name.to_owned()];
        }
        let within = uuids(document, base).into_iter();
        within.map(|path| format!("{name}.{path}")).collect()
    });
    paths.collect()
}

#[test]
fn every_id_from_outside_is_walked_or_names_what_is_there_or_is_of_a_part() {
    let (document, walked) = (document(), founding());
    let mut parts = vec![];
    for (mutation, input) in mutations(&document) {
        for path in uuids(&document, &input.base.to_string()) {
            let is = |name: &str, field: &str| (name, field) == (mutation.as_str(), path.as_str());
            if PARTS.iter().any(|(name, field, _)| is(name, field)) {
                parts.push((mutation.clone(), path));
            } else if path != "commandId" && !walked.iter().any(|(name, field)| is(name, field)) {
                assert!(NAMES.contains(&path.as_str()), "{mutation}.{path}: what does it name?");
            }
        }
    }
    assert_eq!(parts, PARTS.map(|(name, field, _)| (name.to_owned(), field.to_owned())));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contact_under_the_id_of_anothers_contact_changes_nothing_of_that_one() {
    for place in places().await {
        let served = Served::at(place).await;
        let (program, north) = (served.story.id("program"), served.objects("north").await);
        let contacts = async |partner: Uuid| {
            let query = format!(
                "{{ partner(partnerId: \"{partner}\") {{ contacts {{ person firstName email }} }} }}"
            );
            let answer = served.ask(Role::Auditor, None, &query).await;
            answer.data.into_json().expect("is JSON")["partner"]["contacts"].clone()
        };
        let before = contacts(north.partner).await;
        let person = before[0]["person"].clone();
        let apply = "mutation($input: ApplyForProgramInput!) { applyForProgram(input: $input) \
                     { position refusal { code } } }";
        let application = json!({ "input": {
            "program": program, "company": { "name": "Late", "country": "PL" },
            "contacts": [{ "person": person, "firstName": "Ewa", "lastName": "Nowak", "email": "ewa@late.example" }],
            "sections": { "competencies": "ERP", "customerPortfolio": "Makers", "strategicGoals": "Growth" },
            "source": "WEB", "termsVersion": 1
        } });
        let applied = served.ask_with(Role::Owner, Some(LATE), apply, application).await;
        assert_eq!(applied.errors, []);
        let told = json!([{ "person": person, "firstName": "Ewa", "email": "ewa@late.example" }]);
        assert_eq!(contacts(LATE).await, told);
        assert_eq!(contacts(north.partner).await, before);
        served.service.stop().await;
    }
}

/// What registers a deal of a partner.
fn deal(program: Uuid, partner: Uuid, id: Uuid) -> Value {
    json!({ "input": {
        "dealId": id, "program": program, "partner": partner,
        "customer": { "name": "Huta Stal S.A.", "country": "PL" }, "productLines": ["carbon"],
        "territory": "PL", "estimate": { "amount": "10.00", "currency": "EUR" },
        "expectedClose": "2025-06-30", "problems": "None", "criteria": "Price"
    } })
}

const REGISTER: &str = "mutation($input: RegisterDealInput!) { registerDeal(input: $input) \
                        { deal { dealId } refusal { code message field } } }";

#[tokio::test(flavor = "multi_thread")]
async fn of_two_that_found_different_things_under_one_id_at_once_one_does() {
    for place in places().await {
        let served = Served::at(place).await;
        let (program, north) = (served.story.id("program"), served.objects("north").await);
        for _ in 0..10 {
            let id = Uuid::now_v7();
            let open = json!({ "input": {
                "programId": id, "name": "Second", "baseCurrency": "EUR",
                "policy": { "timeZone": "Europe/Warsaw", "interviewRequired": false, "maxNetworkDepth": 3 }
            } });
            let open_it = "mutation($input: OpenProgramInput!) { openProgram(input: $input) \
                           { position refusal { code } } }";
            let (opened, registered) = tokio::join!(
                served.ask_with(Role::Administrator, None, open_it, open),
                served.ask_with(
                    Role::Owner,
                    Some(north.partner),
                    REGISTER,
                    deal(program, north.partner, id)
                )
            );
            let code = |answer: async_graphql::Response, mutation: &str| {
                assert_eq!(codes(&answer), [], "{mutation}");
                let data = answer.data.into_json().expect("is JSON");
                data[mutation]["refusal"]["code"].as_str().map(str::to_owned)
            };
            let told = [code(opened, "openProgram"), code(registered, "registerDeal")];
            let refused = told.iter().flatten().collect::<Vec<_>>();
            assert_eq!(refused, ["ID_TAKEN"], "one of the two: {told:?}");
        }
        served.service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deal_under_the_id_of_a_competitors_wallet_moves_nothing_of_it() {
    for place in places().await {
        let served = Served::at(place).await;
        let (program, north) = (served.story.id("program"), served.objects("north").await);
        let ridge = served.story.id("ridge");
        let coming = wallet_of(ridge, "CHF");
        for id in [coming, wallet_of(ridge, "EUR")] {
            let answer = served
                .ask_with(
                    Role::Owner,
                    Some(north.partner),
                    REGISTER,
                    deal(program, north.partner, id),
                )
                .await;
            let told = answer.data.into_json().expect("is JSON")["registerDeal"].clone();
            assert_eq!(told["refusal"]["code"], "INPUT_INVALID", "{told}");
            assert_eq!(told["refusal"]["field"], json!(["dealId"]), "{told}");
            let (nothing, _) = served.service.log.load::<Deal>(id).await.expect("it loads");
            assert_eq!(nothing, Deal::default());
        }
        let own = "{ wallets { nodes { walletId payouts { nodes { payoutId } } } } }";
        let answer = served.ask(Role::Owner, Some(north.partner), own).await;
        let seen = answer.data.into_json().expect("is JSON")["wallets"]["nodes"].clone();
        let seen: Vec<_> =
            seen.as_array().expect("a list").iter().map(|one| &one["walletId"]).collect();
        assert_eq!(seen, [&json!(north.wallet)], "its own, and no other");
        served.service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_somebody_else_has_used_is_as_good_as_new() {
    for place in places().await {
        let served = Served::at(place).await;
        let (program, north) = (served.story.id("program"), served.objects("north").await);
        let key = Uuid::now_v7();
        for role in [Role::Owner, Role::Seller] {
            let mut given = deal(program, north.partner, Uuid::now_v7());
            given["input"]["commandId"] = json!(key);
            let answer = served.ask_with(role, Some(north.partner), REGISTER, given).await;
            assert_eq!(answer.errors, [], "{role}");
            let told = answer.data.into_json().expect("is JSON")["registerDeal"].clone();
            assert_eq!(told["refusal"], Value::Null, "{role}: {told}");
        }
        served.service.stop().await;
    }
}

/// The keys of all commands that events and timers cause in a history.
fn keys(history: &[Recorded]) -> BTreeSet<Uuid> {
    history.iter().flat_map(effects).map(|(id, ..)| id.0).collect()
}

/// The keys that a story will use: they follow from its own.
async fn keys_of(story: &Story) -> BTreeSet<Uuid> {
    let place = Place::sqlite();
    let clock = ManualClock::at(story.begins());
    let service = Service::start_at(place.target.clone(), clock).await.expect("starts");
    story.tell(Path::new(FILE), &service, |_| ()).await.expect("goes as written");
    let keys = keys(&told(&service.log).await);
    service.stop().await;
    keys
}

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/stories/one-partner.json");

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_uses_the_keys_of_reactions_and_timers_holds_nobodys_money() {
    let mut story = Story::read(Path::new(FILE)).expect("the story is well written");
    story.steps.iter_mut().for_each(|step| step.then.clear());
    let coming = keys_of(&story).await;
    let earns = story.steps.iter().position(|step| step.command.name() == "changeContractStatus");
    let rest = story.steps.split_off(earns.expect("something is earned"));
    let (program, north) = (story.id("program"), story.id("north"));
    let rest = Story { steps: rest, title: story.title.clone() };
    for place in places().await {
        let clock = ManualClock::at(story.begins());
        let service = Service::start_at(place.target.clone(), clock).await.expect("starts");
        story.tell(Path::new(FILE), &service, |_| ()).await.expect("goes as written");
        // Before anything is earned a seller takes every key that will be used; it can compute them all.
        let graph = graph(&service, Settings { introspection: false });
        for key in &coming {
            let mut given = deal(program, north, Uuid::now_v7());
            given["input"]["commandId"] = json!(key);
            let request = Request::new(REGISTER).variables(Variables::from_json(given));
            let request = request.data(principal(Role::Seller, Some(north)));
            let answer = graph.execute(request.data(TraceId::new())).await;
            assert_eq!(answer.errors, [], "{key}");
            let data = answer.data.into_json().expect("is JSON");
            assert_eq!(data["registerDeal"]["refusal"], Value::Null, "{key}: {data}");
        }
        rest.tell(Path::new(FILE), &service, |_| ()).await.expect("goes as written");
        let used = keys(&told(&service.log).await);
        let unused: Vec<&Uuid> = coming.difference(&used).collect();
        assert!(unused.is_empty() && coming.len() > 10, "of {} keys: {unused:?}", coming.len());
        for name in ["north", "ridge", "summit"] {
            let wallet = wallet_of(rest.id(name), "EUR");
            let (wallet, _) = service.log.load::<Wallet>(wallet).await.expect("it loads");
            let buckets = wallet.purse().expect("it has earned").buckets;
            assert!(buckets.available > 0 && buckets.held == 0, "{place}: {name}: {buckets:?}");
        }
        service.stop().await;
    }
}
