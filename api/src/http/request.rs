//! Request parsing: the parameters of a GraphQL request, out of a body, a query string or a socket's message.

use async_graphql::{Extensions, Variables};

/// A well-formed request: it can be looked at as GraphQL, and nothing more is known of it.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Parameters {
    pub(super) query: String,
    pub(super) operation_name: Option<String>,
    #[serde(default)]
    pub(super) variables: Variables,
    #[serde(default)]
    pub(super) extensions: Extensions,
}

/// Why something is not a GraphQL request, for the client to read.
pub(super) type Malformed = &'static str;

impl Parameters {
    pub(super) fn from_body(body: &[u8]) -> Result<Self, Malformed> {
        let body = serde_json::from_slice(body).map_err(|_| "the body is not JSON")?;
        Self::from_json(body)
    }

    pub(super) fn from_json(json: serde_json::Value) -> Result<Self, Malformed> {
        if !json.is_object() {
            return Err("a request is one JSON object; batches are not accepted");
        }
        serde_json::from_value(json).map_err(|_| {
            "`query` is required and is a string, `operationName` is a string, `variables` and `extensions` are objects"
        })
    }

    /// `pairs` are the decoded parameters of a GET; those that GraphQL does not know are ignored.
    pub(super) fn from_pairs(pairs: Vec<(String, String)>) -> Result<Self, Malformed> {
        let mut members = serde_json::Map::new();
        for (name, text) in pairs {
            let value = match name.as_str() {
                "query" | "operationName" => serde_json::Value::String(text),
                "variables" | "extensions" => serde_json::from_str(&text)
                    .map_err(|_| "`variables` and `extensions` are JSON objects")?,
                _ => continue,
            };
            if members.insert(name, value).is_some() {
                return Err("a parameter is given twice");
            }
        }
        Self::from_json(serde_json::Value::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::Value;

    use super::*;

    fn outcome(body: &str) -> Result<String, Malformed> {
        Parameters::from_body(body.as_bytes()).map(|parameters| parameters.query)
    }

    #[test]
    fn the_four_parameters_are_read_and_others_ignored() {
        let body =
            r#"{"query":"{a}","operationName":"A","variables":{"x":1},"extensions":{"y":2},"z":3}"#;
        let parameters = Parameters::from_body(body.as_bytes()).expect("well-formed");
        assert_eq!(parameters.query, "{a}");
        assert_eq!(parameters.operation_name.as_deref(), Some("A"));
        assert_eq!(parameters.variables.get("x"), Some(&Value::from(1)));
        assert_eq!(parameters.extensions.0.get("y"), Some(&Value::from(2)));
    }

    #[test]
    fn null_is_as_good_as_absent_except_for_the_query() {
        assert!(
            outcome(r#"{"query":"{a}","operationName":null,"variables":null,"extensions":null}"#)
                .is_ok()
        );
        assert!(outcome(r#"{"query":null}"#).is_err());
    }

    #[test]
    fn parameters_of_a_wrong_type_are_malformed() {
        for body in [
            "",
            "{",
            "1",
            "null",
            "[]",
            r#"[{"query":"{a}"}]"#,
            "{}",
            r#"{"query":1}"#,
            r#"{"query":{}}"#,
            r#"{"query":"{a}","operationName":1}"#,
            r#"{"query":"{a}","variables":[]}"#,
            r#"{"query":"{a}","variables":"{}"}"#,
            r#"{"query":"{a}","variables":1}"#,
            r#"{"query":"{a}","extensions":[]}"#,
            r#"{"query":"{a}","extensions":true}"#,
        ] {
            assert!(outcome(body).is_err(), "{body}");
        }
    }

    #[test]
    fn a_get_parameter_given_twice_is_malformed() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert!(
            Parameters::from_pairs(vec![pair("query", "{a}"), pair("variables", r#"{"x":1}"#)])
                .is_ok()
        );
        assert!(Parameters::from_pairs(vec![pair("query", "{a}"), pair("query", "{b}")]).is_err());
        assert!(
            Parameters::from_pairs(vec![pair("query", "{a}"), pair("variables", "x")]).is_err()
        );
    }
}
