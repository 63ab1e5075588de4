//! Writes down the one list that a query names, as its answer shows it (extension of the schema).

use std::sync::{Arc, OnceLock};

use async_graphql::{
    Name, Response, ServerError, ServerResult, Variables,
    extensions::{Extension, ExtensionContext, ExtensionFactory, NextExecute, NextParseQuery},
    parser::types::{ExecutableDocument, SelectionSet},
};

use super::{
    order::Asked,
    select::select,
    sheet::{Listed, NoSheet, Sheet},
};

/// Writes down lists for requests that carry a [`Sheet`]. It comes before [`super::InOrder`], so that columns have the
/// order of the query.
pub struct Sheets;

impl ExtensionFactory for Sheets {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Writing::default())
    }
}

/// What was asked.
#[derive(Default)]
struct Writing(OnceLock<(ExecutableDocument, Variables)>);

#[async_graphql::async_trait::async_trait]
impl Extension for Writing {
    async fn parse_query(
        &self,
        ctx: &ExtensionContext<'_>,
        query: &str,
        variables: &Variables,
        next: NextParseQuery<'_>,
    ) -> ServerResult<ExecutableDocument> {
        let document = next.run(ctx, query, variables).await?;
        if ctx.data_opt::<Arc<Sheet>>().is_some() {
            self.0.get_or_init(|| (document.clone(), variables.clone()));
        }
        Ok(document)
    }

    async fn execute(
        &self,
        ctx: &ExtensionContext<'_>,
        operation_name: Option<&str>,
        next: NextExecute<'_>,
    ) -> Response {
        let (Some(sheet), Some((document, variables))) =
            (ctx.data_opt::<Arc<Sheet>>(), self.0.get())
        else {
            return next.run(ctx, operation_name).await;
        };
        let begun = select(document, operation_name)
            .map_err(|problem| NoSheet("OPERATION_RESOLUTION_FAILURE", problem.to_owned()))
            .and_then(|operation| {
                let registry = &ctx.schema_env.registry;
                let asked = Asked { document, operation, variables, registry };
                listed(&asked, &registry.query_type, &operation.selection_set.node)
            })
            .and_then(|listed| sheet.begin(listed));
        if let Err(problem) = begun {
            return refused(problem);
        }
        let response = next.run(ctx, operation_name).await;
        if !response.errors.is_empty() {
            return response;
        }
        match sheet.add(&response.data) {
            Ok(()) => response,
            Err(problem) => refused(problem),
        }
    }
}

fn refused(NoSheet(code, message): NoSheet) -> Response {
    let mut error = ServerError::new(message, None);
    error.extensions.get_or_insert_default().set("code", code);
    Response::from_errors(vec![error])
}

/// The one list that is asked for.
fn listed(asked: &Asked<'_>, root: &str, set: &SelectionSet) -> Result<Listed, NoSheet> {
    let mut found = vec![];
    lists(asked, root, &[set], &mut vec![], &mut found);
    let mut found = found.into_iter();
    match (found.next(), found.next()) {
        (Some(only), None) => only,
        (None, _) => {
            Err(no("text/csv is for a list: ask for one, such as { partners { nodes { name } } }"))
        }
        (Some(_), Some(_)) => Err(no("text/csv is for one list: ask for each of them by itself")),
    }
}

fn no(problem: &str) -> NoSheet {
    NoSheet("BAD_USER_INPUT", problem.to_owned())
}

/// Every list that is in no other, nor within a list of objects.
fn lists(
    asked: &Asked<'_>,
    kind: &str,
    sets: &[&SelectionSet],
    path: &mut Vec<Name>,
    found: &mut Vec<Result<Listed, NoSheet>>,
) {
    for (key, fields) in asked.fields(Some(kind), sets) {
        let Some((to, is_list)) = asked.leads(kind, fields[0]) else { continue };
        let below: Vec<_> = fields.iter().map(|field| &field.selection_set.node).collect();
        path.push(key.clone());
        if to.ends_with("Connection") {
            found.push(of_connection(asked, to, &below, path));
        } else if !is_list {
            lists(asked, to, &below, path, found);
        }
        path.pop();
    }
}

/// What is asked of the rows of a list: of its nodes, or else of the node of each edge.
fn of_connection(
    asked: &Asked<'_>,
    connection: &str,
    sets: &[&SelectionSet],
    path: &[Name],
) -> Result<Listed, NoSheet> {
    let inside = asked.fields(Some(connection), sets);
    let rows = inside.into_iter().find_map(|(key, fields)| {
        let (to, _) = asked.leads(connection, fields[0])?;
        let below: Vec<_> = fields.iter().map(|field| &field.selection_set.node).collect();
        match fields[0].name.node.as_str() {
            "nodes" => Some((vec![key.clone()], to, below)),
            "edges" => asked.fields(Some(to), &below).into_iter().find_map(|(node, fields)| {
                let (item, _) =
                    asked.leads(to, fields[0]).filter(|_| fields[0].name.node == "node")?;
                let below = fields.iter().map(|field| &field.selection_set.node).collect();
                Some((vec![key.clone(), node.clone()], item, below))
            }),
            _ => None,
        }
    });
    let Some((rows, kind, below)) = rows else {
        return Err(no("ask for the nodes of the list, and for what shall stand in each row"));
    };
    let mut columns = vec![];
    values(asked, kind, &below, &mut vec![], &mut columns)?;
    Ok(Listed { path: path.to_vec(), rows, columns })
}

/// The values of a row and of the objects in it, in the order in which they are asked for.
fn values(
    asked: &Asked<'_>,
    kind: &str,
    sets: &[&SelectionSet],
    path: &mut Vec<Name>,
    found: &mut Vec<Vec<Name>>,
) -> Result<(), NoSheet> {
    for (key, fields) in asked.fields(Some(kind), sets) {
        let below: Vec<_> = fields.iter().map(|field| &field.selection_set.node).collect();
        path.push(key.clone());
        match asked.leads(kind, fields[0]) {
            Some((to, _)) if to.ends_with("Connection") => {
                return Err(no("a row has no room for a list that has pages: export it by itself"));
            }
            Some((to, false)) if !fields[0].selection_set.node.items.is_empty() => {
                values(asked, to, &below, path, found)?;
            }
            Some(_) | None => found.push(path.clone()),
        }
        path.pop();
    }
    Ok(())
}
