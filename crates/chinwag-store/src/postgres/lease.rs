//! Leases on PostgreSQL: advisory locks, held as long as their session is alive.

use std::time::Duration;

use tokio::time::{Instant, interval, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use super::address::{Address, Session, no_answer};
use crate::error::StoreError;
use crate::lease::{Lease, Role};

/// Interval of the heartbeats of a holder.
const BEAT: Duration = Duration::from_secs(1);
/// Timeout for the answer to a heartbeat, after which the holder regards the lock as lost. Together with the interval
/// it is less than the session timeout in `LEASE`.
const ANSWER: Duration = Duration::from_secs(2);
/// Settings of the session. After the timeout without a heartbeat, the server gives the lock to another holder.
const LEASE: &str = "SET idle_session_timeout = '6s'; SET synchronous_commit = off";
/// Interval of the attempts to take a lock that another server holds.
const ASK: Duration = Duration::from_millis(300);

/// The keys of the locks, in addition to those in `mod.rs`.
const PUBLISHING: i64 = 0x6368_696e_7761_6703;
const SERVING: i64 = 0x6368_696e_7761_6704;

fn lock(role: Role) -> (&'static str, i64) {
    match role {
        Role::Publisher => ("SELECT pg_try_advisory_lock($1)", PUBLISHING),
        Role::Alone => ("SELECT pg_try_advisory_lock($1)", SERVING),
        Role::AmongOthers => ("SELECT pg_try_advisory_lock_shared($1)", SERVING),
    }
}

/// Tries to acquire the role until it succeeds or `patience` has passed.
pub async fn acquire(address: &Address, role: Role, patience: Duration) -> Result<Option<Lease>, StoreError> {
    let until = Instant::now().checked_add(patience);
    let session = address.connect("chinwag: a lock", drop).await?;
    ask(session.client.batch_execute(LEASE)).await?;
    let (question, key) = lock(role);
    while !ask(session.client.query_one_scalar::<bool, _>(question, &[&key])).await? {
        if until.is_some_and(|until| Instant::now() >= until) {
            return Ok(None);
        }
        sleep(ASK).await;
    }
    let lost = CancellationToken::new();
    let tell = lost.clone().drop_guard();
    let keeper = AbortOnDropHandle::new(tokio::spawn(async move {
        let _tell = tell;
        keep(&session).await;
    }));
    Ok(Some(Lease::kept_by(keeper, lost)))
}

/// Sends heartbeats; returns when the lock must be regarded as lost.
async fn keep(session: &Session) {
    let mut beats = interval(BEAT);
    loop {
        tokio::select! {
            _ = beats.tick() => {
                if let Err(error) = ask(session.client.batch_execute("SELECT 1")).await {
                    tracing::debug!(%error, "a lock on the database was lost");
                    return;
                }
            }
            () = session.closed() => return,
        }
    }
}

/// Waits for an answer, with a timeout.
pub async fn ask<T>(
    question: impl Future<Output = Result<T, tokio_postgres::Error>>,
) -> Result<T, StoreError> {
    match timeout(ANSWER, question).await {
        Ok(answer) => Ok(answer?),
        Err(_) => Err(no_answer(ANSWER)),
    }
}
