//! GraphQL execution: from parameters to an operation that may run, and from running it to an answer fit for a client.

use std::{any::Any, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use async_graphql::{
    Request, ServerError, Value, Variables,
    parser::types::{OperationDefinition, OperationType},
};
use futures::{
    FutureExt, StreamExt,
    stream::{self, BoxStream},
};

use super::{
    answer::Answer,
    fault::{Fault, panic_message},
    request::Parameters,
    select::select,
    trace::TraceId,
    web::{Graph, Pages, Web},
};
use crate::auth::{Authenticator, Principal};

/// A parsed operation within all limits that need no schema.
pub(super) struct Operation {
    pub(super) kind: OperationType,
    pub(super) trace: TraceId,
    request: Request,
    principal: Option<Principal>,
}

impl Operation {
    /// The operation that `parameters` select, or the request error.
    pub(super) fn prepare(
        web: &Web,
        parameters: Parameters,
        trace: TraceId,
    ) -> Result<Self, Answer> {
        let limits = &web.limits;
        let refused = |message: String| Answer::refused("GRAPHQL_LIMIT_EXCEEDED", message);
        limits.check_text(&parameters.query).map_err(|excess| refused(excess.message(limits)))?;
        let document = async_graphql::parser::parse_query(&parameters.query)
            .map_err(|error| Answer::of_request_error("GRAPHQL_PARSE_FAILED", error.into()))?;
        let operation =
            select(&document, parameters.operation_name.as_deref()).map_err(|problem| {
                Answer::refused("OPERATION_RESOLUTION_FAILURE", problem.to_owned())
            })?;
        limits.check(&document, operation).map_err(|excess| refused(excess.message(limits)))?;
        required(operation, &parameters.variables)?;
        let kind = operation.ty;
        let mut request = Request::new(parameters.query).variables(parameters.variables);
        request.operation_name = parameters.operation_name;
        request.extensions = parameters.extensions;
        request.set_parsed_query(document);
        Ok(Self { kind, trace, request, principal: None })
    }

    /// The request as the schema sees it, knowing who asks and under which trace.
    pub(super) fn for_principal(self, principal: Principal) -> Self {
        let request = self.request.data(principal.clone()).data(self.trace);
        Self { request, principal: Some(principal), ..self }
    }
}

impl Operation {
    /// The same request again and again.
    pub(super) fn repeated(mut self, principal: Principal) -> Pages {
        let document = self.request.parsed_query().ok().cloned();
        Box::new(move || {
            let Self { request, trace, .. } = &self;
            let mut again = Request::new(&request.query).variables(request.variables.clone());
            again.operation_name = request.operation_name.clone();
            if let Some(document) = &document {
                again.set_parsed_query(document.clone());
            }
            again.data(principal.clone()).data(*trace)
        })
    }
}

/// async-graphql misses an absent variable only when a field reads it; by the specification the request fails.
fn required(operation: &OperationDefinition, variables: &Variables) -> Result<(), Answer> {
    let absent = operation.variable_definitions.iter().find(|definition| {
        let definition = &definition.node;
        let given = variables
            .get(&definition.name.node)
            .or(definition.default_value.as_ref().map(|value| &value.node));
        !definition.var_type.node.nullable && given.is_none_or(|value| *value == Value::Null)
    });
    absent.map_or(Ok(()), |definition| {
        let (name, kind) = (&definition.node.name.node, &definition.node.var_type.node);
        let error = ServerError::new(
            format!("the variable ${name} of type {kind} is required"),
            Some(definition.pos),
        );
        Err(Answer::of_request_error("GRAPHQL_VALIDATION_FAILED", error))
    })
}

/// Runs a query or a mutation to its end, its panic or its deadline.
pub(super) async fn execute(
    graph: Arc<dyn Graph>,
    operation: Operation,
    deadline: Duration,
) -> Answer {
    let Operation { kind, trace, request, .. } = operation;
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

/// Everything that an operation will say. A panic is one more answer, and the last.
pub(super) fn answers(web: &Web, operation: Operation) -> BoxStream<'static, Answer> {
    let graph = web.graph.clone();
    match operation.kind {
        OperationType::Query | OperationType::Mutation => {
            stream::once(execute(graph, operation, web.timings.execution)).boxed()
        }
        OperationType::Subscription => {
            let Operation { kind, trace, request, principal } = operation;
            let responses = stream::once(async move { graph.subscribe(request) }).flatten();
            let answer = move |response: Result<_, Box<dyn Any + Send>>| match response {
                Ok(response) => Answer::of(response, kind, trace),
                Err(panic) => panicked(&*panic, trace),
            };
            let answers = AssertUnwindSafe(responses).catch_unwind().map(answer).boxed();
            match principal {
                Some(principal) => while_it_holds(web.authenticator.clone(), principal, answers),
                None => answers, // The schema refuses whoever nobody is.
            }
        }
    }
}

/// Answers for as long as whoever asked is what they were: what comes after a role is taken away is not told (R127).
fn while_it_holds(
    authenticator: Arc<Authenticator>,
    principal: Principal,
    answers: BoxStream<'static, Answer>,
) -> BoxStream<'static, Answer> {
    let begun = (authenticator, principal, answers);
    stream::unfold(Some(begun), |state| async move {
        let (authenticator, principal, mut answers) = state?;
        let answer = answers.next().await?;
        match authenticator.holds(&principal).await {
            Ok(()) => Some((answer, Some((authenticator, principal, answers)))),
            Err(failure) => {
                tracing::debug!(?failure, "a subscription ends");
                Some((Answer::of_fault(&Fault::unauthenticated(failure)), None))
            }
        }
    })
    .boxed()
}

pub(super) fn panicked(panic: &(dyn Any + Send), trace: TraceId) -> Answer {
    tracing::error!(%trace, panic = panic_message(panic), "an operation panicked");
    Answer::panicked()
}
