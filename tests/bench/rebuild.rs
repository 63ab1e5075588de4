//! A full rebuild of all views from a generated history.

use std::time::Instant;

use tests::{append_all, history, places};

use crate::load::say;

const EVENTS: usize = 200_000;
const SEED: u64 = 1;
const ROUNDS: usize = 3;

pub async fn run() -> anyhow::Result<()> {
    say(&format!("\nfull rebuild of all views from {EVENTS} events, seed {SEED}"));
    for place in places().await {
        let log = place.log().await;
        append_all(&log, history(EVENTS, SEED)).await?;
        let mut rates = vec![];
        for _ in 0..ROUNDS {
            let begun = Instant::now();
            let rebuilt = projections::rebuild(&log, |_| ()).await?;
            let micros = begun.elapsed().as_micros().max(1);
            rates.push(u128::from(rebuilt.position) * 1_000_000 / micros);
        }
        rates.sort_unstable();
        let engine = place.to_string();
        let engine = engine.split(' ').next().unwrap_or_default();
        say(&format!(
            "  {engine:<12} {:>8} events/s (of {ROUNDS} rounds the median)",
            rates[ROUNDS / 2]
        ));
        log.close().await;
    }
    Ok(())
}
