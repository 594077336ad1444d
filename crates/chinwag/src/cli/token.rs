//! `chinwag token`.

use clap::error::ErrorKind;
use clap::{Args, Subcommand};

use super::{account, active_account, beside, change};
use crate::accounts::tokens;
use crate::config::DataArgs;

/// The account to create a token for, or a subcommand for its tokens.
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Token {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    new: New,
}

/// The options for a new token.
#[derive(Args)]
struct New {
    /// The account
    name: Option<String>,
    /// What the token is for, to recognise it by
    #[arg(long, default_value = "command line")]
    label: String,
    #[command(flatten)]
    data: DataArgs,
}

#[derive(Subcommand)]
enum Command {
    /// Create a token, for an account with the same name as a subcommand
    Add(New),
    /// List the sign-ins and access tokens of an account
    List {
        /// The account
        name: String,
        #[command(flatten)]
        data: DataArgs,
    },
    /// Revoke a token, and end everything connected with it
    Revoke {
        /// The account
        name: String,
        /// The token's id, from the list
        id: i64,
        #[command(flatten)]
        data: DataArgs,
    },
}

/// Runs the subcommand; without one, creates a token.
pub async fn run(command: Token) -> anyhow::Result<()> {
    match command.command {
        None => add(command.new).await,
        Some(Command::Add(new)) => add(new).await,
        Some(Command::List { name, data }) => {
            beside(data, async |app| {
                println!("{:>8}  {:<24} {:<24} label", "id", "made", "last used");
                for token in tokens::list(&app.accounts, account(&app, &name)?.id, None).await? {
                    let used = token.last_used_at.as_deref().unwrap_or("never");
                    println!("{:>8}  {:<24} {used:<24} {}", token.id, token.created_at, token.label);
                }
                Ok(())
            })
            .await
        }
        Some(Command::Revoke { name, id, data }) => {
            change(data, async |app| {
                tokens::revoke(&app.accounts, account(&app, &name)?.id, id).await?;
                println!("the token {id} is revoked");
                Ok(())
            })
            .await
        }
    }
}

/// Creates a token and prints it, alone on its line.
async fn add(new: New) -> anyhow::Result<()> {
    let name = new.name.ok_or_else(|| {
        clap::Error::raw(ErrorKind::MissingRequiredArgument, "whose token? chinwag token NAME\n")
    })?;
    change(new.data, async |app| {
        let account = active_account(&app, &name)?;
        println!("{}", tokens::create(&app.accounts, account.id, &new.label).await?.token);
        Ok(())
    })
    .await
}
