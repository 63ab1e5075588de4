//! Null propagation: when a field fails, the null goes into the nearest parent that may be null.
//!
//! async-graphql 7.2 leaves the key of a failed field out of its object and turns an object without any key into null.
//! Clients that were generated from the schema rely on neither happening.

use std::collections::HashMap;

use async_graphql::{
    Name, PathSegment, Response, ServerError, Value,
    parser::{
        parse_query, parse_schema,
        types::{
            BaseType, ExecutableDocument, FieldDefinition, OperationType, Selection, SelectionSet,
            Type, TypeKind, TypeSystemDefinition,
        },
    },
};

use super::select::select;

/// The type of every field, by the type that has it.
pub(super) struct Types {
    fields: HashMap<Name, HashMap<Name, Type>>,
    query: Name,
    mutation: Name,
    subscription: Name,
}

impl Types {
    pub(super) fn of(sdl: &str) -> Result<Self, async_graphql::parser::Error> {
        let mut types = Self {
            fields: HashMap::new(),
            query: Name::new("Query"),
            mutation: Name::new("Mutation"),
            subscription: Name::new("Subscription"),
        };
        for definition in parse_schema(sdl)?.definitions {
            match definition {
                TypeSystemDefinition::Schema(schema) => {
                    let named = |name: Option<async_graphql::Positioned<Name>>, old: &Name| {
                        name.map_or_else(|| old.clone(), |name| name.node)
                    };
                    types.query = named(schema.node.query, &types.query);
                    types.mutation = named(schema.node.mutation, &types.mutation);
                    types.subscription = named(schema.node.subscription, &types.subscription);
                }
                TypeSystemDefinition::Type(definition) => {
                    let fields = match definition.node.kind {
                        TypeKind::Object(object) => object.fields,
                        TypeKind::Interface(interface) => interface.fields,
                        TypeKind::Scalar
                        | TypeKind::Union(_)
                        | TypeKind::Enum(_)
                        | TypeKind::InputObject(_) => continue,
                    };
                    let known = types.fields.entry(definition.node.name.node).or_default();
                    known.extend(fields.into_iter().map(|field| typed(field.node)));
                }
                TypeSystemDefinition::Directive(_) => {}
            }
        }
        Ok(types)
    }

    /// Puts the nulls of `response` where they belong, for the operation that `query` and `name` select.
    pub(super) fn settle(&self, response: &mut Response, query: &str, name: Option<&str>) {
        if response.errors.iter().all(|error| error.path.is_empty()) {
            return;
        }
        let Ok(document) = parse_query(query) else { return };
        let Ok(operation) = select(&document, name) else { return };
        let root = match operation.ty {
            OperationType::Query => &self.query,
            OperationType::Mutation => &self.mutation,
            OperationType::Subscription => &self.subscription,
        };
        let selections = [(root, &operation.selection_set.node)];
        for pass in [Pass::Restore, Pass::Climb] {
            let walk = Walk { types: self, document: &document, pass };
            for ServerError { path, .. } in &response.errors {
                if !path.is_empty() && !walk.object(&mut response.data, &selections, path) {
                    response.data = Value::Null;
                    return; // Nothing is left to put a null into.
                }
            }
        }
    }
}

fn typed(field: FieldDefinition) -> (Name, Type) {
    (field.name.node, field.ty.node)
}

/// First every key is put back, then every null climbs: a null that has climbed is never opened again.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pass {
    Restore,
    Climb,
}

struct Walk<'a> {
    types: &'a Types,
    document: &'a ExecutableDocument,
    pass: Pass,
}

/// Selections on one object, each with the type that it is made on.
type Selections<'a> = [(&'a Name, &'a SelectionSet)];

impl<'a> Walk<'a> {
    /// Follows `path` into an object. False: a null has come up that the object cannot hold, so it must be null itself.
    fn object(&self, value: &mut Value, selections: &Selections<'a>, path: &[PathSegment]) -> bool {
        if self.pass == Pass::Restore && *value == Value::Null {
            *value = Value::Object(Default::default()); // Every one of its fields has failed.
        }
        let (Value::Object(members), Some((PathSegment::Field(key), rest))) =
            (value, path.split_first())
        else {
            return true;
        };
        let mut found = Vec::new();
        for (on, set) in selections {
            self.collect(on, set, key, &mut found);
        }
        let Some((kind, _)) = found.first().copied() else { return true };
        let below: Vec<_> = found.iter().map(|(kind, set)| (base(kind), *set)).collect();
        let member = members.entry(Name::new(key)).or_insert(Value::Null);
        self.complete(member, kind, &below, rest)
    }

    /// A value of type `kind`, with a failure at `path` inside it.
    fn complete(
        &self,
        value: &mut Value,
        kind: &Type,
        below: &Selections<'a>,
        path: &[PathSegment],
    ) -> bool {
        let holds = match (path.first(), &kind.base) {
            (Some(PathSegment::Field(_)), BaseType::Named(_)) => {
                self.object(value, below, path) && *value != Value::Null
            }
            (Some(PathSegment::Index(index)), BaseType::List(item)) => {
                let items =
                    if let Value::List(items) = value { items.as_mut_slice() } else { &mut [] };
                let failed = items.get_mut(*index);
                failed.is_some_and(|value| self.complete(value, item, below, &path[1..]))
            }
            (
                None | Some(PathSegment::Field(_) | PathSegment::Index(_)),
                BaseType::Named(_) | BaseType::List(_),
            ) => *value != Value::Null,
        };
        if holds || self.pass == Pass::Restore {
            return true;
        }
        *value = Value::Null;
        kind.nullable
    }

