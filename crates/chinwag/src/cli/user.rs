//! `chinwag user`.

use std::io::BufRead;

use anyhow::{Context, bail};
use clap::Subcommand;

use super::{account, beside, change, change_in, confirmed, usable, with_data};
use crate::accounts;
use crate::app::App;
use crate::clock::rfc3339;
use crate::config::DataArgs;
use crate::store::{AccountState, DeleteAccount, SetState};

/// The subcommands for accounts.
#[derive(Subcommand)]
pub enum Command {
    /// Create an account; without a password it signs in with tokens only
    Add {
        /// Its name: lower-case letters, digits, '-', '_' and '.'
        name: String,
        /// May create accounts and manage every room
        #[arg(long)]
        admin: bool,
        /// Read the password from the first line of standard input
        #[arg(long)]
        password_stdin: bool,
        /// Create the database too, if it does not exist: for an administrator before the first start
        #[arg(long, requires = "admin")]
        create: bool,
        #[command(flatten)]
        data: DataArgs,
    },
    /// List all accounts
    List {
        #[command(flatten)]
        data: DataArgs,
    },
    /// Set a first or new password; ends all sign-ins and tokens of the account
    Password {
        /// The account
        name: String,
        /// Read the password from the first line of standard input
        #[arg(long, required = true)]
        password_stdin: bool,
        #[command(flatten)]
        data: DataArgs,
    },
    /// Lock an account: ends all its sign-ins, tokens and MQTT sessions at once. It stays a member of its rooms
    Disable {
        /// The account
        name: String,
        /// Even if it is the last administrator
        #[arg(long)]
        last_admin: bool,
        #[command(flatten)]
        data: DataArgs,
    },
    /// Unlock an account; its password is unchanged
    Enable {
        /// The account
        name: String,
        #[command(flatten)]
        data: DataArgs,
    },
    /// Delete an account permanently. Its messages stay, with the name in them
    Delete {
        /// The account
        name: String,
        /// Even if it is the last administrator
        #[arg(long)]
        last_admin: bool,
        #[command(flatten)]
        data: DataArgs,
    },
}

/// Runs the subcommand.
pub async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Add { name, admin, password_stdin, create, data } => {
            add(&name, admin, password_stdin, create, data).await
        }
        Command::List { data } => beside(data, async |app| list(&app).await).await,
        Command::Password { name, password_stdin: _, data } => {
            let password = read_password()?;
            change(data, async |app| {
                let account = account(&app, &name)?;
                accounts::set_password(&app.accounts, account.id, &password).await?;
                println!("{} has a new password; all earlier sign-ins and tokens are revoked", account.name);
                Ok(())
            })
            .await
        }
        Command::Disable { name, last_admin, data } => {
            let state = AccountState::Disabled;
            change(data, async |app| set_state(&app, &name, state, last_admin).await).await
        }
        Command::Enable { name, data } => {
            change(data, async |app| set_state(&app, &name, AccountState::Active, false).await).await
        }
        Command::Delete { name, last_admin, data } => delete(&name, last_admin, data).await,
    }
}

async fn add(
    name: &str,
    admin: bool,
    password_stdin: bool,
    create: bool,
    data: DataArgs,
) -> anyhow::Result<()> {
    let password = if password_stdin { Some(read_password()?) } else { None };
    change_in(&usable(data.settle())?, create, async |app| {
        let account = accounts::add(&app.accounts, name, password, admin, false).await?;
        let name = app.directory().name_of(account).context("the account does not exist")?;
        println!("{name} has an account, and is in the room general");
        Ok(())
    })
    .await
}

async fn list(app: &App) -> anyhow::Result<()> {
    println!("{:<24} {:<9} {:<6} {:<9} {:>6}  last seen", "name", "state", "role", "password", "tokens");
    for account in app.directory().accounts() {
        let tokens = app.store.reader().tokens(account.id).await?.len();
        let role = if account.admin { "admin" } else { "" };
        let password = if account.password { "yes" } else { "none" };
        let seen = account.last_seen.map_or_else(|| "never".to_owned(), rfc3339);
        let (name, state) = (account.name.as_str(), account.state.word());
        println!("{name:<24} {state:<9} {role:<6} {password:<9} {tokens:>6}  {seen}");
    }
    Ok(())
}

async fn set_state(app: &App, name: &str, state: AccountState, last_too: bool) -> anyhow::Result<()> {
    let account = account(app, name)?;
    app.store.write(SetState { account: account.id, state, last_too }).await.map_err(last_hint)?;
    println!("{} is {} now", account.name, state.word());
    Ok(())
}

fn last_hint(refused: chinwag_protocol::Refused) -> anyhow::Error {
    let last = refused.code == chinwag_protocol::ErrorCode::NotAuthorized;
    let error = anyhow::Error::from(refused);
    if last { error.context("refused without --last-admin") } else { error }
}

async fn delete(name: &str, last_too: bool, data: DataArgs) -> anyhow::Result<()> {
    let data = usable(data.settle())?;
    with_data(&data, false, async |app| {
        let account = account(&app, name)?;
        if account.state == AccountState::Deleted {
            bail!("the account {} is already deleted", account.name);
        }
        // Disabling comes first: it ends every connection, by the name that the broker knows. Then the rest is deleted.
        set_state(&app, name, AccountState::Disabled, last_too).await?;
        confirmed(&app, &data).await?;
        app.store.write(DeleteAccount { account: account.id, last_too }).await?;
        let left = app.directory().name_of(account.id).context("the account does not exist")?;
        println!(
            "{} is deleted: password, tokens, sessions, rooms and read cursors are erased; others see {left}. \
             Messages stay, with the name in them, and so do their files and direct conversations",
            account.name
        );
        confirmed(&app, &data).await
    })
    .await
}

fn read_password() -> anyhow::Result<String> {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).context("cannot read the password")?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
