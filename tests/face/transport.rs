//! GraphQL over HTTP, rule by rule.

use std::time::Duration;

use api::http::ServerSettings;
use chrono::TimeDelta;
use serde_json::json;

use super::{NEW, OLD, Reply, Server};

#[tokio::test]
async fn a_query_is_answered_in_the_media_type_that_is_asked_for() {
    let server = Server::start().await;
    for (accept, media) in [
        (None, OLD),
        (Some("*/*"), OLD),
        (Some(OLD), OLD),
        (Some(NEW), NEW),
        (Some("application/graphql-response+json, application/json;q=0.9"), NEW),
        (Some("application/graphql-response+json;q=0.1, application/json"), OLD),
    ] {
        let mut request = server.request().body(json!({ "query": "{ hello }" }).to_string());
        if let Some(accept) = accept {
            request = request.header("accept", accept);
        }
        let reply = Reply::of(request).await;
        assert_eq!((reply.status, reply.media()), (200, media), "{accept:?}");
        assert_eq!(reply.header("content-type"), Some(&*format!("{media}; charset=utf-8")));
        assert_eq!(reply.body, json!({ "data": { "hello": "hello" } }));
        assert_eq!(reply.header("cache-control"), Some("no-store"));
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
    }
}

#[tokio::test]
async fn an_answer_that_nobody_accepts_is_406() {
    let server = Server::start().await;
    let request = server
        .request()
        .header("accept", "text/html")
        .body(json!({ "query": "{ hello }" }).to_string());
    let reply = Reply::of(request).await;
    assert_eq!((reply.status, reply.code()), (406, "NOT_ACCEPTABLE"));
}

#[tokio::test]
async fn a_request_error_is_400_in_the_newer_type_and_200_in_the_older_and_never_has_data() {
    let server = Server::start().await;
    for (body, code) in [
        (json!({ "query": "{" }), "GRAPHQL_PARSE_FAILED"),
        (json!({ "query": "" }), "GRAPHQL_PARSE_FAILED"),
        (json!({ "query": "{ nothing }" }), "GRAPHQL_VALIDATION_FAILED"),
        (json!({ "query": "{ double(n: \"x\") }" }), "GRAPHQL_VALIDATION_FAILED"),
        (
            json!({ "query": "query($n: Int!) { double(n: $n) }", "variables": { "n": "x" } }),
            "GRAPHQL_VALIDATION_FAILED",
        ),
        (json!({ "query": "query($n: Int!) { double(n: $n) }" }), "GRAPHQL_VALIDATION_FAILED"),
        (json!({ "query": "{ year(at: \"soon\") }" }), "GRAPHQL_VALIDATION_FAILED"),
        (json!({ "query": "mutation { book(at: \"soon\") }" }), "GRAPHQL_VALIDATION_FAILED"),
        (
            json!({ "query": "query($at: DateTime!) { hello year(at: $at) }", "variables": { "at": "soon" } }),
            "GRAPHQL_VALIDATION_FAILED",
        ),
        (json!({ "query": "{ hello }", "operationName": "Other" }), "OPERATION_RESOLUTION_FAILURE"),
        (json!({ "query": "query A { hello } query B { hello }" }), "OPERATION_RESOLUTION_FAILURE"),
        (
            json!({ "query": "query A { hello } query B { hello }", "operationName": "C" }),
            "OPERATION_RESOLUTION_FAILURE",
        ),
        (json!({ "query": "{ ...F } fragment F on Query { ...F }" }), "GRAPHQL_LIMIT_EXCEEDED"),
    ] {
        for (media, status) in [(NEW, 400), (OLD, 200)] {
            let reply =
                Reply::of(server.request().header("accept", media).body(body.to_string())).await;
            assert_eq!(
                (reply.status, reply.media(), reply.code()),
                (status, media, code),
                "{body}"
            );
            assert!(!reply.has_data(), "{body}");
        }
    }
}

#[tokio::test]
async fn an_operation_is_chosen_by_its_name() {
    let server = Server::start().await;
    let query = "query A { a: hello } query B { b: hello }";
    let reply = server.post(json!({ "query": query, "operationName": "B" })).await;
    assert_eq!((reply.status, reply.body), (200, json!({ "data": { "b": "hello" } })));
}

