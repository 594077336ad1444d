//! `chinwag migrate`.

use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use clap::Args;

use crate::store::transfer::{Progress, Transfer};
use crate::store::{Database, Role, StoreError};

/// How often progress is printed.
const TELL: Duration = Duration::from_secs(1);
/// How long a server that has just ended may still appear to be running.
const PATIENCE: Duration = Duration::from_secs(10);

/// The source and target of a migration.
#[derive(Args)]
pub struct Migrate {
    /// The database to move: sqlite:FILE or postgres://USER:PASSWORD@HOST/NAME, with special characters %-encoded. It
    /// may be served meanwhile. Passwords are better given in this variable or in PGPASSWORD
    #[arg(long, env = "CHINWAG_FROM", value_name = "URL", hide_env_values = true)]
    from: String,
    /// The empty database to move it to
    #[arg(long, env = "CHINWAG_TO", value_name = "URL", hide_env_values = true)]
    to: String,
    /// How long to wait for the servers on the source to stop once the logs are copied [default: forever]
    #[arg(long, value_name = "SECONDS")]
    wait: Option<u64>,
}

/// Moves an installation to another database. Uploaded files are not in the database and stay where they are.
pub async fn run(command: Migrate) -> anyhow::Result<()> {
    let from = Database::parse(&command.from).context("--from")?;
    let to = Database::parse(&command.to).context("--to")?;
    if format!("{from:?}") == format!("{to:?}") {
        bail!("--from and --to are the same database, {from:?}");
    }
    let source = from.clone();
    let there = tokio::task::spawn_blocking(move || source.exists()).await?;
    if !there.with_context(|| format!("--from: cannot open {from:?}"))? {
        bail!("--from: there is no Chinwag database at {from:?}");
    }
    let role = to.take_role(Role::Alone, PATIENCE).await;
    let Some(_not_served) = role.with_context(|| format!("--to: cannot open {to:?}"))? else {
        bail!("--to: a server runs on {to:?}, or another migration; stop it first");
    };
    let (source, target) = (from.clone(), to.clone());
    let begun = tokio::task::spawn_blocking(move || Transfer::begin(&source, &target)).await?;
    let transfer = begun.with_context(|| format!("cannot move {from:?} to {to:?}"))?;
    println!("copying the logs; {from:?} may be in use meanwhile");
    let transfer = in_background(transfer, |transfer, tell| transfer.copy_logs(tell)).await?;
    let mut lease = from.take_role(Role::Alone, Duration::ZERO).await?;
    if lease.is_none() {
        println!("all messages so far are copied. Stop the servers on {from:?} now; the rest follows");
        lease = from.take_role(Role::Alone, command.wait.map_or(Duration::MAX, Duration::from_secs)).await?;
    }
    if lease.is_none() {
        bail!(
            "a server still runs on {from:?}. Nothing was changed there; stop it and run the same command again, \
             which continues from here"
        );
    }
    // Copies most of what was committed since, before the final step that moves the rest.
    let transfer = in_background(transfer, |transfer, tell| transfer.copy_logs(tell)).await?;
    in_background(transfer, |transfer, tell| transfer.finish(tell)).await?;
    drop(lease);
    println!(
        "done: everything is in {to:?}, compared and identical. Use it with --database; servers no longer start on \
         {from:?}"
    );
    Ok(())
}

/// Runs a step on a blocking thread and prints progress.
async fn in_background(
    mut transfer: Transfer,
    step: impl FnOnce(&mut Transfer, &mut dyn FnMut(Progress<'_>)) -> Result<(), StoreError> + Send + 'static,
) -> anyhow::Result<Transfer> {
    let done = tokio::task::spawn_blocking(move || {
        let mut last = Instant::now();
        let mut tell = |progress: Progress<'_>| {
            let complete = match progress {
                Progress::Copied(done, all) | Progress::Compared(done, all) => done == all,
                Progress::Table(..) => true,
            };
            if complete || last.elapsed() >= TELL {
                last = Instant::now();
                say(progress);
            }
        };
        step(&mut transfer, &mut tell).map(|()| transfer)
    });
    done.await?.context("run the same command again to continue")
}

fn say(progress: Progress<'_>) {
    let share = |done: u64, all: u64| done * 100 / all.max(1);
    match progress {
        Progress::Copied(done, all) => println!("copied {done} of {all} events ({} %)", share(done, all)),
        Progress::Compared(done, all) => println!("compared {done} of {all} events ({} %)", share(done, all)),
        Progress::Table(name, rows) => println!("copied and compared {name}: {rows} rows"),
    }
}
