//! The outermost middleware: a span, metrics and hardening headers around every request.

use std::{panic::AssertUnwindSafe, time::Instant};

use axum::{
    extract::{MatchedPath, Request},
    http::{HeaderMap, HeaderValue, header},
    middleware::Next,
    response::Response,
};
use futures::FutureExt;
use tracing::Instrument;

use super::{
    fault::{Fault, panic_message},
    trace::TraceId,
};

/// Gives the request its trace id, span, metrics, headers that harden the answer, and the end of every panic.
pub(super) async fn observe(mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let trace = TraceId::of(request.headers());
    request.extensions_mut().insert(trace);
    let method = request.method().as_str().to_owned();
    // A fixed set of names, so that a scanner cannot invent time series; nor can it by its method.
    let matched = request.extensions().get::<MatchedPath>().cloned();
    let route = matched.as_ref().map_or("other", MatchedPath::as_str);
    let span = tracing::info_span!("request", %trace, method, route);
    let answered =
        AssertUnwindSafe(next.run(request)).catch_unwind().instrument(span.clone()).await;
    let mut response = answered.unwrap_or_else(|panic| {
        span.in_scope(|| tracing::error!(panic = panic_message(&*panic), "a request panicked"));
        Fault::internal().respond(trace)
    });
    harden(response.headers_mut(), trace);
    let status = response.status().as_u16();
    span.in_scope(|| {
        tracing::debug!(status, elapsed_ms = started.elapsed().as_millis(), "answered")
    });
    count(method, route, status, started);
    response
}

fn harden(headers: &mut HeaderMap, trace: TraceId) {
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
    let nothing = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(nothing);
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    if let Ok(trace) = HeaderValue::from_str(&trace.to_string()) {
        headers.insert("x-trace-id", trace);
    }
}

fn count(method: String, route: &str, status: u16, started: Instant) {
    const METHODS: [&str; 7] = ["GET", "POST", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE"];
    let method = METHODS.into_iter().find(|known| *known == method).unwrap_or("other");
    let labels = [
        ("method", method.to_owned()),
        ("route", route.to_owned()),
        ("status", status.to_string()),
    ];
    metrics::counter!("accord_http_requests_total", &labels).increment(1);
    metrics::histogram!("accord_http_request_seconds", "route" => route.to_owned())
        .record(started.elapsed());
}