#[tokio::test]
async fn a_partial_answer_is_200_with_its_error_and_its_trace() {
    let server = Server::start().await;
    let reply = server.ask("{ hello unavailable }").await;
    assert_eq!((reply.status, reply.code()), (200, "UNAVAILABLE"));
    assert_eq!(reply.body["data"], json!({ "hello": "hello", "unavailable": null }));
    assert_eq!(reply.body["errors"][0]["path"], json!(["unavailable"]));
    assert_eq!(
        reply.body["errors"][0]["extensions"]["traceId"].as_str(),
        reply.header("x-trace-id")
    );
}

#[tokio::test]
async fn a_mutation_that_ran_is_told_beside_one_that_was_malformed() {
    let server = Server::start().await;
    let reply = server.ask("mutation { pay book(at: \"soon\") }").await;
    assert_eq!((reply.status, reply.code()), (200, "GRAPHQL_VALIDATION_FAILED"));
    assert_eq!(reply.body["data"], json!({ "pay": "paid", "book": null }));
}

#[tokio::test]
async fn a_null_that_reaches_the_root_is_200_with_null_data() {
    let server = Server::start().await;
    for media in [NEW, OLD] {
        let body = json!({ "query": "{ unavailableAndNeverNull }" }).to_string();
        let reply = Reply::of(server.request().header("accept", media).body(body)).await;
        assert_eq!((reply.status, reply.code()), (200, "UNAVAILABLE"));
        assert!(reply.has_data() && reply.body["data"].is_null());
    }
}

#[tokio::test]
async fn a_selection_that_is_skipped_altogether_is_an_empty_object() {
    let server = Server::start().await;
    let reply = server.ask("{ hello @skip(if: true) }").await;
    assert_eq!((reply.status, reply.body), (200, json!({ "data": {} })));
}

#[tokio::test]
async fn a_body_that_is_no_graphql_request_is_400_in_both_types() {
    let server = Server::start().await;
    for body in [
        "",
        "{",
        "[]",
        r#"[{"query":"{ hello }"}]"#,
        "{}",
        r#"{"query":1}"#,
        r#"{"query":"{ hello }","variables":[]}"#,
        r#"{"query":"{ hello }","variables":"{}"}"#,
        r#"{"query":"{ hello }","extensions":[]}"#,
        r#"{"query":"{ hello }","operationName":1}"#,
    ] {
        for media in [NEW, OLD] {
            let reply = Reply::of(server.request().header("accept", media).body(body)).await;
            assert_eq!(
                (reply.status, reply.media(), reply.code()),
                (400, media, "BAD_REQUEST"),
                "{body}"
            );
        }
    }
}

