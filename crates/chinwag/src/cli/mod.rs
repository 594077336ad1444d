//! The command line, one file per command.

// A command line has to print.
#![allow(clippy::print_stdout)]

mod backup;
mod doctor;
mod migrate;
mod restore;
mod room;
mod serve;
mod token;
mod user;

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::app::App;
use crate::config::{self, DataArgs, DataConfig, ServeArgs};
use crate::directory::AccountEntry;
use crate::server;
use crate::store::{AccountState, Confirmed};

/// How long a command waits for running servers to confirm its changes: longer than a killed server, one of several, is
/// still considered alive.
const PATIENCE: Duration = Duration::from_secs(15);

/// Real-time chat on MQTT: a room is a topic.
#[derive(Parser)]
#[command(name = "chinwag", version = version(), about)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server
    Serve(Box<ServeArgs>),
    /// Create, list, disable and delete accounts, and set passwords
    #[command(subcommand)]
    User(user::Command),
    /// Create, list and delete rooms, and add or remove members
    #[command(subcommand)]
    Room(room::Command),
    /// Print a new access token of an account; list and revoke tokens
    Token(token::Token),
    /// Copy the database and the uploads of a running server
    Backup(backup::Backup),
    /// Restore a backup
    Restore(restore::Restore),
    /// Move everything to another database
    Migrate(migrate::Migrate),
    /// Test an external broker the way clients will use it, and report what is wrong
    Doctor(Box<doctor::Examination>),
}

/// Returns the version, with the commit of the build if it was set at build time (`make build` does).
fn version() -> String {
    let version = env!("CARGO_PKG_VERSION");
    match option_env!("CHINWAG_COMMIT") {
        Some(commit) if !commit.is_empty() => format!("{version} ({commit})"),
        _ => version.to_owned(),
    }
}

impl Cli {
    /// Reads the command line, the environment and the settings file.
    pub fn read() -> Result<Self, clap::Error> {
        let matches = config::file::parse(Self::command(), "serve", std::env::args_os())?;
        Self::from_arg_matches(&matches)
    }

    /// Runs the command.
    pub async fn run(self) -> anyhow::Result<()> {
        match self.command {
            Command::Serve(args) => serve::run(*args).await,
            Command::User(command) => user::run(command).await,
            Command::Room(command) => room::run(command).await,
            Command::Token(command) => token::run(command).await,
            Command::Backup(command) => backup::run(command).await,
            Command::Restore(command) => restore::run(command).await,
            Command::Migrate(command) => migrate::run(command).await,
            Command::Doctor(command) => doctor::run(*command).await,
        }
    }
}

/// Turns an error in the settings into a command line error, which exits with status 2.
fn usable<T>(settled: anyhow::Result<T>) -> anyhow::Result<T> {
    settled.map_err(|error| clap::Error::raw(ErrorKind::ValueValidation, format!("{error:#}\n")).into())
}

/// Runs read-only `work` next to a server that may be running.
async fn beside<T>(
    data: DataArgs,
    work: impl AsyncFnOnce(Arc<App>) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    with_data(&usable(data.settle())?, false, work).await
}

/// Runs `work` that changes something next to a server that may be running, and waits until that server has applied it.
async fn change(
    data: DataArgs,
    work: impl AsyncFnOnce(Arc<App>) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    change_in(&usable(data.settle())?, false, work).await
}

async fn change_in(
    data: &DataConfig,
    create: bool,
    work: impl AsyncFnOnce(Arc<App>) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    with_data(data, create, async |app| {
        work(Arc::clone(&app)).await?;
        confirmed(&app, data).await
    })
    .await
}

/// Waits until the running server has applied what was committed, and prints the database and the outcome.
async fn confirmed(app: &App, data: &DataConfig) -> anyhow::Result<()> {
    let database = &data.database;
    let told = chinwag_external::told(&app.store).await?;
    match app.store.confirmed(told, PATIENCE).await? {
        Confirmed::ByServer => eprintln!("({database:?}; the running server has applied it)"),
        Confirmed::NotByBroker => {
            eprintln!(
                "({database:?}; the running server has applied it, and updates its broker as soon as it can reach it)"
            );
        }
        Confirmed::NoServer => eprintln!("({database:?}; no server is running on it)"),
        Confirmed::NotYet => anyhow::bail!(
            "done, but the server that runs on the database has not confirmed it within {} seconds; look at its log",
            PATIENCE.as_secs()
        ),
    }
    Ok(())
}

async fn with_data<T>(
    data: &DataConfig,
    create: bool,
    work: impl AsyncFnOnce(Arc<App>) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let (app, mut commits) = server::open_beside(data, create).await?;
    // A running server discovers these commits by itself; this process has nobody to notify.
    let ignoring = tokio::spawn(async move { while commits.recv().await.is_some() {} });
    let result = work(Arc::clone(&app)).await;
    app.store.stop().await;
    ignoring.await.context("the committer did not end")?;
    result.with_context(|| format!("{:?}", data.database))
}

fn account(app: &App, name: &str) -> anyhow::Result<AccountEntry> {
    let name = chinwag_protocol::name::normalize(name);
    app.directory()
        .account_named(&name)
        .with_context(|| format!("there is no account {name}; create it with: chinwag user add {name}"))
}

/// Returns the account if it is active.
fn active_account(app: &App, name: &str) -> anyhow::Result<AccountEntry> {
    let account = account(app, name)?;
    let name = &account.name;
    match account.state {
        AccountState::Active => Ok(account),
        AccountState::Disabled => {
            anyhow::bail!("the account {name} is disabled; enable it with: chinwag user enable {name}")
        }
        AccountState::Deleted => anyhow::bail!("the account {name} is deleted"),
    }
}
