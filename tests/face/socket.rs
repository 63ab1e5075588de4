//! Subscriptions over graphql-transport-ws: the protocol message by message, and every close code.

use std::{sync::atomic::Ordering, time::Duration};

use api::http::{ServerSettings, Web};
use chrono::TimeDelta;
use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{self, Message, client::IntoClientRequest},
};

use super::{FLOODED, Server};

struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    async fn open(server: &Server) -> Self {
        Self::try_open(server, Some("graphql-transport-ws"), None).await.expect("a socket")
    }

    async fn try_open(
        server: &Server,
        protocol: Option<&str>,
        authorization: Option<&str>,
    ) -> Result<Self, tungstenite::Error> {
        let mut request =
            format!("ws://{}/graphql", server.address).into_client_request().expect("a request");
        for (name, value) in
            [("sec-websocket-protocol", protocol), ("authorization", authorization)]
        {
            if let Some(value) = value {
                request.headers_mut().insert(name, value.parse().expect("a header"));
            }
        }
        connect_async(request).await.map(|(stream, _)| Self(stream))
    }

    /// A socket whose `connection_init` has been acknowledged.
    async fn ready(server: &Server) -> Self {
        Self::ready_with(server, &server.bearer()).await
    }

    async fn ready_with(server: &Server, authorization: &str) -> Self {
        let mut socket = Self::open(server).await;
        socket
            .say(
                json!({ "type": "connection_init", "payload": { "authorization": authorization } }),
            )
            .await;
        assert_eq!(socket.hear().await, json!({ "type": "connection_ack" }));
        socket
    }

    async fn say(&mut self, message: Value) {
        self.0.send(Message::text(message.to_string())).await.expect("sent");
    }

    async fn subscribe(&mut self, id: &str, query: &str) {
        self.say(json!({ "id": id, "type": "subscribe", "payload": { "query": query } })).await;
    }

    async fn next(&mut self) -> Message {
        let next = tokio::time::timeout(Duration::from_secs(10), self.0.next()).await;
        next.expect("a message in time").expect("an open socket").expect("a message")
    }

    async fn hear(&mut self) -> Value {
        loop {
            let message = self.next().await;
            if let Message::Text(text) = message {
                let heard: Value = serde_json::from_str(&text).expect("JSON");
                let payload = &heard["payload"];
                let errors = payload.as_array().or_else(|| payload["errors"].as_array());
                errors.into_iter().flatten().for_each(tests::well_placed);
                return heard;
            }
            assert!(message.is_ping(), "not a message: {message:?}");
        }
    }

    /// The code with which the server closes, whatever it says before.
    async fn end(&mut self) -> u16 {
        loop {
            if let Message::Close(frame) = self.next().await {
                let frame = frame.expect("a close frame");
                assert!(frame.reason.len() <= 123 && !frame.reason.is_empty());
                return frame.code.into();
            }
        }
    }
}

#[tokio::test]
async fn a_subscription_tells_every_event_and_completes() {
    let server = Server::start().await;
    let mut socket = Socket::ready(&server).await;
    socket.subscribe("a", "subscription { ticks(count: 2) }").await;
    for n in 0..2 {
        assert_eq!(
            socket.hear().await,
            json!({ "id": "a", "type": "next", "payload": { "data": { "ticks": n } } })
        );
    }
    assert_eq!(socket.hear().await, json!({ "id": "a", "type": "complete" }));
    socket.subscribe("a", "subscription { ticks(count: 1) }").await; // The id is free again.
    assert_eq!(socket.hear().await["type"], "next");
}

#[tokio::test]
async fn queries_and_mutations_run_over_the_socket_as_well() {
    let server = Server::start().await;
    let mut socket = Socket::ready(&server).await;
    for (query, data) in
        [("{ hello }", json!({ "hello": "hello" })), ("mutation { pay }", json!({ "pay": "paid" }))]
    {
        socket.subscribe("q", query).await;
        assert_eq!(
            socket.hear().await,
            json!({ "id": "q", "type": "next", "payload": { "data": data } })
        );
        assert_eq!(socket.hear().await, json!({ "id": "q", "type": "complete" }));
    }
    socket.subscribe("q", "{ who }").await;
    let who = socket.hear().await["payload"]["data"]["who"].as_str().unwrap_or_default().to_owned();
    assert!(who.starts_with(&format!("{} auditor ", server.ada)), "{who}");
}

#[tokio::test]
async fn a_request_error_ends_the_operation_with_error_and_not_the_socket() {
    let server = Server::start().await;
    let mut socket = Socket::ready(&server).await;
    for (query, code) in [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("subscription { nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { ...F } fragment F on Ticks { ...F }", "GRAPHQL_LIMIT_EXCEEDED"),
        ("{ panics }", "INTERNAL"),
    ] {
        socket.subscribe("a", query).await;
        let message = socket.hear().await;
        let error = &message["payload"][0];
        assert_eq!(
            (&message["type"], &error["extensions"]["code"]),
            (&json!("error"), &json!(code)),
            "{query}"
        );
        assert_eq!(error["extensions"]["traceId"].as_str().map(str::len), Some(32));
    }
    socket.subscribe("a", "{ hello }").await;
    assert_eq!(socket.hear().await["type"], "next");
}

