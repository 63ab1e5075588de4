//! Telemetry: logs and metrics, installed once by the process that serves.

use std::{io::IsTerminal, time::Duration};

use anyhow::Context;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;

#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub enum LogFormat {
    /// One JSON object a line, for machines.
    Json,
    Text,
}

/// Logs go to standard error, so that a command's output stays clean. `RUST_LOG` decides what; `info` when it is not set.
pub fn install_logs(format: LogFormat) -> anyhow::Result<()> {
    let filter = EnvFilter::builder()
        .with_default_directive(tracing::Level::INFO.into())
        .from_env()
        .context("RUST_LOG is not a filter")?;
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    match format {
        LogFormat::Json => subscriber.json().flatten_event(true).try_init(),
        LogFormat::Text => subscriber.try_init(),
    }
    .map_err(|error| anyhow::anyhow!("logs are installed already: {error}"))
}

/// Installs the recorder and keeps it small: samples that nobody has read yet are folded every few seconds. Needs a runtime.
pub fn install_metrics() -> anyhow::Result<PrometheusHandle> {
    const SECONDS: [f64; 12] =
        [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];
    let builder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)?;
    let handle = builder.install_recorder().context("metrics cannot be installed")?;
    describe();
    let upkeep = handle.clone();
    tokio::spawn(async move {
        let mut interval = tokio::time::interval(Duration::from_secs(5));
        loop {
            interval.tick().await;
            upkeep.run_upkeep();
        }
    });
    Ok(handle)
}

fn describe() {
    metrics::describe_counter!(
        "accord_http_requests_total",
        "Requests answered, by method, route and status"
    );
    metrics::describe_histogram!(
        "accord_http_request_seconds",
        "Time from a request's headers to its answer, by route"
    );
    metrics::describe_counter!(
        "accord_graphql_operations_total",
        "Operations run over HTTP, by kind and outcome"
    );
    metrics::describe_counter!(
        "accord_graphql_timeouts_total",
        "Operations stopped at their deadline"
    );
    metrics::describe_gauge!(
        "accord_open_items",
        "Effects of events that should have come and have not, by kind: waiting, refused, failed"
    );
    metrics::describe_gauge!(
        "accord_mail",
        "Mail that events have caused, by state: waiting, sent, failed, dropped"
    );
    metrics::describe_gauge!(
        "accord_projection_lag_seconds",
        "For how long the first event that the views lack has been in the log; NaN while the log cannot be asked"
    );
    metrics::describe_gauge!("accord_clock_right", "1 while the clock can be believed");
    metrics::describe_gauge!("accord_sockets", "Open WebSockets");
}
