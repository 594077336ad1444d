//! Election of the server that announces. One of all servers on a database is the leader while it reaches both the
//! database and the broker; it steps down when it does not.

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

/// The largest packet accepted, in bytes: responses about access rules are the largest.
const PACKET_BYTES: u32 = 16 * 1024 * 1024;
/// The maximum number of queued responses about access rules.
const ANSWERS: usize = 64;
/// The maximum number of accounts waiting to be sent the ends of their rooms' logs.
const ARRIVALS: usize = 1_000;

/// Repeatedly waits for the lease, and announces while holding it.
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
            () = lease.lost() => Err(anyhow!("the database is unreachable, or another server announces")),
        };
        shared.announcing.store(false, Relaxed);
        shared.backlog.open(false);
        shared.chat.presence.hand_over();
        drop(lease);
        match done {
            Ok(()) => return,
            Err(error) => tracing::warn!("announcing was interrupted: {error:#}"),
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

/// Waits for the lease. A server without a connection to the broker does not compete for it.
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

/// Announces until the server stops or something fails.
async fn hold(shared: &Arc<Shared>) -> anyhow::Result<()> {
    // From now on commits are queued; earlier ones are read from the database.
    shared.backlog.open(true);
    let (arrive, arrivals) = mpsc::channel(ARRIVALS);
    let (answer, answers) = mpsc::channel(ANSWERS);
    let purpose = Purpose {
        // The same for every leader, and secret: on many brokers anyone who knows a client id can end its connection.
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

/// Dispatches incoming messages: responses about access rules to the requester, everything else to presence.
fn sort(
    mut gather: presence::Gather,
    answers: mpsc::Sender<Vec<u8>>,
) -> impl FnMut(Publish) + std::marker::Send + 'static {
    move |publish| {
        if publish.topic.as_ref() == rules::ANSWERS.as_bytes() {
            // If the queue is full, nobody waits for the response any more.
            let _ = answers.try_send(publish.payload.to_vec());
        } else {
            gather.take(&publish);
        }
    }
}
