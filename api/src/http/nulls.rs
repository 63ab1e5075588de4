//! Null propagation: when a field fails, the null goes into the nearest parent that may be null.
//!
//! async-graphql 7.2 leaves the key of a failed field out of its object and turns an object without any key into null.
//! Clients that were generated from the schema rely on neither happening.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_graphql::{
    PathSegment, QueryPathNode, QueryPathSegment, Response, ServerError, ServerResult, Value,
    extensions::{
        Extension, ExtensionContext, ExtensionFactory, NextExecute, NextResolve, ResolveInfo,
    },
};

/// Puts the nulls of a schema's answers where they belong. It comes before any extension that lets fields fail.
pub struct Nulls;

impl ExtensionFactory for Nulls {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Settling::default())
    }
}

#[derive(Default)]
struct Settling(Mutex<Met>);

/// What one answer has met with so far.
#[derive(Default)]
struct Met {
    errors: Vec<ServerError>,
    /// What is null because it failed, or because something in it failed that cannot be null.
    nulls: Vec<Vec<PathSegment>>,
}

impl Settling {
    fn met(&self) -> MutexGuard<'_, Met> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Met {
    /// Whether something within has made this null.
    fn is_null(&self, node: &QueryPathNode<'_>, items_required: bool) -> bool {
        if self.nulls.is_empty() {
            return false;
        }
        let here = path(node);
        let mut below = self.nulls.iter().filter_map(|null| null.strip_prefix(here.as_slice()));
        below.any(|below| match below {
            [] => true,
            [PathSegment::Index(_)] => items_required,
            [..] => false,
        })
    }
}

#[async_graphql::async_trait::async_trait]
impl Extension for Settling {
    /// Answers a failure with null, which keeps its key; what cannot be null makes whatever holds it null.
    async fn resolve(
        &self,
        ctx: &ExtensionContext<'_>,
        info: ResolveInfo<'_>,
        next: NextResolve<'_>,
    ) -> ServerResult<Option<Value>> {
        let (node, kind) = (info.path_node, info.return_type);
        // What the library says of an item's type is wrong where items may be null: their field judges them.
        let required = matches!(node.segment, QueryPathSegment::Name(_)) && kind.ends_with('!');
        let items_required = kind.ends_with("!]") || kind.ends_with("!]!");
        let outcome = next.run(ctx, info).await;
        let mut met = self.met();
        match outcome {
            Ok(value) if !met.is_null(node, items_required) => return Ok(value),
            Ok(_) => {}
            Err(error) => met.errors.push(error),
        }
        met.nulls.push(path(node));
        if required {
            met.nulls.push(node.parent.map(path).unwrap_or_default());
        }
        Ok(Some(Value::Null))
    }

    /// Tells the errors. A field that was asked for twice may have one part that failed and one that did not.
    async fn execute(
        &self,
        ctx: &ExtensionContext<'_>,
        operation_name: Option<&str>,
        next: NextExecute<'_>,
    ) -> Response {
        let mut response = next.run(ctx, operation_name).await;
        let Met { errors, nulls } = std::mem::take(&mut *self.met());
        response.errors.extend(errors);
        for path in &nulls {
            if let Some(failed) = at(&mut response.data, path) {
                *failed = Value::Null;
            }
        }
        response
    }
}

/// Where in the answer something stands.
pub(crate) fn path(node: &QueryPathNode<'_>) -> Vec<PathSegment> {
    let mut path: Vec<PathSegment> = std::iter::successors(Some(node), |node| node.parent)
        .map(|node| match node.segment {
            QueryPathSegment::Index(index) => PathSegment::Index(index),
            QueryPathSegment::Name(name) => PathSegment::Field(name.to_owned()),
        })
        .collect();
    path.reverse();
    path
}

fn at<'a>(data: &'a mut Value, path: &[PathSegment]) -> Option<&'a mut Value> {
    path.iter().try_fold(data, |value, segment| match (segment, value) {
        (PathSegment::Field(key), Value::Object(members)) => members.get_mut(key.as_str()),
        (PathSegment::Index(index), Value::List(items)) => items.get_mut(*index),
        (_, _) => None,
    })
}

#[cfg(test)]
mod tests {
    use async_graphql::{
        Context, EmptyMutation, EmptySubscription, Error, Interface, Object, Request, Schema,
    };
    use serde_json::json;

    use super::*;

