//! The accounts and rooms of a Chinwag server that is to be measured.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Result, anyhow, ensure};
use serde_json::json;

use crate::web::Client;

/// Accounts that the load's connections take turns with.
pub const ACCOUNTS: usize = 10;

/// Commands that run at the same time.
const HANDS: usize = 8;

/// Returns the topic of a room.
pub fn room(number: usize) -> String {
    format!("bench/{number}")
}

/// How much of each there is.
#[derive(Debug, Clone, Copy)]
pub struct Contents {
    /// Accounts, which are all in `general`, as every account is.
    pub accounts: usize,
    /// Rooms besides `general`; all accounts are members of each.
    pub rooms: usize,
}

/// Makes them; returns the accounts' names and access tokens.
pub fn populate(
    binary: &Path,
    place: &[String],
    http: SocketAddr,
    contents: Contents,
) -> Result<Vec<(String, String)>> {
    let accounts = accounts(binary, place, contents.accounts)?;
    if contents.rooms > 0 {
        rooms(http, &accounts, contents.rooms)?;
    }
    Ok(accounts)
}

/// Several at a time: most of the time, a command waits until the server has noticed what it did.
fn accounts(binary: &Path, place: &[String], count: usize) -> Result<Vec<(String, String)>> {
    let numbers: Vec<_> = (0..count).collect();
    let account = |number: &usize| -> Result<_> {
        let name = format!("load{number}");
        cli(binary, place, &["user", "add", &name])?;
        let token = cli(binary, place, &["token", &name])?;
        Ok((name, token))
    };
    let shares: Vec<_> = numbers.chunks(count.div_ceil(HANDS).max(1)).collect();
    let made = in_parallel(&shares, |numbers| numbers.iter().map(account).collect::<Result<Vec<_>>>())?;
    Ok(made.into_iter().flatten().collect())
}

/// The first account makes the rooms, and then the others join them, all at the same time.
fn rooms(http: SocketAddr, accounts: &[(String, String)], count: usize) -> Result<()> {
    let Some(((_, owner), others)) = accounts.split_first() else { return Ok(()) };
    let mut owner = Client::new(http, owner)?;
    for number in 0..count {
        owner.ask("POST", "/rooms", &json!({"topic": room(number)}).to_string())?;
    }
    let join = |token: &str| -> Result<()> {
        let mut member = Client::new(http, token)?;
        (0..count)
            .try_for_each(|number| member.ask("POST", &format!("/members/{}", room(number)), "").map(drop))
    };
    in_parallel(others, |(_, token)| join(token)).map(drop)
}

/// Does something with each item at the same time; the results are in the items' order.
fn in_parallel<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> Result<R> + Sync) -> Result<Vec<R>> {
    let work = &work;
    std::thread::scope(|scope| {
        let threads: Vec<_> = items.iter().map(|item| scope.spawn(move || work(item))).collect();
        let join = |thread: std::thread::ScopedJoinHandle<'_, _>| {
            thread.join().unwrap_or_else(|_| Err(anyhow!("a thread panicked")))
        };
        threads.into_iter().map(join).collect()
    })
}

fn cli(binary: &Path, place: &[String], arguments: &[&str]) -> Result<String> {
    let output = Command::new(binary).args(arguments).args(place).stdin(Stdio::null()).output()?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "chinwag {arguments:?} failed: {errors}");
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}
