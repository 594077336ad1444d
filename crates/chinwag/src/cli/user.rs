//! `chinwag user`.

use std::io::BufRead;

use anyhow::Context;
use clap::Subcommand;

use super::beside;
use crate::accounts;
use crate::config::DataArgs;

/// What can be done with accounts.
#[derive(Subcommand)]
pub enum Command {
    /// Make an account; without a password it signs in with tokens only
    Add {
        /// Its name: lower-case letters, digits, '-', '_' and '.'
        name: String,
        /// May make accounts and manage every room
        #[arg(long)]
        admin: bool,
        /// Read the password from the first line of standard input
        #[arg(long)]
        password_stdin: bool,
        #[command(flatten)]
        data: DataArgs,
    },
}

/// Does it.
pub async fn run(command: Command) -> anyhow::Result<()> {
    let Command::Add { name, admin, password_stdin, data } = command;
    let password = if password_stdin { Some(read_password()?) } else { None };
    beside(data, async |app| {
        let account = accounts::add(&app, &name, password, admin, false).await?;
        let name = app.directory().name_of(account).context("the account is not there")?;
        println!("{name} has an account now, and is in the room general");
        Ok(())
    })
    .await
}

fn read_password() -> anyhow::Result<String> {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).context("cannot read the password")?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
