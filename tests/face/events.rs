//! Subscriptions as server-sent events.

use chrono::TimeDelta;
use serde_json::json;

use super::{NEW, Reply, Server};

fn subscribe(server: &Server, query: &str) -> reqwest::RequestBuilder {
    server
        .request()
        .header("accept", "text/event-stream")
        .body(json!({ "query": query }).to_string())
}

#[tokio::test]
async fn a_subscription_is_a_stream_of_next_and_a_complete() {
    let server = Server::start().await;
    let reply = Reply::of(subscribe(&server, "subscription { ticks(count: 2) }")).await;
    assert_eq!((reply.status, reply.media()), (200, "text/event-stream"));
    let next = |n| format!("event: next\ndata: {{\"data\":{{\"ticks\":{n}}}}}\n\n");
    assert_eq!(
        reply.body.as_str(),
        Some(&*format!("{}{}event: complete\ndata: null\n\n", next(0), next(1)))
    );
    assert_eq!(reply.header("cache-control"), Some("no-store"));
}

#[tokio::test]
async fn an_error_is_told_in_the_stream() {
    let server = Server::start().await;
    for (query, code) in [
        ("subscription { nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { refused }", "UNAVAILABLE"),
        ("subscription { panics }", "INTERNAL"),
    ] {
        let reply = Reply::of(subscribe(&server, query)).await;
        let text = reply.body.as_str().unwrap_or_default();
        assert!(text.contains(code) && text.ends_with("event: complete\ndata: null\n\n"), "{text}");
        assert!(!text.contains("hunter2"));
    }
}

#[tokio::test]
async fn only_a_subscription_is_told_in_events() {
    let server = Server::start().await;
    let reply = Reply::of(subscribe(&server, "{ hello }")).await;
    assert_eq!((reply.status, reply.code()), (406, "NOT_ACCEPTABLE"));
    let reply = Reply::of(subscribe(&server, "{")).await;
    assert_eq!((reply.status, reply.media(), reply.code()), (400, NEW, "GRAPHQL_PARSE_FAILED"));
    let unknown =
        reqwest::Client::new().post(server.url("/graphql")).header("accept", "text/event-stream");
    assert_eq!(Reply::of(unknown).await.status, 401);
}

#[tokio::test]
async fn a_stream_is_cut_off_without_complete_when_the_token_ends_or_the_server_does() {
    let server = Server::start().await;
    let lasting = format!("Bearer {}", server.token(TimeDelta::seconds(1)));
    let request =
        reqwest::Client::new().post(server.url("/graphql")).header("authorization", lasting);
    let request =
        request.header("content-type", "application/json").header("accept", "text/event-stream");
    let request = request.body(r#"{"query":"subscription { silence }"}"#);
    let stream = tokio::spawn(Reply::of(request));
    server.has_begun(1).await;
    server.advance(TimeDelta::seconds(1));
    let reply = stream.await.expect("no panic");
    assert!(!reply.body.as_str().unwrap_or_default().contains("complete"));
    let stream = tokio::spawn(Reply::of(subscribe(&server, "subscription { silence }")));
    server.has_begun(2).await;
    (server.shutdown.0)();
    let reply = stream.await.expect("no panic");
    assert!(!reply.body.as_str().unwrap_or_default().contains("complete"));
}
