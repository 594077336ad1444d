//! A broker that is not ours.
//!
//! Every server takes in what clients send (`taking.rs`, `intake.rs`); they share it. One of them, elected
//! (`publisher.rs`), announces what all of them commit: each room's events in their order (`announce.rs`), what changes
//! in who may read what (`changes.rs`), and presence (`presence.rs`). Its connection has the same client id whichever
//! server it is, so that the broker ends the old one's before the new one says anything.

pub mod access;
mod announce;
mod backlog;
mod changes;
pub mod doctor;
mod intake;
pub mod link;
mod presence;
mod publisher;
mod rules;
mod taking;
pub mod url;

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::time::Duration;

use chinwag_chat::accounts::broker_access::AccessKind;
use chinwag_chat::accounts::broker_key::BrokerKeys;
use chinwag_chat::chat::Chat;
use chinwag_protocol::{ErrorCode, Refused, limits};
use chinwag_store::{Committed, FollowFromHere, Set, SetOnce, Store};
use futures_util::future::BoxFuture;
use tokio::sync::{Notify, mpsc, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use backlog::Backlog;
use url::BrokerConfig;

/// Sends and cursors that may be in hand at a time.
const IN_HAND: usize = 1_000;
/// Bytes of the largest packet taken from a client: what is too long is refused in words, what is far too long the
/// broker keeps from us.
const PACKET_BYTES: u32 = 4 * limits::PACKET_BYTES as u32;
/// How long the start waits for the broker.
const FIRST: Duration = Duration::from_secs(5);
/// Between two attempts to connect: at first, and at most.
const RETRY: Duration = Duration::from_millis(100);
const RETRY_MOST: Duration = Duration::from_secs(5);

/// What has been done since the start.
#[derive(Default)]
pub struct Counts {
    /// Sends and read cursors that arrived.
    pub received: AtomicU64,
    /// Those that were refused.
    pub refused: AtomicU64,
    /// Those at QoS 0 for which there was no room.
    pub dropped: AtomicU64,
    /// Events that the broker has.
    pub published: AtomicU64,
    /// Events given to the broker and not yet acknowledged by it.
    pub in_flight: AtomicU64,
    /// Connections that were lost.
    pub lost: AtomicU64,
}

/// Numbers for the metrics.
#[derive(Debug, Clone, Copy)]
pub struct Stats {
    /// We are connected and take in what clients send.
    pub connected: bool,
    /// We are the one that announces.
    pub announcing: bool,
    /// As in [`Counts`].
    pub received: u64,
    /// As in [`Counts`].
    pub refused: u64,
    /// As in [`Counts`].
    pub dropped: u64,
    /// As in [`Counts`].
    pub published: u64,
    /// As in [`Counts`].
    pub in_flight: u64,
    /// As in [`Counts`].
    pub lost: u64,
    /// Events, and rooms with events, that are to be given to the broker.
    pub waiting: u64,
}

/// What the tasks share.
struct Shared {
    chat: Arc<Chat>,
    /// The accounts' keys for the broker.
    keys: Arc<BrokerKeys>,
    config: BrokerConfig,
    server: String,
    counts: Arc<Counts>,
    backlog: Backlog,
    /// Something changed in the directory.
    changed: Notify,
    /// How far people have read, told by whichever server stored it.
    to_tell: mpsc::Sender<chinwag_broker::Message>,
    connected: watch::Sender<bool>,
    announcing: AtomicBool,
    /// No more is taken from clients.
    stop_taking: CancellationToken,
    /// Nothing more is announced once what there is has been.
    stop_announcing: CancellationToken,
}

/// The broker, as the rest of the server sees it.
pub struct External {
    shared: Arc<Shared>,
    taking: TaskTracker,
    announcing: TaskTracker,
}

/// Messages about read cursors that may wait to be published; beyond it they are left out, for the next one says more
/// anyway.
const TO_TELL: usize = 1_000;

impl External {
    /// Connects, and keeps connected, by tasks of which none may end before it is asked to: `run` runs each, by its name.
    pub async fn start(
        chat: Arc<Chat>,
        keys: Arc<BrokerKeys>,
        config: BrokerConfig,
        server: String,
        run: impl Fn(&TaskTracker, &'static str, BoxFuture<'static, ()>),
    ) -> Result<Arc<Self>, Refused> {
        begin(&chat.store).await?;
        chat.presence.hand_over();
        let (to_tell, telling) = mpsc::channel(TO_TELL);
        let shared = Arc::new(Shared {
            chat,
            keys,
            config,
            server,
            counts: Arc::default(),
            backlog: Backlog::default(),
            changed: Notify::new(),
            to_tell,
            connected: watch::Sender::new(false),
            announcing: AtomicBool::new(false),
            stop_taking: CancellationToken::new(),
            stop_announcing: CancellationToken::new(),
        });
        let (taking, announcing) = (TaskTracker::new(), TaskTracker::new());
        let take = taking::run(Arc::clone(&shared), telling);
        run(&taking, "taking what clients send", Box::pin(take));
        let publish = publisher::run(Arc::clone(&shared));
        run(&announcing, "publishing", Box::pin(publish));
        Ok(Arc::new(Self { shared, taking, announcing }))
    }

    /// Waits a little for the broker, and until it is known how it learns who may do what.
    pub async fn settle(&self) {
        let mut connected = self.shared.connected.subscribe();
        let settled = async {
            let _ = connected.wait_for(|connected| *connected).await;
            while matches!(AccessKind::of(&self.shared.chat.store).await, Ok(None)) {
                tokio::time::sleep(RETRY).await;
            }
        };
        if tokio::time::timeout(FIRST, settled).await.is_err() {
            tracing::warn!(broker = %self.shared.config.url, "the broker cannot be used yet; it is tried again and again");
        }
    }

    /// What was committed is to be announced, by us or by another server.
    pub fn committed(&self, committed: Committed) {
        // Uploads are no business of a broker's.
        let Committed { events, erased, changes, elsewhere, unused_media: _, at: _ } = committed;
        self.shared.backlog.erase(&erased);
        self.shared.backlog.committed(events, elsewhere.into_iter().map(|(room, _)| room));
        if !changes.is_empty() {
            self.shared.changed.notify_one();
        }
    }

    /// Something is to be told, by whichever server has it to tell.
    pub fn tell(&self, message: chinwag_broker::Message) {
        let _ = self.shared.to_tell.try_send(message);
    }

    /// Which broker it is.
    pub fn config(&self) -> &BrokerConfig {
        &self.shared.config
    }

    /// The WebSocket URL at which browsers reach it, if that is known.
    pub fn websocket(&self) -> Option<String> {
        let BrokerConfig { url, websocket, .. } = self.config();
        websocket.clone().or_else(|| url.is_websocket().then(|| url.to_string()))
    }

    /// Are we connected?
    pub fn ready(&self) -> Result<(), Refused> {
        if *self.shared.connected.borrow() {
            return Ok(());
        }
        Err(Refused::new(ErrorCode::Unavailable, "the MQTT broker is out of reach"))
    }

    /// Numbers for the metrics.
    pub fn stats(&self) -> Stats {
        let Counts { received, refused, dropped, published, in_flight, lost } = &*self.shared.counts;
        Stats {
            connected: *self.shared.connected.borrow(),
            announcing: self.shared.announcing.load(Relaxed),
            received: received.load(Relaxed),
            refused: refused.load(Relaxed),
            dropped: dropped.load(Relaxed),
            published: published.load(Relaxed),
            in_flight: in_flight.load(Relaxed),
            lost: lost.load(Relaxed),
            waiting: self.shared.backlog.len() as u64,
        }
    }

    /// Takes nothing more from clients; answers what was taken.
    pub async fn stop_taking(&self, grace: Duration) {
        self.shared.stop_taking.cancel();
        self.taking.close();
        if tokio::time::timeout(grace, self.taking.wait()).await.is_err() {
            tracing::warn!("not everything that was taken is answered; it will come again");
        }
    }

    /// Announces what is left, and leaves the rest to another server or the next start.
    pub async fn stop_announcing(&self, grace: Duration) {
        self.shared.stop_announcing.cancel();
        self.announcing.close();
        if tokio::time::timeout(grace, self.announcing.wait()).await.is_err() {
            tracing::warn!("not everything was announced; it will be at the next start");
        }
    }
}

/// The follower that publishes what is in the logs.
const PUBLISHER: &str = "broker";

/// The last change that is told. There while a broker that is not ours is in use.
const TOLD: &str = "told_changes";

/// Such a broker is in use from now on: what happens is to be announced there, and what was before is not.
async fn begin(store: &Store) -> Result<(), Refused> {
    if store.reader().setting(TOLD).await?.is_none() {
        let value = store.reader().last_change().await?.to_string();
        store.write(FollowFromHere { follower: PUBLISHER }).await?;
        store.write(SetOnce { key: TOLD, value }).await?;
    }
    Ok(())
}

/// The setting that says which change has been told to such a broker, while one is in use.
pub async fn told(store: &Store) -> Result<Option<&'static str>, Refused> {
    Ok(store.reader().setting(TOLD).await?.map(|_| TOLD))
}

/// It is in use no more.
pub async fn end(store: &Store) -> Result<(), Refused> {
    if store.reader().setting(TOLD).await?.is_some() {
        store.write(Set { key: TOLD, value: None }).await?;
    }
    AccessKind::note(store, None).await
}

/// Waits longer after each failure.
struct Backoff(Duration);

impl Backoff {
    fn new() -> Self {
        Self(RETRY)
    }
    /// The time to wait now.
    fn next(&mut self) -> Duration {
        let now = self.0;
        self.0 = (now * 2).min(RETRY_MOST);
        now
    }
}
