//! How fast Accord is on this machine, beside the stock crates in the same run.
//!
//! `cargo bench -p tests` prints everything; `cargo bench -p tests -- commands` (or `history`, `rebuild`, `dashboard`) a part.
//! Peers are measured in turn with ours, round by round, so that a slow minute hits both; what counts is the ratio.

mod commands;
mod dashboard;
mod history;
mod load;
mod rebuild;

/// As in the binary that it stands for.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> anyhow::Result<()> {
    let parts: Vec<String> =
        std::env::args().skip(1).filter(|part| !part.starts_with('-')).collect();
    let wanted = |part: &str| parts.is_empty() || parts.iter().any(|wanted| wanted == part);
    let cores = std::thread::available_parallelism()?;
    load::say(&format!("{cores} cores; PostgreSQL and clients on the same machine, fsync on"));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        if wanted("commands") {
            commands::run().await?;
        }
        if wanted("history") {
            history::run().await?;
        }
        if wanted("rebuild") {
            rebuild::run().await?;
        }
        if wanted("dashboard") {
            dashboard::run().await?;
        }
        Ok(())
    })
}
