//! The HTTP server: bounds what a connection may cost, and drains connections before it ends (graceful shutdown).

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::Router;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto::Builder, graceful::GracefulShutdown},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tower::ServiceExt;

use super::{router::router, web::Web};

#[derive(Clone, Copy, Debug)]
pub struct ServerSettings {
    /// Until a request's headers are complete; also how long an idle connection is kept.
    pub header_timeout: Duration,
    /// Open at the same time; further ones wait to be accepted.
    pub connections: usize,
    /// From the shutdown's beginning until what still runs is cut off.
    pub drain: Duration,
}

impl Default for ServerSettings {
    fn default() -> Self {
        Self {
            header_timeout: Duration::from_secs(30),
            connections: 1024,
            drain: Duration::from_secs(15),
        }
    }
}

/// Serves `web` until `web.shutdown` is cancelled and everything has ended, or the drain time is over.
pub async fn serve(listener: TcpListener, web: Web, settings: ServerSettings) -> io::Result<()> {
    let web = Arc::new(web);
    let router = router(web.clone());
    let slots = Arc::new(Semaphore::new(settings.connections));
    let graceful = GracefulShutdown::new();
    let builder = builder(&settings);
    loop {
        let accepted = tokio::select! {
            () = web.shutdown.cancelled() => break,
            accepted = accept(&listener, &slots) => accepted,
        };
        match accepted {
            Ok((stream, slot)) => {
                connect(stream, slot, &builder, &router, &graceful, settings.header_timeout)
            }
            Err(error) => {
                tracing::warn!(%error, "a connection cannot be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await; // Out of descriptors: let some be closed.
            }
        }
    }
    drop(listener);
    web.tasks.close();
    let drained = async { tokio::join!(graceful.shutdown(), web.tasks.wait()) };
    if tokio::time::timeout(settings.drain, drained).await.is_err() {
        tracing::warn!("connections were still open at the end of the drain time");
    }
    Ok(())
}

fn builder(settings: &ServerSettings) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(settings.header_timeout)
        .max_buf_size(64 * 1024);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(Duration::from_secs(20))
        .keep_alive_timeout(Duration::from_secs(20))
        .max_concurrent_streams(100)
        .max_header_list_size(32 * 1024);
    builder
}

async fn accept(
    listener: &TcpListener,
    slots: &Arc<Semaphore>,
) -> io::Result<(TcpStream, OwnedSemaphorePermit)> {
    let slot = slots.clone().acquire_owned().await.map_err(io::Error::other)?;
    let (stream, _) = listener.accept().await?;
    stream.set_nodelay(true)?;
    Ok((stream, slot))
}

/// Runs one connection. hyper's header timeout starts only when it knows the protocol's version, so a connection that has
/// not brought a single request by then is cut off here.
fn connect(
    stream: TcpStream,
    slot: OwnedSemaphorePermit,
    builder: &Builder<TokioExecutor>,
    router: &Router,
    graceful: &GracefulShutdown,
    header_timeout: Duration,
) {
    let asked = Arc::new(AtomicBool::new(false));
    let noticing = {
        let asked = asked.clone();
        router.clone().map_request(move |request: axum::http::Request<hyper::body::Incoming>| {
            asked.store(true, Ordering::Relaxed);
            request.map(axum::body::Body::new)
        })
    };
    let service = TowerToHyperService::new(noticing);
    let connection =
        builder.serve_connection_with_upgrades(TokioIo::new(stream), service).into_owned();
    let connection = graceful.watch(connection);
    tokio::spawn(async move {
        tokio::pin!(connection);
        let ended = tokio::select! {
            ended = &mut connection => ended,
            () = tokio::time::sleep(header_timeout) => {
                if !asked.load(Ordering::Relaxed) {
                    return;
                }
                connection.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(error, "a connection ended with an error");
        }
        drop(slot);
    });
}
