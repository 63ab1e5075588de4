//! The server around the routes: probes, metrics, the page, slow clients and the end.

use std::{sync::Arc, time::Duration};

use api::http::{Example, Ide, RoleToken, ServerSettings, Web};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{Reply, Server, until};

async fn get(server: &Server, path: &str) -> Reply {
    Reply::of(reqwest::Client::new().get(server.url(path))).await
}

#[tokio::test]
async fn the_probes_tell_alive_and_ready() {
    let server = Server::start().await;
    assert_eq!(get(&server, "/health/live").await.status, 200);
    assert_eq!(get(&server, "/health/ready").await.status, 200);
    let behind = |web: &mut Web| {
        web.ready = Arc::new(|| Box::pin(async { Err("the views are behind".to_owned()) }))
    };
    let server = Server::start_with(behind, ServerSettings::default()).await;
    let reply = get(&server, "/health/ready").await;
    assert_eq!((reply.status, reply.body["reason"].as_str()), (503, Some("the views are behind")));
    assert_eq!(get(&server, "/health/live").await.status, 200);
}

#[tokio::test]
async fn requests_are_counted_by_route_and_status() {
    let handle = api::telemetry::install_metrics().expect("the only recorder of this process");
    let server =
        Server::start_with(|web| web.metrics = Some(handle), ServerSettings::default()).await;
    server.ask("{ hello }").await;
    get(&server, "/some/scanner").await;
    let text = get(&server, "/metrics").await.body.as_str().unwrap_or_default().to_owned();
    let counted =
        |parts: &[&str]| text.lines().any(|line| parts.iter().all(|part| line.contains(part)));
    assert!(
        counted(&[
            "accord_http_requests_total",
            "method=\"POST\"",
            "route=\"/graphql\"",
            "status=\"200\""
        ]),
        "{text}"
    );
    assert!(
        counted(&["accord_http_requests_total", "route=\"other\"", "status=\"404\""]),
        "{text}"
    );
    assert!(counted(&["accord_http_request_seconds_bucket", "route=\"/graphql\""]), "{text}");
    assert!(!text.contains("scanner"));
}

#[tokio::test]
async fn the_page_needs_no_other_server_and_runs_no_other_script() {
    let example =
        Example { title: "Hello".into(), query: "{ hello }".into(), ..Example::default() };
    let role = RoleToken { name: "auditor".into(), token: "abc".into() };
    let ide = Ide { title: "Demo".into(), examples: vec![example], roles: vec![role] };
    let server = Server::start_with(|web| web.ide = Some(ide), ServerSettings::default()).await;
    for path in ["/", "/graphiql"] {
        let page = get(&server, path).await;
        assert_eq!(page.status, 200);
        assert!(
            page.header("content-security-policy")
                .is_some_and(|policy| policy.contains("script-src 'self'"))
        );
        let html = page.body.as_str().unwrap_or_default().to_owned();
        assert!(
            html.contains("/graphiql/ide.js")
                && !html.contains("http://")
                && !html.contains("https://")
        );
        assert!(
            !html.contains("<script>") && !html.contains("style=") && !html.contains("onclick")
        );
    }
    assert_eq!(get(&server, "/graphiql/ide.js").await.media(), "text/javascript");
    assert_eq!(get(&server, "/graphiql/ide.css").await.media(), "text/css");
    let setup = get(&server, "/graphiql/setup.json").await.body;
    assert_eq!(
        (setup["examples"][0]["query"].as_str(), setup["roles"][0]["token"].as_str()),
        (Some("{ hello }"), Some("abc"))
    );
}

#[tokio::test]
async fn a_client_that_does_not_finish_its_headers_is_cut_off() {
    let settings =
        ServerSettings { header_timeout: Duration::from_millis(100), ..ServerSettings::default() };
    let server = Server::start_with(|_| {}, settings).await;
    for begun in ["", "P", "PRI * HTTP/2", "GET /health/live HTTP/1.1\r\nhost: x\r\n"] {
        let mut stream = TcpStream::connect(server.address).await.expect("a connection");
        stream.write_all(begun.as_bytes()).await.expect("written");
        let mut rest = Vec::new();
        let ended =
            tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut rest)).await;
        assert!(ended.is_ok(), "{begun:?} is still open");
        assert!(!String::from_utf8_lossy(&rest).contains("200 OK"), "{begun:?}");
    }
}

#[tokio::test]
async fn a_body_that_does_not_arrive_is_408() {
    let short = |web: &mut Web| web.timings.body = Duration::from_millis(50);
    let server = Server::start_with(short, ServerSettings::default()).await;
    let mut stream = TcpStream::connect(server.address).await.expect("a connection");
    let head = format!(
        "POST /graphql HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: {}\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{{",
        server.bearer()
    );
    stream.write_all(head.as_bytes()).await.expect("written");
    let mut answer = vec![0; 16];
    let read = tokio::time::timeout(Duration::from_secs(5), stream.read_exact(&mut answer)).await;
    assert!(
        read.is_ok() && answer.starts_with(b"HTTP/1.1 408"),
        "{}",
        String::from_utf8_lossy(&answer)
    );
}

#[tokio::test]
async fn a_connection_beyond_the_limit_waits_for_its_turn() {
    let settings = ServerSettings { connections: 1, ..ServerSettings::default() };
    let server = Server::start_with(|_| {}, settings).await;
    let first = TcpStream::connect(server.address).await.expect("a connection");
    let second = get(&server, "/health/live");
    tokio::pin!(second);
    assert!(tokio::time::timeout(Duration::from_millis(100), &mut second).await.is_err());
    drop(first);
    assert_eq!(second.await.status, 200);
}

#[tokio::test]
async fn a_shutdown_lets_a_running_request_end_and_accepts_no_other() {
    let slow = |web: &mut Web| web.timings.execution = Duration::from_millis(300);
    let server = Server::start_with(slow, ServerSettings::default()).await;
    let running = server.request().header("accept", super::NEW).body(r#"{"query":"{ never }"}"#);
    let running = tokio::spawn(Reply::of(running));
    server.has_begun(1).await;
    (server.shutdown.0)();
    until(async || TcpStream::connect(server.address).await.is_err()).await;
    let reply = running.await.expect("no panic");
    assert_eq!((reply.status, reply.code()), (503, "TIMEOUT"));
}