    /// The fields that fail, by their paths.
    struct Failing(&'static [&'static str]);

    fn found<T>(ctx: &Context<'_>, value: T) -> Result<T, Error> {
        let path = ctx.path_node.expect("a field").to_string();
        let failing = ctx.data::<Failing>()?;
        if failing.0.contains(&path.as_str()) { Err(Error::new("failed")) } else { Ok(value) }
    }

    struct Query;

    #[Object]
    impl Query {
        async fn deal(&self, ctx: &Context<'_>) -> Result<Option<Deal>, Error> {
            found(ctx, Some(Deal(1)))
        }

        async fn sure(&self) -> Deal {
            Deal(1)
        }

        async fn deals(&self) -> Option<Vec<Deal>> {
            Some(vec![Deal(1), Deal(2)])
        }

        async fn loose(&self) -> Vec<Option<Deal>> {
            vec![Some(Deal(1)), Some(Deal(2))]
        }

        async fn node(&self) -> Option<Node> {
            Some(Deal(1).into())
        }
    }

    #[derive(Interface)]
    #[graphql(field(name = "note", ty = "Option<&str>"))]
    enum Node {
        Deal(Deal),
    }

    struct Deal(u32);

    #[Object]
    impl Deal {
        async fn id(&self) -> u32 {
            self.0
        }

        async fn note(&self, ctx: &Context<'_>) -> Result<Option<&str>, Error> {
            found(ctx, Some("x"))
        }

        async fn partner(&self, ctx: &Context<'_>) -> Result<Partner, Error> {
            found(ctx, Partner)
        }
    }

    struct Partner;

    #[Object]
    impl Partner {
        async fn name(&self, ctx: &Context<'_>) -> Result<&str, Error> {
            found(ctx, "A")
        }

        async fn town(&self, ctx: &Context<'_>) -> Result<Option<&str>, Error> {
            found(ctx, Some("Bern"))
        }
    }

    /// What is answered where the fields at `paths` fail.
    async fn settled(query: &str, paths: &'static [&'static str]) -> serde_json::Value {
        let schema = Schema::build(Query, EmptyMutation, EmptySubscription).extension(Nulls);
        let answer = schema.finish().execute(Request::new(query).data(Failing(paths))).await;
        assert_eq!(answer.errors.len(), paths.len(), "{:?}", answer.errors);
        answer.data.into_json().expect("JSON")
    }

    #[tokio::test]
    async fn a_field_that_may_be_null_is_null() {
        assert_eq!(
            settled("{ deal { id note } }", &["deal.note"]).await,
            json!({ "deal": { "id": 1, "note": null } })
        );
        assert_eq!(settled("{ deal { id } }", &["deal"]).await, json!({ "deal": null }));
    }

    #[tokio::test]
    async fn an_object_whose_only_field_failed_is_still_an_object() {
        let expected = json!({ "deal": { "note": null } });
        assert_eq!(settled("{ deal { note } }", &["deal.note"]).await, expected);
    }

    #[tokio::test]
    async fn a_null_climbs_to_the_first_parent_that_may_be_null() {
        let query = "{ deal { id partner { name town } } }";
        assert_eq!(settled(query, &["deal.partner.name"]).await, json!({ "deal": null }));
        let query = "{ sure { id partner { name } } deal { id } }";
        assert_eq!(settled(query, &["sure.partner"]).await, json!(null));
    }

    #[tokio::test]
    async fn a_null_in_a_list_stays_in_the_item_or_takes_the_list() {
        let query = "{ deals { id partner { name } } }";
        assert_eq!(settled(query, &["deals.1.partner"]).await, json!({ "deals": null }));
        let query = "{ loose { id partner { name } } }";
        let expected = json!({ "loose": [{ "id": 1, "partner": { "name": "A" } }, null] });
        assert_eq!(settled(query, &["loose.1.partner"]).await, expected);
    }

    #[tokio::test]
    async fn fields_are_found_through_aliases_fragments_and_interfaces() {
        let query =
            "{ n: node { ...F ... on Deal { p: partner { name } } } } fragment F on Node { note }";
        let expected = json!({ "n": { "p": { "name": "A" }, "note": null } });
        assert_eq!(settled(query, &["n.note"]).await, expected);
        assert_eq!(settled(query, &["n.p"]).await, json!({ "n": null }));
    }

    #[tokio::test]
    async fn several_failures_settle_together() {
        let query = "{ deal { note partner { town } } }";
        let expected = json!({ "deal": { "note": null, "partner": { "town": null } } });
        assert_eq!(settled(query, &["deal.note", "deal.partner.town"]).await, expected);
        assert_eq!(settled(query, &["deal.partner", "deal.note"]).await, json!({ "deal": null }));
    }

    #[tokio::test]
    async fn a_field_asked_for_twice_is_null_where_either_part_is() {
        for query in [
            "{ deal { id } deal { partner { name } } }",
            "{ deal { partner { name } } deal { id } }",
        ] {
            assert_eq!(settled(query, &["deal.partner"]).await, json!({ "deal": null }));
        }
    }
}
