//! The list of what is measured.

use crate::goal::{Bound, Goal, Of};
use crate::idle::Transport;
use crate::load::{Pace, Senders, Workload};
use crate::scenario::{Beside, Job, Scenario};

const PACED: &[&str] = &["cpu_us_per_delivery", "p50_ms", "p99_ms", "max_ms"];
const FASTEST: &[&str] = &["deliveries_per_s", "cpu_us_per_delivery"];
const STORING: &[&str] = &["acknowledged_per_s", "cpu_us_per_message"];
const MEMORY: &[&str] = &["resident_kb_each"];
const THOUSAND: &[&str] = &["one_room_per_s", "all_rooms_per_s", "all_to_one_room", "room_list_ms"];

/// Debian's Mosquitto.
const OLD: Of = Of::RatioTo("Mosquitto 2.0");
/// The newest Mosquitto.
const NEW: Of = Of::RatioTo("Mosquitto 2.1");

/// Rooms that somebody can be in besides `general`.
const ROOMS: usize = 999;

fn scenario(id: &str, title: &str, what: &'static str, job: Job, shows: &'static [&'static str]) -> Scenario {
    let (id, title) = (id.into(), title.into());
    Scenario { id, title, what, job, shows, goals: vec![], beside: Beside::All, history: 0 }
}

fn goal(figure: &'static str, of: Of, bound: Bound) -> Goal {
    Goal { figure, of, bound }
}

fn fan_out(qos: u8, readers: usize, pace: Pace) -> Job {
    Job::Load(Workload { rooms: 1, readers, senders: Senders::Apart(1), qos, pace })
}

/// As many messages a second in all, however many rooms.
fn rooms_of_ten(rooms: usize) -> Job {
    let pace = Pace::PerSecond(1000.0 / rooms as f64);
    Job::Load(Workload { rooms, readers: 10, senders: Senders::Apart(1), qos: 1, pace })
}

/// What runs for several rounds.
pub fn comparison(short: bool) -> Vec<Scenario> {
    let mut all = fans();
    all.extend(rooms());
    all.extend(publishers());
    let idle =
        "The memory that each of 10,000 connections adds to the server, while nothing is sent or received.";
    let job = |transport| Job::Idle(transport, 10_000);
    all.push(scenario("idle-tcp", "10,000 idle, TCP", idle, job(Transport::Tcp), MEMORY));
    all.push(scenario("idle-ws", "10,000 idle, WebSocket", idle, job(Transport::WebSocket), MEMORY));
    let stored = if short { 50_000 } else { 250_000 };
    let mut thousand = scenario(
        "thousand",
        "an account in 1,000 rooms",
        "Eight publishers have 16 messages in flight each, by turns all into one room, and each message into one of 999 \
         rooms at random, on the same server, which has stored 250,000 messages in all the rooms before. Then one account \
         requests the list of its 1,000 rooms (these and `general`) 51 times.",
        Job::Spread { rooms: ROOMS, stored },
        THOUSAND,
    );
    thousand.beside = Beside::Nobody;
    thousand.goals = vec![
        goal("all_to_one_room", Of::Ours, Bound::AtLeast(0.7)),
        goal("room_list_ms", Of::Ours, Bound::AtMost(15.0)),
    ];
    all.push(thousand);
    all
}

/// One publisher, 500 subscribers.
fn fans() -> Vec<Scenario> {
    let steady = "One publisher sends so many messages a second to 500 subscribers of one room.";
    let fastest = "One publisher sends to 500 subscribers of one room as fast as it goes, with at most so many messages that \
                   have not reached all of them yet: the larger this window, the more a server can do at once.";
    let mut paced =
        scenario("fan-q1-20", "1→500, QoS 1, 20/s", steady, fan_out(1, 500, Pace::PerSecond(20.0)), PACED);
    paced.goals = vec![
        goal("cpu_us_per_delivery", OLD, Bound::AtMost(0.7)),
        goal("cpu_us_per_delivery", NEW, Bound::AtMost(0.85)),
    ];
    let unpaced = |id: &str, qos: u8, window: u64| {
        let title = format!("1→500, QoS {qos}, window of {window}");
        scenario(id, &title, fastest, fan_out(qos, 500, Pace::Undelivered(window)), FASTEST)
    };
    vec![
        paced,
        scenario("fan-q0-40", "1→500, QoS 0, 40/s", steady, fan_out(0, 500, Pace::PerSecond(40.0)), PACED),
        unpaced("fan-q1-16", 1, 16),
        unpaced("fan-q1-32", 1, 32),
        unpaced("fan-q1-256", 1, 256),
        unpaced("fan-q0-32", 0, 32),
    ]
}

/// A hundred rooms of ten.
fn rooms() -> Vec<Scenario> {
    let mut paced = scenario(
        "rooms-10",
        "100 rooms × 10, QoS 1, 10/s in each",
        "In each of a hundred rooms, one publisher sends ten messages a second to ten subscribers.",
        rooms_of_ten(100),
        PACED,
    );
    paced.goals = vec![goal("cpu_us_per_delivery", OLD, Bound::AtMost(1.5))];
    let everyone =
        Workload { rooms: 100, readers: 10, senders: Senders::Readers, qos: 1, pace: Pace::Undelivered(4) };
    let fastest = scenario(
        "rooms",
        "100 rooms × 10, all talking, windows of 4",
        "In each of a hundred rooms, all ten subscribers send at QoS 1 as fast as it goes, each with at most four \
         messages that have not reached all ten yet: 4,000 at once in all.",
        Job::Load(everyone),
        FASTEST,
    );
    vec![paced, fastest]
}

/// One publisher, one subscriber.
fn publishers() -> Vec<Scenario> {
    let what = "One publisher sends to one subscriber at QoS 1 as fast as it goes, with at most so many messages that are \
                not acknowledged yet. Chinwag acknowledges what is on disk; with one in flight, every message is a \
                transaction of its own. The CPU per message includes the delivery.";
    let publisher =
        |id, title, window| scenario(id, title, what, fan_out(1, 1, Pace::Unacknowledged(window)), STORING);
    let mut lone = publisher("sender-1", "one publisher, 1 in flight", 1);
    lone.goals = vec![goal("cpu_us_per_message", Of::Ours, Bound::AtMost(150.0))];
    let mut sixteen = publisher("sender-16", "one publisher, 16 in flight", 16);
    sixteen.goals = vec![goal("acknowledged_per_s", OLD, Bound::AtLeast(1.0))];
    vec![lone, sixteen]
}

/// How cost grows: each series holds the delivery rate still and changes one thing. One round, beside one Mosquitto.
pub fn growth(short: bool) -> Vec<Scenario> {
    let cost = &["cpu_us_per_delivery"][..];
    let mut all = Vec::new();
    let members = "One publisher, QoS 1; members × messages a second is always 10,000.";
    for readers in [10_usize, 100, 1000, 5000] {
        let job = fan_out(1, readers, Pace::PerSecond(10_000.0 / readers as f64));
        all.push(scenario(&format!("members:{readers}"), "members of one room", members, job, cost));
    }
    let rooms = "One publisher in each room, QoS 1; rooms × messages a second is always 1,000.";
    for count in [1_usize, 10, 100, 900] {
        let job = rooms_of_ten(count);
        all.push(scenario(&format!("rooms:{count}"), "rooms of ten members", rooms, job, cost));
    }
    let history =
        "As 1→500, QoS 1, 20/s, in a room that has so many messages already. Mosquitto has no history.";
    for count in [0_u64, 10_000, 100_000, 1_000_000] {
        let job = fan_out(1, 500, Pace::PerSecond(20.0));
        let entry = scenario(&format!("history:{count}"), "messages stored before", history, job, cost);
        all.push(Scenario { history: count, ..entry });
    }
    let connections = "The memory that each of so many TCP connections adds to the server, while nothing is sent or received.";
    for count in [1000, 5000, 10_000, 18_000] {
        let job = Job::Idle(Transport::Tcp, count);
        all.push(scenario(&format!("connections:{count}"), "connections", connections, job, MEMORY));
    }
    let arrivals = "So many people, all members of one room, connect one after the other and subscribe to \
                    `users/+/presence`. In a room of at most 100 members everybody is told of everybody; in a larger one, \
                    nobody is told of the others. So the cost is linear in the number of people, not quadratic.";
    for people in [50, 100, 200, 400, 800] {
        let each = &["presence_each"][..];
        let mut entry =
            scenario(&format!("arrivals:{people}"), "people arriving", arrivals, Job::Arrivals(people), each);
        if people == 800 {
            // No more than in the largest room in which everybody is told.
            entry.goals = vec![goal("presence_each", Of::Ours, Bound::AtMost(100.0))];
        }
        all.push(entry);
    }
    for entry in &mut all {
        let ours_only = entry.history > 0 || matches!(entry.job, Job::Arrivals(_));
        entry.beside = if ours_only { Beside::Nobody } else { Beside::First };
    }
    if short {
        let long = ["000000", ":1000", ":900", ":400", ":800"];
        all.retain(|entry| !long.iter().any(|end| entry.id.ends_with(end)));
    }
    all
}

/// Both lists.
pub fn all() -> Vec<Scenario> {
    let mut all = comparison(false);
    all.extend(growth(false));
    all
}
