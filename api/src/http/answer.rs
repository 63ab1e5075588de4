//! The HTTP response as it leaves: which errors it tells, how much of each, and under which status.

use async_graphql::{
    ErrorExtensionValues, Response, ServerError, Value, parser::types::OperationType,
};
use axum::{
    http::StatusCode,
    response::{IntoResponse, Response as HttpResponse},
};

use super::{fault::Fault, media::Media, trace::TraceId};

/// Nobody reads further, and a large document must not come back in its own error.
const MAX_MESSAGE_CHARS: usize = 300;
const MAX_ERRORS: usize = 20;

/// What became of an operation.
#[derive(Debug)]
pub(super) enum AnswerKind {
    /// It ran: `data` is told, whatever went wrong on the way.
    Ran,
    /// It was never run; there is no `data`.
    Refused,
    /// It was cut off; there is no `data`.
    TimedOut,
    Panicked,
}

#[derive(Debug)]
pub(super) struct Answer {
    pub(super) kind: AnswerKind,
    response: Box<Response>,
}

impl Answer {
    /// Sorts out what the schema answered.
    pub(super) fn of(mut response: Response, kind: OperationType, trace: TraceId) -> Self {
        let nothing_done = kind == OperationType::Query || is_nothing(&response.data);
        if is_refused(&response) || (nothing_done && response.errors.iter().any(is_coercion)) {
            response.errors.retain(|error| error.path.is_empty() || is_coercion(error));
            let mut refused = Self::of_errors(response.errors, "GRAPHQL_VALIDATION_FAILED");
            refused.response.extensions = response.extensions;
            return refused;
        }
        for error in &mut response.errors {
            hide_foreign(error, trace);
        }
        if response.data == Value::Null && response.errors.is_empty() {
            response.data = Value::Object(Default::default()); // Every field was skipped; that is not null.
        }
        Self { kind: AnswerKind::Ran, response: Box::new(response) }
    }

    pub(super) fn of_request_error(code: &'static str, error: ServerError) -> Self {
        Self::of_errors(vec![error], code)
    }

    pub(super) fn refused(code: &'static str, message: String) -> Self {
        Self::of_errors(vec![ServerError::new(message, None)], code)
    }

    pub(super) fn timed_out(kind: OperationType) -> Self {
        let message = match kind {
            OperationType::Query | OperationType::Subscription => {
                "the request took too long and was stopped"
            }
            OperationType::Mutation => {
                "the request took too long; whether it was carried out is unknown: ask again with the same commandId"
            }
        };
        Self { kind: AnswerKind::TimedOut, ..Self::refused("TIMEOUT", message.to_owned()) }
    }

    pub(super) fn panicked() -> Self {
        Self { kind: AnswerKind::Panicked, ..Self::of_fault(&Fault::internal()) }
    }

    pub(super) fn of_fault(fault: &Fault) -> Self {
        Self::refused(fault.code(), fault.message().to_owned())
    }

    /// The same for whoever asked for something else than data, and cannot have it.
    pub(super) fn without_data(self) -> Self {
        let of = |codes: &[&str]| {
            let coded = self.response.errors.iter().filter_map(code);
            coded
                .filter_map(|code| if let Value::String(code) = code { Some(code) } else { None })
                .any(|code| codes.contains(&code.as_str()))
        };
        let kind = if of(&["INTERNAL"]) {
            AnswerKind::Panicked
        } else if of(&["UNAVAILABLE", "VIEWS_BEHIND"]) {
            AnswerKind::TimedOut
        } else {
            AnswerKind::Refused
        };
        Self { kind, ..self }
    }

    fn of_errors(mut errors: Vec<ServerError>, code: &'static str) -> Self {
        errors.truncate(MAX_ERRORS);
        for error in &mut errors {
            let extensions = error.extensions.get_or_insert_default();
            if extensions.get("code").is_none() {
                extensions.set("code", code);
            }
        }
        Self { kind: AnswerKind::Refused, response: Box::new(Response::from_errors(errors)) }
    }

    /// Under `application/json` every well-formed request is answered with 200; only the newer type lets the status tell.
    pub(super) fn respond(self, media: Media, trace: TraceId) -> HttpResponse {
        let status = match (&self.kind, media) {
            (AnswerKind::Ran, Media::GraphqlResponse | Media::Json) => StatusCode::OK,
            (AnswerKind::Panicked, Media::GraphqlResponse | Media::Json) => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
            (AnswerKind::Refused | AnswerKind::TimedOut, Media::Json) => StatusCode::OK,
            (AnswerKind::Refused, Media::GraphqlResponse) => StatusCode::BAD_REQUEST,
            (AnswerKind::TimedOut, Media::GraphqlResponse) => StatusCode::SERVICE_UNAVAILABLE,
        };
        match serde_json::to_string(&self.json(trace)) {
            Ok(body) => (status, media.header(), body).into_response(),
            Err(_) => Fault::internal().in_media(media).respond(trace),
        }
    }

