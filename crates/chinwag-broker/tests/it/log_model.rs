//! Randomized test of sessions on logs: slow readers, small windows, small buffers, lost connections, restarts of the
//! broker, entries announced late, twice and out of order, and replaced content. Every reader must receive every entry
//! of every log, first deliveries in order, and never content that was replaced before the reader asked for more (by
//! CONNECT or PINGREQ).

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use mqtt_protocol_core::mqtt::packet::{Property, Qos, ReceiveMaximum, SessionExpiryInterval};
use parking_lot::Mutex;
use tokio::sync::Barrier;

use crate::common::*;

/// A small generator of our own, so that a failing seed gives the same sequence forever.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % n
    }
}

const TOPICS: [&str; 3] = ["room/a", "room/b", "room/c"];
const ENTRIES: u64 = 150;

/// Topic and offset of the entries whose content was replaced.
type Replaced = Arc<Mutex<HashSet<(String, u64)>>>;

/// The last offset a reader has seen of each log.
#[derive(Default)]
struct Seen(HashMap<String, u64>);

impl Seen {
    fn note(&mut self, message: &Publish, replaced: &HashSet<(String, u64)>, seed: u64) {
        let (offset, new) = match message.payload.strip_suffix(" new") {
            Some(offset) => (offset.parse().unwrap(), true),
            None => (message.payload.parse().unwrap(), false),
        };
        let must_be_new = replaced.contains(&(message.topic.clone(), offset));
        assert!(new || !must_be_new, "seed {seed}: {} {offset} has its old content", message.topic);
        let last = self.0.entry(message.topic.clone()).or_default();
        assert!(offset <= *last + 1, "seed {seed}: {} jumps from {last} to {offset}", message.topic);
        *last = (*last).max(offset);
    }

    fn is_complete(&self) -> bool {
        TOPICS.iter().all(|topic| self.0.get(*topic) == Some(&ENTRIES))
    }
}

async fn read(
    shared: Arc<Mutex<Arc<Running>>>,
    replaced: Replaced,
    name: String,
    filters: Vec<&'static str>,
    mut dice: Dice,
    seed: u64,
    all_subscribed: Arc<Barrier>,
) {
    let mut seen = Seen::default();
    let mut subscribed = false;
    while !seen.is_complete() {
        let running = Arc::clone(&shared.lock());
        // Anything received after the answer was sent after this point, so entries replaced by now must have their new
        // content.
        let (mut known, mut asked) = (replaced.lock().clone(), None);
        let maximum = Property::ReceiveMaximum(ReceiveMaximum::new(1 + dice.below(20) as u16).unwrap());
        let expiry = Property::SessionExpiryInterval(SessionExpiryInterval::new(u32::MAX).unwrap());
        let Ok(stream) = tokio::net::TcpStream::connect(running.tcp).await else { continue };
        let mut client = Client::over(stream, true);
        client.send(&id(&name).keep().with(expiry).with(maximum).bytes()).await;
        if !matches!(client.recv().await, Some(Packet::Connack { code: 0, .. })) {
            continue;
        }
        if !subscribed {
            let qos = Qos::AtLeastOnce;
            client.subscribe(&filters.iter().map(|filter| (*filter, qos)).collect::<Vec<_>>()).await;
            subscribed = true;
            all_subscribed.wait().await;
        }
        let mut owed = Vec::new();
        let mut patience = 20 + dice.below(300);
        // Each connection is dropped after a while, with acknowledgements outstanding.
        while patience > 0 && !seen.is_complete() {
            patience -= 1;
            if asked.is_none() && dice.below(4) == 0 {
                asked = Some(replaced.lock().clone());
                if tokio::io::AsyncWriteExt::write_all(&mut client.stream, &[0xc0, 0]).await.is_err() {
                    break;
                }
            }
            match tokio::time::timeout(Duration::from_millis(20), client.recv()).await {
                Ok(Some(Packet::Publish(message))) => {
                    seen.note(&message, &known, seed);
                    owed.push(message.id);
                }
                Ok(Some(Packet::Pingresp)) => known = asked.take().unwrap(),
                Ok(Some(Packet::Disconnect { .. }) | None) => break,
                Ok(Some(other)) => panic!("{other:?}"),
                Err(_) => {}
            }
            // Acknowledge late, and sometimes out of order.
            if dice.below(3) == 0 || owed.len() > 15 {
                if dice.below(8) == 0 {
                    owed.reverse();
                }
                let mut lost = false;
                for id in owed.drain(..) {
                    let [high, low] = id.to_be_bytes();
                    lost |= tokio::io::AsyncWriteExt::write_all(&mut client.stream, &[0x40, 2, high, low])
                        .await
                        .is_err();
                }
                if lost {
                    break;
                }
            }
        }
    }
}

