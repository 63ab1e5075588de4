//! Content negotiation by media types: which one a request is in, and which one its answer may be in.

use axum::http::{HeaderMap, HeaderName, header};

/// The two media types of a GraphQL answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Media {
    /// `application/graphql-response+json`: the status code tells whether the request was sound.
    GraphqlResponse,
    /// `application/json`: every well-formed request is answered with 200.
    Json,
}

impl Media {
    pub(super) fn header(self) -> [(HeaderName, &'static str); 1] {
        let name = match self {
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
            Self::Json => "application/json; charset=utf-8",
        };
        [(header::CONTENT_TYPE, name)]
    }

    fn subtype(self) -> &'static str {
        match self {
            Self::GraphqlResponse => "graphql-response+json",
            Self::Json => "json",
        }
    }

    /// The client's choice by q-value, then by how exactly it is named. A client that does not say gets
    /// `application/json`, which predates the other. `None`: it accepts neither.
    pub(super) fn negotiate(headers: &HeaderMap) -> Option<Self> {
        if !headers.contains_key(header::ACCEPT) {
            return Some(Self::Json);
        }
        let ranges: Vec<Range> = accepted(headers).collect();
        let graphql = weight(&ranges, Self::GraphqlResponse);
        let json = weight(&ranges, Self::Json);
        match (graphql, json) {
            (None, None) => None,
            (Some(graphql), Some(json)) if graphql == json && !json.named => Some(Self::Json),
            (graphql, json) if graphql >= json => Some(Self::GraphqlResponse),
            (_, _) => Some(Self::Json),
        }
    }
}

/// Whether the Accept header names exactly this media type and does not forbid it.
pub(super) fn names(headers: &HeaderMap, kind: &str, subtype: &str) -> bool {
    accepted(headers).any(|range| {
        range.kind.eq_ignore_ascii_case(kind)
            && range.subtype.eq_ignore_ascii_case(subtype)
            && range.thousandths > 0
    })
}

fn accepted(headers: &HeaderMap) -> impl Iterator<Item = Range<'_>> {
    let values = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).filter_map(Range::parse)
}

/// How much a client wants a media type. Ordered: more thousandths first, then the name over a wildcard.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Weight {
    thousandths: u16,
    named: bool,
}

/// One entry of an Accept header.
struct Range<'a> {
    kind: &'a str,
    subtype: &'a str,
    thousandths: u16,
}

/// The most exact entry decides, as RFC 9110 says; with q=0 it forbids.
fn weight(ranges: &[Range<'_>], media: Media) -> Option<Weight> {
    let fitting = ranges
        .iter()
        .filter_map(|range| range.exactness(media).map(|exactness| (exactness, range)));
    let (exactness, range) =
        fitting.max_by_key(|(exactness, range)| (*exactness, range.thousandths))?;
    (range.thousandths > 0)
        .then_some(Weight { thousandths: range.thousandths, named: exactness == 2 })
}

impl<'a> Range<'a> {
    /// A malformed entry is no entry; so is one for another character set.
    fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.split(';').map(str::trim);
        let (kind, subtype) = parts.next()?.split_once('/')?;
        let mut thousandths = 1000;
        for parameter in parts {
            let (name, value) = parameter.split_once('=')?;
            if name.eq_ignore_ascii_case("q") {
                thousandths = quality(value)?;
            } else if name.eq_ignore_ascii_case("charset") && !is_utf8(value) {
                return None;
            }
        }
        Some(Self { kind, subtype, thousandths })
    }

    fn exactness(&self, media: Media) -> Option<u8> {
        match (self.kind, self.subtype) {
            ("*", "*") => Some(0),
            (kind, "*") if kind.eq_ignore_ascii_case("application") => Some(1),
            (kind, subtype)
                if kind.eq_ignore_ascii_case("application")
                    && subtype.eq_ignore_ascii_case(media.subtype()) =>
            {
                Some(2)
            }
            (_, _) => None,
        }
    }
}

/// `0`, `1`, `0.5`, `1.000`: at most three digits after the point, as RFC 9110 says.
fn quality(text: &str) -> Option<u16> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if fraction.len() > 3 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let thousandths: u16 = format!("{fraction:0<3}").parse().ok()?;
    match (whole, thousandths) {
        ("0", thousandths) => Some(thousandths),
        ("1", 0) => Some(1000),
        (_, _) => None,
    }
}

/// Whether a body is JSON in UTF-8. What a browser's form could send without a preflight is not.
pub(super) fn is_json(headers: &HeaderMap) -> bool {
    let mut sent = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(Ok(only)), None) = (sent.next().map(|value| value.to_str()), sent.next()) else {
        return false;
    };
    let mut parts = only.split(';').map(str::trim);
    let json = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("application/json"));
    json && parts.all(|parameter| match parameter.split_once('=') {
        Some((name, value)) => !name.eq_ignore_ascii_case("charset") || is_utf8(value),
        None => parameter.is_empty(),
    })
}

fn is_utf8(charset: &str) -> bool {
    let charset = charset.trim_matches('"');
    charset.eq_ignore_ascii_case("utf-8") || charset.eq_ignore_ascii_case("utf8")
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn with(name: HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_str(value).expect("a header"))])
    }

    #[test]
    fn a_client_that_does_not_say_gets_json() {
        assert_eq!(Media::negotiate(&HeaderMap::new()), Some(Media::Json));
    }

    #[test]
    fn the_answers_media_type_follows_the_accept_header() {
        const NEW: Option<Media> = Some(Media::GraphqlResponse);
        const OLD: Option<Media> = Some(Media::Json);
        for (accept, expected) in [
            ("*/*", OLD),
            ("application/*", OLD),
            ("application/json", OLD),
            ("application/json; charset=utf-8", OLD),
            ("application/graphql-response+json", NEW),
            ("APPLICATION/GraphQL-Response+JSON", NEW),
            ("application/graphql-response+json; charset=utf-8", NEW),
            ("application/graphql-response+json, application/json;q=0.9", NEW),
            ("application/graphql-response+json;q=0.8, application/json;q=0.9", OLD),
            ("application/json, application/graphql-response+json", NEW),
            ("application/graphql-response+json, */*", NEW),
            ("application/json, */*", OLD),
            ("application/json;q=0.5, */*;q=0.9", NEW),
            ("application/json;q=0, */*", NEW),
            ("application/graphql-response+json;q=0, */*;q=0.1", OLD),
            ("text/html, */*;q=0.1", OLD),
            ("text/html", None),
            ("image/*", None),
            ("*/*;q=0", None),
            ("application/json;q=0", None),
            ("application/json;q=2", None),
            ("application/json;q=0.1234", None),
            ("application/json;charset=latin1", None),
            ("nonsense", None),
            ("", None),
        ] {
            assert_eq!(Media::negotiate(&with(header::ACCEPT, accept)), expected, "{accept}");
        }
    }

    #[test]
    fn only_json_in_utf_8_is_read() {
        for (content_type, expected) in [
            ("application/json", true),
            ("Application/JSON", true),
            ("application/json;charset=utf-8", true),
            ("application/json; charset=\"UTF-8\"", true),
            ("application/json; charset=latin1", false),
            ("application/jsonp", false),
            ("application/graphql", false),
            ("text/plain", false),
            ("text/plain, application/json", false),
            ("multipart/form-data; boundary=x", false),
            ("application/x-www-form-urlencoded", false),
            ("", false),
        ] {
            assert_eq!(
                is_json(&with(header::CONTENT_TYPE, content_type)),
                expected,
                "{content_type}"
            );
        }
        assert!(!is_json(&HeaderMap::new()));
    }
}
