//! Benchmark of the committer alone: messages into one room, and spread over a thousand.
//!
//!     cargo run --release -p chinwag-store --example committer -- [sqlite:FILE | postgres] [EVENTS] [SECONDS] [ROUNDS] [IN FLIGHT]
//!
//! Fills the rooms' logs with EVENTS in total (if the database does not have them yet), then alternates between one
//! room and all, with IN FLIGHT concurrent writes. `postgres` starts a server of its own.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a program for people, which ends where a step fails"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use chinwag_journeys::Postgres;
use chinwag_protocol::{Name, Refused, RoomId, Send};
use chinwag_store::made_id::{self, Sent};
use chinwag_store::{
    AccountId, Action, AddAccount, AddRoom, Change, Committed, Contents, Database, Key, NewRoomRow,
    Permission, Right, RoomKey, Say, Store, View, clock,
};
use tokio::sync::mpsc;

const ROOMS: usize = 1_000;
const SENDERS: usize = 8;

/// A view without any contents, which knows no room, so it never notices other servers' events.
struct Blind;

impl View for Blind {
    fn load(&self, _: Contents) {}
    fn apply(&self, _: &Committed) {}
    fn last_seq(&self, _: RoomKey) -> Option<u64> {
        None
    }
    fn looks_like_an_account(&self, _: &Name) -> bool {
        false
    }
    fn looks_like_a_room(&self, _: &RoomId) -> bool {
        false
    }
}

/// A permission to send anything.
#[derive(Debug)]
struct Free(AccountId, RoomKey, Say);

impl Right for Free {
    fn account(&self) -> AccountId {
        self.0
    }
    fn room(&self) -> RoomKey {
        self.1
    }
    fn by_operator(&self) -> bool {
        true
    }
    fn check(&self, _: &[Change], _: Option<AccountId>) -> Result<(), Refused> {
        Ok(())
    }
}

impl Permission for Free {
    type Act = Say;
    fn act(&self) -> &Say {
        &self.2
    }
}

struct Talk {
    store: Store,
    rooms: Vec<RoomKey>,
    senders: Vec<AccountId>,
    sent: u64,
    random: u64,
    /// The longest transaction since the last measurement, in microseconds.
    longest: Arc<AtomicU64>,
}

/// The results of one measurement.
struct Figures {
    per_second: f64,
    cpu_us: f64,
    per_commit: f64,
    longest_ms: f64,
}

impl Talk {
    fn random(&mut self) -> usize {
        self.random =
            self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.random >> 33) as usize
    }

    fn message(&mut self, rooms: usize) -> Action {
        self.sent += 1;
        let (room, sender) = (self.random() % rooms, self.random() % SENDERS);
        let room = self.rooms[room];
        let text = format!("message {:>10} and so much more that it is about as long as most are", self.sent);
        let client = format!("client-{sender}");
        let packet = (self.sent % 65_535) as u16 + 1;
        let sent = Sent { client: &client, packet, room: "room", payload: text.as_bytes() };
        let msg_id = Some(made_id::make(&sent, clock::now()));
        let send = Send { text, msg_id, ..Send::default() };
        Action::new(Free(self.senders[sender], room, Say { send, key: Key::Made }))
    }

    /// Sends messages to the first `rooms` rooms until `over`.
    async fn say(&mut self, rooms: usize, in_flight: usize, over: impl Fn(u64) -> bool) -> Figures {
        let (done, mut free) = mpsc::channel(in_flight);
        (0..in_flight).for_each(|_| done.try_send(()).unwrap());
        self.longest.store(0, Ordering::Relaxed);
        let (cpu, commits, began, mut sent) = (cpu(), self.store.stats().commits, Instant::now(), 0);
        while !over(sent) {
            free.recv().await.unwrap();
            let (action, done) = (self.message(rooms), done.clone());
            let answered = move |acted: Result<_, Refused>| {
                acted.unwrap();
                done.try_send(()).unwrap();
            };
            self.store.submit_action(action, Box::new(answered)).await;
            sent += 1;
        }
        for _ in 0..in_flight {
            free.recv().await.unwrap();
        }
        Figures {
            per_second: sent as f64 / began.elapsed().as_secs_f64(),
            cpu_us: (self::cpu() - cpu).as_secs_f64() * 1e6 / sent as f64,
            per_commit: sent as f64 / (self.store.stats().commits - commits) as f64,
            longest_ms: self.longest.load(Ordering::Relaxed) as f64 / 1e3,
        }
    }
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

