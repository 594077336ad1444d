//! Support for an external MQTT broker.
//!
//! All servers accept what clients send (`taking.rs`, `intake.rs`) and share it. One elected server (`publisher.rs`)
//! announces what all of them commit: each room's events in order (`announce.rs`), changes of access (`changes.rs`),
//! and presence (`presence.rs`). The connection for announcing has the same client id on every server, so that the
//! broker ends the previous leader's before the new one publishes anything.

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

/// The maximum number of client messages in progress.
const IN_HAND: usize = 1_000;
/// The largest packet accepted from the broker, in bytes. Messages that are a little too long are refused with an
/// explanation; the broker does not deliver larger ones.
const PACKET_BYTES: u32 = 4 * limits::PACKET_BYTES as u32;
/// How long startup waits for the broker.
const FIRST: Duration = Duration::from_secs(5);
/// The delay between connection attempts: initially, and at most.
const RETRY: Duration = Duration::from_millis(100);
const RETRY_MOST: Duration = Duration::from_secs(5);

/// Counters since the start.
#[derive(Default)]
pub struct Counts {
    /// Messages that arrived from clients.
    pub received: AtomicU64,
    /// Messages that were refused.
    pub refused: AtomicU64,
    /// QoS 0 messages dropped because the queue was full.
    pub dropped: AtomicU64,
    /// Events acknowledged by the broker.
    pub published: AtomicU64,
    /// Events published but not yet acknowledged by the broker.
    pub in_flight: AtomicU64,
    /// Failed or lost connections.
    pub lost: AtomicU64,
}

/// Values for the metrics.
#[derive(Debug, Clone, Copy)]
pub struct Stats {
    /// Whether this server is connected and accepts what clients send.
    pub connected: bool,
    /// Whether this server is the one that announces.
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
    /// Events, and rooms with events, waiting to be published.
    pub waiting: u64,
}

/// The state that the tasks share.
struct Shared {
    chat: Arc<Chat>,
    /// The accounts' keys for the broker.
    keys: Arc<BrokerKeys>,
    config: BrokerConfig,
    server: String,
    counts: Arc<Counts>,
    backlog: Backlog,
    /// Notified when the directory has changed.
    changed: Notify,
    /// Read cursors to publish, by the server that stored them.
    to_tell: mpsc::Sender<chinwag_broker::Message>,
    connected: watch::Sender<bool>,
    announcing: AtomicBool,
    /// Cancelled to stop accepting messages from clients.
    stop_taking: CancellationToken,
    /// Cancelled to stop announcing once everything waiting has been announced.
    stop_announcing: CancellationToken,
}

/// The external broker, as the rest of the server uses it.
pub struct External {
    shared: Arc<Shared>,
    taking: TaskTracker,
    announcing: TaskTracker,
}

/// The maximum number of read cursor messages waiting to be published. Further ones are dropped, since a later message
/// supersedes them.
const TO_TELL: usize = 1_000;

impl External {
    /// Starts the tasks that connect and stay connected. None of them may end by itself: `run` starts and supervises
    /// each, under a name.
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

    /// Waits for up to 5 seconds until the broker is connected and its kind of access control is known.
    pub async fn settle(&self) {
        let mut connected = self.shared.connected.subscribe();
        let settled = async {
            let _ = connected.wait_for(|connected| *connected).await;
            while matches!(AccessKind::of(&self.shared.chat.store).await, Ok(None)) {
                tokio::time::sleep(RETRY).await;
            }
        };
        if tokio::time::timeout(FIRST, settled).await.is_err() {
            tracing::warn!(broker = %self.shared.config.url, "the broker cannot be used yet; trying again");
        }
    }

    /// Queues a commit for announcement, by this server or the one that announces.
    pub fn committed(&self, committed: Committed) {
        // Unused uploads do not concern the broker.
        let Committed { events, erased, changes, elsewhere, unused_media: _, at: _ } = committed;
        self.shared.backlog.erase(&erased);
        self.shared.backlog.committed(events, elsewhere.into_iter().map(|(room, _)| room));
        if !changes.is_empty() {
            self.shared.changed.notify_one();
        }
    }

    /// Queues a message that is in no log; dropped if the queue is full.
    pub fn tell(&self, message: chinwag_broker::Message) {
        let _ = self.shared.to_tell.try_send(message);
    }

    /// Returns the broker's settings.
    pub fn config(&self) -> &BrokerConfig {
        &self.shared.config
    }

    /// Returns the WebSocket URL at which browsers reach the broker, if known.
    pub fn websocket(&self) -> Option<String> {
        let BrokerConfig { url, websocket, .. } = self.config();
        websocket.clone().or_else(|| url.is_websocket().then(|| url.to_string()))
    }

    /// Checks that this server is connected to the broker.
    pub fn ready(&self) -> Result<(), Refused> {
        if *self.shared.connected.borrow() {
            return Ok(());
        }
        Err(Refused::new(ErrorCode::Unavailable, "the MQTT broker is unreachable"))
    }

    /// Returns the values for the metrics.
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

    /// Stops accepting messages from clients, and finishes those already accepted.
    pub async fn stop_taking(&self, grace: Duration) {
        self.shared.stop_taking.cancel();
        self.taking.close();
        if tokio::time::timeout(grace, self.taking.wait()).await.is_err() {
            tracing::warn!("some received messages were not processed; the broker will deliver them again");
        }
    }

    /// Announces what is waiting, for up to `grace`. Another server, or the next start, announces the rest.
    pub async fn stop_announcing(&self, grace: Duration) {
        self.shared.stop_announcing.cancel();
        self.announcing.close();
        if tokio::time::timeout(grace, self.announcing.wait()).await.is_err() {
            tracing::warn!("some events were not announced; they will be at the next start");
        }
    }
}

/// The name of the follower whose offsets record how far the logs are published.
const PUBLISHER: &str = "broker";

/// The setting with the id of the last announced change. It exists while an external broker is in use.
const TOLD: &str = "told_changes";

/// Records that an external broker is in use: everything from now on is to be announced there, but nothing before.
async fn begin(store: &Store) -> Result<(), Refused> {
    if store.reader().setting(TOLD).await?.is_none() {
        let value = store.reader().last_change().await?.to_string();
        store.write(FollowFromHere { follower: PUBLISHER }).await?;
        store.write(SetOnce { key: TOLD, value }).await?;
    }
    Ok(())
}

/// Returns the name of the setting with the last announced change, if an external broker is in use.
pub async fn told(store: &Store) -> Result<Option<&'static str>, Refused> {
    Ok(store.reader().setting(TOLD).await?.map(|_| TOLD))
}

/// Records that no external broker is in use.
pub async fn end(store: &Store) -> Result<(), Refused> {
    if store.reader().setting(TOLD).await?.is_some() {
        store.write(Set { key: TOLD, value: None }).await?;
    }
    AccessKind::note(store, None).await
}

/// An exponential backoff.
struct Backoff(Duration);

impl Backoff {
    fn new() -> Self {
        Self(RETRY)
    }
    /// Returns the delay before the next attempt.
    fn next(&mut self) -> Duration {
        let now = self.0;
        self.0 = (now * 2).min(RETRY_MOST);
        now
    }
}