async fn write(shared: Arc<Mutex<Arc<Running>>>, replaced: Replaced, mut dice: Dice) {
    let mut next = [1; TOPICS.len()];
    let mut late = Vec::new();
    let mut announced = Vec::new();
    while next.iter().any(|next| *next <= ENTRIES) {
        let mut batch = Vec::new();
        for _ in 0..1 + dice.below(12) {
            let topic = dice.below(TOPICS.len() as u64) as usize;
            if next[topic] <= ENTRIES {
                let running = Arc::clone(&shared.lock());
                batch.push(running.handler.append(TOPICS[topic], &next[topic].to_string()));
                next[topic] += 1;
            }
        }
        let running = Arc::clone(&shared.lock());
        match dice.below(10) {
            0 => late.append(&mut batch),
            1 => batch.reverse(),
            2 => batch.extend_from_within(..),
            _ => {}
        }
        running.broker.publish_log_batch(&batch);
        announced.append(&mut batch);
        if dice.below(5) == 0 {
            running.broker.publish_log_batch(&late);
            announced.append(&mut late);
        }
        if dice.below(2) == 0 && !announced.is_empty() {
            // Choose any entry, or one of the last.
            let length = announced.len() as u64;
            let reach = if dice.below(2) == 0 { length } else { length.min(20) };
            let back = dice.below(reach);
            let entry = &announced[(length - 1 - back) as usize];
            let place = (entry.message.topic.to_string(), entry.offset);
            let entry = running.handler.replace(&place.0, place.1, &format!("{} new", place.1));
            running.broker.replace(&[entry]);
            replaced.lock().insert(place);
        }
        if dice.below(3) == 0 {
            tokio::time::sleep(Duration::from_millis(dice.below(4))).await;
        }
    }
    // Announced last, so that readers still missing these entries catch up.
    let running = Arc::clone(&shared.lock());
    running.broker.publish_log_batch(&late);
}

fn config(dice: &mut Dice) -> chinwag_broker::Config {
    let mut config = open();
    config.limits.recent_bytes = [0, 3_000, 1 << 20][dice.below(3) as usize];
    config.limits.buffer_per_connection = [200, 2_000, 1 << 18][dice.below(3) as usize];
    config.limits.inflight = [2, 16, 256][dice.below(3) as usize];
    config.save_interval = Duration::from_millis(5);
    config
}

async fn round(seed: u64) {
    let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let handler: Arc<Memory> = Arc::default();
    for topic in TOPICS {
        handler.0.lock().logs.insert(topic.into(), Vec::new());
    }
    let shared = Arc::new(Mutex::new(Arc::new(start_with(Arc::clone(&handler), config(&mut dice)).await)));
    let replaced = Replaced::default();
    let mut readers = tokio::task::JoinSet::new();
    let all_subscribed = Arc::new(Barrier::new(5));
    for n in 0..4 {
        let filters = match n {
            0 => vec!["#"],
            1 => TOPICS.to_vec(),
            2 => vec!["room/#", "room/b"],
            _ => vec!["#", "room/a", "room/c"],
        };
        let dice = Dice(dice.below(u64::MAX) | 1);
        let (shared, replaced) = (Arc::clone(&shared), Arc::clone(&replaced));
        let all_subscribed = Arc::clone(&all_subscribed);
        readers.spawn(read(shared, replaced, format!("r{n}"), filters, dice, seed, all_subscribed));
    }
    // All readers subscribe before the first entry, so each must receive everything.
    all_subscribed.wait().await;
    let dice_of_writer = Dice(dice.below(u64::MAX) | 1);
    let writer = tokio::spawn(write(Arc::clone(&shared), Arc::clone(&replaced), dice_of_writer));
    for _ in 0..dice.below(3) {
        tokio::time::sleep(Duration::from_millis(20 + dice.below(100))).await;
        let old = Arc::clone(&shared.lock());
        let new = Arc::new(start_with(Arc::clone(&handler), config(&mut dice)).await);
        // The old broker saves its sessions before the new one loads them; nobody connects in between.
        old.broker.shutdown(Duration::from_secs(5)).await;
        *shared.lock() = new;
    }
    writer.await.unwrap();
    let all = async { while readers.join_next().await.transpose().unwrap().is_some() {} };
    tokio::time::timeout(Duration::from_secs(60), all)
        .await
        .unwrap_or_else(|_| panic!("seed {seed}: something is missing"));
}

/// Runs twelve rounds (or `LOG_MODEL_ROUNDS`), four at a time, with seeds starting at `LOG_MODEL_SEED`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_missed_and_all_is_in_order() {
    let number = |name: &str| std::env::var(name).ok().and_then(|n| n.parse().ok());
    let first = number("LOG_MODEL_SEED").unwrap_or(1);
    let mut seeds = first..first + number("LOG_MODEL_ROUNDS").unwrap_or(12);
    let mut running = tokio::task::JoinSet::new();
    loop {
        while running.len() < 4
            && let Some(seed) = seeds.next()
        {
            running.spawn(round(seed));
        }
        match running.join_next().await {
            Some(result) => result.unwrap(),
            None => return,
        }
    }
}
