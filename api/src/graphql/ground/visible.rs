//! Introspection by role: which fields and types of the schema somebody is told of.

use std::borrow::Cow;

use async_graphql::{
    ContextSelectionSet, OutputType, Positioned, Request, ServerResult, Value,
    parser::types::{Field, Selection, SelectionSet},
    registry::{MetaType, Registry},
};

use crate::{access, auth::Role};

/// Registered with a schema after its types, leaves in it what the role of this number may use.
pub struct Only<const ROLE: usize>;

impl<const ROLE: usize> OutputType for Only<ROLE> {
    fn type_name() -> Cow<'static, str> {
        "Boolean".into()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        trim(registry, Role::PEOPLE[ROLE]);
        Self::qualified_type_name()
    }

    async fn resolve(
        &self,
        _: &ContextSelectionSet<'_>,
        _: &Positioned<Field>,
    ) -> ServerResult<Value> {
        Ok(Value::Null) // No field has this type.
    }
}

fn trim(registry: &mut Registry, role: Role) {
    let mut empty = vec![];
    for (name, meta) in &mut registry.types {
        if name.starts_with("__") {
            continue;
        }
        if let MetaType::Object { fields, .. } | MetaType::Interface { fields, .. } = meta {
            fields.retain(|field, _| field.starts_with("__") || access::may_use(role, name, field));
            if fields.is_empty() {
                empty.push(name.clone());
            }
        }
    }
    for name in &empty {
        registry.types.remove(name);
        registry.implements.remove(name);
    }
    for meta in registry.types.values_mut() {
        if let MetaType::Interface { possible_types, .. } | MetaType::Union { possible_types, .. } =
            meta
        {
            possible_types.retain(|name| !empty.contains(name));
        }
    }
    let there = |name: &Option<String>| name.clone().filter(|name| !empty.contains(name));
    registry.mutation_type = there(&registry.mutation_type);
    registry.subscription_type = there(&registry.subscription_type);
    registry.remove_unused_types();
}

/// Whether a request asks about the schema itself.
pub fn asks_about_schema(request: &mut Request) -> bool {
    request.parsed_query().is_ok_and(|document| {
        let operations =
            document.operations.iter().map(|(_, operation)| &operation.node.selection_set.node);
        let fragments =
            document.fragments.values().map(|fragment| &fragment.node.selection_set.node);
        operations.chain(fragments).any(names_schema)
    })
}

fn names_schema(set: &SelectionSet) -> bool {
    set.items.iter().any(|selection| match &selection.node {
        Selection::Field(field) => matches!(field.node.name.node.as_str(), "__schema" | "__type"),
        Selection::InlineFragment(fragment) => names_schema(&fragment.node.selection_set.node),
        Selection::FragmentSpread(_) => false, // Fragments are looked at one by one.
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_about_the_schema_is_seen_wherever_it_hides() {
        for text in [
            "{ __schema { queryType { name } } }",
            "{ viewer { role } __type(name: \"Deal\") { name } }",
            "{ ... { __schema { queryType { name } } } }",
            "query { ...all } fragment all on Query { __schema { queryType { name } } }",
        ] {
            assert!(asks_about_schema(&mut Request::new(text)), "{text}");
        }
        assert!(!asks_about_schema(&mut Request::new("{ __typename viewer { role } }")));
    }
}
