//! `chinwag restore`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use clap::Args;

use super::backup::{DATABASE, UPLOADS, copied, copy_file, sync_folder};
use super::usable;
use crate::config::{DataArgs, DataConfig};
use crate::media::Place;
use crate::server;
use crate::store::{Database, Role};

/// The backup to restore, and where to.
#[derive(Args)]
pub struct Restore {
    /// The backup, made with chinwag backup: a folder or a .db file. Without it, the database is taken as restored
    /// already (by pg_restore) and only gets what it then needs: new epochs
    source: Option<PathBuf>,
    /// Put the backup in place of an existing database; that one is kept next to it, as *.replaced
    #[arg(long)]
    replace: bool,
    #[command(flatten)]
    data: DataArgs,
}

/// Restores a backup and gives every room's log a new epoch, so that clients that know more than the backup start over.
/// Refuses to run while a server does.
pub async fn run(command: Restore) -> anyhow::Result<()> {
    let data = usable(command.data.settle())?;
    let database = data.database.clone();
    // Before anything is created.
    match &command.source {
        None => exists(&database, "restore it first, or specify the backup: chinwag restore BACKUP").await?,
        Some(source) => exists(&backup_in(source)?, "that is not a backup").await?,
    }
    let _folder = database.file().map(|_| server::lock(&data)).transpose()?;
    let Some(_not_served) = database.take_role(Role::Alone, Duration::ZERO).await? else {
        bail!("a server runs on {database:?}; stop it first");
    };
    tokio::task::spawn_blocking(move || {
        let Some(source) = command.source else {
            let rooms = database.renew_epochs()?;
            println!("{database:?}: the logs of {rooms} rooms have a new epoch. Start the server");
            return Ok(());
        };
        put_back(&data, &source, command.replace)
    })
    .await?
}

async fn exists(database: &Database, otherwise: &str) -> anyhow::Result<()> {
    let look = database.clone();
    let there = tokio::task::spawn_blocking(move || look.exists()).await?;
    let there = there.with_context(|| format!("cannot open the database {database:?}"))?;
    ensure!(there, "there is no Chinwag database at {database:?}; {otherwise}");
    Ok(())
}

/// Returns the database in a backup.
fn backup_in(source: &Path) -> anyhow::Result<Database> {
    let file = if source.is_dir() { source.join(DATABASE) } else { source.to_owned() };
    Ok(Database::parse(&format!("sqlite:{}", file.display()))?)
}

fn put_back(data: &DataConfig, source: &Path, replace: bool) -> anyhow::Result<()> {
    let Some(target) = data.database.file() else {
        bail!(
            "a backup of SQLite can only be restored to SQLite; chinwag migrate then moves it to PostgreSQL"
        );
    };
    let backup = backup_in(source)?;
    let from = backup.file().context("a backup is a file")?;
    ensure!(
        replace || !target.exists(),
        "there is already a database at {}; --replace replaces it with the backup and keeps it next to it",
        target.display()
    );
    let new = beside(target, ".restoring");
    for left in [new.clone(), beside(&new, "-wal"), beside(&new, "-shm")] {
        let _ = std::fs::remove_file(left);
    }
    let held = copied(from, &new)?;
    let rooms = Database::parse(&format!("sqlite:{}", new.display()))?.renew_epochs()?;
    let files = uploads(data, &source.join(UPLOADS))?;
    if target.exists() {
        for part in ["", "-wal", "-shm"] {
            let (now, kept) = (beside(target, part), beside(&beside(target, ".replaced"), part));
            let _ = std::fs::remove_file(&kept);
            if now.exists() {
                std::fs::rename(&now, &kept).with_context(|| format!("cannot move {}", now.display()))?;
            }
        }
    }
    std::fs::rename(&new, target).with_context(|| format!("cannot write {}", target.display()))?;
    target.parent().map_or(Ok(()), sync_folder)?;
    println!(
        "{}: {} events in {rooms} rooms, each with a new epoch, and {files} uploads. Make sure that all files belong \
         to the user that the server runs as, and start it. Passwords and tokens are those of the backup",
        target.display(),
        held.events
    );
    Ok(())
}

/// Restores the uploads that do not exist in the target, and returns their number.
fn uploads(data: &DataConfig, from: &Path) -> anyhow::Result<u64> {
    if !from.is_dir() {
        return Ok(0);
    }
    let place = Place::open(data.media.as_deref(), &data.folder.join(UPLOADS))?;
    let mut files = 0;
    for folder in std::fs::read_dir(from)? {
        for file in std::fs::read_dir(folder?.path())? {
            let file = file?;
            let Some(to) = file.file_name().to_str().and_then(|id| place.file(id)) else { continue };
            copy_file(&file.path(), &to).with_context(|| format!("cannot write {}", to.display()))?;
            files += 1;
        }
    }
    Ok(files)
}

/// Returns the path with `ending` appended.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut path = path.as_os_str().to_owned();
    path.push(ending);
    path.into()
}
