//! Records what clients tried to send, which acknowledgements and which messages they received, and checks the logs
//! against that. It knows only what came over the servers' sockets.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::{Http, Message};

/// A message that a client tried to send.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// Index of the sender in the list of senders.
    pub sender: usize,
    /// The room.
    pub room: String,
    /// Time of the first attempt.
    pub began: Instant,
    /// Time of the first acknowledgement that it is stored.
    pub acknowledged: Option<Instant>,
    /// Its seq, if the acknowledgement contained it.
    pub seq: Option<u64>,
}

/// All attempts by msg_id. Clones share the same data.
#[derive(Debug, Clone, Default)]
pub struct Book(Arc<Mutex<HashMap<String, Attempt>>>);

impl Book {
    /// Locks the map of attempts.
    pub fn open(&self) -> MutexGuard<'_, HashMap<String, Attempt>> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Returns the longest time between two acknowledgements to any client, from `since` until `until`.
    pub fn longest_silence(&self, since: Instant, until: Instant) -> Duration {
        let book = self.open();
        let mut moments: Vec<_> = book.values().filter_map(|attempt| attempt.acknowledged).collect();
        moments.retain(|moment| (since..until).contains(moment));
        moments.extend([since, until]);
        moments.sort_unstable();
        moments.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or_default()
    }

    /// Returns the longest time from the first attempt to the acknowledgement among messages first tried after `since`,
    /// and the number of these messages.
    pub fn slowest(&self, since: Instant) -> (Duration, usize) {
        let book = self.open();
        let took = book.values().filter(|attempt| attempt.began >= since);
        let took: Vec<_> = took.filter_map(|attempt| Some(attempt.acknowledged? - attempt.began)).collect();
        (took.iter().copied().max().unwrap_or_default(), took.len())
    }
}

/// Writes one sender's attempts into the book.
pub struct Journal {
    book: Book,
    sender: usize,
    /// Prefix of every msg_id, unique to this journal.
    prefix: String,
    rooms: Vec<String>,
    count: u64,
}

/// A message to send.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The key for deduplication.
    pub msg_id: String,
    /// The room.
    pub room: String,
    /// Its number in this journal, from 1.
    pub number: u64,
}

impl Entry {
    /// Returns the payload of an MQTT publish.
    pub fn payload(&self) -> Vec<u8> {
        json!({"text": text_of(&self.msg_id), "msg_id": self.msg_id}).to_string().into_bytes()
    }

    /// Returns the body of `POST /message`.
    pub fn body(&self) -> Value {
        json!({"topic": self.room, "text": text_of(&self.msg_id), "msg_id": self.msg_id})
    }
}

impl Journal {
    /// Records the sender's next message before it is sent; the rooms are used in rotation.
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

    /// Records that the sender received an acknowledgement, with the seq if it contained one.
    pub fn acknowledged(&self, msg_id: &str, seq: Option<u64>) {
        if let Some(attempt) = self.book.open().get_mut(msg_id) {
            attempt.acknowledged.get_or_insert_with(Instant::now);
            attempt.seq = attempt.seq.or(seq);
        }
    }
}

/// The events a subscriber received in each room in order of arrival: seq and msg_id (empty unless it is a message).
#[derive(Debug, Default)]
pub struct Heard(pub BTreeMap<String, Vec<(u64, String)>>);

impl Heard {
    /// Records an event; ignores a payload without a seq.
    pub fn note(&mut self, message: &Message) -> Result<()> {
        let event = message.json()?;
        if let Some(seq) = event["seq"].as_u64() {
            self.0.entry(message.topic.clone()).or_default().push((seq, msg_id_of(&event)));
        }
        Ok(())
    }

    /// Returns the seqs received in a room that are greater than `before`, without repetitions.
    pub fn new_seqs(&self, room: &str, before: u64) -> Vec<u64> {
        let mut known = HashSet::new();
        let heard = self.0.get(room).into_iter().flatten().map(|(seq, _)| *seq);
        heard.filter(|seq| *seq > before && known.insert(*seq)).collect()
    }

    /// Returns the seq received last in a room, or 0.
    pub fn last(&self, room: &str) -> u64 {
        self.0.get(room).and_then(|heard| heard.last()).map_or(0, |(seq, _)| *seq)
    }

    /// Checks that in each room everything was received in order, from the first seq received to the room's last seq.
    /// Repetitions are allowed.
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

/// The book of attempts, and the logs read so far.
pub struct Witness {
    /// All attempts.
    pub book: Book,
    names: Vec<String>,
    rooms: Vec<String>,
    /// The msg_id of every event in each room's log; empty unless it is a message.
    logs: BTreeMap<String, Vec<String>>,
    stored: HashSet<String>,
    epochs: HashMap<String, Value>,
}

impl Witness {
    /// Creates a witness for these senders (numbered by index) and rooms.
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

    /// Creates a journal for a sender; `prefix` must be unique.
    pub fn journal(&self, sender: usize, prefix: impl Into<String>) -> Journal {
        let (book, rooms) = (self.book.clone(), self.rooms.clone());
        Journal { book, sender, prefix: prefix.into(), rooms, count: 0 }
    }

    /// Returns the log of every room as read so far.
    pub fn logs(&self) -> &BTreeMap<String, Vec<String>> {
        &self.logs
    }

    /// Returns whether the message is in a log as read so far.
    pub fn is_stored(&self, msg_id: &str) -> bool {
        self.stored.contains(msg_id)
    }

    /// Returns the number of messages in the logs read so far.
    pub fn count(&self) -> usize {
        self.stored.len()
    }

    /// Reads the logs from where the last read ended; checks every `seq` and every message.
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

    /// Checks that another reader gets the same logs, from after these seqs.
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

    /// Checks that `/messages`, paged backwards, agrees with `/events`.
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

    /// Checks that every received event equals the log entry with its seq.
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

    /// Checks that every acknowledged message is in the logs, with the seq in its acknowledgement.
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

    /// Checks that every message ever tried is in the logs.
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
