//! Other servers on the same database: sending and receiving notifications, and counting the servers.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use super::address::{Address, Session};
use super::lease::ask;
use crate::error::StoreError;
use crate::news::Exchange;

/// Interval of the heartbeats of a server.
const BEAT: Duration = Duration::from_secs(2);

const LISTEN: &str = "
    LISTEN chinwag;
    SET synchronous_commit = off;
    DELETE FROM servers WHERE seen_at < (extract(epoch FROM clock_timestamp()) * 1000)::bigint - 86400000";
/// Times are the database's, as the servers' own clocks may differ.
const NOTE: &str = "
    WITH clock AS (SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now)
    INSERT INTO servers (id, version, started_at, seen_at) SELECT $1, $2, now, now FROM clock
    ON CONFLICT (id) DO UPDATE SET version = excluded.version, seen_at = excluded.seen_at";
const COUNT: &str = "
    SELECT count(*) FROM servers
    WHERE seen_at > (extract(epoch FROM clock_timestamp()) * 1000)::bigint - 10000";

/// Sends and receives notifications until the connection breaks. `woken` is called after each received notification,
/// and `joined` once from now on no notification is missed.
pub async fn meet(
    address: &Address,
    server: &str,
    exchange: &Arc<Exchange>,
    joined: impl FnOnce(),
    woken: impl Fn() + Send + 'static,
) -> Result<(), StoreError> {
    let (me, hears) = (server.to_owned(), Arc::clone(exchange));
    let session = address
        .connect("chinwag: news", move |notification| {
            let words = notification.payload();
            if words.split(' ').next() != Some(&me) {
                // The last count may still say that this server is alone.
                hears.servers.fetch_max(2, Ordering::Relaxed);
                hears.hear(words);
                woken();
            }
        })
        .await?;
    ask(session.client.batch_execute(LISTEN)).await?;
    let notify = ask(session.client.prepare("SELECT pg_notify('chinwag', $1)")).await?;
    // Announce this server before looking for changes: servers that receive the announcement send notifications from
    // then on.
    note(&session, server, exchange).await?;
    ask(session.client.query(&notify, &[&server])).await?;
    exchange.carried.store(true, Ordering::Relaxed);
    joined();
    let mut beats = interval(BEAT);
    beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = beats.tick() => note(&session, server, exchange).await?,
            news = exchange.rung() => if exchange.servers.load(Ordering::Relaxed) != 1 {
                for words in news.write(server) {
                    ask(session.client.query(&notify, &[&words])).await?;
                }
            },
            () = session.closed() => return Err(StoreError::Unavailable("the connection has ended".into())),
        }
    }
}

/// Writes a heartbeat of this server, and counts the servers.
async fn note(session: &Session, server: &str, exchange: &Exchange) -> Result<(), StoreError> {
    ask(session.client.execute(NOTE, &[&server, &env!("CARGO_PKG_VERSION")])).await?;
    let live: i64 = ask(session.client.query_one_scalar(COUNT, &[])).await?;
    exchange.servers.store(u32::try_from(live).unwrap_or(u32::MAX), Ordering::Relaxed);
    Ok(())
}

/// Deregisters this server, so that the others may use its share of the limits.
pub async fn leave(address: &Address, server: &str) -> Result<(), StoreError> {
    let session = address.connect("chinwag: goodbye", drop).await?;
    ask(session.client.execute("DELETE FROM servers WHERE id = $1", &[&server])).await.map(drop)
}
