//! `chinwag backup`.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use clap::Args;

use super::usable;
use crate::config::{DataArgs, DataConfig};
use crate::media::Place;
use crate::server::make_folder;
use crate::store::backup::{self, Copied};

/// How often progress is printed.
const TELL: Duration = Duration::from_secs(1);
/// The names of the database and of the uploads folder in a backup.
pub(super) const DATABASE: &str = "chinwag.db";
pub(super) const UPLOADS: &str = "media";

/// What to back up, and where to.
#[derive(Args)]
pub struct Backup {
    /// A new or empty folder; or a new file that ends in .db, for the database without the uploads
    target: PathBuf,
    #[command(flatten)]
    data: DataArgs,
}

/// Makes a snapshot of the database, next to a server that may be running, then copies the uploads listed in it.
pub async fn run(command: Backup) -> anyhow::Result<()> {
    let data = usable(command.data.settle())?;
    tokio::task::spawn_blocking(move || {
        if command.target.extension().is_some_and(|ending| ending == "db") {
            return database_only(&data, &command.target);
        }
        whole(&data, &command.target)
    })
    .await?
}

fn source(data: &DataConfig) -> anyhow::Result<&Path> {
    let database = &data.database;
    let Some(file) = database.file() else {
        bail!(
            "back up {database:?} with PostgreSQL: pg_dump --format=custom. Uploads are in {}; after pg_restore, give \
             the logs a new epoch with: chinwag restore --database URL",
            data.media.clone().unwrap_or_else(|| data.folder.join(UPLOADS).display().to_string())
        );
    };
    let there = database.exists().with_context(|| format!("cannot open the database {database:?}"))?;
    ensure!(there, "there is no Chinwag database at {database:?}; specify it with --data or --database");
    Ok(file)
}

fn database_only(data: &DataConfig, target: &Path) -> anyhow::Result<()> {
    let source = source(data)?;
    ensure!(!target.exists(), "{} already exists; choose another file", target.display());
    let part = target.with_extension("db.part");
    let copied = copied(source, &part)?;
    std::fs::rename(&part, target).with_context(|| format!("cannot write {}", target.display()))?;
    println!("{}: {}, checked; without uploads", target.display(), in_words(copied));
    Ok(())
}

fn whole(data: &DataConfig, target: &Path) -> anyhow::Result<()> {
    let source = source(data)?;
    make_folder(target)?;
    let mut there = std::fs::read_dir(target).with_context(|| format!("cannot read {}", target.display()))?;
    ensure!(there.next().is_none(), "{} is not empty; choose a new folder", target.display());
    let part = target.join("chinwag.db.part");
    let copied = copied(source, &part)?;
    let place = Place::open(data.media.as_deref(), &data.folder.join(UPLOADS))?;
    let uploads = backup::uploads(&part)?;
    let (mut files, mut missing, mut elsewhere) = (0, Vec::new(), false);
    for (id, named) in uploads {
        let Some(file) = place.file(&id) else {
            elsewhere = true;
            break;
        };
        let to = target.join(UPLOADS).join(&id[..2]).join(&id);
        match copy_file(&file, &to) {
            Ok(()) => files += 1,
            // An upload that no message refers to may have been removed meanwhile.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && !file.exists() => {
                if named {
                    missing.push(file);
                }
            }
            Err(error) => return Err(error).with_context(|| format!("cannot copy {}", file.display())),
        }
    }
    // The backup is valid from this rename on.
    std::fs::rename(&part, target.join(DATABASE)).context("cannot finish the backup")?;
    sync_folder(target)?;
    println!("{}: {}, checked, and {files} uploads", target.display(), in_words(copied));
    if elsewhere {
        println!("the uploads are in {}: back them up there", data.media.clone().unwrap_or_default());
    }
    match missing.first() {
        None => Ok(()),
        Some(first) => bail!(
            "{} uploads of messages are missing, such as {}; everything else is in the backup",
            missing.len(),
            first.display()
        ),
    }
}

fn in_words(copied: Copied) -> String {
    format!("{} events in {} rooms", copied.events, copied.rooms)
}

/// Copies a database and prints progress. Removes the incomplete copy on failure.
pub(super) fn copied(from: &Path, to: &Path) -> anyhow::Result<Copied> {
    let mut last = Instant::now();
    let mut tell = |done: u64, all: u64| {
        if last.elapsed() >= TELL {
            last = Instant::now();
            println!("copied {done} of {all} pages ({} %)", done * 100 / all.max(1));
        }
    };
    let copied = backup::copy(from, to, &mut tell);
    if copied.is_err() {
        let _ = std::fs::remove_file(to);
    }
    copied.with_context(|| format!("cannot copy {} to {}", from.display(), to.display()))
}

/// Copies a complete file and syncs it to disk, unless the target exists.
pub(super) fn copy_file(from: &Path, to: &Path) -> std::io::Result<()> {
    if to.exists() {
        return Ok(());
    }
    if let Some(folder) = to.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let part = to.with_extension("part");
    std::fs::copy(from, &part)?;
    std::fs::File::open(&part)?.sync_all()?;
    std::fs::rename(part, to)
}

pub(super) fn sync_folder(folder: &Path) -> anyhow::Result<()> {
    let synced = std::fs::File::open(folder).and_then(|folder| folder.sync_all());
    synced.with_context(|| format!("cannot write {}", folder.display()))
}
