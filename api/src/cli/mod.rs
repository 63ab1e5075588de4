//! The command-line interface: what to do, on which database, told to a person or to a program.

pub mod account;
pub mod clock;
mod demo;
mod explain;
mod mailing;
pub mod open_items;
pub mod outbox;
mod output;
mod serve;
mod tools;

use std::{io, net::SocketAddr, path::PathBuf, process::ExitCode, time::Duration};

use clap::{Args, Parser, Subcommand, ValueEnum};
use domain::{AccountId, account::Seat, mails::MailState};
use eventlog::Target;
use uuid::Uuid;

use self::output::Output;
use crate::telemetry::LogFormat;

/// Runs partner programmes: partners, deals, commissions and payouts on one immutable log.
#[derive(Parser, Debug)]
#[command(name = "accord", version, max_term_width = 100)]
pub struct Cli {
    #[command(flatten)]
    pub store: Store,
    /// How results are told.
    #[arg(long, value_enum, default_value = "text", global = true)]
    pub format: Format,
    /// How logs are written to standard error.
    #[arg(long, value_enum, default_value = "text", global = true, env = "ACCORD_LOG_FORMAT")]
    pub log_format: LogFormat,
    #[command(subcommand)]
    pub command: Command,
}

/// Which database, and where this installation keeps its key.
#[derive(Args, Clone, Debug)]
pub struct Store {
    /// Directory of the embedded database and of the installation's key
    /// [default: accord-data; accord-demo for the demo].
    #[arg(long, global = true, env = "ACCORD_DATA_DIR")]
    pub data_dir: Option<PathBuf>,
    /// PostgreSQL instead of the embedded database: postgres://user@host/database.
    #[arg(long, global = true, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<String>,
}

/// For a person or for a program.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum, Debug)]
pub enum Format {
    Text,
    Json,
}

/// What to do.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Serve GraphQL, health and metrics.
    Serve(Serve),
    /// Build a small programme's year, then serve it with a page to query it.
    Demo(Demo),
    /// Tell a story file through the real command path.
    Story { file: PathBuf },
    /// Bring the database's schema up to date.
    Migrate,
    /// Build every view anew beside the live ones, then switch over.
    Rebuild,
    /// Build every view aside, compare row by row, and check every invariant and effect. Exit code 1 on a difference, 3
    /// where something stands behind the log. May run beside a process that serves.
    Verify,
    /// List what should have come of events and has not; may run beside a process that serves.
    #[command(visible_alias = "reactions")]
    OpenItems {
        /// Those that were dismissed, instead of those that are open.
        #[arg(long)]
        dismissed: bool,
        #[command(subcommand)]
        then: Option<OpenItems>,
    },
    /// List the mail that events have caused; may run beside a process that serves.
    Outbox {
        /// waiting, sent, failed or dropped; all of it where this is left out.
        #[arg(long, value_parser = outbox::state)]
        state: Option<MailState>,
        #[command(subcommand)]
        then: Option<Outbox>,
    },
    /// Show what the clock says, what is known of the time, and what is held for it; may run beside a process that serves.
    Clock {
        #[command(subcommand)]
        then: Option<Clock>,
    },
    /// Write the views as they stood at a position into a SQLite file of their own.
    Replay {
        /// The last position that counts.
        #[arg(long)]
        until: u64,
        #[arg(long)]
        out: PathBuf,
    },
    /// Register accounts, and give and take their roles: the first administrator is made here.
    Account {
        #[command(subcommand)]
        then: account::Account,
    },
    /// Print a token of this installation.
    Token {
        /// Whose: the account's id.
        #[arg(long)]
        account: AccountId,
        /// In which of its roles, as in `finance`, or `owner/` and the partner's id; in the first where it is left out.
        #[arg(long)]
        acting: Option<Seat>,
        /// Hours until it expires.
        #[arg(long, default_value_t = 12)]
        hours: u32,
    },
    /// Explain a refusal code: what it means, why, and what to do. Lists all without one.
    Explain { code: Option<String> },
    /// Print the GraphQL schema.
    Schema,
}

/// Where and how to serve.
#[derive(Args, Clone, Debug)]
pub struct Serve {
    #[arg(long, default_value = "127.0.0.1:8080", env = "ACCORD_LISTEN")]
    pub listen: SocketAddr,
    /// Issuer of the tokens to accept; without one the installation's own key counts.
    #[arg(long, env = "ACCORD_ISSUER", requires_all = ["audience", "jwks_url"])]
    pub issuer: Option<String>,
    /// Audience that the issuer's tokens must name.
    #[arg(long, env = "ACCORD_AUDIENCE")]
    pub audience: Option<String>,
    /// Where the issuer publishes its keys.
    #[arg(long, env = "ACCORD_JWKS_URL")]
    pub jwks_url: Option<String>,
    /// For development: the query page, introspection and suggestions; and where no mail leaves, what it says.
    #[arg(long)]
    pub development: bool,
    #[command(flatten)]
    pub mail: Mail,
}

/// How mail is sent.
#[derive(Args, Clone, Default, Debug)]
pub struct Mail {
    /// The mail server: smtps://USER:PASSWORD@HOST, or smtp://HOST:PORT?tls=required. Without one mail waits in the outbox.
    #[arg(long, env = "ACCORD_SMTP_URL", hide_env_values = true, requires = "mail_from")]
    pub smtp_url: Option<String>,
    /// From which address mail comes.
    #[arg(long, env = "ACCORD_MAIL_FROM")]
    pub mail_from: Option<String>,
    /// Where the portal is, to which links in mail lead [default: where this listens].
    #[arg(long, env = "ACCORD_PORTAL_URL")]
    pub portal_url: Option<String>,
}

