//! The walk: every field of every object as every role, on the own partner's objects and on another's.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use api::access;
use api::auth::Role;
use async_graphql::Positioned;
use async_graphql::parser::types::{FieldDefinition, ServiceDocument};
use serde_json::Value;
use uuid::Uuid;

use super::super::schema::sdl::{document, fields, types};
use super::super::schema::{
    commands::apply,
    served::{LATE, Objects, Served, codes},
};

/// The shortest way from the root to each object type: the fields with their arguments.
fn ways(
    document: &ServiceDocument,
    objects: Objects,
    program: Uuid,
) -> BTreeMap<String, Vec<(String, String)>> {
    let mut ways = BTreeMap::from([("Query".to_owned(), vec![])]);
    let mut next = VecDeque::from(["Query".to_owned()]);
    while let Some(parent) = next.pop_front() {
        let definition = types(document)
            .find(|definition| definition.name.node == parent.as_str())
            .expect("is there");
        for field in fields(definition) {
            let ty = field.node.ty.node.to_string();
            let ty = ty.trim_matches(['[', ']', '!']).to_owned();
            let leads = types(document)
                .any(|definition| definition.name.node == ty.as_str() && has_fields(document, &ty));
            if leads && ty != "Node" && !ways.contains_key(&ty) {
                let mut way = ways[&parent].clone();
                way.push((parent.clone(), call(field, objects, program)));
                ways.insert(ty.clone(), way);
                next.push_back(ty);
            }
        }
    }
    ways
}

fn has_fields(document: &ServiceDocument, name: &str) -> bool {
    types(document).any(|definition| definition.name.node == name && !fields(definition).is_empty())
}

/// A field with its arguments, aimed at `objects`.
fn call(field: &Positioned<FieldDefinition>, objects: Objects, program: Uuid) -> String {
    let given = field.node.arguments.iter().filter_map(|argument| {
        let name = argument.node.name.node.as_str();
        let id = match name {
            "partnerId" => objects.partner,
            "dealId" => objects.deal,
            "walletId" => objects.wallet,
            "accountId" => objects.account,
            "programId" => program,
            "lot" => objects.lot,
            "at" if field.node.name.node == "whoCouldSee" => {
                return Some("at: \"2030-01-01T00:00:00Z\"".to_owned());
            }
            "id" => return Some("id: \"AQI\"".to_owned()),
            "ids" => return Some("ids: []".to_owned()),
            "first" => return Some("first: 5".to_owned()),
            _ => return None,
        };
        Some(format!("{name}: \"{id}\""))
    });
    let given: Vec<String> = given.collect();
    let name = field.node.name.node.as_str();
    if given.is_empty() { name.to_owned() } else { format!("{name}({})", given.join(", ")) }
}

/// One question for everything of a type, at the end of its way.
fn question(
    document: &ServiceDocument,
    ty: &str,
    way: &[(String, String)],
    objects: Objects,
    program: Uuid,
) -> String {
    let definition =
        types(document).find(|definition| definition.name.node == ty).expect("is there");
    let asked: Vec<String> = fields(definition)
        .iter()
        .map(|field| {
            let target = field.node.ty.node.to_string();
            let target = target.trim_matches(['[', ']', '!']);
            let called = call(field, objects, program);
            if has_fields(document, target) { format!("{called} {{ __typename }}") } else { called }
        })
        .collect();
    let inner = format!("{{ {} }}", asked.join(" "));
    way.iter().rev().fold(inner, |inner, (_, called)| format!("{{ {called} {inner} }}"))
}

fn name(called: &str) -> &str {
    called.split('(').next().unwrap_or(called)
}

