//! From parameters to an operation that may run, and from running it to an answer fit for a client.

use std::{any::Any, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use async_graphql::{
    Request, Response, ServerError,
    parser::types::{DocumentOperations, ExecutableDocument, OperationDefinition, OperationType},
};
use futures::FutureExt;

use super::{
    Graph,
    answer::Answer,
    limits::Limits,
    request::Parameters,
    trace::{TraceId, panic_message},
};
use crate::auth::Principal;

/// A parsed operation within all limits that need no schema.
pub(super) struct Operation {
    pub(super) kind: OperationType,
    request: Request,
}

impl Operation {
    /// The operation that `parameters` select, or the request error.
    pub(super) fn prepare(parameters: Parameters, limits: &Limits) -> Result<Self, Answer> {
        let refused = |message: String| Answer::refused("GRAPHQL_LIMIT_EXCEEDED", message);
        limits.check_text(&parameters.query).map_err(|excess| refused(excess.message(limits)))?;
        let document = async_graphql::parser::parse_query(&parameters.query)
            .map_err(|error| Answer::of_request_error("GRAPHQL_PARSE_FAILED", error.into()))?;
        let operation = select(&document, parameters.operation_name.as_deref())?;
        limits.check(&document, operation).map_err(|excess| refused(excess.message(limits)))?;
        let kind = operation.ty;
        let mut request = Request::new(parameters.query).variables(parameters.variables);
        request.operation_name = parameters.operation_name;
        request.extensions = parameters.extensions;
        request.set_parsed_query(document);
        Ok(Self { kind, request })
    }

    /// The request as the schema sees it: who asks, and under which trace.
    pub(super) fn request(self, principal: Principal, trace: TraceId) -> Request {
        self.request.data(principal).data(trace)
    }
}

fn select<'a>(
    document: &'a ExecutableDocument,
    name: Option<&str>,
) -> Result<&'a OperationDefinition, Answer> {
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
    let refused =
        |message: &str| Answer::refused("OPERATION_RESOLUTION_FAILURE", message.to_owned());
    found.map(|operation| &operation.node).map_err(refused)
}

/// Runs a query or a mutation to its end, its panic or its deadline.
pub(super) async fn execute(
    graph: Arc<dyn Graph>,
    kind: OperationType,
    request: Request,
    trace: TraceId,
    deadline: Duration,
) -> Answer {
    let running = AssertUnwindSafe(async { graph.execute(request).await }).catch_unwind();
    match tokio::time::timeout(deadline, running).await {
        Ok(Ok(response)) => Answer::of(response, kind, trace),
        Ok(Err(panic)) => panicked(&*panic, trace),
        Err(_) => {
            metrics::counter!("accord_graphql_timeouts_total").increment(1);
            Answer::timed_out(kind)
        }
    }
}

pub(super) fn panicked(panic: &(dyn Any + Send), trace: TraceId) -> Answer {
    tracing::error!(%trace, panic = panic_message(panic), "an operation panicked");
    Answer::panicked()
}

/// Whether `error` was found before any field ran: such an error names no field of the answer.
pub(super) fn is_request_error(error: &ServerError) -> bool {
    error.path.is_empty()
}

/// Whether the schema never began to run the request.
pub(super) fn is_refused(response: &Response) -> bool {
    let nothing = response.data == async_graphql::Value::Null;
    nothing && !response.errors.is_empty() && response.errors.iter().all(is_request_error)
}