#[tokio::test]
async fn a_field_that_fails_is_told_in_next() {
    let server = Server::start().await;
    let mut socket = Socket::ready(&server).await;
    socket.subscribe("a", "subscription { refused }").await;
    let message = socket.hear().await;
    assert_eq!(message["type"], "next");
    assert_eq!(message["payload"]["errors"][0]["extensions"]["code"], "UNAVAILABLE");
    assert_eq!(socket.hear().await["type"], "complete");
}

#[tokio::test]
async fn a_stream_that_panics_ends_alone_and_tells_nothing() {
    let server = Server::start().await;
    let mut socket = Socket::ready(&server).await;
    socket.subscribe("a", "subscription { panics }").await;
    assert_eq!(socket.hear().await["payload"]["data"]["panics"], 0);
    let message = socket.hear().await;
    assert_eq!(
        (&message["type"], &message["payload"][0]["extensions"]["code"]),
        (&json!("error"), &json!("INTERNAL"))
    );
    assert!(!message.to_string().contains("hunter2"));
    socket.subscribe("b", "{ hello }").await;
    assert_eq!(socket.hear().await["id"], "b");
}

#[tokio::test]
async fn a_client_completes_its_subscription_and_uses_the_id_again() {
    let server = Server::start().await;
    let mut socket = Socket::ready(&server).await;
    socket.subscribe("a", "subscription { silence }").await;
    socket.say(json!({ "id": "a", "type": "complete" })).await;
    socket.say(json!({ "id": "never-was", "type": "complete" })).await;
    socket.subscribe("a", "{ hello }").await;
    assert_eq!(socket.hear().await["type"], "next");
}

#[tokio::test]
async fn a_ping_is_answered_with_its_payload_before_and_after_the_ack() {
    let server = Server::start().await;
    let mut socket = Socket::open(&server).await;
    socket.say(json!({ "type": "ping" })).await;
    assert_eq!(socket.hear().await, json!({ "type": "pong" }));
    let mut socket = Socket::ready(&server).await;
    socket.say(json!({ "type": "pong" })).await;
    socket.say(json!({ "type": "ping", "payload": { "n": 1 } })).await;
    assert_eq!(socket.hear().await, json!({ "type": "pong", "payload": { "n": 1 } }));
}

