//! HTTP routing: all paths of the web edge, and what is answered on any other.

use std::sync::Arc;

use axum::{
    Extension, Json, Router,
    response::Response,
    routing::{any, get},
};

use super::{fault::Fault, graphql, ide, observe, probes, trace::TraceId, web::Web};

/// All routes, without a listener.
pub fn router(web: Arc<Web>) -> Router {
    let mut router = Router::new()
        .route("/graphql", any(graphql::endpoint))
        .route("/health/live", get(probes::live))
        .route("/health/ready", get(probes::ready));
    if web.metrics.is_some() {
        router = router.route("/metrics", get(probes::metrics));
    }
    if let Some(ide) = &web.ide {
        router = router
            .route("/", get(ide::page))
            .route("/graphiql", get(ide::page))
            .route("/graphiql/ide.css", get(ide::style))
            .route("/graphiql/ide.js", get(ide::script))
            .route("/graphiql/setup.json", get(Json(ide.clone())));
    }
    router
        .fallback(not_found)
        .method_not_allowed_fallback(only_get)
        .layer(axum::middleware::from_fn(observe::observe))
        .with_state(web)
}

/// Every path that is not ours.
async fn not_found(Extension(trace): Extension<TraceId>) -> Response {
    Fault::not_found().respond(trace)
}

/// A path of ours, asked with another method than GET.
async fn only_get(Extension(trace): Extension<TraceId>) -> Response {
    Fault::method_not_allowed("GET, HEAD").respond(trace)
}