    /// The answer as the specification of GraphQL lays it out: no `data` when nothing ran.
    pub(super) fn json(self, trace: TraceId) -> Body {
        Body {
            errors: self.errors(trace),
            data: matches!(self.kind, AnswerKind::Ran).then_some(self.response.data),
            extensions: self.response.extensions,
        }
    }

    /// The errors alone, clipped, each with the trace id.
    pub(super) fn errors(&self, trace: TraceId) -> Vec<ServerError> {
        self.response
            .errors
            .iter()
            .take(MAX_ERRORS)
            .cloned()
            .map(|error| told(error, trace))
            .collect()
    }

    /// Whether anything went wrong: for the metrics.
    pub(super) fn label(&self) -> &'static str {
        match self.kind {
            AnswerKind::Ran if self.response.errors.is_empty() => "ok",
            AnswerKind::Ran => "partial",
            AnswerKind::Refused => "refused",
            AnswerKind::TimedOut => "timeout",
            AnswerKind::Panicked => "panic",
        }
    }
}

#[derive(serde::Serialize)]
pub(super) struct Body {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<ServerError>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<Value>,
    #[serde(skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    extensions: std::collections::BTreeMap<String, Value>,
}

/// Whether the schema never began to run the request: such errors name no field of the answer.
fn is_refused(response: &Response) -> bool {
    let nothing = response.data == Value::Null;
    nothing
        && !response.errors.is_empty()
        && response.errors.iter().all(|error| error.path.is_empty())
}

fn is_nothing(data: &Value) -> bool {
    if let Value::Object(members) = data {
        return members.values().all(|member| *member == Value::Null);
    }
    *data == Value::Null
}

/// async-graphql coerces custom scalars while a field runs, and its messages are all that tells such an error from a
/// foreign one. By the specification a variable or a literal of a wrong type is an error of the request.
fn is_coercion(error: &ServerError) -> bool {
    let coercion = ["Failed to parse \"", "Expected input type \""];
    let told =
        error.path.is_empty() || coercion.iter().any(|start| error.message.starts_with(start));
    told && code(error).is_none()
}

/// An error of a field that carries no code of ours has slipped through from somewhere else. Its text stays here.
fn hide_foreign(error: &mut ServerError, trace: TraceId) {
    if code(error).is_some() {
        return;
    }
    if is_coercion(error) {
        error.extensions.get_or_insert_default().set("code", "GRAPHQL_VALIDATION_FAILED"); // Beside a mutation that ran.
        return;
    }
    tracing::error!(%trace, error = error.message, path = ?error.path, "a field failed with a foreign error");
    let fault = Fault::internal();
    fault.message().clone_into(&mut error.message);
    error.extensions = None;
    error.extensions.get_or_insert_default().set("code", fault.code());
}

fn code(error: &ServerError) -> Option<&Value> {
    error.extensions.as_ref().and_then(|extensions| ErrorExtensionValues::get(extensions, "code"))
}

fn told(mut error: ServerError, trace: TraceId) -> ServerError {
    error.message = clip(&error.message);
    error.extensions.get_or_insert_default().set("traceId", trace.to_string());
    error
}

/// The parser's messages draw the offending line, however long; what it expected stands after the last `= `.
fn clip(message: &str) -> String {
    let essence = match message.rsplit_once("\n  = ") {
        Some((_, expected)) => format!("syntax error: {expected}"),
        None => message.to_owned(),
    };
    match essence.char_indices().nth(MAX_MESSAGE_CHARS) {
        Some((end, _)) => format!("{}…", &essence[..end]),
        None => essence,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_at_most_three_hundred_characters() {
        assert_eq!(clip(&"é".repeat(300)), "é".repeat(300));
        assert_eq!(clip(&"é".repeat(301)), format!("{}…", "é".repeat(300)));
    }

    #[test]
    fn a_syntax_error_does_not_draw_the_document() {
        let document = format!("{{ a({} }}", "long ".repeat(5_000));
        let error = async_graphql::parser::parse_query(document).expect_err("no document");
        assert_eq!(clip(&error.to_string()), "syntax error: expected argument");
    }
}
