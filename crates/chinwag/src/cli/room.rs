//! `chinwag room`.

use anyhow::Context;
use chinwag_protocol::{api::NewRoom, name::normalize};
use clap::Subcommand;

use super::{account, active_account, beside, change};
use crate::access;
use crate::app::App;
use crate::chat::rooms;
use crate::config::DataArgs;
use crate::directory::RoomEntry;
use crate::store::{DeleteRoom, Join, Leave, RoomKey};

/// The subcommands for rooms.
#[derive(Subcommand)]
pub enum Command {
    /// Create a room
    Add {
        /// Its id, which is its topic: general, team/backend, home/kitchen
        topic: String,
        /// The title to show
        #[arg(long, default_value = "")]
        title: String,
        /// What the room is for
        #[arg(long, default_value = "")]
        purpose: String,
        /// Only members may see it, and they have to be added
        #[arg(long)]
        private: bool,
        #[command(flatten)]
        data: DataArgs,
    },
    /// List all rooms
    List {
        #[command(flatten)]
        data: DataArgs,
    },
    /// Delete a room and all its messages, permanently
    Delete {
        /// The room
        topic: String,
        #[command(flatten)]
        data: DataArgs,
    },
    /// Add members to a room
    Join {
        /// The room
        topic: String,
        /// The accounts' names
        #[arg(required = true)]
        names: Vec<String>,
        #[command(flatten)]
        data: DataArgs,
    },
    /// Remove members from a room
    Leave {
        /// The room
        topic: String,
        /// The accounts' names
        #[arg(required = true)]
        names: Vec<String>,
        #[command(flatten)]
        data: DataArgs,
    },
}

/// Runs the subcommand.
pub async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Add { topic, title, purpose, private, data } => {
            change(data, async |app| {
                let new = NewRoom { topic, title, purpose, private };
                rooms::create_as_operator(&app.chat, &new).await?;
                println!("the room {} is created", normalize(&new.topic));
                Ok(())
            })
            .await
        }
        Command::List { data } => {
            beside(data, async |app| {
                list(&app);
                Ok(())
            })
            .await
        }
        Command::Delete { topic, data } => delete(&topic, data).await,
        Command::Join { topic, names, data } => members(data, &topic, &names, true).await,
        Command::Leave { topic, names, data } => members(data, &topic, &names, false).await,
    }
}

fn list(app: &App) {
    println!("{:<32} {:<8} {:>7} {:>9}  title", "topic", "", "members", "last seq");
    let line = |room: &RoomEntry| {
        let private = if room.private { "private" } else { "public" };
        let (members, last_seq) = (room.members.len(), room.last_seq());
        let line =
            format!("{:<32} {private:<8} {members:>7} {last_seq:>9}  {}", room.topic.as_str(), room.title);
        Some((room.topic.clone(), line))
    };
    let mut rooms = app.directory().all_rooms(line);
    rooms.sort();
    rooms.iter().for_each(|(_, line)| println!("{line}"));
}

fn room(app: &App, topic: &str) -> anyhow::Result<RoomKey> {
    let room = app.directory().with_room(topic, |room| room.key);
    room.with_context(|| format!("there is no room {topic}; create it with: chinwag room add {topic}"))
}

async fn delete(topic: &str, data: DataArgs) -> anyhow::Result<()> {
    change(data, async |app| {
        let topic = normalize(topic);
        app.store.write(DeleteRoom { room: room(&app, &topic)? }).await?;
        println!("the room {topic} is deleted, with everything in it");
        Ok(())
    })
    .await
}

async fn members(data: DataArgs, topic: &str, names: &[String], join: bool) -> anyhow::Result<()> {
    change(data, async |app| {
        let topic = normalize(topic);
        let room = room(&app, &topic)?;
        for name in names {
            let account = if join { active_account(&app, name)? } else { account(&app, name)? };
            let whom = account.id;
            let directory = app.directory();
            if join {
                app.store.act(access::operator(directory, whom, room, Join { whom })).await?;
            } else {
                app.store.act(access::operator(directory, whom, room, Leave { whom })).await?;
            }
            println!("{} is {} {topic}", account.name, if join { "in" } else { "no longer in" });
        }
        Ok(())
    })
    .await
}
