//! Request errors of GraphQL over HTTP: what goes wrong before or beside execution, told in the shape of an answer.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{media::Media, trace::TraceId};
use crate::auth::AuthFailure;

/// A refusal of the web edge. Its texts are written here, so that none of them can carry a foreign error to a client.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    status: StatusCode,
    code: &'static str,
    message: &'static str,
    header: Option<(header::HeaderName, &'static str)>,
    media: Media,
}

impl Fault {
    fn new(status: StatusCode, code: &'static str, message: &'static str) -> Self {
        Self { status, code, message, header: None, media: Media::Json }
    }

    pub fn unauthenticated(failure: AuthFailure) -> Self {
        if failure == AuthFailure::Unavailable {
            return Self::unavailable(failure.public());
        }
        let challenge = if failure == AuthFailure::Missing {
            "Bearer realm=\"accord\""
        } else {
            "Bearer realm=\"accord\", error=\"invalid_token\""
        };
        let fault = Self::new(StatusCode::UNAUTHORIZED, "UNAUTHENTICATED", failure.public());
        fault.with_header(header::WWW_AUTHENTICATE, challenge)
    }

    pub fn bad_request(message: &'static str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "BAD_REQUEST", message)
    }

    pub fn not_found() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "NOT_FOUND",
            "there is nothing here; the API is at /graphql",
        )
    }

    pub fn method_not_allowed(allow: &'static str) -> Self {
        let fault = Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "METHOD_NOT_ALLOWED",
            "this method is not allowed here",
        );
        fault.with_header(header::ALLOW, allow)
    }

    pub fn mutation_over_get() -> Self {
        let message = "a mutation is sent with POST";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", message)
            .with_header(header::ALLOW, "POST")
    }

    pub fn not_acceptable() -> Self {
        let message = "answers are application/graphql-response+json or application/json";
        Self::new(StatusCode::NOT_ACCEPTABLE, "NOT_ACCEPTABLE", message)
    }

    pub fn body_timeout() -> Self {
        Self::new(StatusCode::REQUEST_TIMEOUT, "TIMEOUT", "the body did not arrive in time")
    }

    pub fn too_large() -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "PAYLOAD_TOO_LARGE", "a request is at most 64 KiB")
    }

    pub fn unsupported_media_type() -> Self {
        let message = "a request is application/json in UTF-8";
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE", message)
            .with_header(header::ACCEPT, "application/json")
    }

    pub fn rate_limited() -> Self {
        let message = "too many requests; wait a moment";
        Self::new(StatusCode::TOO_MANY_REQUESTS, "RATE_LIMITED", message)
            .with_header(header::RETRY_AFTER, "1")
    }

    pub fn exporting_already() -> Self {
        let message = "you are exporting a list already; wait until it is there";
        Self::new(StatusCode::TOO_MANY_REQUESTS, "RATE_LIMITED", message)
            .with_header(header::RETRY_AFTER, "1")
    }

    pub fn internal() -> Self {
        let message = "something went wrong on our side; name the trace id when you report it";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL", message)
    }

    pub fn unavailable(message: &'static str) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE", message)
            .with_header(header::RETRY_AFTER, "5")
    }

    fn with_header(mut self, name: header::HeaderName, value: &'static str) -> Self {
        self.header = Some((name, value));
        self
    }

    /// Answers in the media type that the client negotiated.
    #[must_use]
    pub(super) fn in_media(mut self, media: Media) -> Self {
        self.media = media;
        self
    }

    pub fn code(&self) -> &'static str {
        self.code
    }

    pub fn message(&self) -> &'static str {
        self.message
    }

    pub fn respond(self, trace: TraceId) -> Response {
        let extensions = serde_json::json!({ "code": self.code, "traceId": trace.to_string() });
        let body = serde_json::json!({ "errors": [{ "message": self.message, "extensions": extensions }] });
        let mut response = (self.status, self.media.header(), body.to_string()).into_response();
        if let Some((name, value)) = self.header {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        response
    }
}

/// What a panic says; for the log only.
pub(super) fn panic_message(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<&'static str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}
