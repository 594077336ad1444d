//! Publishing what stands in the rooms' logs: each room's events in their order, from memory where the next one is
//! there, else from the database. How far each log is published is noted in the database once the broker has it, so
//! that after a change of servers some events may come twice, and none is left out.

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

/// Events that may be on their way to the broker at a time.
const IN_FLIGHT: usize = 1_024;
/// How often it is noted how far the logs are published.
const NOTE: Duration = Duration::from_millis(500);
/// How often we look in the database for what nobody told us of.
const LOOK: Duration = Duration::from_secs(1);
/// Events read from a log at a time, and bytes of them.
const PAGE: u32 = 500;
const PAGE_BYTES: usize = 1024 * 1024;

/// An event that the broker has not acknowledged yet.
struct OnItsWay {
    room: RoomKey,
    seq: u64,
    /// `None`: it was left out, for the broker does not take it.
    notice: Option<PublishNotice>,
}

/// Publishes until the server stops announcing (then what is left is finished), or something fails. A broker that
/// refuses events while its rules are still being made (`ruled` says when they are) gets the time for that.
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
    /// How far each room's log is given to the broker.
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

    /// Publishes what nobody told us of: what was committed before we held the office, or by other servers.
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

    /// How far a room's log is given to the broker.
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
                // What comes before it was committed by another server.
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
            tracing::error!(room = %event.topic, seq = event.seq, "the broker takes no message as long as this");
            None
        };
        self.sent.insert(event.room, event.seq);
        self.shared.counts.in_flight.fetch_add(1, Relaxed);
        let on_its_way = OnItsWay { room: event.room, seq: event.seq, notice };
        self.under_way.send(on_its_way).await.ok().context("nobody counts what arrives")?;
        for (name, note) in notes::mentions(&self.shared.chat.directory, event) {
            self.link.publish(&messages::note(&name, &note)).await?;
        }
        // Who is put into a room from the command line joins it, and isn't there for that.
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

/// Of a message's event, what is read here.
#[derive(Deserialize)]
struct Said<'a> {
    sent_at: &'a str,
}

/// Notes in the database how far the broker has the logs.
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

/// Counts what is in flight, to nothing in the end.
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

/// The broker does not take an event.
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
