//! The full command path, load, decide and append, beside the stock repositories with the same aggregate.

use std::{sync::Arc, time::Duration};

use anyhow::{Context, anyhow};
use chrono::{DateTime, Utc};
use cqrs_es::{CqrsFramework, persist::PersistedEventStore};
use domain::{
    CommandId, Currency, DealId, EventId, Issued, LotId, Money, PartnerId, Ppm, ProgramId,
    commission::AccrualKind,
    derived,
    facts::Given,
    wallet::{Accrual, Wallet, WalletCommand},
};
use eventlog::{Execution, Log, Provenance, SystemClock, Target};
use futures::FutureExt;
use postgres_es::PostgresEventRepository;
use sqlite_es::SqliteEventRepository;
use sqlx::{
    PgPool, SqlitePool,
    postgres::PgPoolOptions,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use uuid::Uuid;

use crate::load::{Rate, closed_loop, line, median, ratio, say};

const CLIENTS: [usize; 3] = [1, 16, 64];
const ROUNDS: u64 = 3;
const ROUND: Duration = Duration::from_secs(3);
/// Events that an aggregate has before it is measured "of 20 events".
const HISTORY: u64 = 20;
/// Aggregates with a history; each client walks through them in turn.
const PREPARED: u64 = 512;

type StockPostgres = CqrsFramework<Wallet, PersistedEventStore<PostgresEventRepository, Wallet>>;
type StockSqlite = CqrsFramework<Wallet, PersistedEventStore<SqliteEventRepository, Wallet>>;

pub async fn run() -> anyhow::Result<()> {
    let cluster = tests::cluster().await;
    let ours = Log::open_migrated(
        Target::Postgres { url: cluster.database().await },
        Arc::new(SystemClock),
    )
    .await?;
    let stock = stock_postgres(&cluster.database().await).await?;
    say("\ncommands on PostgreSQL (fsync, synchronous_commit on)");
    compare("postgres-es", &ours, move |id, command| {
        let stock = stock.clone();
        async move { stock.execute(&id.to_string(), command).await.map_err(|error| anyhow!("{error}")) }
    })
    .await?;
    ours.close().await;

    let dir = tests::directory();
    let ours =
        Log::open_migrated(Target::Sqlite { dir: dir.path().join("ours") }, Arc::new(SystemClock))
            .await?;
    let stock = stock_sqlite(&dir.path().join("stock.sqlite")).await?;
    say("\ncommands on SQLite (WAL, synchronous=FULL, both)");
    compare("sqlite-es", &ours, move |id, command| {
        let stock = stock.clone();
        async move { stock.execute(&id.to_string(), command).await.map_err(|error| anyhow!("{error}")) }
    })
    .await?;
    ours.close().await;
    Ok(())
}

async fn compare<S, A>(peer: &str, log: &Log, stock: S) -> anyhow::Result<()>
where
    S: Fn(Uuid, Issued<WalletCommand>) -> A + Clone + Send + Sync + 'static,
    A: Future<Output = anyhow::Result<()>> + Send + 'static,
{
    let ours = {
        let log = log.clone();
        move |id, command| execute(log.clone(), id, command)
    };
    prepare(ours.clone()).await?;
    prepare(stock.clone()).await.context("the peer could not be prepared")?;
    for (name, first) in [("new aggregates", true), ("aggregates of 20 events", false)] {
        for clients in CLIENTS {
            let (mut mine, mut theirs) = (vec![], vec![]);
            for round in 0..ROUNDS {
                let salt = format!("{name}/{clients}/{round}");
                mine.push(measure(clients, &format!("ours/{salt}"), first, ours.clone()).await?);
                theirs
                    .push(measure(clients, &format!("stock/{salt}"), first, stock.clone()).await?);
            }
            let (mine, theirs) = (median(mine), median(theirs));
            say(&format!(
                "  {name}, {clients} clients: {}",
                ratio(mine.per_second, theirs.per_second)
            ));
            say(&format!("    {}", line("accord", mine)));
            say(&format!("    {}", line(peer, theirs)));
        }
    }
    Ok(())
}

async fn measure<E, A>(clients: usize, salt: &str, first: bool, execute: E) -> anyhow::Result<Rate>
where
    E: Fn(Uuid, Issued<WalletCommand>) -> A + Clone + Send + Sync + 'static,
    A: Future<Output = anyhow::Result<()>> + Send + 'static,
{
    let root = derived(Uuid::nil(), salt);
    closed_loop(clients, ROUND, move |number| {
        let id =
            if first { derived(root, &number.to_string()) } else { prepared(number % PREPARED) };
        execute(id, accrue(id, derived(root, &format!("command {number}"))))
    })
    .await
}

/// Gives the prepared aggregates their history.
async fn prepare<E, A>(execute: E) -> anyhow::Result<()>
where
    E: Fn(Uuid, Issued<WalletCommand>) -> A + Clone + Send + Sync + 'static,
    A: Future<Output = anyhow::Result<()>> + Send + 'static,
{
    let mut running = tokio::task::JoinSet::new();
    for number in 0..PREPARED {
        let execute = execute.clone();
        running.spawn(async move {
            let id = prepared(number);
            for event in 0..HISTORY {
                execute(id, accrue(id, derived(id, &format!("history {event}")))).await?;
            }
            anyhow::Ok(())
        });
        if running.len() == 32 {
            running.join_next().await.context("a client is running")???;
        }
    }
    while let Some(finished) = running.join_next().await {
        finished??;
    }
    Ok(())
}

async fn execute(
    log: Log,
    aggregate_id: Uuid,
    command: Issued<WalletCommand>,
) -> anyhow::Result<()> {
    let provenance = Provenance {
        command_id: command.command_id,
        fingerprint: [0; 32],
        occurred_at: command.at,
        actor: command.by.clone(),
        causation_id: None,
        correlation_id: command.command_id.0,
    };
    let execution = Execution { aggregate_id, command, provenance, expected_version: None };
    log.execute::<Wallet, _>(execution, |_, _, _| async { Ok(Given::default()) }.boxed())
        .await
        .map(drop)
        .map_err(|error| anyhow!("{error}"))
}

/// One accrual of a new lot: one event.
fn accrue(wallet: Uuid, command: Uuid) -> Issued<WalletCommand> {
    let at = DateTime::<Utc>::UNIX_EPOCH;
    #[expect(clippy::expect_used, reason = "EUR is an ISO 4217 code")]
    let amount = Money::new(12_345, Currency::from_code("EUR").expect("EUR"));
    let accrual = Accrual {
        lot: LotId(derived(command, "lot")),
        program: ProgramId(Uuid::nil()),
        partner: PartnerId(wallet),
        deal: DealId(command),
        trigger: EventId(command),
        kind: AccrualKind::New,
        level: 0,
        line: "1".into(),
        component: "new-sales".into(),
        plan_version: 1,
        base: amount,
        rate: Ppm(200_000),
        amount,
        matures_at: at,
        trace_hash: "0".repeat(64),
    };
    Issued {
        by: domain::reactions::policy_actor(),
        target: Uuid::nil(),
        at,
        dated: false,
        command_id: CommandId(command),
        command: WalletCommand::Accrue { accrual },
    }
}

fn prepared(number: u64) -> Uuid {
    derived(Uuid::nil(), &format!("prepared {number}"))
}

async fn stock_postgres(url: &str) -> anyhow::Result<Arc<StockPostgres>> {
    let pool: PgPool =
        PgPoolOptions::new().max_connections(32).min_connections(32).connect(url).await?;
    sqlx::query(
        "CREATE TABLE events (aggregate_type text NOT NULL, aggregate_id text NOT NULL,
         sequence bigint CHECK (sequence >= 0) NOT NULL, event_type text NOT NULL, event_version text NOT NULL,
         payload json NOT NULL, metadata json NOT NULL, PRIMARY KEY (aggregate_type, aggregate_id, sequence))",
    )
    .execute(&pool)
    .await?;
    let store = PersistedEventStore::new_event_store(PostgresEventRepository::new(pool));
    Ok(Arc::new(CqrsFramework::new(store, vec![], Given::default())))
}

async fn stock_sqlite(file: &std::path::Path) -> anyhow::Result<Arc<StockSqlite>> {
    let options = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(Duration::from_secs(30));
    // One connection: with more, the stock crate's deferred transactions fail as busy under load.
    let pool: SqlitePool =
        SqlitePoolOptions::new().max_connections(1).connect_with(options).await?;
    sqlx::query(
        "CREATE TABLE events (aggregate_type text NOT NULL, aggregate_id text NOT NULL,
         sequence integer CHECK (sequence >= 0) NOT NULL, event_type text NOT NULL, event_version text NOT NULL,
         payload text NOT NULL, metadata text NOT NULL, PRIMARY KEY (aggregate_type, aggregate_id, sequence)) STRICT",
    )
    .execute(&pool)
    .await?;
    let store = PersistedEventStore::new_event_store(SqliteEventRepository::new(pool));
    Ok(Arc::new(CqrsFramework::new(store, vec![], Given::default())))
}
