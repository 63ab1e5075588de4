//! Operation selection: which operation of a document a request means, as the specification's GetOperation says.

use async_graphql::parser::types::{DocumentOperations, ExecutableDocument, OperationDefinition};

/// The operation, or why none can be told.
pub(crate) fn select<'a>(
    document: &'a ExecutableDocument,
    name: Option<&str>,
) -> Result<&'a OperationDefinition, &'static str> {
    let found = match (&document.operations, name) {
        (DocumentOperations::Single(operation), None) => Ok(operation),
        (DocumentOperations::Multiple(operations), Some(name)) => {
            operations.get(name).ok_or("no operation has the name in `operationName`")
        }
        (DocumentOperations::Single(_), Some(_)) => {
            Err("no operation has the name in `operationName`")
        }
        (DocumentOperations::Multiple(operations), None) => match operations.values().next() {
            Some(only) if operations.len() == 1 => Ok(only),
            Some(_) | None => Err("`operationName` must say which operation to run"),
        },
    };
    found.map(|operation| &operation.node)
}
