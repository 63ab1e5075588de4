//! Field-level authorization: a guard asks the access table, and lets nobody look around before the approval (R4).

use std::sync::Arc;

use async_graphql::{
    Context, Guard, ServerError, ServerResult, Value,
    extensions::{Extension, ExtensionContext, ExtensionFactory, NextResolve, ResolveInfo},
};
use domain::Permission;

use super::{asked::Asked, failure::Failure};
use crate::{access, http::path};

/// Puts the guard before every field of a schema.
pub struct Gate;

struct Guarding;

impl ExtensionFactory for Gate {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Guarding)
    }
}

#[async_graphql::async_trait::async_trait]
impl Extension for Guarding {
    async fn resolve(
        &self,
        ctx: &ExtensionContext<'_>,
        info: ResolveInfo<'_>,
        next: NextResolve<'_>,
    ) -> ServerResult<Option<Value>> {
        let about_the_schema = info.is_for_introspection || info.name.starts_with("__");
        let item_of_a_list = info.parent_type.starts_with('[');
        if !about_the_schema && !item_of_a_list {
            let position = info.field.name.pos;
            let at = |failure: Failure| -> ServerError {
                let error = async_graphql::Error::from(failure).into_server_error(position);
                error.with_path(path(info.path_node))
            };
            let asked = ctx.data_opt::<Asked>().ok_or_else(|| at(Failure::unauthenticated()))?;
            admit(asked, info.parent_type, info.name).await.map_err(at)?;
        }
        next.run(ctx, info).await
    }
}

/// The same guard for a subscription, whose stream begins before any of its fields is resolved.
pub struct OpenStream;

impl Guard for OpenStream {
    async fn check(&self, ctx: &Context<'_>) -> async_graphql::Result<()> {
        admit(Asked::of(ctx)?, "Subscription", ctx.item.node.name.node.as_str())
            .await
            .map_err(Into::into)
    }
}

async fn admit(asked: &Asked, parent: &str, field: &str) -> Result<(), Failure> {
    let principal = &asked.principal;
    let role = principal.role;
    let Some(roles) = access::entry(parent, field) else {
        return Err(Failure::internal(&format!("{parent}.{field} has no row in the access table")));
    };
    if !roles.contains(role) {
        return Err(Failure::forbidden());
    }
    if parent == "Mutation" {
        let needed = Permission::needed(field, role);
        if needed.is_some_and(|needed| !principal.permissions.contains(&needed)) {
            return Err(Failure::not_permitted());
        }
    } else if !principal.confirmed && !roles.before_approval() {
        return Err(Failure::unconfirmed());
    }
    // A command is its aggregate's to judge, from the log: views that are down or behind stop nobody.
    if role.is_member() && !roles.before_approval() && parent != "Mutation" {
        asked.approved().await?;
    }
    Ok(())
}
