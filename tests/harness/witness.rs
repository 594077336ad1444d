//! What clients tried to say, what they were told and what they heard; and whether the logs agree.
//! It knows nothing but what came over the servers' sockets.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::{Http, Message};

/// A message somebody tried to send.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// Who: an index into the senders.
    pub sender: usize,
    /// Where.
    pub room: String,
    /// When it was tried first.
    pub began: Instant,
    /// When its sender was first told that it is stored.
    pub acknowledged: Option<Instant>,
    /// Its seq, where the acknowledgement named it.
    pub seq: Option<u64>,
}

/// Everything that was ever tried, by msg_id. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Book(Arc<Mutex<HashMap<String, Attempt>>>);

impl Book {
    /// To look into it.
    pub fn open(&self) -> MutexGuard<'_, HashMap<String, Attempt>> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// The longest time between two acknowledgements, whoever's, from `since` until `until`.
    pub fn longest_silence(&self, since: Instant, until: Instant) -> Duration {
        let book = self.open();
        let mut moments: Vec<_> = book.values().filter_map(|attempt| attempt.acknowledged).collect();
        moments.retain(|moment| (since..until).contains(moment));
        moments.extend([since, until]);
        moments.sort_unstable();
        moments.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or_default()
    }

    /// The longest that one message, tried since then, took from the first try to its acknowledgement; and how
    /// many there were.
    pub fn slowest(&self, since: Instant) -> (Duration, usize) {
        let book = self.open();
        let took = book.values().filter(|attempt| attempt.began >= since);
        let took: Vec<_> = took.filter_map(|attempt| Some(attempt.acknowledged? - attempt.began)).collect();
        (took.iter().copied().max().unwrap_or_default(), took.len())
    }
}

/// One sender's hand in the book.
pub struct Journal {
    book: Book,
    sender: usize,
    /// Begins every msg_id, and so makes them unlike any other journal's.
    prefix: String,
    rooms: Vec<String>,
    count: u64,
}

/// One entry: what to send where.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The sender's key.
    pub msg_id: String,
    /// The room.
    pub room: String,
    /// How manieth of this journal.
    pub number: u64,
}

impl Entry {
    /// The payload of an MQTT send.
    pub fn payload(&self) -> Vec<u8> {
        json!({"text": text_of(&self.msg_id), "msg_id": self.msg_id}).to_string().into_bytes()
    }

    /// The body of `POST /message`.
    pub fn body(&self) -> Value {
        json!({"topic": self.room, "text": text_of(&self.msg_id), "msg_id": self.msg_id})
    }
}

impl Journal {
    /// A sender's next message, written down before it is tried; the rooms take turns.
    pub fn attempt(&mut self) -> Entry {
        self.count += 1;
        let msg_id = format!("{}-{}", self.prefix, self.count);
        let room = self.rooms[self.count as usize % self.rooms.len()].clone();
        let attempt = Attempt {
            sender: self.sender,
            room: room.clone(),
            began: Instant::now(),
            acknowledged: None,
            seq: None,
        };
        self.book.open().insert(msg_id.clone(), attempt);
        Entry { msg_id, room, number: self.count }
    }

    /// Its sender was told that it is stored, perhaps where.
    pub fn acknowledged(&self, msg_id: &str, seq: Option<u64>) {
        if let Some(attempt) = self.book.open().get_mut(msg_id) {
            attempt.acknowledged.get_or_insert_with(Instant::now);
            attempt.seq = attempt.seq.or(seq);
        }
    }
}

/// What a listener heard in each room: seq and msg_id (empty where it is no message), in the order of arrival.
#[derive(Debug, Default)]
pub struct Heard(pub BTreeMap<String, Vec<(u64, String)>>);

impl Heard {
    /// Notes an event; anything without a seq is none.
    pub fn note(&mut self, message: &Message) -> Result<()> {
        let event = message.json()?;
        if let Some(seq) = event["seq"].as_u64() {
            self.0.entry(message.topic.clone()).or_default().push((seq, msg_id_of(&event)));
        }
        Ok(())
    }

