//! `chinwag room`.

use anyhow::Context;
use chinwag_protocol::{api::NewRoom, name::normalize};
use clap::Subcommand;

use super::{account, beside};
use crate::access;
use crate::chat::rooms;
use crate::config::DataArgs;
use crate::store::Write;

/// What can be done with rooms.
#[derive(Subcommand)]
pub enum Command {
    /// Make a room
    Add {
        /// Its id, which is its topic: general, team/backend, home/kitchen
        topic: String,
        /// The title to show
        #[arg(long, default_value = "")]
        title: String,
        /// Only those who are brought in may see it
        #[arg(long)]
        private: bool,
        #[command(flatten)]
        data: DataArgs,
    },
    /// Bring people into a room
    Join {
        /// The room
        topic: String,
        /// Who
        #[arg(required = true)]
        names: Vec<String>,
        #[command(flatten)]
        data: DataArgs,
    },
    /// Take people out of a room
    Leave {
        /// The room
        topic: String,
        /// Who
        #[arg(required = true)]
        names: Vec<String>,
        #[command(flatten)]
        data: DataArgs,
    },
}

/// Does it.
pub async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Add { topic, title, private, data } => {
            beside(data, async |app| {
                let new = NewRoom { topic, title, purpose: String::new(), private };
                rooms::create_as_operator(&app, &new).await?;
                println!("the room {} is there", normalize(&new.topic));
                Ok(())
            })
            .await
        }
        Command::Join { topic, names, data } => members(data, &topic, &names, true).await,
        Command::Leave { topic, names, data } => members(data, &topic, &names, false).await,
    }
}

async fn members(data: DataArgs, topic: &str, names: &[String], join: bool) -> anyhow::Result<()> {
    beside(data, async |app| {
        let topic = normalize(topic);
        let room = app.directory().with_room(&topic, |room| room.key);
        let room = room
            .with_context(|| format!("there is no room {topic}; make it with: chinwag room add {topic}"))?;
        for name in names {
            let account = account(&app, name)?;
            let permit = access::operator(account.id, room);
            let write = if join {
                Write::Join { permit, account: account.id }
            } else {
                Write::Leave { permit, account: account.id }
            };
            app.store.write(write).await?;
            println!("{} is {} {topic}", account.name, if join { "in" } else { "no longer in" });
        }
        Ok(())
    })
    .await
}
