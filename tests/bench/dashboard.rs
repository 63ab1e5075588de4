//! A partner's dashboard over HTTP, beside raw SQL for the same rows.

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use api::{
    auth::{Authenticator, InstallationKey, Role},
    graphql,
    http::{ServerSettings, Web, serve},
    service::Service,
};
use chrono::TimeDelta;
use domain::{
    PartnerId,
    account::{Scope, Seat},
};
use eventlog::{Clock as _, SystemClock};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;
use sqlx::postgres::PgPoolOptions;
use tests::{Place, append_all, history, people};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Mutex,
};

use crate::load::{closed_loop, line, median, ratio, say};

const EVENTS: usize = 20_000;
const CONNECTIONS: usize = 32;
const ROUND: Duration = Duration::from_secs(3);
const ROUNDS: usize = 3;
const QUERY: &str = "query Dashboard($partner: UUID!) { partnerDashboard(partnerId: $partner) { certificates \
    dealsRegistered dealsQualified dealsApproved dealsSigned dealsWon dealsLost \
    totals { currency revenueSigned { amount } revenuePaid { amount } accrued { amount } matured { amount } paidOut { amount } } } }";

pub async fn run() -> anyhow::Result<()> {
    say(&format!("\npartner dashboard on PostgreSQL, {CONNECTIONS} connections, closed loop"));
    let place = Place::postgres().await;
    let log = place.log().await;
    append_all(&log, history(EVENTS, 1)).await?;
    log.close().await;
    drop(log);
    let service = Service::start(place.target.clone()).await?;
    service.settle().await;
    let partner = busiest(&service).await?;

    let key = InstallationKey::from_secret(&[7; 32]);
    let seat = Seat { role: Role::Owner, scope: Scope::Partner(PartnerId(partner)) };
    let account = people::account(&service.commands, seat).await;
    let token = key.mint(account, None, TimeDelta::hours(1), SystemClock.now())?;
    let accounts = Arc::new(service.log.clone());
    let authenticator =
        Authenticator::for_installation(key, accounts, Arc::new(|| SystemClock.now()));
    let web = Web::new(
        graphql::graph(&service, graphql::Settings { introspection: false }),
        Arc::new(authenticator),
    );
    let shutdown = web.shutdown.clone();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let server = tokio::spawn(serve(listener, web, ServerSettings::default()));

    let body = json!({ "query": QUERY, "variables": { "partner": partner } }).to_string();
    let request = Arc::new(format!(
        "POST /graphql HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\n\
         accept: application/graphql-response+json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    ));
    let mut clients = vec![];
    for _ in 0..CONNECTIONS {
        clients.push(Mutex::new(TcpStream::connect(address).await?));
    }
    let clients = Arc::new(clients);
    let sql = RawSql::connect(&place, &service).await?;
    let (mut mine, mut raw) = (vec![], vec![]);
    for _ in 0..ROUNDS {
        let (request, clients) = (request.clone(), clients.clone());
        mine.push(
            closed_loop(CONNECTIONS, ROUND, move |number| {
                let (request, clients) = (request.clone(), clients.clone());
                async move {
                    let mut client = clients[number as usize % CONNECTIONS].lock().await;
                    ask(&mut client, &request).await
                }
            })
            .await?,
        );
        let sql = sql.clone();
        raw.push(closed_loop(CONNECTIONS, ROUND, move |_| sql.clone().read(partner)).await?);
    }
    let (mine, raw) = (median(mine), median(raw));
    say(&format!("  {}", line("GraphQL over HTTP", mine)));
    say(&format!("  {}", line("raw SQL for the same rows", raw)));
    say(&format!("  GraphQL by raw SQL: {}", ratio(mine.per_second, raw.per_second)));
    shutdown.cancel();
    server.await??;
    service.stop().await;
    Ok(())
}

async fn busiest(service: &Service) -> anyhow::Result<uuid::Uuid> {
    use projections::partner_dashboards::{Column, Entity};
    let row =
        Entity::find().filter(Column::DealsWon.gt(0)).one(service.views.current().db()).await?;
    Ok(row.context("somebody has won a deal")?.id)
}

/// Sends a request and reads the whole answer, which must be a success with data.
async fn ask(client: &mut TcpStream, request: &str) -> anyhow::Result<()> {
    client.write_all(request.as_bytes()).await?;
    let mut answer = vec![];
    let mut chunk = [0; 4096];
    loop {
        let read = client.read(&mut chunk).await?;
        anyhow::ensure!(read > 0, "the server closed the connection");
        answer.extend_from_slice(&chunk[..read]);
        let text = String::from_utf8_lossy(&answer);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head
            .lines()
            .find_map(|line| {
                line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse::<usize>().ok()
            })
            .context("the answer has a length")?;
        if body.len() >= length {
            anyhow::ensure!(
                head.starts_with("HTTP/1.1 200") && body.contains("revenueSigned"),
                "{text}"
            );
            return Ok(());
        }
    }
}

/// The same rows by two statements on a pool of as many connections.
#[derive(Clone)]
struct RawSql {
    pool: sqlx::PgPool,
    counters: Arc<str>,
    totals: Arc<str>,
}

impl RawSql {
    async fn connect(place: &Place, service: &Service) -> anyhow::Result<Self> {
        let eventlog::Target::Postgres { url } = &place.target else {
            anyhow::bail!("this runs on PostgreSQL")
        };
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS as u32)
            .min_connections(CONNECTIONS as u32)
            .test_before_acquire(false)
            .connect(url)
            .await?;
        let schema = service.views.current().name().to_owned();
        Ok(Self {
            pool,
            counters: format!("SELECT * FROM {schema}.partner_dashboards WHERE id = $1").into(),
            totals: format!("SELECT * FROM {schema}.totals WHERE whose = $1").into(),
        })
    }

    async fn read(self, partner: uuid::Uuid) -> anyhow::Result<()> {
        let mut connection = self.pool.acquire().await?;
        sqlx::query(&self.counters).bind(partner).fetch_one(&mut *connection).await?;
        let totals = sqlx::query(&self.totals).bind(partner).fetch_all(&mut *connection).await?;
        anyhow::ensure!(!totals.is_empty(), "the partner has earned something");
        Ok(())
    }
}
