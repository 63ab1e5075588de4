//! Serialized maps in order: the fields of an answer stand in the order in which they were asked for.
//!
//! async-graphql 7.2 answers in the order in which fields come to an end, so that equal questions over equal data would
//! differ byte for byte.

use std::sync::{Arc, OnceLock};

use async_graphql::{
    Name, Positioned, Response, ServerResult, Value, Variables,
    extensions::{Extension, ExtensionContext, ExtensionFactory, NextExecute, NextParseQuery},
    indexmap::IndexMap,
    parser::types::{
        Directive, ExecutableDocument, Field, OperationDefinition, OperationType, Selection,
        SelectionSet,
    },
    registry::{MetaType, MetaTypeName, Registry},
};

use super::select::select;

/// Puts the fields of a schema's answers in order. It comes before any extension that changes what is answered.
pub struct InOrder;

impl ExtensionFactory for InOrder {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Ordering::default())
    }
}

/// What was asked.
#[derive(Default)]
struct Ordering(OnceLock<(ExecutableDocument, Variables)>);

#[async_graphql::async_trait::async_trait]
impl Extension for Ordering {
    async fn parse_query(
        &self,
        ctx: &ExtensionContext<'_>,
        query: &str,
        variables: &Variables,
        next: NextParseQuery<'_>,
    ) -> ServerResult<ExecutableDocument> {
        let document = next.run(ctx, query, variables).await?;
        self.0.get_or_init(|| (document.clone(), variables.clone()));
        Ok(document)
    }

    async fn execute(
        &self,
        ctx: &ExtensionContext<'_>,
        operation_name: Option<&str>,
        next: NextExecute<'_>,
    ) -> Response {
        let mut response = next.run(ctx, operation_name).await;
        let Some((document, variables)) = self.0.get() else { return response };
        let Ok(operation) = select(document, operation_name) else { return response };
        let registry = &ctx.schema_env.registry;
        let root = match operation.ty {
            OperationType::Query => Some(registry.query_type.as_str()),
            OperationType::Mutation => registry.mutation_type.as_deref(),
            OperationType::Subscription => registry.subscription_type.as_deref(),
        };
        let asked = Asked { document, operation, variables, registry };
        asked.arrange(&mut response.data, root, &[&operation.selection_set.node]);
        response
    }
}

/// An operation with what its selections mean.
pub(super) struct Asked<'a> {
    pub document: &'a ExecutableDocument,
    pub operation: &'a OperationDefinition,
    pub variables: &'a Variables,
    pub registry: &'a Registry,
}

/// The fields that answer under each key, in the order of their first.
pub(super) type Fields<'a> = IndexMap<&'a Name, Vec<&'a Field>>;

impl<'a> Asked<'a> {
    /// Puts a value of type `kind` in the order of `sets`. What the library says of itself has no type that we know.
    fn arrange(&self, value: &mut Value, kind: Option<&str>, sets: &[&'a SelectionSet]) {
        match value {
            Value::List(items) => items.iter_mut().for_each(|item| self.arrange(item, kind, sets)),
            Value::Object(members) => {
                let kind = kind.map(|kind| self.concrete(kind, members, sets));
                let mut answered = std::mem::take(members);
                for (key, fields) in self.fields(kind, sets) {
                    let Some(mut value) = answered.swap_remove(key) else { continue };
                    let below: Vec<_> =
                        fields.iter().map(|field| &field.selection_set.node).collect();
                    self.arrange(&mut value, self.type_of(kind, fields[0]), &below);
                    members.insert(key.clone(), value);
                }
                members.extend(answered);
            }
            Value::Null
            | Value::Number(_)
            | Value::String(_)
            | Value::Boolean(_)
            | Value::Binary(_)
            | Value::Enum(_) => {}
        }
    }

    fn type_of(&self, kind: Option<&str>, field: &Field) -> Option<&'a str> {
        self.leads(kind?, field).map(|(to, _)| to)
    }

