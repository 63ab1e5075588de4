//! Health probes and metrics: what an operator's machines ask.

use std::{sync::Arc, time::Duration};

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;

use super::web::Web;

const READY_TIMEOUT: Duration = Duration::from_secs(5);

/// The process runs. Says nothing of the database: restarting us would not mend that.
pub(super) async fn live() -> Response {
    Json(json!({ "status": "live" })).into_response()
}

/// Requests can be served now.
pub(super) async fn ready(State(web): State<Arc<Web>>) -> Response {
    let checked = tokio::time::timeout(READY_TIMEOUT, (web.ready)()).await;
    match checked.unwrap_or_else(|_| Err("the readiness check did not end in time".to_owned())) {
        Ok(()) => Json(json!({ "status": "ready" })).into_response(),
        Err(reason) => {
            tracing::warn!(reason, "not ready");
            (
                StatusCode::SERVICE_UNAVAILABLE,
                Json(json!({ "status": "not-ready", "reason": reason })),
            )
                .into_response()
        }
    }
}

pub(super) async fn metrics(State(web): State<Arc<Web>>) -> Response {
    drop(tokio::time::timeout(READY_TIMEOUT, (web.measure)()).await); // What is not measured stays as it was.
    let text = web.metrics.as_ref().map(|handle| handle.render()).unwrap_or_default();
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}
