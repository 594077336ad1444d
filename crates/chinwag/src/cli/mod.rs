//! The command line: one file a command.

// Printing is what a command line is for.
#![allow(clippy::print_stdout)]

mod doctor;
mod migrate;
mod room;
mod serve;
mod token;
mod user;

use std::sync::Arc;

use anyhow::Context;
use clap::{Parser, Subcommand};

use crate::app::App;
use crate::config::{DataArgs, DataConfig, ServeArgs};
use crate::directory::AccountEntry;
use crate::server;

/// Real-time chat on MQTT: a room is a topic.
#[derive(Parser)]
#[command(name = "chinwag", version, about)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server
    Serve(Box<ServeArgs>),
    /// Make accounts
    #[command(subcommand)]
    User(user::Command),
    /// Make rooms, and bring people in
    #[command(subcommand)]
    Room(room::Command),
    /// Print a new access token of an account
    Token(token::Token),
    /// Move everything to another database, and back
    Migrate(migrate::Migrate),
    /// Look at a broker of your own as its clients will, and say what is wrong with it
    Doctor(Box<doctor::Examination>),
}

impl Cli {
    /// Does what was asked.
    pub async fn run(self) -> anyhow::Result<()> {
        match self.command {
            Command::Serve(args) => serve::run(*args).await,
            Command::User(command) => user::run(command).await,
            Command::Room(command) => room::run(command).await,
            Command::Token(command) => token::run(command).await,
            Command::Migrate(command) => migrate::run(command).await,
            Command::Doctor(command) => doctor::run(*command).await,
        }
    }
}

/// Opens the data beside a server that may be running on it, does `work`, and closes it again.
async fn beside<T>(
    data: DataArgs,
    work: impl AsyncFnOnce(Arc<App>) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    with_data(&data.settle()?, work).await
}

async fn with_data<T>(
    data: &DataConfig,
    work: impl AsyncFnOnce(Arc<App>) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let (app, mut commits) = server::open(data, true).await?;
    // A server that runs finds what is committed here by itself; nobody else is to be told.
    let ignoring = tokio::spawn(async move { while commits.recv().await.is_some() {} });
    let result = work(Arc::clone(&app)).await;
    app.store.stop().await;
    ignoring.await.context("the committer did not end")?;
    result
}

fn account(app: &App, name: &str) -> anyhow::Result<AccountEntry> {
    let name = chinwag_protocol::name::normalize(name);
    app.directory()
        .account_named(&name)
        .with_context(|| format!("there is no account {name}; make it with: chinwag user add {name}"))
}
