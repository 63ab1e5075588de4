//! Serving, and graceful shutdown: the service behind the web edge, until somebody asks it to stop.

use std::{path::Path, sync::Arc};

use anyhow::Context;
use eventlog::{Clock, SystemClock, Target};
use serde_json::json;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};
use tokio_util::sync::CancellationToken;

use super::{Serve, mailing, output::Output};
use crate::{
    auth::{Accounts, Authenticator, InstallationKey, Issuer, IssuerSettings},
    graphql,
    http::{Ide, ServerSettings, Web, serve as serve_web},
    service::Service,
    telemetry,
};

/// Serves until SIGINT or SIGTERM, then lets what runs come to its end.
pub(super) async fn serve(
    target: Target,
    dir: &Path,
    settings: Serve,
    ide: Option<Ide>,
    output: &Output,
) -> anyhow::Result<()> {
    let metrics = telemetry::install_metrics()?;
    let listener = TcpListener::bind(settings.listen).await.with_context(|| {
        format!("cannot listen on {}; choose another with --listen", settings.listen)
    })?;
    let address = listener.local_addr()?;
    let key = verifier(dir, &settings)?;
    projections::sweep_scratch(dir);
    let development = settings.development || ide.is_some();
    let mail = mailing::settings(&settings.mail, address, development)?;
    let service = Service::start_mailing(target, Arc::new(SystemClock), mail).await?;
    let authenticator = key(Arc::new(service.log.clone()));
    let graph = graphql::graph(&service, graphql::Settings { introspection: development });

    let mut web = Web::new(graph, Arc::new(authenticator));
    web.metrics = Some(metrics);
    web.ide = ide.or_else(|| settings.development.then(Ide::default));
    let (asked, measured) = (service.health(), service.health());
    web.ready = Arc::new(move || {
        let health = asked.clone();
        Box::pin(async move { health.ready().await })
    });
    web.measure = Arc::new(move || {
        let health = measured.clone();
        Box::pin(async move { health.measure().await })
    });
    stop_on_signal(web.shutdown.clone()).context("signals cannot be heard")?;
    let text = format!("GraphQL at http://{address}/graphql; Ctrl-C stops");
    output.say(&text, &json!({ "graphql": format!("http://{address}/graphql") }));
    serve_web(listener, web, ServerSettings::default()).await?;
    service.stop().await;
    Ok(())
}

type Authenticates = Box<dyn FnOnce(Arc<dyn Accounts>) -> Authenticator + Send>;

/// By whose keys tokens are checked: said before anything is begun, so that a mistake in it begins nothing.
fn verifier(dir: &Path, settings: &Serve) -> anyhow::Result<Authenticates> {
    let clock: crate::auth::Clock = Arc::new(|| SystemClock.now());
    let Serve { issuer: Some(issuer), audience: Some(audience), jwks_url: Some(url), .. } =
        settings.clone()
    else {
        let key = InstallationKey::open(dir)
            .with_context(|| format!("{} cannot be used", dir.display()))?;
        return Ok(Box::new(|accounts| Authenticator::for_installation(key, accounts, clock)));
    };
    let issuer = Issuer::new(IssuerSettings::new(issuer, audience, url))?;
    Ok(Box::new(|accounts| Authenticator::for_issuer(issuer, accounts, clock)))
}

/// Once this has returned, a signal asks for an end in good order.
fn stop_on_signal(shutdown: CancellationToken) -> anyhow::Result<()> {
    let mut interrupted = signal(SignalKind::interrupt())?;
    let mut terminated = signal(SignalKind::terminate())?;
    tokio::spawn(async move {
        tokio::select! {
            _ = interrupted.recv() => {}
            _ = terminated.recv() => {}
        }
        tracing::info!("stopping");
        shutdown.cancel();
    });
    Ok(())
}