    /// The selections of the field that answers under `key`, fragments included. Limits have bounded their number, and
    /// refused cycles.
    fn collect(
        &self,
        on: &Name,
        set: &'a SelectionSet,
        key: &str,
        found: &mut Vec<(&'a Type, &'a SelectionSet)>,
    ) {
        for selection in &set.items {
            match &selection.node {
                Selection::Field(field) if field.node.response_key().node == key => {
                    let name = &field.node.name.node;
                    if let Some(kind) =
                        self.types.fields.get(on).and_then(|fields| fields.get(name))
                    {
                        found.push((kind, &field.node.selection_set.node));
                    }
                }
                Selection::Field(_) => {}
                Selection::InlineFragment(inline) => {
                    let on = inline
                        .node
                        .type_condition
                        .as_ref()
                        .map_or(on, |condition| &condition.node.on.node);
                    self.collect(on, &inline.node.selection_set.node, key, found);
                }
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) =
                        self.document.fragments.get(&spread.node.fragment_name.node)
                    {
                        let on = &fragment.node.type_condition.node.on.node;
                        self.collect(on, &fragment.node.selection_set.node, key, found);
                    }
                }
            }
        }
    }
}

fn base(kind: &Type) -> &Name {
    match &kind.base {
        BaseType::Named(name) => name,
        BaseType::List(item) => base(item),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const SDL: &str = "
        type Query { deal: Deal sure: Deal! deals: [Deal!] loose: [Deal]! node: Node }
        interface Node { id: ID! note: String }
        type Deal implements Node { id: ID! note: String partner: Partner! }
        type Partner { name: String! town: String }
    ";

    /// What becomes of `data` when the fields at `paths` have failed.
    fn settled(
        query: &str,
        data: serde_json::Value,
        paths: &[serde_json::Value],
    ) -> serde_json::Value {
        let segment = |part: &serde_json::Value| match part.as_u64() {
            Some(index) => PathSegment::Index(index as usize),
            None => PathSegment::Field(part.as_str().expect("a name").to_owned()),
        };
        let error = |path: &serde_json::Value| {
            let path = path.as_array().expect("a path").iter().map(segment).collect();
            ServerError { path, ..ServerError::new("failed", None) }
        };
        let mut response = Response::new(Value::from_json(data).expect("data"));
        response.errors = paths.iter().map(error).collect();
        Types::of(SDL).expect("types").settle(&mut response, query, None);
        response.data.into_json().expect("JSON")
    }

    #[test]
    fn a_field_that_may_be_null_is_null() {
        let query = "{ deal { id note } }";
        let data = json!({ "deal": { "id": "1" } });
        assert_eq!(
            settled(query, data, &[json!(["deal", "note"])]),
            json!({ "deal": { "id": "1", "note": null } })
        );
        assert_eq!(settled(query, json!(null), &[json!(["deal"])]), json!({ "deal": null }));
    }

    #[test]
    fn an_object_whose_only_field_failed_is_still_an_object() {
        let data = json!({ "deal": null });
        assert_eq!(
            settled("{ deal { note } }", data, &[json!(["deal", "note"])]),
            json!({ "deal": { "note": null } })
        );
    }

    #[test]
    fn a_null_climbs_to_the_first_parent_that_may_be_null() {
        let query = "{ deal { id partner { name town } } }";
        let data = json!({ "deal": { "id": "1", "partner": { "town": "Bern" } } });
        assert_eq!(
            settled(query, data, &[json!(["deal", "partner", "name"])]),
            json!({ "deal": null })
        );
        let data = json!({ "sure": { "id": "1" }, "deal": { "id": "1" } });
        let query = "{ sure { id partner { name } } deal { id } }";
        assert_eq!(settled(query, data, &[json!(["sure", "partner"])]), json!(null));
    }

    #[test]
    fn a_null_in_a_list_stays_in_the_item_or_takes_the_list() {
        let data = || json!([{ "id": "1", "partner": { "name": "A" } }, { "id": "2" }]);
        let query = "{ deals { id partner { name } } }";
        assert_eq!(
            settled(query, json!({ "deals": data() }), &[json!(["deals", 1, "partner"])]),
            json!({ "deals": null })
        );
        let query = "{ loose { id partner { name } } }";
        let expected = json!({ "loose": [{ "id": "1", "partner": { "name": "A" } }, null] });
        assert_eq!(
            settled(query, json!({ "loose": data() }), &[json!(["loose", 1, "partner"])]),
            expected
        );
    }

    #[test]
    fn fields_are_found_through_aliases_fragments_and_interfaces() {
        let query =
            "{ n: node { ...F ... on Deal { p: partner { name } } } } fragment F on Node { note }";
        let data = json!({ "n": { "p": { "name": "A" } } });
        let expected = json!({ "n": { "p": { "name": "A" }, "note": null } });
        assert_eq!(settled(query, data, &[json!(["n", "note"])]), expected);
        let data = json!({ "n": { "note": "x" } });
        assert_eq!(settled(query, data, &[json!(["n", "p"])]), json!({ "n": null }));
    }

    #[test]
    fn several_failures_settle_together() {
        let query = "{ deal { note partner { town } } }";
        let failures = [json!(["deal", "note"]), json!(["deal", "partner", "town"])];
        let expected = json!({ "deal": { "note": null, "partner": { "town": null } } });
        assert_eq!(settled(query, json!({ "deal": { "partner": null } }), &failures), expected);
        let failures = [json!(["deal", "partner"]), json!(["deal", "note"])];
        assert_eq!(settled(query, json!({ "deal": null }), &failures), json!({ "deal": null }));
    }
}
