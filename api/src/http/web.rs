//! What the web edge serves and obeys: its application state, shared by every handler.

use std::{sync::Arc, time::Duration};

use async_graphql::{Request, Response};
use futures::{future::BoxFuture, stream::BoxStream};
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::sync::Semaphore;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{exports::Exports, ide::Ide, limits::Limits, sheet::Sheet};
use crate::auth::{Authenticator, Principal};

/// The same request, anew for each page of a list.
pub type Pages = Box<dyn Fn() -> Request + Send + Sync>;

/// A schema that runs requests, extended by [`super::Sheets`], [`super::InOrder`] and [`super::Nulls`]. Each request carries its
/// [`Principal`] and its [`super::TraceId`] as data.
pub trait Graph: Send + Sync + 'static {
    fn execute(&self, request: Request) -> BoxFuture<'_, Response>;
    fn subscribe(&self, request: Request) -> BoxStream<'static, Response>;
    /// Writes down every page of a list, all as they stood at one moment: at which position in the log, where views were
    /// read. An answer with errors ends it.
    fn export(
        &self,
        sheet: Arc<Sheet>,
        pages: Pages,
    ) -> BoxFuture<'_, Result<Option<u64>, Box<Response>>>;
}

/// Whether the service can do its work now; if not, why, for the operator to read.
pub type Readiness = Arc<dyn Fn() -> BoxFuture<'static, Result<(), String>> + Send + Sync>;

/// Sets the gauges to what is true at the moment.
pub type Measure = Arc<dyn Fn() -> BoxFuture<'static, ()> + Send + Sync>;

/// How long each thing may take.
#[derive(Clone, Copy, Debug)]
pub struct Timings {
    pub execution: Duration,
    /// From the first page of a list that is exported to the last.
    pub export: Duration,
    pub body: Duration,
    /// From a socket's opening to its `connection_init`.
    pub init: Duration,
    /// From one ping of ours on a socket to the next.
    pub keepalive: Duration,
    /// Until a peer that does not read is given up.
    pub send: Duration,
    /// Until a peer that does not answer a close frame is given up.
    pub close: Duration,
}

impl Default for Timings {
    fn default() -> Self {
        Self {
            execution: Duration::from_secs(10),
            export: Duration::from_secs(60),
            body: Duration::from_secs(10),
            init: Duration::from_secs(10),
            keepalive: Duration::from_secs(30),
            send: Duration::from_secs(10),
            close: Duration::from_secs(2),
        }
    }
}

/// Everything that the web edge serves and obeys.
pub struct Web {
    pub graph: Arc<dyn Graph>,
    pub authenticator: Arc<Authenticator>,
    pub ready: Readiness,
    pub measure: Measure,
    /// Without it there is no `/metrics`.
    pub metrics: Option<PrometheusHandle>,
    /// Without it there is no page; development and demo have one.
    pub ide: Option<Ide>,
    pub limits: Limits,
    pub timings: Timings,
    pub subscriptions_per_socket: usize,
    /// One for every open socket or stream of events.
    pub sockets: Arc<Semaphore>,
    /// The lists that are being exported.
    pub(super) exports: Exports,
    /// Cancelled, it ends the server and closes the sockets.
    pub shutdown: CancellationToken,
    /// The sockets that are still open.
    pub(super) tasks: TaskTracker,
}

impl Web {
    /// With the usual limits, always ready, without metrics and without a page: set the fields to change that.
    pub fn new(graph: Arc<dyn Graph>, authenticator: Arc<Authenticator>) -> Self {
        Self {
            graph,
            authenticator,
            ready: Arc::new(|| Box::pin(async { Ok(()) })),
            measure: Arc::new(|| Box::pin(async {})),
            metrics: None,
            ide: None,
            limits: Limits::default(),
            timings: Timings::default(),
            subscriptions_per_socket: 64,
            sockets: Arc::new(Semaphore::new(1024)),
            exports: Exports::default(),
            shutdown: CancellationToken::new(),
            tasks: TaskTracker::new(),
        }
    }

    /// How long to wait before `principal`'s token is looked at again; `None` when it has ended. Never very long, however
    /// long the token lasts: clocks are set.
    pub(super) fn watch(&self, principal: &Principal) -> Option<Duration> {
        const SHORTEST: Duration = Duration::from_millis(20);
        const LONGEST: Duration = Duration::from_secs(3600);
        let left = self.authenticator.time_left(principal);
        (!left.is_zero()).then(|| left.clamp(SHORTEST, LONGEST))
    }
}
