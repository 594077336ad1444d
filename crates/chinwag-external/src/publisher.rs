//! The one that announces. Of all servers on a database one holds the office, while it reaches both the database and
//! the broker; it gives way when it doesn't.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Instant;

use anyhow::{Context, anyhow};
use chinwag_protocol::topic::filters;
use chinwag_store::Lease;
use rumqttc::{Publish, QoS};
use tokio::sync::{mpsc, watch};

use super::link::{Link, Purpose};
use super::rules::{self, Rules};
use super::{Backoff, RETRY_MOST, Shared, announce, changes, presence};

/// Bytes of the largest packet taken: the answers about access rules are the largest.
const PACKET_BYTES: u32 = 16 * 1024 * 1024;
/// Answers about access rules that may wait.
const ANSWERS: usize = 64;
/// People who have just announced a device and are to be told the heads of their rooms.
const ARRIVALS: usize = 1_000;

/// Waits for the office again and again, and does its work while it is held.
pub async fn run(shared: Arc<Shared>) {
    let mut backoff = Backoff::new();
    loop {
        let lease = tokio::select! {
            lease = elected(&shared) => lease,
            () = shared.stop_announcing.cancelled() => return,
        };
        let began = Instant::now();
        let done = tokio::select! {
            done = hold(&shared) => done,
            () = lease.lost() => Err(anyhow!("the database is out of reach, or another server announces")),
        };
        shared.announcing.store(false, Relaxed);
        shared.backlog.open(false);
        shared.chat.presence.hand_over();
        drop(lease);
        match done {
            Ok(()) => return,
            Err(error) => tracing::warn!("announcing is interrupted: {error:#}"),
        }
        if began.elapsed() > RETRY_MOST {
            backoff = Backoff::new();
        }
        tokio::select! {
            () = tokio::time::sleep(backoff.next()) => {}
            () = shared.stop_announcing.cancelled() => return,
        }
    }
}

/// Waits until the office is ours. Whoever does not reach the broker does not stand in the way of those who do.
async fn elected(shared: &Shared) -> Lease {
    let mut connected = shared.connected.subscribe();
    loop {
        let _ = connected.wait_for(|connected| *connected).await;
        tokio::select! {
            lease = shared.chat.store.elected() => return lease,
            _ = connected.wait_for(|connected| !*connected) => {}
        }
    }
}

/// The work of the office, until the server stops or something fails.
async fn hold(shared: &Arc<Shared>) -> anyhow::Result<()> {
    // From now on commits gather here; the database tells of those before.
    shared.backlog.open(true);
    let (arrive, arrivals) = mpsc::channel(ARRIVALS);
    let (answer, answers) = mpsc::channel(ANSWERS);
    let purpose = Purpose {
        // The same whoever announces, and nobody else's to guess: on many brokers whoever knows a client id can
        // end its connection.
        client_id: format!("chinwag-{}", shared.keys.private_word("publisher")),
        session: 0,
        resume: false,
        receive_maximum: None,
        packet_bytes: PACKET_BYTES,
    };
    shared.chat.presence.take_over();
    let gather = presence::Gather::new(Arc::clone(&shared.chat), arrive);
    let link =
        Arc::new(Link::open(&shared.config, &purpose, sort(gather, answer)).await.context("connecting")?);
    link.subscribe(&[(filters::DEVICES, QoS::AtLeastOnce)]).await?;
    presence::listen_to_connections(&link).await;
    let rules = Rules::find(shared, &link, answers).await?;
    shared.announcing.store(true, Relaxed);
    tracing::info!(broker = %shared.config.url, rules = rules.kind(), "announcing");
    let (ruling, ruled) = watch::channel(false);
    let done = tokio::select! {
        done = announce::run(shared, &link, ruled) => done,
        failed = changes::run(shared, &link, rules, ruling) => Err(failed),
        failed = presence::run(&shared.chat, &link, arrivals) => Err(failed),
        ended = link.ended() => Err(ended.into()),
    };
    if let (Ok(()), Some(link)) = (&done, Arc::into_inner(link)) {
        link.close().await;
    }
    done
}

/// Where what arrives goes: answers about rules to those who asked, the rest to presence.
fn sort(
    mut gather: presence::Gather,
    answers: mpsc::Sender<Vec<u8>>,
) -> impl FnMut(Publish) + std::marker::Send + 'static {
    move |publish| {
        if publish.topic.as_ref() == rules::ANSWERS.as_bytes() {
            // Where nobody waits for it any more, it is of no use.
            let _ = answers.try_send(publish.payload.to_vec());
        } else {
            gather.take(&publish);
        }
    }
}