#[tokio::test]
async fn a_bad_message_is_4400() {
    let server = Server::start().await;
    for message in [
        Message::text("nonsense"),
        Message::text("[]"),
        Message::text("{}"),
        Message::text(r#"{"type":"start"}"#),
        Message::text(r#"{"type":"next","id":"a","payload":{}}"#),
        Message::text(r#"{"type":"connection_ack"}"#),
        Message::text(r#"{"type":"ping","payload":1}"#),
        Message::text(r#"{"type":"subscribe","payload":{"query":"{ hello }"}}"#),
        Message::text(r#"{"type":"subscribe","id":"","payload":{"query":"{ hello }"}}"#),
        Message::text(r#"{"type":"subscribe","id":1,"payload":{"query":"{ hello }"}}"#),
        Message::text(r#"{"type":"subscribe","id":"a"}"#),
        Message::text(r#"{"type":"subscribe","id":"a","payload":{}}"#),
        Message::text(
            r#"{"type":"subscribe","id":"a","payload":{"query":"{ hello }","variables":[]}}"#,
        ),
        Message::text(r#"{"type":"complete"}"#),
        Message::binary(b"{}".to_vec()),
    ] {
        let mut socket = Socket::ready(&server).await;
        socket.0.send(message.clone()).await.expect("sent");
        assert_eq!(socket.end().await, 4400, "{message}");
    }
}

#[tokio::test]
async fn a_subscription_before_the_ack_is_4401() {
    let server = Server::start().await;
    let mut socket = Socket::open(&server).await;
    socket.subscribe("a", "{ hello }").await;
    assert_eq!(socket.end().await, 4401);
}

#[tokio::test]
async fn an_init_without_a_token_is_4401_and_with_a_bad_one_4403() {
    let server = Server::start().await;
    let mut socket = Socket::open(&server).await;
    socket.say(json!({ "type": "connection_init" })).await;
    assert_eq!(socket.end().await, 4401);
    let mut socket = Socket::open(&server).await;
    socket
        .say(
            json!({ "type": "connection_init", "payload": { "authorization": "Bearer nonsense" } }),
        )
        .await;
    assert_eq!(socket.end().await, 4403);
}

#[tokio::test]
async fn the_token_may_come_with_the_upgrade_instead() {
    let server = Server::start().await;
    let protocol = Some("graphql-transport-ws");
    let mut socket =
        Socket::try_open(&server, protocol, Some(&server.bearer())).await.expect("a socket");
    socket.say(json!({ "type": "connection_init" })).await;
    assert_eq!(socket.hear().await["type"], "connection_ack");
    let refused = Socket::try_open(&server, protocol, Some("Bearer nonsense")).await.err();
    assert!(
        matches!(refused, Some(tungstenite::Error::Http(response)) if response.status() == 401)
    );
}

#[tokio::test]
async fn another_subprotocol_or_none_is_not_upgraded() {
    let server = Server::start().await;
    for protocol in [None, Some("graphql-ws"), Some("soap")] {
        let refused = Socket::try_open(&server, protocol, None).await.err();
        assert!(
            matches!(refused, Some(tungstenite::Error::Http(response)) if response.status() == 400),
            "{protocol:?}"
        );
    }
    assert!(
        Socket::try_open(&server, Some("graphql-ws, graphql-transport-ws"), None).await.is_ok()
    );
}

#[tokio::test]
async fn no_init_in_time_is_4408() {
    let short = |web: &mut Web| web.timings.init = Duration::from_millis(50);
    let server = Server::start_with(short, ServerSettings::default()).await;
    let mut socket = Socket::open(&server).await;
    assert_eq!(socket.end().await, 4408);
}

#[tokio::test]
async fn an_id_that_is_taken_is_4409() {
    let server = Server::start().await;
    for id in ["a".to_owned(), "é".repeat(64)] {
        let mut socket = Socket::ready(&server).await;
        socket.subscribe(&id, "subscription { silence }").await;
        socket.subscribe(&id, "{ hello }").await;
        assert_eq!(socket.end().await, 4409);
    }
}

#[tokio::test]
async fn a_second_init_is_4429() {
    let server = Server::start().await;
    let mut socket = Socket::ready(&server).await;
    socket.say(json!({ "type": "connection_init" })).await;
    assert_eq!(socket.end().await, 4429);
}

#[tokio::test]
async fn a_token_that_ends_while_connected_is_4401() {
    let server = Server::start().await;
    let lasting = format!("Bearer {}", server.token(TimeDelta::seconds(2)));
    let mut socket = Socket::ready_with(&server, &lasting).await;
    socket.subscribe("a", "subscription { silence }").await;
    server.advance(TimeDelta::seconds(2));
    assert_eq!(socket.end().await, 4401);
}

#[tokio::test]
async fn a_token_is_not_ended_by_any_clock_but_the_services() {
    let server = Server::start().await;
    let lasting = format!("Bearer {}", server.token(TimeDelta::seconds(1)));
    let mut socket = Socket::ready_with(&server, &lasting).await;
    let quiet = tokio::time::timeout(Duration::from_millis(1500), socket.end()).await;
    assert!(quiet.is_err(), "the service's clock stands still");
    server.advance(TimeDelta::seconds(1));
    assert_eq!(socket.end().await, 4401);
}

#[tokio::test]
async fn a_message_over_64_kib_is_1009() {
    let server = Server::start().await;
    for length in [65_537, 100_000] {
        let mut socket = Socket::ready(&server).await;
        let sent = socket.0.send(Message::text("x".repeat(length))).await;
        assert!(sent.is_ok());
        assert_eq!(socket.end().await, 1009, "{length}");
    }
}

#[tokio::test]
async fn a_socket_has_so_many_subscriptions_and_no_more() {
    let few = |web: &mut Web| web.subscriptions_per_socket = 2;
    let server = Server::start_with(few, ServerSettings::default()).await;
    let mut socket = Socket::ready(&server).await;
    for id in ["a", "b", "c"] {
        socket.subscribe(id, "subscription { silence }").await;
    }
    let message = socket.hear().await;
    assert_eq!((&message["id"], &message["type"]), (&json!("c"), &json!("error")));
    assert_eq!(message["payload"][0]["extensions"]["code"], "RATE_LIMITED");
}

#[tokio::test]
async fn a_client_that_says_goodbye_hears_it_back() {
    let server = Server::start().await;
    let mut socket = Socket::ready(&server).await;
    socket.0.close(None).await.expect("said");
    loop {
        match socket.0.next().await {
            Some(Ok(message)) => assert!(message.is_ping() || message.is_close()),
            Some(Err(error)) => panic!("torn down: {error}"),
            None => break,
        }
    }
}

#[tokio::test]
async fn a_shutdown_closes_every_socket_with_1001() {
    let server = Server::start().await;
    let mut waiting = Socket::open(&server).await;
    let mut ready = Socket::ready(&server).await;
    ready.subscribe("a", "subscription { silence }").await;
    (server.shutdown.0)();
    assert_eq!(waiting.end().await, 1001);
    assert_eq!(ready.end().await, 1001);
}

#[tokio::test]
async fn a_client_that_does_not_read_stops_its_streams_and_is_given_up() {
    let short = |web: &mut Web| web.timings.send = Duration::from_millis(300);
    let server = Server::start_with(short, ServerSettings::default()).await;
    let mut socket = Socket::ready(&server).await;
    socket.subscribe("a", "subscription { flood }").await;
    let mut before = 0;
    super::until(async || {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let now = FLOODED.load(Ordering::Relaxed);
        let stands_still = now > 0 && now == before;
        before = now;
        stands_still
    })
    .await;
    assert!(before < 4_000, "{before} events of 16 KiB are waiting somewhere");
}
