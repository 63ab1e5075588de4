//! The web edge, tried from outside: a small schema behind the real server on a port of its own.

mod accounts;
mod events;
mod issuer;
mod server;
mod socket;
mod transport;

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use api::{
    auth::{Authenticator, Clock, InstallationKey, Principal, Role},
    http::{Graph, InOrder, Nulls, Pages, ServerSettings, Sheet, Sheets, TraceId, Web, serve},
};
use async_graphql::{
    Context, Error, ErrorExtensions, Object, Request, Response, Result, Schema, Subscription,
};
use chrono::{DateTime, TimeDelta, Utc};
use domain::AccountId;
use eventlog::{Clock as _, SystemClock};
use futures::{
    FutureExt, Stream, StreamExt,
    future::BoxFuture,
    stream::{self, BoxStream},
};
use serde_json::Value;
use tests::People;

/// A running server, the clock it believes, and tokens for it.
pub struct Server {
    pub address: SocketAddr,
    pub shutdown: Shutdown,
    /// Operations that the schema has begun to run.
    begun: Arc<AtomicUsize>,
    now: Arc<Mutex<DateTime<Utc>>>,
    key: InstallationKey,
    /// An auditor.
    pub ada: AccountId,
}

/// Ends the server when the test ends.
pub struct Shutdown(pub Box<dyn Fn() + Send + Sync>);

impl Drop for Shutdown {
    fn drop(&mut self) {
        (self.0)();
    }
}

impl Server {
    pub async fn start() -> Self {
        Self::start_with(|_| {}, ServerSettings::default()).await
    }

    pub async fn start_with(change: impl FnOnce(&mut Web), settings: ServerSettings) -> Self {
        let now = Arc::new(Mutex::new(SystemClock.now()));
        let people = Arc::new(People::default());
        let authenticator = Authenticator::for_installation(key(), people.clone(), clock(&now));
        Self::start_behind(authenticator, people, now, change, settings).await
    }

    pub async fn start_behind(
        authenticator: Authenticator,
        people: Arc<People>,
        now: Arc<Mutex<DateTime<Utc>>>,
        change: impl FnOnce(&mut Web),
        settings: ServerSettings,
    ) -> Self {
        let begun = Arc::new(AtomicUsize::new(0));
        let schema = Schema::build(Query, Mutation, Ticks)
            .extension(Sheets)
            .extension(InOrder)
            .extension(Nulls)
            .finish();
        let graph = TestGraph(schema, begun.clone());
        let mut web = Web::new(Arc::new(graph), Arc::new(authenticator));
        change(&mut web);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let shutdown = web.shutdown.clone();
        tokio::spawn(serve(listener, web, settings));
        let shutdown = Shutdown(Box::new(move || shutdown.cancel()));
        let ada = people.with(Role::Auditor);
        Self { address, shutdown, begun, now, key: key(), ada }
    }

    /// Waits until the schema has begun to run so many operations.
    pub async fn has_begun(&self, operations: usize) {
        until(async || self.begun.load(Ordering::Relaxed) >= operations).await;
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// A token for an auditor.
    pub fn token(&self, lifetime: TimeDelta) -> String {
        let now = *self.now.lock().expect("the clock");
        self.key.mint(self.ada, None, lifetime, now).expect("a token")
    }

    pub fn bearer(&self) -> String {
        format!("Bearer {}", self.token(TimeDelta::hours(1)))
    }

    pub fn advance(&self, by: TimeDelta) {
        *self.now.lock().expect("the clock") += by;
    }

    /// A POST of `query` that asks for the newer media type.
    pub async fn ask(&self, query: &str) -> Reply {
        self.post(serde_json::json!({ "query": query })).await
    }

    pub async fn post(&self, body: Value) -> Reply {
        let request = self.request().header("accept", NEW).body(body.to_string());
        Reply::of(request).await
    }

    /// A POST with a token and the right content type.
    pub fn request(&self) -> reqwest::RequestBuilder {
        let request = reqwest::Client::new().post(self.url("/graphql"));
        request.header("authorization", self.bearer()).header("content-type", "application/json")
    }
}

pub const NEW: &str = "application/graphql-response+json";
pub const OLD: &str = "application/json";

pub fn clock(now: &Arc<Mutex<DateTime<Utc>>>) -> Clock {
    let now = now.clone();
    Arc::new(move || *now.lock().expect("the clock"))
}

fn key() -> InstallationKey {
    InstallationKey::from_secret(&[7; 32])
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub body: Value,
}

impl Reply {
    pub async fn of(request: reqwest::RequestBuilder) -> Self {
        let response = request.send().await.expect("an answer");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.expect("a body");
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        body["errors"].as_array().into_iter().flatten().for_each(tests::well_placed);
        Self { status, headers, body }
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    pub fn media(&self) -> &str {
        self.header("content-type").and_then(|value| value.split(';').next()).unwrap_or_default()
    }

    /// The code of the first error, after checking that every error names a trace and nothing else looks wrong.
    pub fn code(&self) -> &str {
        let errors = self.body["errors"].as_array().expect("errors");
        for error in errors {
            assert_eq!(error["extensions"]["traceId"].as_str().map(str::len), Some(32), "{error}");
            assert!(
                error["message"].as_str().is_some_and(|message| message.chars().count() <= 301)
            );
        }
        errors[0]["extensions"]["code"].as_str().expect("a code")
    }

    pub fn has_data(&self) -> bool {
        self.body.get("data").is_some()
    }
}

pub async fn until(condition: impl AsyncFnMut() -> bool) {
    tests::until(Duration::from_secs(10), condition).await;
}

struct TestGraph(Schema<Query, Mutation, Ticks>, Arc<AtomicUsize>);

impl Graph for TestGraph {
    fn execute(&self, request: Request) -> BoxFuture<'_, Response> {
        self.1.fetch_add(1, Ordering::Relaxed);
        self.0.execute(request).boxed()
    }