/// The first object at the end of a way, where the answer has one.
fn at_the_end<'a>(answer: &'a Value, way: &[(String, String)]) -> Option<&'a Value> {
    way.iter().try_fold(answer, |object, (_, called)| {
        let found = object.get(name(called))?;
        let first = found.as_array().map_or(Some(found), |items| items.first())?;
        Some(first).filter(|object| object.is_object())
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn every_field_answers_whom_the_table_names_and_refuses_everybody_else() {
    let served = Served::begin().await;
    let document = document();
    let program = served.story.id("program");
    let north = served.objects("north").await;
    served.leave_open().await;
    assert!(apply(&served, LATE, "Late").await.data.into_json().is_ok(), "an application waits");
    served.leave_mail().await;
    let (mut all, mut met) = (BTreeSet::new(), BTreeSet::new());
    for (ty, way) in ways(&document, north, program) {
        all.insert(ty.clone());
        let query = question(&document, &ty, &way, north, program);
        for role in Role::PEOPLE {
            let answer = served.ask(role, Some(north.partner), &query).await;
            let refused: BTreeSet<String> = codes(&answer)
                .into_iter()
                .map(|(path, code)| {
                    assert_eq!(code, "FORBIDDEN", "{role}, {ty} at {path}: {:?}", answer.errors);
                    path.rsplit('.').next().unwrap_or_default().to_owned()
                })
                .collect();
            let data = answer.data.into_json().expect("is JSON");
            let object = at_the_end(&data, &way);
            if !way.iter().all(|(parent, called)| access::may_use(role, parent, name(called))) {
                assert!(object.is_none() && !refused.is_empty(), "{role} reached {ty}: {query}");
                continue;
            }
            let Some(object) = object else { continue };
            met.insert(ty.clone());
            let definition = types(&document)
                .find(|definition| definition.name.node == ty.as_str())
                .expect("is there");
            for field in fields(definition) {
                let field = field.node.name.node.as_str();
                let allowed = access::may_use(role, &ty, field);
                assert_eq!(refused.contains(field), !allowed, "{role}: {ty}.{field}");
                let told = object.get(field).expect("a field that was asked for has its key");
                assert!(allowed || told.is_null(), "{role}: {ty}.{field}");
            }
        }
    }
    // Nobody is below north, nobody shares its deal, and what mail says is shown on a demonstration alone.
    let unmet: Vec<_> = all.difference(&met).collect();
    assert_eq!(unmet, ["MailMessage", "NetworkMember", "NetworkMemberEdge", "Share"]);
    served.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn m18_what_is_anothers_looks_like_what_is_not_there() {
    let served = Served::begin().await;
    let document = document();
    let program = served.story.id("program");
    let (north, ridge) = (served.objects("north").await, served.objects("ridge").await);
    let nothing = Objects {
        partner: Uuid::from_u128(1),
        deal: Uuid::from_u128(2),
        wallet: Uuid::from_u128(3),
        lot: Uuid::from_u128(4),
        account: Uuid::from_u128(5),
    };
    for role in Role::PEOPLE.into_iter().filter(|role| role.is_member()) {
        // Somebody of ridge asks for what is north's, below it, and then for what nobody has.
        for (ty, way) in ways(&document, north, program) {
            let aimed = way
                .first()
                .is_some_and(|(_, called)| called.contains('(') && !called.contains("programId"));
            if !aimed {
                continue;
            }
            let absent = ways(&document, nothing, program);
            let foreign = question(&document, &ty, &way, north, program);
            let missing = question(&document, &ty, &absent[&ty], nothing, program);
            let foreign = served.ask(role, Some(ridge.partner), &foreign).await;
            let missing = served.ask(role, Some(ridge.partner), &missing).await;
            assert_eq!(foreign.data, missing.data, "{role}, {ty}");
            assert_eq!(codes(&foreign), codes(&missing), "{role}, {ty}");
        }
    }
    served.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn m18_of_those_below_a_partner_sees_names_and_nothing_else() {
    let served = Served::begin().await;
    let ridge = served.objects("ridge").await;
    let query = "{ partners { nodes { name } } viewer { partner { network { nodes { name tier stage depth } } } } \
                 deals { nodes { dealId } } wallets { nodes { walletId } } }";
    let answer = served.ask(Role::Owner, Some(ridge.partner), query).await;
    assert_eq!(answer.errors, []);
    let data = answer.data.into_json().expect("is JSON");
    assert_eq!(data["partners"]["nodes"], serde_json::json!([{ "name": "Ridge sp. z o.o." }]));
    let below = &data["viewer"]["partner"]["network"]["nodes"];
    assert_eq!(
        *below,
        serde_json::json!([{ "name": "North sp. z o.o.", "tier": "GOLD", "stage": "APPROVED", "depth": 2 }])
    );
    assert_eq!(data["deals"]["nodes"], serde_json::json!([]));
    assert_eq!(data["wallets"]["nodes"], serde_json::json!([{ "walletId": ridge.wallet }]));
    served.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn m18_an_upline_sees_of_a_calculation_its_own_leg() {
    let served = Served::begin().await;
    let ridge = served.objects("ridge").await;
    let query = format!(
        "{{ explainCommission(lot: \"{}\") {{ holds legs {{ beneficiaryId amount {{ amount currency }} level }} }} }}",
        ridge.lot
    );
    let own = served
        .ask(Role::Owner, Some(ridge.partner), &query)
        .await
        .data
        .into_json()
        .expect("is JSON");
    assert_eq!(own["explainCommission"]["holds"], true);
    assert_eq!(
        own["explainCommission"]["legs"],
        serde_json::json!([{
            "beneficiaryId": ridge.partner,
            "amount": { "amount": "500.00", "currency": "EUR" },
            "level": 1
        }])
    );
    let all = served.ask(Role::Auditor, None, &query).await.data.into_json().expect("is JSON");
    assert_eq!(all["explainCommission"]["legs"].as_array().map(Vec::len), Some(3));
    served.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn m18_a_seller_sees_of_its_deals_calculations_its_own_legs_and_none_of_its_upline() {
    let served = Served::begin().await;
    let north = served.objects("north").await;
    let query = format!(
        "{{ deal(dealId: \"{}\") {{ calculations {{ nodes {{ legs {{ beneficiaryId level }} }} }} }} }}",
        north.deal
    );
    let legs = async |role| {
        let answer = served.ask(role, Some(north.partner), &query).await;
        assert_eq!(answer.errors, [], "{role}");
        let data = answer.data.into_json().expect("is JSON");
        let calculations =
            data["deal"]["calculations"]["nodes"].as_array().expect("is a list").clone();
        let legs = calculations.iter().flat_map(|one| one["legs"].as_array().cloned());
        legs.flatten().collect::<Vec<Value>>()
    };
    let own = serde_json::json!({ "beneficiaryId": north.partner, "level": 0 });
    for role in [Role::Owner, Role::Seller] {
        assert_eq!(legs(role).await, std::slice::from_ref(&own), "{role}");
    }
    assert_eq!(legs(Role::Auditor).await.len(), 3);
    served.service.stop().await;
}