#[tokio::test]
async fn only_json_is_read_so_that_a_form_of_another_site_can_send_nothing() {
    let server = Server::start().await;
    for content_type in [
        None,
        Some("text/plain"),
        Some("application/x-www-form-urlencoded"),
        Some("multipart/form-data; boundary=x"),
        Some("application/graphql"),
        Some("application/json; charset=latin1"),
    ] {
        let mut request = reqwest::Client::new()
            .post(server.url("/graphql"))
            .header("authorization", server.bearer());
        if let Some(content_type) = content_type {
            request = request.header("content-type", content_type);
        }
        let reply = Reply::of(request.body(json!({ "query": "{ hello }" }).to_string())).await;
        assert_eq!(
            (reply.status, reply.code()),
            (415, "UNSUPPORTED_MEDIA_TYPE"),
            "{content_type:?}"
        );
    }
    let utf8 = reqwest::Client::new()
        .post(server.url("/graphql"))
        .header("authorization", server.bearer());
    let utf8 = utf8
        .header("content-type", "application/json; charset=UTF-8")
        .body(r#"{"query":"{ hello }"}"#);
    assert_eq!(Reply::of(utf8).await.status, 200);
}

#[tokio::test]
async fn a_body_of_64_kib_is_read_and_one_byte_more_is_413() {
    let server = Server::start().await;
    let query = json!({ "query": "{ hello }" }).to_string();
    let body = |length: usize| query.clone() + &" ".repeat(length - query.len());
    assert_eq!(Reply::of(server.request().body(body(65_536))).await.status, 200);
    let reply = Reply::of(server.request().body(body(65_537))).await;
    assert_eq!((reply.status, reply.code()), (413, "PAYLOAD_TOO_LARGE"));
}

#[tokio::test]
async fn a_query_may_be_a_get_with_all_four_parameters() {
    let server = Server::start().await;
    let url = reqwest::Url::parse_with_params(
        &server.url("/graphql"),
        [
            ("query", "query A($n: Int!) { double(n: $n) } query B { hello }"),
            ("operationName", "A"),
            ("variables", r#"{"n":21}"#),
            ("extensions", r#"{"a":1}"#),
            ("other", "ignored"),
        ],
    );
    let get = |url| {
        reqwest::Client::new().get::<reqwest::Url>(url).header("authorization", server.bearer())
    };
    let reply = Reply::of(get(url.expect("a URL"))).await;
    assert_eq!((reply.status, reply.body), (200, json!({ "data": { "double": 42 } })));
    for parameters in [
        vec![],
        vec![("query", "{hello}"), ("variables", "[]")],
        vec![("query", "{hello}"), ("variables", "{")],
    ] {
        let url =
            reqwest::Url::parse_with_params(&server.url("/graphql"), parameters).expect("a URL");
        let reply = Reply::of(get(url)).await;
        assert_eq!((reply.status, reply.code()), (400, "BAD_REQUEST"));
    }
}

#[tokio::test]
async fn a_mutation_over_get_and_every_other_method_are_405() {
    let server = Server::start().await;
    let url =
        reqwest::Url::parse_with_params(&server.url("/graphql"), [("query", "mutation { pay }")])
            .expect("a URL");
    let reply =
        Reply::of(reqwest::Client::new().get(url).header("authorization", server.bearer())).await;
    assert_eq!(
        (reply.status, reply.code(), reply.header("allow")),
        (405, "METHOD_NOT_ALLOWED", Some("POST"))
    );
    let reply = Reply::of(reqwest::Client::new().put(server.url("/graphql"))).await;
    assert_eq!(
        (reply.status, reply.code(), reply.header("allow")),
        (405, "METHOD_NOT_ALLOWED", Some("GET, POST"))
    );
    let reply = Reply::of(reqwest::Client::new().post(server.url("/health/live"))).await;
    assert_eq!((reply.status, reply.code()), (405, "METHOD_NOT_ALLOWED"));
    assert_eq!(server.ask("mutation { pay }").await.body, json!({ "data": { "pay": "paid" } }));
}

#[tokio::test]
async fn a_subscription_without_a_socket_is_refused() {
    let server = Server::start().await;
    let reply = server.ask("subscription { ticks(count: 1) }").await;
    assert_eq!((reply.status, reply.code()), (400, "BAD_REQUEST"));
}

#[tokio::test]
async fn nobody_is_served_without_a_token_that_holds() {
    let server = Server::start().await;
    let expired = format!("Bearer {}", server.token(TimeDelta::zero()));
    let forged = format!("{}x", server.bearer());
    for (authorization, challenge, message) in [
        (None, "Bearer realm=\"accord\"", "a bearer token is required"),
        (Some("Basic YTpi"), "Bearer realm=\"accord\"", "a bearer token is required"),
        (
            Some("Bearer nonsense"),
            "Bearer realm=\"accord\", error=\"invalid_token\"",
            "the token is not valid",
        ),
        (
            Some(&*forged),
            "Bearer realm=\"accord\", error=\"invalid_token\"",
            "the token is not valid",
        ),
        (
            Some(&*expired),
            "Bearer realm=\"accord\", error=\"invalid_token\"",
            "the token has expired",
        ),
    ] {
        let mut request = reqwest::Client::new().post(server.url("/graphql")).header("accept", NEW);
        if let Some(authorization) = authorization {
            request = request.header("authorization", authorization);
        }
        let reply =
            Reply::of(request.header("content-type", OLD).body(r#"{"query":"{ hello }"}"#)).await;
        assert_eq!((reply.status, reply.media(), reply.code()), (401, NEW, "UNAUTHENTICATED"));
        assert_eq!(reply.header("www-authenticate"), Some(challenge));
        assert_eq!(reply.body["errors"][0]["message"], message);
        assert!(!reply.has_data());
    }
}

#[tokio::test]
async fn a_token_ends_by_the_services_clock() {
    let server = Server::start().await;
    let authorization = format!("Bearer {}", server.token(TimeDelta::hours(1)));
    let ask = || async {
        let request = reqwest::Client::new()
            .post(server.url("/graphql"))
            .header("authorization", &authorization);
        Reply::of(request.header("content-type", OLD).body(r#"{"query":"{ hello }"}"#)).await.status
    };
    assert_eq!(ask().await, 200);
    server.advance(TimeDelta::hours(2));
    assert_eq!(ask().await, 401);
}

#[tokio::test]
async fn a_resolver_knows_who_asks_and_the_callers_trace() {
    let server = Server::start().await;
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let request = server.request().header("traceparent", format!("00-{trace}-00f067aa0ba902b7-01"));
    let reply = Reply::of(request.body(r#"{"query":"{ who }"}"#)).await;
    assert_eq!(reply.body["data"]["who"], format!("{} auditor {trace}", server.ada));
    assert_eq!(reply.header("x-trace-id"), Some(trace));
}

#[tokio::test]
async fn a_panic_is_500_and_tells_nothing() {
    let server = Server::start().await;
    let reply = server.ask("{ panics }").await;
    assert_eq!((reply.status, reply.code()), (500, "INTERNAL"));
    assert!(!reply.body.to_string().contains("hunter2"));
    assert_eq!(server.ask("{ hello }").await.status, 200);
}

#[tokio::test]
async fn a_foreign_error_stays_in_the_log() {
    let server = Server::start().await;
    let reply = server.ask("{ hello foreign }").await;
    assert_eq!((reply.status, reply.code()), (200, "INTERNAL"));
    assert_eq!(reply.body["data"], json!({ "hello": "hello", "foreign": null }));
    assert!(!reply.body.to_string().contains("hunter2"));
}

#[tokio::test]
async fn an_operation_that_takes_too_long_is_stopped() {
    let short = |web: &mut api::http::Web| web.timings.execution = Duration::from_millis(50);
    let server = Server::start_with(short, ServerSettings::default()).await;
    let reply = server.ask("{ never }").await;
    assert_eq!((reply.status, reply.code()), (503, "TIMEOUT"));
    let reply = server.ask("mutation { never }").await;
    assert!(
        reply.body["errors"][0]["message"]
            .as_str()
            .is_some_and(|message| message.contains("commandId"))
    );
}

#[tokio::test]
async fn a_large_document_does_not_come_back_in_its_error() {
    let server = Server::start().await;
    for query in
        ["{ ".to_owned() + &"x".repeat(60_000) + " }", "{ hello(".to_owned() + &"x".repeat(60_000)]
    {
        let reply = server.ask(&query).await;
        assert_eq!(reply.status, 400);
        assert!(reply.body.to_string().len() < 1_000);
    }
    let many = server
        .ask(&format!("{{ {} }}", (0..1_000).map(|n| format!("x{n} ")).collect::<String>()))
        .await;
    assert_eq!(many.body["errors"].as_array().map(Vec::len), Some(20));
}

#[tokio::test]
async fn limits_hold_before_anything_runs() {
    let server = Server::start().await;
    let aliases = |count| {
        format!("{{ {} }}", (0..count).map(|n| format!("a{n}: hello ")).collect::<String>())
    };
    assert_eq!(server.ask(&aliases(30)).await.status, 200);
    let reply = server.ask(&aliases(31)).await;
    assert_eq!((reply.status, reply.code()), (400, "GRAPHQL_LIMIT_EXCEEDED"));
    let deep = server.ask(&format!("{{ a(b: {} }}", "[".repeat(3_000))).await;
    assert_eq!((deep.status, deep.code()), (400, "GRAPHQL_LIMIT_EXCEEDED"));
}

#[tokio::test]
async fn an_unknown_path_is_404_in_the_same_shape() {
    let server = Server::start().await;
    for path in ["/nothing", "/metrics", "/", "/graphiql"] {
        let reply = Reply::of(reqwest::Client::new().get(server.url(path))).await;
        assert_eq!((reply.status, reply.code()), (404, "NOT_FOUND"), "{path}");
    }
}
