//! Three servers with one PostgreSQL and one Mosquitto: all are equal, and any of them may die.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use chinwag_journeys::{
    Heard, Http, Mosquitto, Mqtt, Options, Person, Postgres, Server, Version, Witness, eventually,
};
use serde_json::json;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use crate::beside::{Speaker, all_is_heard, listen_on};

const ROOMS: [&str; 2] = ["general", "team/backend"];
const NAMES: [&str; 4] = ["ana", "bo", "cy", "dee"];

struct World {
    servers: Vec<Server>,
    people: Vec<Person>,
    broker: Mosquitto,
    _postgres: Arc<Postgres>,
    _media: TempDir,
}

/// Starts `count` servers, with accounts that all of them know.
async fn world(count: usize) -> World {
    let postgres = Postgres::shared().unwrap();
    let (database, broker) = (postgres.database().unwrap(), Mosquitto::start().await.unwrap());
    let (mut servers, media) = (Vec::new(), TempDir::new().unwrap());
    let uploads = format!("file://{}", media.path().display());
    for _ in 0..count {
        let shared = ["--database", &database, "--media", &uploads];
        servers.push(Server::start_beside(broker.beside(), &shared).await.unwrap());
    }
    let mut people = Vec::new();
    for name in NAMES {
        people.push(servers[0].person(name).await.unwrap());
    }
    servers[0].room(ROOMS[1], &[], &people.iter().collect::<Vec<_>>()).await.unwrap();
    for server in &servers {
        for person in &people {
            let http = server.as_person(person);
            eventually("every server knows everybody", async || {
                http.get(&format!("/messages/{}", ROOMS[1])).await.unwrap().0 == 200
            })
            .await;
        }
    }
    World { servers, people, broker, _postgres: postgres, _media: media }
}

async fn metric(server: &Server, name: &str) -> u64 {
    let text = server.metrics().await.unwrap();
    let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok());
    value.unwrap_or_else(|| panic!("no {name} in {text}"))
}

/// Returns which server is the leader; at most one is.
async fn announcing(servers: &[Server]) -> Option<usize> {
    let read = async || {
        let mut found = Vec::new();
        for (number, server) in servers.iter().enumerate() {
            if metric(server, "chinwag_broker_announcing").await == 1 {
                found.push(number);
            }
        }
        found
    };
    let found = read().await;
    // The servers are queried one after the other: a lease that moved meanwhile may have been seen twice.
    assert!(found.len() < 2 || read().await.len() < 2, "{found:?} announce at a time");
    found.last().copied()
}

/// Waits for a leader and returns its index.
async fn announces(servers: &[Server]) -> usize {
    let found = Mutex::new(None);
    eventually("somebody announces", async || {
        *found.lock().unwrap() = announcing(servers).await;
        found.lock().unwrap().is_some()
    })
    .await;
    found.into_inner().unwrap().unwrap()
}