    /// What was new each time it was heard in a room, beyond `before`: a repeat of something earlier is left out.
    pub fn new_seqs(&self, room: &str, before: u64) -> Vec<u64> {
        let mut known = HashSet::new();
        let heard = self.0.get(room).into_iter().flatten().map(|(seq, _)| *seq);
        heard.filter(|seq| *seq > before && known.insert(*seq)).collect()
    }

    /// The last seq heard in a room.
    pub fn last(&self, room: &str) -> u64 {
        self.0.get(room).and_then(|heard| heard.last()).map_or(0, |(seq, _)| *seq)
    }

    /// In each room everything is heard, from where the listener came in up to the room's last seq, in order but for
    /// repeats. A repeat of what was published before the listener came is new to it, and no news.
    pub fn all_in_order(&self, ends: &[(String, u64)]) -> Result<()> {
        for (room, last) in ends {
            let first = self.0.get(room).and_then(|heard| heard.first()).map_or(1, |(seq, _)| *seq);
            let seqs = self.new_seqs(room, first - 1);
            let wrong = seqs.iter().zip(first..).find(|&(&seq, due)| seq != due);
            ensure!(wrong.is_none(), "{room}, of {first} to {last}: (heard, due) {wrong:?}");
            ensure!(seqs.last() == Some(last), "{room}: heard up to {:?} of {last}", seqs.last());
        }
        Ok(())
    }
}

/// The book, and the logs as read so far.
pub struct Witness {
    /// What was tried.
    pub book: Book,
    names: Vec<String>,
    rooms: Vec<String>,
    /// Of every event in each room's log the msg_id, empty where it is no message.
    logs: BTreeMap<String, Vec<String>>,
    stored: HashSet<String>,
    epochs: HashMap<String, Value>,
}

impl Witness {
    /// For these senders, by number, in these rooms.
    pub fn new(names: &[&str], rooms: &[&str]) -> Self {
        Self {
            book: Book::default(),
            names: names.iter().map(|&name| name.to_owned()).collect(),
            rooms: rooms.iter().map(|&room| room.to_owned()).collect(),
            logs: rooms.iter().map(|&room| (room.to_owned(), Vec::new())).collect(),
            stored: HashSet::new(),
            epochs: HashMap::new(),
        }
    }

    /// A journal for a sender; `prefix` sets it apart from all others.
    pub fn journal(&self, sender: usize, prefix: impl Into<String>) -> Journal {
        let (book, rooms) = (self.book.clone(), self.rooms.clone());
        Journal { book, sender, prefix: prefix.into(), rooms, count: 0 }
    }

    /// Every room's log as read so far.
    pub fn logs(&self) -> &BTreeMap<String, Vec<String>> {
        &self.logs
    }

    /// Whether it stands in a log, as far as read.
    pub fn is_stored(&self, msg_id: &str) -> bool {
        self.stored.contains(msg_id)
    }

    /// How many messages stand in the logs.
    pub fn count(&self) -> usize {
        self.stored.len()
    }

    /// Reads what the logs hold beyond what was read before; checks `seq` and every message.
    pub async fn read_on(&mut self, reader: &Http) -> Result<()> {
        for room in &self.rooms {
            let (status, page) = reader.get(&format!("/events/{room}?after=0&limit=1")).await?;
            ensure!(status == 200, "GET /events: {status} {page}");
            let epoch = self.epochs.entry(room.clone()).or_insert_with(|| page["epoch"].clone());
            ensure!(*epoch == page["epoch"], "the epoch of {room} changed: {page}");
            let log = self.logs.entry(room.clone()).or_default();
            for event in reader.events_after(room, log.len() as u64).await? {
                ensure!(event["seq"] == log.len() as u64 + 1, "a hole or a double in {room}: {event}");
                let msg_id = msg_id_of(&event);
                if event["type"] == "message" {
                    check_message(&self.book, &self.names, room, &event)?;
                    ensure!(self.stored.insert(msg_id.clone()), "doubled in {room}: {event}");
                }
                log.push(msg_id);
            }
        }
        Ok(())
    }