/// What to do about mail.
#[derive(Subcommand, Debug)]
pub enum Outbox {
    /// Have mail that failed sent again by the process that serves, or by the next that is begun.
    Retry {
        /// The id of one, as it is listed.
        #[arg(required_unless_present = "all", conflicts_with = "all")]
        id: Option<Uuid>,
        #[arg(long)]
        all: bool,
    },
}

/// What to do about open items.
#[derive(Subcommand, Debug)]
pub enum OpenItems {
    /// Have open items tried again by the process that serves, or by the next that is begun.
    Retry {
        /// The id of one, as it is listed.
        #[arg(required_unless_present = "all", conflicts_with = "all")]
        id: Option<Uuid>,
        #[arg(long)]
        all: bool,
    },
    /// Say that an open item will never come: nobody tries it again, and who said so and why is kept.
    Dismiss {
        /// The id of one, as it is listed.
        id: Uuid,
        /// Why it will never come.
        #[arg(long)]
        reason: String,
        /// Who says so; whoever is signed in to the machine where it is left out.
        #[arg(long, env = "USER")]
        by: String,
    },
}

/// What to do about a clock that is held.
#[derive(Subcommand, Debug)]
pub enum Clock {
    /// Say that this machine's clock is right: after more than a day in which nobody served the log, or after events
    /// that a wrong clock recorded at times that are still to come.
    Confirm,
}

/// The demo's own settings.
#[derive(Args, Clone, Debug)]
pub struct Demo {
    #[arg(long, default_value = "127.0.0.1:8080", env = "ACCORD_LISTEN")]
    pub listen: SocketAddr,
    /// Build the year and stop, without serving it.
    #[arg(long)]
    pub build_only: bool,
}

impl Store {
    fn dir(&self, otherwise: &str) -> PathBuf {
        self.data_dir.clone().unwrap_or_else(|| otherwise.into())
    }

    fn target(&self, otherwise: &str) -> Target {
        match &self.database_url {
            Some(url) => Target::Postgres { url: url.clone() },
            None => Target::Sqlite { dir: self.dir(otherwise) },
        }
    }
}

/// How long an end waits for what still runs.
const STOP: Duration = Duration::from_secs(2);

/// Does what was asked; the exit code is 0 only where all of it was done.
pub fn run(cli: Cli) -> ExitCode {
    let output = Output::new(cli.format);
    let done = crate::telemetry::install_logs(cli.log_format)
        .and_then(|()| to_its_end(dispatch(cli, &output))?);
    match done {
        Ok(code) => code,
        Err(error) => {
            output.failure(&error);
            ExitCode::FAILURE
        }
    }
}

/// Does the work of a process. What hangs in a call to the system then ends with the process and keeps nobody waiting.
fn to_its_end<T>(work: impl Future<Output = T>) -> io::Result<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let done = runtime.block_on(work);
    runtime.shutdown_timeout(STOP);
    Ok(done)
}

async fn dispatch(cli: Cli, output: &Output) -> anyhow::Result<ExitCode> {
    const DATA: &str = "accord-data";
    let Cli { store, command, .. } = cli;
    match command {
        Command::Serve(settings) => {
            serve::serve(store.target(DATA), &store.dir(DATA), settings, None, output).await?;
        }
        Command::Demo(settings) => demo::demo(&store, settings, output).await?,
        Command::Story { file } => tools::story(store.target(DATA), &file, output).await?,
        Command::Migrate => tools::migrate(&store.target(DATA), output).await?,
        Command::Rebuild => tools::rebuild(store.target(DATA), output).await?,
        Command::Verify => {
            return tools::verify(store.target(DATA), &store.dir(DATA), output).await;
        }
        Command::OpenItems { then: None, dismissed } => {
            open_items::list(store.target(DATA), dismissed, output).await?;
        }
        Command::OpenItems { then: Some(OpenItems::Retry { id, all: _ }), .. } => {
            open_items::retry(&store.target(DATA), id, output).await?;
        }
        Command::OpenItems { then: Some(OpenItems::Dismiss { id, reason, by }), .. } => {
            open_items::dismiss(&store.target(DATA), id, by, reason, output).await?;
        }
        Command::Outbox { then: None, state } => {
            outbox::list(store.target(DATA), state, output).await?;
        }
        Command::Outbox { then: Some(Outbox::Retry { id, all: _ }), .. } => {
            outbox::retry(&store.target(DATA), id, output).await?;
        }
        Command::Clock { then: None } => clock::show(store.target(DATA), output).await?,
        Command::Clock { then: Some(Clock::Confirm) } => {
            clock::confirm(&store.target(DATA), output).await?;
        }
        Command::Replay { until, out } => {
            tools::replay(store.target(DATA), until, &out, output).await?
        }
        Command::Account { then } => account::change(store.target(DATA), then, output).await?,
        Command::Token { account, acting, hours } => {
            tools::token(&store.dir(DATA), account, acting, hours, output)?;
        }
        Command::Explain { code } => explain::explain(code.as_deref(), output)?,
        Command::Schema => output.plain(&crate::graphql::sdl()),
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    #[test]
    fn a_process_ends_although_a_call_to_the_system_hangs() {
        let (answer, hangs) = channel::<()>();
        let (ends, ended) = channel();
        std::thread::spawn(move || {
            let (begun, begins) = tokio::sync::oneshot::channel();
            let call = move || (begun.send(()), hangs.recv());
            let work = async {
                drop(tokio::task::spawn_blocking(call));
                begins.await
            };
            ends.send(to_its_end(work)).expect("somebody waits");
        });
        let done = ended.recv_timeout(STOP + Duration::from_secs(20));
        let done = done.expect("it ends in time").expect("a runtime is made");
        assert_eq!(done, Ok(()), "it had begun");
        drop(answer);
    }
}
