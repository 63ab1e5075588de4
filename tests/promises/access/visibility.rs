//! What a role is told about the schema is what it may use.

use std::collections::BTreeSet;

use api::access;
use api::auth::Role;
use api::graphql::{Settings, graph};

use super::super::schema::served::{Served, principal};

const SCHEMA: &str = "{ __schema { mutationType { name } types { name kind fields { name } } } }";

#[tokio::test(flavor = "multi_thread")]
async fn a_role_is_told_of_the_fields_that_it_may_use_and_of_no_other() {
    let served = Served::begin().await;
    for role in Role::PEOPLE {
        let answer = served.ask(role, Some(served.story.id("north")), SCHEMA).await;
        assert_eq!(answer.errors, [], "{role}");
        let data = answer.data.into_json().expect("is JSON");
        let mut told = BTreeSet::new();
        for ty in data["__schema"]["types"].as_array().expect("there are types") {
            let parent = ty["name"].as_str().expect("has a name");
            for field in
                ty["fields"].as_array().into_iter().flatten().filter(|_| !parent.starts_with("__"))
            {
                let field = field["name"].as_str().expect("has a name");
                assert!(access::may_use(role, parent, field), "{role} is told of {parent}.{field}");
                told.insert(format!("{parent}.{field}"));
            }
        }
        assert!(told.contains("Query.viewer"), "{role}");
        assert_eq!(
            told.contains("Query.journal"),
            matches!(role, Role::Finance | Role::Auditor),
            "{role}"
        );
        let mutates = !data["__schema"]["mutationType"].is_null();
        assert_eq!(mutates, role != Role::Auditor, "{role}");
    }
    served.service.stop().await;
}

/// What GraphiQL and code generators ask.
const TOOLS: &str = "query IntrospectionQuery { __schema { queryType { name } mutationType { name } \
    subscriptionType { name } types { ...FullType } directives { name description locations args { ...InputValue } } } } \
    fragment FullType on __Type { kind name description specifiedByURL fields(includeDeprecated: true) { name description \
    args { ...InputValue } type { ...TypeRef } isDeprecated deprecationReason } inputFields { ...InputValue } \
    interfaces { ...TypeRef } enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason } \
    possibleTypes { ...TypeRef } } \
    fragment InputValue on __InputValue { name description type { ...TypeRef } defaultValue } \
    fragment TypeRef on __Type { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name \
    ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } } } } } } }";

#[tokio::test(flavor = "multi_thread")]
async fn the_tools_of_a_portal_can_read_the_schema() {
    let served = Served::begin().await;
    for role in Role::PEOPLE {
        let answer = served.ask(role, Some(served.story.id("north")), TOOLS).await;
        assert_eq!(answer.errors, [], "{role}");
        let data = answer.data.into_json().expect("is JSON");
        assert!(
            data["__schema"]["types"].as_array().is_some_and(|types| types.len() > 20),
            "{role}"
        );
    }
    served.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_production_nobody_is_told_of_the_schema_nor_of_what_they_may_have_meant() {
    let served = Served::begin().await;
    let quiet = graph(&served.service, Settings { introspection: false });
    let ask = |query: &str| {
        quiet.execute(async_graphql::Request::new(query).data(principal(Role::Auditor, None)))
    };
    let schema = ask(SCHEMA).await;
    assert!(!serde_json::to_string(&schema.data).expect("is JSON").contains("journal"));
    let typo = ask("{ journl { __typename } }").await;
    let message = &typo.errors.first().expect("there is no such field").message;
    assert!(!message.contains("journal\""), "{message}");
    served.service.stop().await;
}
