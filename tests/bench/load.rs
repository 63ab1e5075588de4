//! Closed-loop load: so many clients, each asking as soon as it has its answer.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::task::JoinSet;

/// What a round of load came to.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    pub per_second: u64,
    pub p50: Duration,
    pub p99: Duration,
}

/// Runs `ask` from `clients` clients for `length`; every answer must be `Ok`.
pub async fn closed_loop<F, A>(clients: usize, length: Duration, ask: F) -> anyhow::Result<Rate>
where
    F: Fn(u64) -> A + Clone + Send + Sync + 'static,
    A: Future<Output = anyhow::Result<()>> + Send,
{
    let next = Arc::new(AtomicU64::new(0));
    let begun = Instant::now();
    let mut running = JoinSet::new();
    for _ in 0..clients {
        let (ask, next) = (ask.clone(), next.clone());
        running.spawn(async move {
            let mut latencies = vec![];
            while begun.elapsed() < length {
                let asked = Instant::now();
                ask(next.fetch_add(1, Ordering::Relaxed)).await?;
                latencies.push(asked.elapsed());
            }
            anyhow::Ok(latencies)
        });
    }
    let mut latencies = vec![];
    while let Some(finished) = running.join_next().await {
        latencies.extend(finished??);
    }
    let elapsed = begun.elapsed();
    latencies.sort();
    anyhow::ensure!(!latencies.is_empty(), "no client was answered within {length:?}");
    let at = |percent: usize| latencies[(latencies.len() - 1) * percent / 100];
    let per_second = latencies.len() as u128 * 1_000_000 / elapsed.as_micros().max(1);
    Ok(Rate { per_second: u64::try_from(per_second)?, p50: at(50), p99: at(99) })
}

/// The round in the middle.
pub fn median(mut rounds: Vec<Rate>) -> Rate {
    rounds.sort_by_key(|round| round.per_second);
    rounds[rounds.len() / 2]
}

/// `ours` by `theirs` with two decimals, in whole numbers.
pub fn ratio(ours: u64, theirs: u64) -> String {
    let hundredths = ours * 100 / theirs.max(1);
    format!("{}.{:02}x", hundredths / 100, hundredths % 100)
}

pub fn line(name: &str, rate: Rate) -> String {
    format!("{name:<34} {:>8}/s   p50 {:>9.1?}   p99 {:>9.1?}", rate.per_second, rate.p50, rate.p99)
}

#[expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]
pub fn say(text: &str) {
    println!("{text}");
}
