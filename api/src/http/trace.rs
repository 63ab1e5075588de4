//! Trace ids (W3C Trace Context): one a request, in its log lines, in its answer, and in every fault that it meets.

use std::fmt;

use axum::http::HeaderMap;
use uuid::Uuid;

/// What a support engineer asks for, and finds the request by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TraceId(Uuid);

impl TraceId {
    pub fn new() -> Self {
        Self(Uuid::now_v7())
    }

    /// The caller's own trace, when it sends a valid W3C `traceparent`; else a new one.
    pub(super) fn of(headers: &HeaderMap) -> Self {
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
