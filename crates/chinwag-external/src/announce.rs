//! Publishes the rooms' logs: each room's events in order, from memory if the next one is there, otherwise from the
//! database. Offsets are stored in the database once the broker has acknowledged the events, so that after a change of
//! leader some events may be published twice, but none is left out.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use anyhow::Context;
use chinwag_chat::chat::notes;
use chinwag_chat::messages;
use chinwag_store::clock;
use chinwag_store::{Behind, Followed, RoomKey, Store, StoredEvent};
use rumqttc::{PubAckReason, PublishNotice, PublishResult};
use serde::Deserialize;
use tokio::sync::{mpsc, watch};
use tokio::time::{MissedTickBehavior, interval};

use super::backlog::Waiting;
use super::link::{self, Link};
use super::{PUBLISHER, Shared};

/// The maximum number of unacknowledged events.
const IN_FLIGHT: usize = 1_024;
/// How often the published offsets are stored.
const NOTE: Duration = Duration::from_millis(500);
/// How often the database is checked for events of which no notification arrived.
const LOOK: Duration = Duration::from_secs(1);
/// The number of events read from a log at a time, and their bytes.
const PAGE: u32 = 500;
const PAGE_BYTES: usize = 1024 * 1024;

/// An event that the broker has not acknowledged yet.
struct OnItsWay {
    room: RoomKey,
    seq: u64,
    /// `None`: it was skipped, because it is larger than the broker accepts.
    notice: Option<PublishNotice>,
}

/// Publishes until the server stops announcing (then what is queued is published first), or something fails. If the
/// broker refuses an event, this returns only after `ruled` says that the access rules are complete.
pub async fn run(shared: &Shared, link: &Arc<Link>, mut ruled: watch::Receiver<bool>) -> anyhow::Result<()> {
    let done = publish(shared, link).await;
    if done.as_ref().is_err_and(|error| error.is::<NotTaken>()) {
        let _ = ruled.wait_for(|ruled| *ruled).await;
    }
    done
}

async fn publish(shared: &Shared, link: &Arc<Link>) -> anyhow::Result<()> {
    let (under_way, arrived) = mpsc::channel(IN_FLIGHT);
    let announcer = Announcer { shared, link, sent: HashMap::new(), under_way };
    tokio::try_join!(announcer.run(), confirm(shared, arrived)).map(drop)
}

struct Announcer<'a> {
    shared: &'a Shared,
    link: &'a Link,
    /// The last seq of each room passed to the broker.
    sent: HashMap<RoomKey, u64>,
    under_way: mpsc::Sender<OnItsWay>,
}