    /// Another reader sees the very same logs, from these seqs on.
    pub async fn compare_events(&self, reader: &Http, after: &BTreeMap<String, u64>) -> Result<()> {
        for (room, log) in &self.logs {
            let after = after.get(room).copied().unwrap_or(0);
            let theirs = reader.events_after(room, after).await?;
            let ours: Vec<_> = log.iter().zip(1_u64..).skip(after as usize).collect();
            ensure!(theirs.len() == ours.len(), "{room}: {} of {} events", theirs.len(), ours.len());
            for (event, (msg_id, seq)) in theirs.iter().zip(ours) {
                let same = event["seq"] == seq && msg_id_of(event) == *msg_id;
                ensure!(same, "{room}: another reader sees {event} at {seq}");
            }
        }
        Ok(())
    }

    /// `/messages`, paged backwards, tells the same story as `/events`.
    pub async fn compare_messages(&self, reader: &Http) -> Result<()> {
        for (room, log) in &self.logs {
            let messages = reader.messages(room).await?;
            let log = log.iter().enumerate().filter(|(_, msg_id)| !msg_id.is_empty());
            let log: Vec<_> = log.map(|(index, msg_id)| (index as u64 + 1, msg_id)).collect();
            ensure!(messages.len() == log.len(), "{room}: {} of {} messages", messages.len(), log.len());
            for (message, (seq, msg_id)) in messages.iter().zip(log) {
                ensure!(message["seq"] == seq && message["msg_id"] == **msg_id, "{room}: {message} at {seq}");
            }
        }
        Ok(())
    }

    /// Everything heard is the log's own entry at its seq.
    pub fn compare(&self, heard: &Heard) -> Result<()> {
        for (room, heard) in &heard.0 {
            let log = self.logs.get(room).with_context(|| format!("heard in {room}: {heard:?}"))?;
            for (seq, msg_id) in heard {
                let stored = log.get(*seq as usize - 1);
                let stored =
                    stored.with_context(|| format!("{room}: {seq} was heard and is not in the log"))?;
                ensure!(stored == msg_id, "{room}: heard {msg_id} at {seq}, where {stored} stands");
            }
        }
        Ok(())
    }

    /// What was acknowledged is in the logs, where the acknowledgement said.
    pub fn acknowledged_are_stored(&self) -> Result<()> {
        for (msg_id, attempt) in &*self.book.open() {
            let stored = attempt.acknowledged.is_none() || self.stored.contains(msg_id);
            ensure!(stored, "acknowledged and lost: {msg_id} {attempt:?}");
            if let Some(seq) = attempt.seq {
                let log = &self.logs[&attempt.room];
                let there = log.get(seq as usize - 1) == Some(msg_id);
                ensure!(there, "{msg_id} was acknowledged as {seq} and is not there: {attempt:?}");
            }
        }
        Ok(())
    }

    /// All that was ever tried is in the logs.
    pub fn all_are_stored(&self) -> Result<()> {
        for (msg_id, attempt) in &*self.book.open() {
            ensure!(self.stored.contains(msg_id), "tried to the end and lost: {msg_id} {attempt:?}");
        }
        Ok(())
    }
}

fn msg_id_of(event: &Value) -> String {
    let message = event["type"] == "message";
    event["msg_id"].as_str().filter(|_| message).unwrap_or_default().to_owned()
}

fn check_message(book: &Book, names: &[String], room: &str, event: &Value) -> Result<()> {
    let book = book.open();
    let msg_id = event["msg_id"].as_str().unwrap_or_default();
    let attempt = book.get(msg_id).with_context(|| format!("nobody sent this: {event}"))?;
    ensure!(attempt.room == room && event["text"] == text_of(msg_id), "not what was sent: {event}");
    ensure!(names[attempt.sender] == event["sender"], "in another's name: {event}");
    Ok(())
}

fn text_of(msg_id: &str) -> String {
    format!("text of {msg_id}")
}