    /// The type that a field leads to, and whether to a list of such.
    pub(super) fn leads(&self, kind: &str, field: &Field) -> Option<(&'a str, bool)> {
        let field = self.registry.types.get(kind)?.field_by_name(&field.name.node)?;
        Some((MetaTypeName::concrete_typename(&field.ty), field.ty.starts_with('[')))
    }

    /// The type of an object of `kind`: what it says itself, or else the first that has just these fields.
    fn concrete<'k>(
        &self,
        kind: &'k str,
        members: &IndexMap<Name, Value>,
        sets: &[&'a SelectionSet],
    ) -> &'k str
    where
        'a: 'k,
    {
        let Some(
            MetaType::Interface { possible_types, .. } | MetaType::Union { possible_types, .. },
        ) = self.registry.types.get(kind)
        else {
            return kind;
        };
        let is = |possible: &&'a String| {
            let fields = self.fields(Some(possible.as_str()), sets);
            fields.len() == members.len()
                && fields.iter().all(|(key, fields)| match members.get(*key) {
                    Some(Value::String(named)) if fields[0].name.node == "__typename" => {
                        named == *possible
                    }
                    answered => answered.is_some(),
                })
        };
        possible_types.iter().find(is).map_or(kind, String::as_str)
    }

    /// Collects the fields of an object by the specification: fragments that apply in place, nothing that is skipped.
    pub(super) fn fields(&self, kind: Option<&str>, sets: &[&'a SelectionSet]) -> Fields<'a> {
        let mut fields = Fields::new();
        sets.iter().for_each(|set| self.collect(kind, set, &mut fields));
        fields
    }

    fn collect(&self, kind: Option<&str>, set: &'a SelectionSet, fields: &mut Fields<'a>) {
        for selection in set.items.iter().map(|selection| &selection.node) {
            if !self.includes(selection.directives()) {
                continue;
            }
            match selection {
                Selection::Field(field) => {
                    let field = &field.node;
                    fields.entry(&field.response_key().node).or_default().push(field);
                }
                Selection::InlineFragment(inline) => {
                    let on = inline.node.type_condition.as_ref();
                    if on.is_none_or(|on| self.applies(&on.node.on.node, kind)) {
                        self.collect(kind, &inline.node.selection_set.node, fields);
                    }
                }
                Selection::FragmentSpread(spread) => {
                    let fragment = self.document.fragments.get(&spread.node.fragment_name.node);
                    let Some(fragment) = fragment.map(|fragment| &fragment.node) else { continue };
                    if self.applies(&fragment.type_condition.node.on.node, kind) {
                        self.collect(kind, &fragment.selection_set.node, fields);
                    }
                }
            }
        }
    }

    fn applies(&self, on: &str, kind: Option<&str>) -> bool {
        let Some(kind) = kind else { return true };
        let implements = self.registry.implements.get(kind);
        on == kind || implements.is_some_and(|interfaces| interfaces.contains(on))
    }

    fn includes(&self, directives: &[Positioned<Directive>]) -> bool {
        directives.iter().all(|directive| match directive.node.name.node.as_str() {
            "skip" => !self.condition(&directive.node),
            "include" => self.condition(&directive.node),
            _ => true,
        })
    }

    fn condition(&self, directive: &Directive) -> bool {
        let given = directive.get_argument("if").map(|given| given.node.clone());
        let variable = |name: Name| {
            let defined = &self.operation.variable_definitions;
            let defined = defined.iter().find(|defined| defined.node.name.node == name);
            let usual = defined.and_then(|defined| defined.node.default_value.as_ref());
            self.variables.get(&name).or(usual.map(|usual| &usual.node)).cloned().ok_or(())
        };
        matches!(given.map(|given| given.into_const_with(variable)), Some(Ok(Value::Boolean(true))))
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::{EmptyMutation, EmptySubscription, Interface, Object, Request, Schema};
    use serde_json::json;
    use tokio::sync::Notify;

    use super::*;

    /// Told once a field that was asked for later has come to its end.
    #[derive(Default)]
    struct Later(Notify);

    struct Query;

    #[Object]
    impl Query {
        async fn slow(&self, ctx: &async_graphql::Context<'_>) -> &str {
            ctx.data_unchecked::<Arc<Later>>().0.notified().await;
            "slow"
        }

        async fn fast(&self, ctx: &async_graphql::Context<'_>) -> &str {
            ctx.data_unchecked::<Arc<Later>>().0.notify_one();
            "fast"
        }

        async fn deals(&self) -> Vec<Deal> {
            vec![Deal, Deal]
        }

        async fn nodes(&self) -> Vec<Node> {
            vec![Node::Partner(Partner), Node::Deal(Deal)]
        }
    }

    struct Deal;

    #[Object]
    impl Deal {
        async fn id(&self) -> &str {
            tokio::task::yield_now().await;
            "deal"
        }

        async fn stage(&self) -> &str {
            "won"
        }
    }

    struct Partner;

    #[Object]
    impl Partner {
        async fn id(&self) -> &str {
            tokio::task::yield_now().await;
            "partner"
        }

        async fn stage(&self) -> &str {
            "joined"
        }
    }

    #[derive(Interface)]
    #[graphql(field(name = "id", ty = "&str"))]
    enum Node {
        Deal(Deal),
        Partner(Partner),
    }

    async fn answer(query: &str) -> String {
        let schema = Schema::build(Query, EmptyMutation, EmptySubscription).extension(InOrder);
        let variables = Variables::from_json(json!({ "yes": true }));
        let request = Request::new(query).variables(variables).data(Arc::new(Later::default()));
        let response = schema.finish().execute(request).await;
        assert_eq!(response.errors, []);
        serde_json::to_string(&response.data).expect("is JSON")
    }

    #[tokio::test]
    async fn fields_stand_as_they_were_asked_for_whichever_ends_first() {
        assert_eq!(answer("{ slow fast }").await, r#"{"slow":"slow","fast":"fast"}"#);
        assert_eq!(answer("{ fast slow }").await, r#"{"fast":"fast","slow":"slow"}"#);
        let query =
            "{ b: slow ...F a: fast } fragment F on Query { __typename deals { id stage } }";
        let deal = r#"{"id":"deal","stage":"won"}"#;
        let expected =
            format!(r#"{{"b":"slow","__typename":"Query","deals":[{deal},{deal}],"a":"fast"}}"#);
        assert_eq!(answer(query).await, expected);
    }

    #[tokio::test]
    async fn a_field_stands_where_it_is_asked_for_first_and_not_skipped() {
        let query = "{ deals { id @skip(if: true) stage id } }";
        assert!(answer(query).await.contains(r#"[{"stage":"won","id":"deal"},"#));
        let query =
            "query($yes: Boolean!) { deals { id @skip(if: $yes) stage id @include(if: $yes) } }";
        assert!(answer(query).await.contains(r#"[{"stage":"won","id":"deal"},"#));
        let query = "{ deals { id } deals { stage id } }";
        assert!(answer(query).await.contains(r#"[{"id":"deal","stage":"won"},"#));
    }

    #[tokio::test]
    async fn an_object_of_an_interface_has_the_order_of_the_fragments_that_apply_to_it() {
        let query = "{ nodes { ... on Deal { id stage } __typename ... on Partner { stage id } } }";
        let expected = r#"{"nodes":[{"__typename":"Partner","stage":"joined","id":"partner"},{"id":"deal","stage":"won","__typename":"Deal"}]}"#;
        assert_eq!(answer(query).await, expected);
        let query = "{ nodes { ... on Deal { id stage } ... on Partner { s: stage id } } }";
        let expected = r#"{"nodes":[{"s":"joined","id":"partner"},{"id":"deal","stage":"won"}]}"#;
        assert_eq!(answer(query).await, expected);
    }

    #[tokio::test]
    async fn what_the_schema_says_of_itself_stands_in_order_too() {
        let query = "{ __type(name: \"Deal\") { fields { name type { kind name } } name } }";
        let told = answer(query).await;
        assert!(told.starts_with(r#"{"__type":{"fields":[{"name":"id","type":{"kind":"#), "{told}");
        assert!(told.ends_with(r#"],"name":"Deal"}}"#), "{told}");
    }
}