impl Announcer<'_> {
    async fn run(mut self) -> anyhow::Result<()> {
        self.look().await?;
        let mut looked = tokio::time::Instant::now();
        loop {
            let stopping = self.shared.stop_announcing.is_cancelled();
            let waiting = tokio::select! {
                waiting = self.shared.backlog.take(LOOK) => waiting,
                () = self.shared.stop_announcing.cancelled(), if !stopping => continue,
            };
            self.publish(waiting).await?;
            if stopping && self.shared.backlog.len() == 0 {
                return self.look().await;
            }
            if looked.elapsed() >= LOOK {
                self.look().await?;
                looked = tokio::time::Instant::now();
            }
        }
    }

    /// Publishes events not in the backlog: committed before this server became leader, or by other servers.
    async fn look(&mut self) -> anyhow::Result<()> {
        for Behind { room, seq: published_seq, last_seq } in
            self.shared.chat.store.reader().behind(PUBLISHER).await?
        {
            let sent = *self.sent.entry(room).or_insert(published_seq);
            if last_seq > sent {
                self.catch_up(room).await?;
            }
        }
        Ok(())
    }

    /// Returns the last seq of a room passed to the broker.
    async fn sent(&mut self, room: RoomKey) -> anyhow::Result<u64> {
        if let Some(sent) = self.sent.get(&room) {
            return Ok(*sent);
        }
        let published = self.shared.chat.store.reader().place(PUBLISHER, room).await?;
        Ok(*self.sent.entry(room).or_insert(published))
    }

    async fn publish(&mut self, Waiting { events, mut rooms }: Waiting) -> anyhow::Result<()> {
        let mut behind = BTreeSet::new();
        for event in &events {
            match self.sent(event.room).await? {
                sent if event.seq <= sent => {}
                sent if event.seq == sent + 1 => self.send(event).await?,
                // Another server committed the event before it.
                _ => drop(behind.insert(event.room)),
            }
        }
        rooms.append(&mut behind);
        for room in rooms {
            self.catch_up(room).await?;
        }
        Ok(())
    }

    /// Publishes the rest of a room's log.
    async fn catch_up(&mut self, room: RoomKey) -> anyhow::Result<()> {
        loop {
            let sent = self.sent(room).await?;
            let page = self.shared.chat.store.reader().events(room, sent, PAGE, PAGE_BYTES).await?;
            if page.is_empty() {
                return Ok(());
            }
            for event in &page {
                self.send(event).await?;
            }
        }
    }

    async fn send(&mut self, event: &StoredEvent) -> anyhow::Result<()> {
        let message = messages::log_entry(event).message;
        let notice = if self.link.takes(&message) {
            Some(self.link.publish_tracked(&message).await?)
        } else {
            tracing::error!(room = %event.topic, seq = event.seq, "the broker does not accept messages of this size");
            None
        };
        self.sent.insert(event.room, event.seq);
        self.shared.counts.in_flight.fetch_add(1, Relaxed);
        let on_its_way = OnItsWay { room: event.room, seq: event.seq, notice };
        self.under_way.send(on_its_way).await.ok().context("nobody counts what arrives")?;
        for (name, note) in notes::mentions(&self.shared.chat.directory, event) {
            self.link.publish(&messages::note(&name, &note)).await?;
        }
        // Only messages show that the sender is present: a `join` may come from the command line.
        if &*event.kind == "message"
            && let Some(sender) = self.shared.chat.directory.id_named(&event.sender)
            && let Ok(Said { sent_at }) = serde_json::from_slice(&event.body)
            && let Some(at) = clock::parse(sent_at)
        {
            self.shared.chat.presence.seen(sender, at);
        }
        Ok(())
    }
}

/// The part of a message's event that is read here.
#[derive(Deserialize)]
struct Said<'a> {
    sent_at: &'a str,
}

/// Stores in the database how far the broker has acknowledged the logs.
async fn confirm(shared: &Shared, mut arrived: mpsc::Receiver<OnItsWay>) -> anyhow::Result<()> {
    let counted = Counted(shared);
    let mut done: HashMap<RoomKey, u64> = HashMap::new();
    let mut ticks = interval(NOTE);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            _ = ticks.tick() => note(&shared.chat.store, &mut done).await?,
            next = arrived.recv() => match next {
                None => return note(&shared.chat.store, &mut done).await,
                Some(OnItsWay { room, seq, notice }) => {
                    if let Some(notice) = notice {
                        accepted(notice.wait_async().await?)?;
                    }
                    counted.one();
                    done.insert(room, seq);
                }
            }
        }
    }
}

/// Updates the counters, and resets those in flight when dropped.
struct Counted<'a>(&'a Shared);

impl Counted<'_> {
    fn one(&self) {
        self.0.counts.published.fetch_add(1, Relaxed);
        self.0.counts.in_flight.fetch_sub(1, Relaxed);
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.counts.in_flight.store(0, Relaxed);
    }
}

/// The error for an event that the broker refuses.
#[derive(Debug, thiserror::Error)]
#[error("the broker refuses an event: {0:?}")]
pub struct NotTaken(PubAckReason);

fn accepted(answer: PublishResult) -> Result<(), NotTaken> {
    link::refusal(&answer).map_or(Ok(()), |reason| Err(NotTaken(reason)))
}

async fn note(store: &Store, done: &mut HashMap<RoomKey, u64>) -> anyhow::Result<()> {
    if done.is_empty() {
        return Ok(());
    }
    let rooms = done.drain().collect();
    store.write(Followed { follower: PUBLISHER, rooms }).await?;
    Ok(())
}
