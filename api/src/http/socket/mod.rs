//! Subscriptions over a WebSocket: the upgrade, and who may ask for it.
//!
//! A page of any origin may connect: nothing is sent along by the browser on its own, and whoever connects must show a
//! token, in the upgrade's Authorization header or in `connection_init`.

mod close;
mod connection;
mod message;

use std::sync::Arc;

use axum::{
    extract::{FromRequestParts, WebSocketUpgrade},
    http::{Method, header, request::Parts},
    response::Response,
};
use tracing::Instrument;

use super::{
    bearer::authenticate, fault::Fault, limits::MAX_REQUEST_BYTES, trace::TraceId, web::Web,
};
use connection::Connection;

const PROTOCOL: &str = "graphql-transport-ws";

pub(super) fn is_upgrade(parts: &Parts) -> bool {
    let asked = parts.headers.get(header::UPGRADE).and_then(|value| value.to_str().ok());
    parts.method == Method::GET
        && asked.is_some_and(|protocol| protocol.eq_ignore_ascii_case("websocket"))
}

pub(super) async fn upgrade(
    web: Arc<Web>,
    parts: &mut Parts,
    trace: TraceId,
) -> Result<Response, Fault> {
    let principal = if parts.headers.contains_key(header::AUTHORIZATION) {
        Some(authenticate(&web, &parts.headers).await?)
    } else {
        None // Browsers cannot send the header; the token then comes with `connection_init`.
    };
    let upgrade = WebSocketUpgrade::from_request_parts(parts, &()).await;
    let upgrade = upgrade
        .map_err(|_| Fault::bad_request("this is no WebSocket handshake"))?
        .protocols([PROTOCOL]);
    if upgrade.selected_protocol().is_none() {
        return Err(Fault::bad_request("the WebSocket protocol graphql-transport-ws is required"));
    }
    let permit = web.sockets.clone().try_acquire_owned();
    let permit = permit.map_err(|_| Fault::unavailable("too many sockets are open"))?;
    let running = web.tasks.token();
    let span = tracing::info_span!("socket", %trace);
    // A little more than we allow is read, so that the close code can say what was wrong.
    let upgrade =
        upgrade.max_message_size(2 * MAX_REQUEST_BYTES).max_frame_size(2 * MAX_REQUEST_BYTES);
    Ok(upgrade.on_upgrade(move |socket| {
        async move {
            Connection::new(web, socket).run(principal).await;
            drop((permit, running));
        }
        .instrument(span)
    }))
}
