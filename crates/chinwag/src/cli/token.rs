//! `chinwag token`.

use clap::Args;

use super::{account, beside};
use crate::accounts::tokens;
use crate::config::DataArgs;

/// Whose token.
#[derive(Args)]
pub struct Token {
    /// The account
    name: String,
    /// What it is for, to recognise it by
    #[arg(long, default_value = "command line")]
    label: String,
    #[command(flatten)]
    data: DataArgs,
}

/// Makes a token and prints it, alone on its line.
pub async fn run(command: Token) -> anyhow::Result<()> {
    beside(command.data, async |app| {
        let account = account(&app, &command.name)?;
        println!("{}", tokens::create(&app, account.id, &command.label).await?.token);
        Ok(())
    })
    .await
}
