//! Every mutation as every role, on the own partner's objects, on another's, and on what is not there.

use api::access;
use api::auth::Role;
use async_graphql::parser::types::{BaseType, ServiceDocument, Type, TypeKind};
use serde_json::{Value, json};
use uuid::Uuid;

use super::sdl::{document, fields, types};
use super::served::{Objects, Served, codes};

/// Something of a type, aimed at `objects`. What may be left out is.
pub fn value(
    document: &ServiceDocument,
    name: &str,
    ty: &Type,
    objects: Objects,
    program: Uuid,
) -> Value {
    let base = match &ty.base {
        BaseType::List(item) => return json!([value(document, name, item, objects, program)]),
        BaseType::Named(base) => base.as_str(),
    };
    match (name, base) {
        ("partnerId" | "partner", _) => json!(objects.partner),
        ("dealId", _) => json!(objects.deal),
        ("walletId", _) => json!(objects.wallet),
        ("accountId", _) => json!(objects.account),
        ("programId" | "program", _) => json!(program),
        ("commandId", _) => json!(Uuid::now_v7()),
        (_, "UUID") => json!(Uuid::from_u128(77)),
        ("country", _) => json!("PL"),
        ("timeZone", _) => json!("Europe/Warsaw"),
        (_, "String") => json!("x"),
        (_, "Boolean") => json!(true),
        (_, "Int") => json!(1),
        (_, "Decimal") => json!("1"),
        (_, "Date") => json!("2025-01-01"),
        (_, "DateTime") => json!("2025-01-01T00:00:00Z"),
        (_, "CurrencyCode") => json!("EUR"),
        (_, "JSON") => json!({}),
        _ => {
            let definition =
                types(document).find(|definition| definition.name.node == base).expect(base);
            match &definition.kind {
                TypeKind::Enum(values) => json!(values.values[0].node.value.node.as_str()),
                TypeKind::InputObject(input) => input
                    .fields
                    .iter()
                    .filter(|field| !field.node.ty.node.nullable || aims(&field.node.name.node))
                    .map(|field| {
                        let name = field.node.name.node.as_str();
                        (
                            name.to_owned(),
                            value(document, name, &field.node.ty.node, objects, program),
                        )
                    })
                    .collect::<serde_json::Map<_, _>>()
                    .into(),
                TypeKind::Scalar
                | TypeKind::Object(_)
                | TypeKind::Interface(_)
                | TypeKind::Union(_) => Value::Null,
            }
        }
    }
}

/// Whether a field says at what a mutation is aimed.
fn aims(name: &str) -> bool {
    matches!(name, "partnerId" | "partner" | "dealId" | "walletId" | "programId")
}

/// Each mutation with its input type.
pub fn mutations(document: &ServiceDocument) -> Vec<(String, Type)> {
    let root = types(document)
        .find(|definition| definition.name.node == "Mutation")
        .expect("there are mutations");
    fields(root)
        .iter()
        .map(|field| {
            (field.node.name.node.to_string(), field.node.arguments[0].node.ty.node.clone())
        })
        .collect()
}

pub fn operation(mutation: &str, input: &Type) -> String {
    format!(
        "mutation($input: {input}) {{ {mutation}(input: $input) \
         {{ position refusal {{ code message field policy {{ id version }} }} clientMutationId }} }}"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn no_mutation_answers_a_role_without_a_row_and_nothing_is_recorded() {
    let served = Served::begin().await;
    let document = document();
    let (north, program) = (served.objects("north").await, served.story.id("program"));
    let before = *served.service.log.head().borrow();
    for (mutation, input) in mutations(&document) {
        for role in
            Role::PEOPLE.into_iter().filter(|role| !access::may_use(*role, "Mutation", &mutation))
        {
            let given = json!({ "input": value(&document, "input", &input, north, program) });
            let answer = served
                .ask_with(role, Some(north.partner), &operation(&mutation, &input), given)
                .await;
            assert_eq!(
                codes(&answer),
                [(mutation.clone(), "FORBIDDEN".to_owned())],
                "{role}: {mutation}"
            );
        }
    }
    assert_eq!(*served.service.log.head().borrow(), before);
    served.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_hears_of_a_foreign_target_what_it_hears_of_none() {
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
    let before = *served.service.log.head().borrow();
    for (mutation, input) in mutations(&document) {
        for role in Role::PEOPLE
            .into_iter()
            .filter(|role| role.is_member() && access::may_use(*role, "Mutation", &mutation))
        {
            let operation = operation(&mutation, &input);
            let aimed_at =
                |objects| json!({ "input": value(&document, "input", &input, objects, program) });
            let foreign =
                served.ask_with(role, Some(ridge.partner), &operation, aimed_at(north)).await;
            let missing =
                served.ask_with(role, Some(ridge.partner), &operation, aimed_at(nothing)).await;
            assert_eq!(foreign.data, missing.data, "{role}: {mutation}");
            assert_eq!(codes(&foreign), codes(&missing), "{role}: {mutation}");
            let refused =
                !foreign.data.clone().into_json().expect("is JSON")[&mutation]["refusal"].is_null();
            assert!(refused || !foreign.errors.is_empty(), "{role}: {mutation} was done");
        }
    }
    assert_eq!(*served.service.log.head().borrow(), before);
    served.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_the_version_of_a_foreign_object_tells_nothing() {
    let served = Served::begin().await;
    let (north, ridge) = (served.objects("north").await, served.objects("ridge").await);
    let operation =
        "mutation($input: WithdrawDealInput!) { withdrawDeal(input: $input) { refusal { code } } }";
    for version in 1..=40 {
        let ask = |deal: Uuid| {
            let input = json!({ "input": { "dealId": deal, "expectedVersion": version } });
            served.ask_with(Role::Owner, Some(ridge.partner), operation, input)
        };
        let (foreign, missing) = (ask(north.deal).await, ask(Uuid::from_u128(2)).await);
        assert_eq!(foreign.data, missing.data, "version {version}");
        assert_eq!(codes(&foreign), codes(&missing), "version {version}");
        assert_eq!(codes(&foreign), [], "version {version}: it is refused, not a conflict");
    }
    served.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_mutation_answers_each_role_of_its_row_with_a_payload() {
    let served = Served::begin().await;
    let document = document();
    let (north, program) = (served.objects("north").await, served.story.id("program"));
    for (mutation, input) in mutations(&document) {
        for role in
            Role::PEOPLE.into_iter().filter(|role| access::may_use(*role, "Mutation", &mutation))
        {
            let mut given = json!({ "input": value(&document, "input", &input, north, program) });
            given["input"]["clientMutationId"] = json!("mine");
            let answer = served
                .ask_with(role, Some(north.partner), &operation(&mutation, &input), given)
                .await;
            assert_eq!(answer.errors, [], "{role}: {mutation}");
            let payload = answer.data.into_json().expect("is JSON")[&mutation].clone();
            assert_eq!(payload["clientMutationId"], "mine", "{role}: {mutation}");
            assert_eq!(
                payload["position"].is_null(),
                !payload["refusal"].is_null(),
                "{role}: {mutation}: {payload}"
            );
        }
    }
    served.service.stop().await;
}