    fn subscribe(&self, request: Request) -> BoxStream<'static, Response> {
        self.1.fetch_add(1, Ordering::Relaxed);
        self.0.execute_stream(request)
    }

    fn export(
        &self,
        sheet: Arc<Sheet>,
        pages: Pages,
    ) -> BoxFuture<'_, Result<Option<u64>, Box<Response>>> {
        async move {
            let answer = self.execute(pages().data(sheet)).await;
            if answer.errors.is_empty() { Ok(None) } else { Err(Box::new(answer)) }
        }
        .boxed()
    }
}

fn explode() -> Option<String> {
    panic!("password=hunter2")
}

struct Query;
struct Mutation;
struct Ticks;

fn coded(code: &'static str) -> Error {
    Error::new("told on purpose").extend_with(|_, extensions| extensions.set("code", code))
}

#[Object]
impl Query {
    async fn hello(&self) -> &str {
        "hello"
    }

    async fn double(&self, n: i32) -> i32 {
        n * 2
    }

    /// A custom scalar: async-graphql coerces it only while the field runs.
    async fn year(&self, at: DateTime<Utc>) -> String {
        at.format("%Y").to_string()
    }

    async fn who(&self, ctx: &Context<'_>) -> Result<String> {
        let principal = ctx.data::<Principal>()?;
        Ok(format!("{} {} {}", principal.subject, principal.role, ctx.data::<TraceId>()?))
    }

    async fn unavailable(&self) -> Result<Option<String>> {
        Err(coded("UNAVAILABLE"))
    }

    async fn unavailable_and_never_null(&self) -> Result<String> {
        Err(coded("UNAVAILABLE"))
    }

    async fn foreign(&self) -> Result<Option<String>> {
        Err(std::io::Error::other("password=hunter2").into())
    }

    async fn panics(&self) -> Option<String> {
        explode()
    }

    async fn never(&self) -> Option<String> {
        std::future::pending().await
    }
}

#[Object]
impl Mutation {
    async fn pay(&self) -> &str {
        "paid"
    }

    async fn book(&self, at: DateTime<Utc>) -> Option<String> {
        Some(at.to_string())
    }

    async fn never(&self) -> Option<String> {
        std::future::pending().await
    }
}

#[Subscription]
impl Ticks {
    async fn ticks(&self, count: i32) -> impl Stream<Item = i32> {
        stream::iter(0..count)
    }

    async fn silence(&self) -> impl Stream<Item = i32> {
        stream::pending()
    }

    async fn refused(&self) -> Result<BoxStream<'static, i32>> {
        Err(coded("UNAVAILABLE"))
    }

    async fn panics(&self) -> impl Stream<Item = i32> {
        stream::iter(0..2).map(|n| if n == 0 { n } else { panic!("password=hunter2") })
    }

    /// Endless and large: fills every buffer on the way, and counts how far it came.
    async fn flood(&self) -> impl Stream<Item = String> {
        stream::repeat_with(|| {
            FLOODED.fetch_add(1, Ordering::Relaxed);
            "x".repeat(16 * 1024)
        })
    }
}

pub static FLOODED: AtomicUsize = AtomicUsize::new(0);