/// Posts messages to the first server until told to stop; resends what was not acknowledged to the second.
async fn say_by_http(servers: [Http; 2], mut journal: chinwag_journeys::Journal, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let entry = journal.attempt();
        let mut answered = None;
        while answered.is_none() {
            for server in &servers {
                // Limits the rate, so that the log stays small enough to be read at once.
                tokio::time::sleep(Duration::from_millis(2)).await;
                if let Ok((200 | 201, event)) = server.post("/message", entry.body()).await {
                    answered = event["seq"].as_u64();
                    break;
                }
            }
        }
        journal.acknowledged(&entry.msg_id, answered);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_one_that_announces_is_killed_and_nobody_misses_anything() {
    let World { mut servers, people, broker, _postgres, _media } = world(3).await;
    let mut witness = Witness::new(&NAMES, &ROOMS);
    let mut listener =
        Mqtt::connect(broker.mqtt, &people[0], &Options::new(Version::V5, "listener")).await.unwrap();
    for room in ROOMS {
        listener.must_subscribe(room, 1).await.unwrap();
    }
    let heard = Arc::new(Mutex::new(Heard::default()));
    let listening = tokio::spawn(listen_on(listener, Arc::clone(&heard)));

    let stop = CancellationToken::new();
    let mut speaking = Vec::new();
    for (number, qos) in [(0, 1), (1, 2), (2, 1)] {
        let options = Options::new(Version::V5, &format!("speaker-{number}"));
        let client = Mqtt::connect(broker.mqtt, &people[number], &options).await.unwrap();
        let mut speaker =
            Speaker::new(client, qos, NAMES[number], witness.journal(number, format!("m{number}")));
        let stop = stop.clone();
        speaking.push(tokio::spawn(async move {
            speaker.talk(&stop).await;
            speaker.finish().await;
            speaker.repeated
        }));
    }
    let first = announces(&servers).await;
    let others = [(first + 1) % 3, (first + 2) % 3];
    let (dee, journal) = (&people[3], witness.journal(3, "h"));
    let http = [servers[first].as_person(dee), servers[others[0]].as_person(dee)];
    let by_http = tokio::spawn(say_by_http(http, journal, stop.clone()));

    let told = |heard: &Arc<Mutex<Heard>>| heard.lock().unwrap().last("general");
    eventually("there is much talk", async || told(&heard) > 100).await;
    for server in &servers {
        assert!(metric(server, "chinwag_broker_received_total").await > 0, "the sends are shared");
    }
    let before = told(&heard);
    servers[first].kill().await.unwrap();
    let killed = std::time::Instant::now();
    let living = [servers.remove(others[0].max(others[1])), servers.remove(others[0].min(others[1]))];
    eventually("another announces", async || announcing(&living).await.is_some()).await;
    let taken_over = killed.elapsed();
    eventually("the talk goes on", async || told(&heard) > before + 200).await;
    stop.cancel();
    let mut repeated = 0;
    for speaking in speaking {
        repeated += speaking.await.unwrap();
    }
    by_http.await.unwrap();

    let reader = living[0].as_person(&people[0]);
    witness.read_on(&reader).await.unwrap();
    witness.acknowledged_are_stored().unwrap();
    witness.all_are_stored().unwrap();
    all_is_heard(&witness, &heard).await;
    listening.abort();
    let count = witness.count();
    eprintln!("{count} messages, {repeated} of them said again; another announced after {taken_over:?}");
}

#[tokio::test]
async fn what_one_server_decides_holds_on_all() {
    let World { servers, people, broker, _postgres, _media } = world(2).await;
    let (ana, bo) = (&people[0], &people[1]);
    // Bo is removed from a room at one server and then sends to it: any server that receives the message refuses it.
    let mut bos = Mqtt::arrive(broker.mqtt, bo, "phone").await.unwrap();
    bos.must_subscribe(ROOMS[1], 1).await.unwrap();
    let (status, _) = servers[0].as_person(bo).delete(&format!("/members/{}", ROOMS[1])).await.unwrap();
    assert!((200..300).contains(&status));
    eventually("the other server knows", async || {
        servers[1].as_person(bo).get("/members/team/backend").await.unwrap().0 >= 400
    })
    .await;
    for attempt in 0..4 {
        let msg_id = format!("let-me-in-{attempt}");
        let fate = bos.say(bo, ROOMS[1], &msg_id, &json!({"text": "hello?"}), false).await.unwrap();
        assert!(fate.is_err(), "said in a room that bo is not in");
    }
    // All servers know who is online, whichever is the leader.
    for server in &servers {
        let http = server.as_person(ana);
        eventually("bo is there for both", async || {
            let people = http.get("/people").await.unwrap().1;
            people["people"].as_array().unwrap().iter().any(|p| p["name"] == "bo" && p["state"] == "online")
        })
        .await;
    }
    drop(bos);
    for server in &servers {
        let http = server.as_person(ana);
        eventually("bo is gone for both", async || {
            let people = http.get("/people").await.unwrap().1;
            people["people"].as_array().unwrap().iter().any(|p| p["name"] == "bo" && p["state"] == "offline")
        })
        .await;
    }
    // The same message posted to both servers is stored once.
    let send = json!({"topic": "general", "text": "once", "msg_id": "once"});
    let (first, event) = servers[0].as_person(ana).post("/message", send.clone()).await.unwrap();
    let (second, again) = servers[1].as_person(ana).post("/message", send).await.unwrap();
    assert_eq!((first, second, &event), (201, 200, &again));
}

#[tokio::test]
async fn a_server_that_is_stopped_hands_everything_over() {
    let World { mut servers, people, broker, _postgres, _media } = world(2).await;
    let ana = &people[0];
    let mut anas = Mqtt::arrive(broker.mqtt, ana, "phone").await.unwrap();
    let first = announces(&servers).await;
    let mut said = async |number: u32| {
        let msg_id = format!("m-{number}");
        anas.say(ana, "general", &msg_id, &json!({"text": "still here"}), false).await.unwrap()
    };
    for number in 0..10 {
        assert_eq!(said(number).await, Ok(()));
    }
    let mut leaving = servers.remove(first);
    assert!(leaving.stop().await.unwrap().success());
    for number in 10..20 {
        assert_eq!(said(number).await, Ok(()), "the other one takes it all, at once");
    }
    eventually("the other announces", async || announcing(&servers).await == Some(0)).await;
    tokio::time::timeout(Duration::from_secs(20), async {
        while metric(&servers[0], "chinwag_broker_published_total").await == 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await
    .expect("what is said is announced by the other");
}

/// The key that signs is in the database, and a server looks there for a credential that it does not know yet.
#[tokio::test]
async fn an_address_of_an_upload_that_one_server_signed_holds_on_the_other() {
    let World { servers, people, broker: _broker, _postgres, _media } = world(2).await;
    let (ana, other) = (&people[0], &servers[1]);
    let mut anas = servers[0].as_person(ana);
    let (_, media) = anas.upload("/media?name=a.txt", b"hello".to_vec()).await.unwrap();
    let id = media["id"].as_str().unwrap();
    let mut before: Option<String> = None;
    for _ in 0..5 {
        let (_, signed) = anas.post("/media/addresses", json!({"ids": [id]})).await.unwrap();
        let address = signed["addresses"][id].as_str().unwrap().to_owned();
        assert_eq!(other.as_stranger().download(&address).await.unwrap(), b"hello");
        if let Some(before) = before.replace(address) {
            assert_eq!(other.as_stranger().get(&before).await.unwrap().0, 403, "it was revoked");
        }
        // To revoke any token gives the account a new key, here at one server.
        assert_eq!(anas.delete("/tokens/0").await.unwrap().0, 204);
        let sign_in = json!({"username": ana.name, "password": ana.password});
        let (_, session) = servers[0].as_stranger().post("/session", sign_in).await.unwrap();
        anas = Http::new(servers[0].http, session["token"].as_str());
    }
}
