//! `/graphql`: the GraphQL-over-HTTP specification, step by step.

use std::sync::Arc;

use async_graphql::parser::types::OperationType;
use axum::{
    body::{Body, Bytes},
    extract::{Query, Request, State},
    http::{Method, header, request::Parts},
    response::Response,
};

use super::{
    bearer::authenticate,
    events, export,
    fault::Fault,
    limits::MAX_REQUEST_BYTES,
    media::{self, Media},
    operation::{Operation, execute},
    request::Parameters,
    socket,
    trace::TraceId,
    web::Web,
};

pub(super) async fn endpoint(State(web): State<Arc<Web>>, request: Request) -> Response {
    let trace = request.extensions().get().copied().unwrap_or_default();
    let (mut parts, body) = request.into_parts();
    if socket::is_upgrade(&parts) {
        return socket::upgrade(web, &mut parts, trace)
            .await
            .unwrap_or_else(|fault| fault.respond(trace));
    }
    let media = Media::negotiate(&parts.headers);
    let answered = answer(&web, &parts, body, media, trace).await;
    answered.unwrap_or_else(|fault| fault.in_media(media.unwrap_or(Media::Json)).respond(trace))
}

async fn answer(
    web: &Arc<Web>,
    parts: &Parts,
    body: Body,
    media: Option<Media>,
    trace: TraceId,
) -> Result<Response, Fault> {
    if parts.method != Method::GET && parts.method != Method::POST {
        return Err(Fault::method_not_allowed("GET, POST"));
    }
    let principal = authenticate(web, &parts.headers).await?;
    let events = events::are_accepted(&parts.headers);
    let sheet = export::is_accepted(&parts.headers);
    if media.is_none() && !events && !sheet {
        return Err(Fault::not_acceptable());
    }
    let parameters = if parts.method == Method::GET {
        let Query(pairs) = Query::try_from_uri(&parts.uri)
            .map_err(|_| Fault::bad_request("the query string is malformed"))?;
        Parameters::from_pairs(pairs)
    } else {
        Parameters::from_body(&read(web, parts, body).await?)
    };
    let operation = match Operation::prepare(web, parameters.map_err(Fault::bad_request)?, trace) {
        Ok(operation) => operation,
        Err(refused) => return Ok(refused.respond(media.unwrap_or(Media::GraphqlResponse), trace)),
    };
    match operation.kind {
        OperationType::Mutation if parts.method == Method::GET => {
            return Err(Fault::mutation_over_get());
        }
        OperationType::Subscription if events => return events::respond(web, operation, principal),
        OperationType::Subscription => {
            return Err(Fault::bad_request(
                "a subscription needs a WebSocket with the protocol graphql-transport-ws, or accepts text/event-stream",
            ));
        }
        OperationType::Query | OperationType::Mutation => {}
    }
    if sheet {
        return export::respond(web, operation, principal).await;
    }
    let media = media.ok_or_else(Fault::not_acceptable)?; // Events are for subscriptions.
    let kind = operation.kind;
    let operation = operation.for_principal(principal);
    let answer = execute(web.graph.clone(), operation, web.timings.execution).await;
    metrics::counter!("accord_graphql_operations_total", "kind" => kind.to_string(), "outcome" => answer.label())
        .increment(1);
    Ok(answer.respond(media, trace))
}

async fn read(web: &Web, parts: &Parts, body: Body) -> Result<Bytes, Fault> {
    if !media::is_json(&parts.headers) || parts.headers.contains_key(header::CONTENT_ENCODING) {
        return Err(Fault::unsupported_media_type());
    }
    let announced = parts
        .headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length: usize| length > MAX_REQUEST_BYTES) {
        return Err(Fault::too_large());
    }
    let reading = axum::body::to_bytes(body, MAX_REQUEST_BYTES);
    let read =
        tokio::time::timeout(web.timings.body, reading).await.map_err(|_| Fault::body_timeout())?;
    read.map_err(|_| Fault::too_large())
}
