//! One request, one trace id: in its log lines, in its answer, and in every fault that it meets.

use std::{fmt, panic::AssertUnwindSafe, time::Instant};

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderValue, header},
    middleware::Next,
    response::Response,
};
use futures::FutureExt;
use tracing::Instrument;
use uuid::Uuid;

use super::fault::Fault;

/// What a support engineer asks for, and finds the request by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TraceId(Uuid);

impl TraceId {
    pub fn new() -> Self {
        Self(Uuid::now_v7())
    }

    /// The caller's own trace, when it sends a valid W3C `traceparent`; else a new one.
    fn of(headers: &HeaderMap) -> Self {
        let sent = headers.get("traceparent").and_then(|value| value.to_str().ok());
        sent.and_then(traceparent).map_or_else(Self::new, Self)
    }
}

impl Default for TraceId {
    fn default() -> Self {
        Self::new()
    }
}

/// 32 hexadecimal digits, as in W3C Trace Context.
impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.simple().fmt(f)
    }
}

fn traceparent(text: &str) -> Option<Uuid> {
    let mut parts = text.split('-');
    let (version, trace, parent, flags) =
        (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let hex = |part: &str, length| {
        part.len() == length && part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    let closed = version != "00" || parts.next().is_none(); // A later version may add parts.
    let formed =
        hex(version, 2) && version != "ff" && hex(trace, 32) && hex(parent, 16) && hex(flags, 2);
    if !formed || !closed || parent.bytes().all(|byte| byte == b'0') {
        return None;
    }
    Uuid::try_parse(trace).ok().filter(|trace| !trace.is_nil())
}

/// The outermost layer: trace id, span, metrics, headers that harden the answer, and the end of every panic.
pub(super) async fn observe(mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let trace = TraceId::of(request.headers());
    request.extensions_mut().insert(trace);
    let method = request.method().as_str().to_owned();
    let route = route(request.uri().path());
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

/// A fixed set of names, so that a scanner cannot invent time series; nor can it by its method.
fn route(path: &str) -> &'static str {
    const ROUTES: [&str; 9] = [
        "/graphql",
        "/health/live",
        "/health/ready",
        "/metrics",
        "/",
        "/graphiql",
        "/graphiql/ide.css",
        "/graphiql/ide.js",
        "/graphiql/setup.json",
    ];
    ROUTES.into_iter().find(|route| *route == path).unwrap_or("other")
}

fn count(method: String, route: &'static str, status: u16, started: Instant) {
    const METHODS: [&str; 7] = ["GET", "POST", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE"];
    let method = METHODS.into_iter().find(|known| *known == method).unwrap_or("other");
    let labels = [
        ("method", method.to_owned()),
        ("route", route.to_owned()),
        ("status", status.to_string()),
    ];
    metrics::counter!("accord_http_requests_total", &labels).increment(1);
    metrics::histogram!("accord_http_request_seconds", "route" => route).record(started.elapsed());
}

/// For the log only.
pub(super) fn panic_message(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<&'static str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

    #[test]
    fn a_valid_traceparent_names_the_trace() {
        let trace = traceparent(&format!("00-{TRACE}-00f067aa0ba902b7-01")).expect("a trace");
        assert_eq!(TraceId(trace).to_string(), TRACE);
    }

    #[test]
    fn an_invalid_traceparent_is_ignored() {
        for text in [
            "",
            "00",
            &format!("00-{TRACE}-00f067aa0ba902b7"),
            &format!("ff-{TRACE}-00f067aa0ba902b7-01"),
            &format!("00-{TRACE}-0000000000000000-01"),
            &format!("00-{TRACE}-00f067aa0ba902b7-01-more"),
            &format!("00-{}-00f067aa0ba902b7-01", TRACE.to_uppercase()),
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        ] {
            assert_eq!(traceparent(text), None, "{text}");
        }
    }
}