/// Returns the CPU time that this process has used so far; with PostgreSQL this is only the client's side.
fn cpu() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks = |field: usize| fields[field].parse::<u64>().unwrap();
    Duration::from_millis((ticks(11) + ticks(12)) * 10)
}

/// Opens the store, and creates its rooms and senders if they are missing.
async fn open(database: Database) -> (Talk, u64) {
    let (store, mut commits) =
        tokio::task::spawn_blocking(|| Store::open(database, Arc::new(Blind)).unwrap()).await.unwrap();
    tokio::spawn(async move { while commits.recv().await.is_some() {} });
    let longest = Arc::<AtomicU64>::default();
    let told = Arc::clone(&longest);
    store.observe_commits(Box::new(move |took| {
        told.fetch_max(took.as_micros() as u64, Ordering::Relaxed);
    }));
    let (mut rooms, mut senders) = (Vec::new(), Vec::new());
    let behind = store.reader().behind("benchmark").await.unwrap();
    let stored = behind.iter().map(|room| room.last_seq).sum();
    if stored == 0 {
        for number in 0..SENDERS {
            let name = format!("sender-{number}").parse().unwrap();
            senders.push(
                store.write(AddAccount { name, password: None, admin: false, first: false }).await.unwrap(),
            );
        }
        for number in 0..ROOMS {
            let (topic, title, purpose) =
                (format!("room-{number}").parse().unwrap(), format!("Room {number}"), String::new());
            let room = NewRoomRow { topic, title, purpose, private: false };
            rooms.push(
                store.write(AddRoom { room, by: None, members: vec![(senders[0], true)] }).await.unwrap(),
            );
        }
    } else {
        // The senders are the first accounts that were created; `general` is the first room.
        senders.extend((1..=SENDERS as i64).map(AccountId));
        rooms.extend((2..2 + ROOMS as i64).map(RoomKey));
    }
    (Talk { store, rooms, senders, sent: stored, random: stored + 7, longest }, stored)
}

#[tokio::main]
async fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let arg = |at: usize, default: u64| args.get(at).map_or(default, |arg| arg.parse().unwrap());
    let (events, seconds, rounds, in_flight) =
        (arg(1, 1_000_000), arg(2, 5), arg(3, 5), arg(4, 128) as usize);
    let folder = tempfile::tempdir().unwrap();
    let mut server = None;
    let database = match args.first().map(String::as_str) {
        Some("postgres") => server.insert(Postgres::start().unwrap()).database().unwrap(),
        Some(url) if url != "sqlite" => url.to_owned(),
        _ => format!("sqlite:{}", folder.path().join("chinwag.db").display()),
    };
    let (mut talk, stored) = open(Database::parse(&database).unwrap()).await;
    let missing = events.saturating_sub(stored);
    if missing > 0 {
        let filled = talk.say(ROOMS, 1_024, |sent| sent >= missing).await;
        println!("filled with {events} events: {:.0}/s, {:.1} µs CPU each", filled.per_second, filled.cpu_us);
    }
    let mut all: [Vec<Figures>; 2] = [vec![], vec![]];
    for _ in 0..rounds {
        for (rooms, figures) in [1, ROOMS].into_iter().zip(&mut all) {
            let until = Instant::now() + Duration::from_secs(seconds);
            figures.push(talk.say(rooms, in_flight, |_| Instant::now() >= until).await);
        }
    }
    let mut middles = Vec::new();
    for (rooms, figures) in [1, ROOMS].iter().zip(&mut all) {
        figures.sort_by(|one, other| one.per_second.total_cmp(&other.per_second));
        let longest = figures.iter().map(|figures| figures.longest_ms).fold(0.0, f64::max);
        let (least, middle, most) = (&figures[0], &figures[figures.len() / 2], figures.last().unwrap());
        println!(
            "{rooms:>5} rooms: {:>6.0}/s ({:.0} to {:.0}), {:.1} µs CPU a message, {:.0} in a commit, the longest {:.0} ms",
            middle.per_second, least.per_second, most.per_second, middle.cpu_us, middle.per_commit, longest
        );
        middles.push(middle.per_second);
    }
    println!("ratio {:.2}", middles[1] / middles[0]);
    let (mut rooms, mut took) = (0, Vec::new());
    for _ in 0..5 {
        let began = Instant::now();
        rooms = talk.store.reader().previews(talk.senders[0], None).await.unwrap().len();
        took.push(began.elapsed());
    }
    took.sort();
    println!("the list of {rooms} rooms: {:.1} ms ({:.1} to {:.1})", ms(took[2]), ms(took[0]), ms(took[4]));
    talk.store.stop().await;
}
