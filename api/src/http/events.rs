//! Subscriptions as server-sent events: one request, one operation, `next` for every event and `complete` at the end.
//!
//! A stream that ends without `complete` was cut off, by a token's end or by a shutdown: resume it from its cursor.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    http::{HeaderMap, HeaderValue, header},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures::{StreamExt, stream};

use super::{
    answer::Answer,
    fault::Fault,
    media,
    operation::{Operation, answers},
    web::Web,
};
use crate::auth::Principal;

const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Whether the client asks for events by name: a wildcard does not mean them.
pub(super) fn are_accepted(headers: &HeaderMap) -> bool {
    media::names(headers, "text", "event-stream")
}

pub(super) fn respond(
    web: &Arc<Web>,
    operation: Operation,
    principal: Principal,
) -> Result<Response, Fault> {
    let slot = web.sockets.clone().try_acquire_owned();
    let slot = slot.map_err(|_| Fault::unavailable("too many streams are open"))?;
    let cut_off = end(web.clone(), principal.clone());
    let operation = operation.for_principal(principal);
    let trace = operation.trace;
    let next = move |answer: Answer| {
        let _held_as_long_as_the_stream = &slot;
        Event::default().event("next").json_data(answer.json(trace)).unwrap_or_default()
    };
    // Browsers do not deliver an event without data.
    let complete = stream::iter([Event::default().event("complete").data("null")]);
    let events = answers(web, operation).map(next).chain(complete).take_until(cut_off);
    let events =
        Sse::new(events.map(Ok::<_, Infallible>)).keep_alive(KeepAlive::new().interval(KEEP_ALIVE));
    let mut response = events.into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// Comes when the token has ended or the server shuts down.
async fn end(web: Arc<Web>, principal: Principal) {
    while let Some(left) = web.watch(&principal) {
        tokio::select! {
            () = web.shutdown.cancelled() => return,
            () = tokio::time::sleep(left) => {}
        }
    }
}
