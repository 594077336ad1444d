//! Connects to accept what clients send: one connection after another, with checks before each is used.

mod inherit;

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use anyhow::bail;
use chinwag_protocol::topic::filters;
use chinwag_store::Store;
use rumqttc::{Publish, QoS};
use tokio::sync::mpsc;

use super::access::AccessChoice;
use super::intake::{self, Intake};
use super::link::{self, Link, Purpose};
use super::url::{BrokerConfig, BrokerUrl};
use super::{Backoff, IN_HAND, PACKET_BYTES, Shared, presence};

/// How long, in seconds, the broker keeps messages for this server while it is disconnected: if no other server can
/// exist (SQLite), if none exists at the moment, and if others do. Then not at all: what the broker assigns to a
/// session without a connection would wait for it, though other servers could handle it.
const SESSION_ONLY: u32 = 24 * 60 * 60;
const SESSION_ALONE: u32 = 60;
const SESSION_AMONG_OTHERS: u32 = 0;
/// How often a server that is alone checks for others.
const LOOK_AROUND: Duration = Duration::from_secs(1);
/// How long after unsubscribing to wait for messages that the broker has already assigned to this server.
const LAST_ONES: Duration = Duration::from_millis(300);

/// Accepts what clients send until the server stops doing so.
pub async fn run(shared: Arc<Shared>, mut telling: mpsc::Receiver<chinwag_broker::Message>) {
    let mut intake = Intake::new(Arc::clone(&shared.chat), Arc::clone(&shared.counts));
    let mut backoff = Backoff::new();
    loop {
        let ended = take_once(&shared, &mut intake, &mut telling).await;
        let was_connected = shared.connected.send_replace(false);
        if shared.stop_taking.is_cancelled() {
            return;
        }
        if let Err(error) = ended {
            shared.counts.lost.fetch_add(1, Relaxed);
            tracing::warn!(broker = %shared.config.url, "{error:#}");
        }
        if was_connected {
            backoff = Backoff::new();
        }
        tokio::select! {
            () = tokio::time::sleep(backoff.next()) => {}
            () = shared.stop_taking.cancelled() => return,
        }
    }
}

async fn take_once(
    shared: &Shared,
    intake: &mut Intake,
    telling: &mut mpsc::Receiver<chinwag_broker::Message>,
) -> anyhow::Result<()> {
    let store = &shared.chat.store;
    let (shared_database, alone) = (store.reader().is_shared(), store.live_servers() <= 1);
    let session = match (shared_database, alone) {
        (false, _) => SESSION_ONLY,
        (true, true) => SESSION_ALONE,
        (true, false) => SESSION_AMONG_OTHERS,
    };
    inherit::take_over(shared, intake).await?;
    inherit::note(store, (session == SESSION_ONLY).then_some(&shared.server)).await?;
    let purpose = intake_purpose(&shared.server, session, session > 0);
    let (queue, mut arriving) = mpsc::channel(2 * IN_HAND);
    let link = Link::open(&shared.config, &purpose, sort(shared, queue)).await?;
    keeps_strangers_out(&shared.config).await?;
    let taken = intake::filters();
    let mut filters: Vec<_> = taken.iter().map(|filter| (&**filter, QoS::AtLeastOnce)).collect();
    filters.push((filters::PRESENCE, QoS::AtMostOnce));
    link.subscribe(&filters).await?;
    tracing::info!(broker = %shared.config.url, "connected");
    shared.connected.send_replace(true);
    let leave = async {
        tokio::select! {
            () = shared.stop_taking.cancelled() => {}
            // Once there are other servers, this one needs another session expiry.
            () = others_come(store), if session == SESSION_ALONE => {}
        }
        if store.live_servers() > 1 {
            // The other servers receive everything from now on.
            for filter in &taken {
                let _ = link.unsubscribe(filter).await;
            }
            tokio::time::sleep(LAST_ONES).await;
        }
    };
    tokio::select! {
        done = intake.run(&link, &mut arriving, leave) => done?,
        ended = spread(&link, telling) => return Err(ended.into()),
    }
    link.close().await;
    Ok(())
}

/// Returns the parameters of the connection by which `server` receives what clients send.
fn intake_purpose(server: &str, session: u32, resume: bool) -> Purpose {
    Purpose {
        client_id: format!("chinwag-{server}"),
        session,
        resume,
        receive_maximum: Some(IN_HAND as u16),
        packet_bytes: PACKET_BYTES,
    }
}

/// Refuses to use a broker that accepts a wrong password: all messages would be open to everyone who can reach it.
/// Checked after each connect, to detect also a broker that was set up again or has not loaded its rules yet.
async fn keeps_strangers_out(config: &BrokerConfig) -> anyhow::Result<()> {
    let stranger = uuid::Uuid::new_v4().simple().to_string();
    let credentials = Some((format!("nobody-{stranger}"), "not the password".to_owned()));
    let url = BrokerUrl { credentials, ..config.url.clone() };
    let purpose = Purpose {
        client_id: format!("stranger-{stranger}"),
        session: 0,
        resume: false,
        receive_maximum: None,
        packet_bytes: PACKET_BYTES,
    };
    let Ok(link) = Link::open(&BrokerConfig { url, ..config.clone() }, &purpose, drop).await else {
        return Ok(());
    };
    link.close().await;
    if config.access == AccessChoice::Open {
        tracing::warn!(broker = %config.url, "the broker lets anybody in; --broker-access open allows that");
        return Ok(());
    }
    bail!(
        "the broker lets anybody in: it accepted a name that nobody has, with a wrong password. Chinwag does not use \
         it until it asks Chinwag who may connect, or has its dynamic-security plugin loaded (docs/brokers.md); \
         chinwag doctor checks all of it"
    )
}

/// Waits until there are other servers on the database.
async fn others_come(store: &Store) {
    while store.live_servers() <= 1 {
        tokio::time::sleep(LOOK_AROUND).await;
    }
}

/// Publishes queued messages that are in no log.
async fn spread(link: &Link, telling: &mut mpsc::Receiver<chinwag_broker::Message>) -> link::Ended {
    while let Some(message) = telling.recv().await {
        if let Err(ended) = link.publish(&message).await {
            return ended;
        }
    }
    link.ended().await
}

/// Dispatches incoming messages: presence to the in-memory state, everything else to the intake.
fn sort(shared: &Shared, queue: mpsc::Sender<Publish>) -> impl FnMut(Publish) + std::marker::Send + 'static {
    let (chat, counts) = (Arc::clone(&shared.chat), Arc::clone(&shared.counts));
    move |publish| {
        if presence::mirror(&chat, &publish) {
            return;
        }
        // There is always room for messages that need an acknowledgement: the receive maximum limits them.
        let full = publish.qos == QoS::AtMostOnce && queue.capacity() <= IN_HAND;
        if full || queue.try_send(publish).is_err() {
            counts.dropped.fetch_add(1, Relaxed);
        }
    }
}
