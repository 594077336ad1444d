//! With PostgreSQL: the database goes down and comes back under load, a second server is refused, and an installation
//! migrates from one database to another and back.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chinwag_journeys::{Http, Mqtt, Options, Postgres, Server, Version, binary, eventually};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

async fn on(database: &str) -> Server {
    Server::start_with(&["--limits", "off", "--database", database]).await.unwrap()
}

/// Sends messages until told to stop, repeating each until it is acknowledged; returns the msg_ids.
fn talk(http: Http, who: &str, over: &Arc<AtomicBool>) -> tokio::task::JoinHandle<Vec<String>> {
    let (who, over) = (who.to_owned(), Arc::clone(over));
    tokio::spawn(async move {
        let mut said = Vec::new();
        while !over.load(Ordering::Relaxed) {
            let msg_id = format!("{who}-{}", said.len());
            let message = json!({"topic": "general", "text": "hi", "msg_id": msg_id});
            loop {
                let status = http.post("/message", message.clone()).await.map_or(0, |(status, _)| status);
                if status == 200 || status == 201 {
                    break;
                }
                assert!(status == 503 || status == 0, "{status}");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            said.push(msg_id);
            // Limits the rate, so that the log stays small enough to be read at once.
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        said
    })
}

async fn log(http: &Http, room: &str) -> Vec<Value> {
    http.events_after(room, 0).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_of_the_database_is_waited_for() {
    let postgres = Postgres::start().unwrap();
    let server = on(&postgres.database().unwrap()).await;
    let ana = server.person("ana").await.unwrap();
    let mut phone = Mqtt::connect(server.mqtt, &ana, &Options::new(Version::V5, "phone")).await.unwrap();
    phone.must_subscribe("general", 1).await.unwrap();
    let over = Arc::new(AtomicBool::new(false));
    let talking = [talk(server.as_person(&ana), "a", &over), talk(server.as_person(&ana), "b", &over)];
    let mut seen = BTreeSet::new();
    let mut read_until = async |count: usize| {
        while seen.len() < count {
            let event = phone.chat().await.unwrap();
            seen.insert(event["seq"].as_u64().unwrap());
        }
        seen.len()
    };
    let before = read_until(20).await;
    postgres.down().unwrap();
    let stranger = server.as_stranger();
    eventually("it says that it is not ready", async || stranger.get("/readyz").await.unwrap().0 == 503)
        .await;
    assert_eq!(stranger.get("/healthz").await.unwrap().0, 200);
    postgres.up().unwrap();
    eventually("it is ready again", async || stranger.get("/readyz").await.unwrap().0 == 200).await;
    // Existing connections continue without interruption.
    let after = read_until(before + 100).await;
    over.store(true, Ordering::Relaxed);
    let mut said = Vec::new();
    for talking in talking {
        said.extend(talking.await.unwrap());
    }
    let log = log(&server.as_person(&ana), "general").await;
    let seqs: Vec<u64> = log.iter().map(|event| event["seq"].as_u64().unwrap()).collect();
    assert_eq!(seqs, (1..=seqs.len() as u64).collect::<Vec<_>>());
    let stored: Vec<&str> = log.iter().filter_map(|event| event["msg_id"].as_str()).collect();
    assert_eq!(stored.len(), said.len(), "each message once");
    assert_eq!(stored.into_iter().collect::<BTreeSet<_>>(), said.iter().map(String::as_str).collect());
    // The phone received every event between the first and the last it saw.
    let (first, last) = (*seen.first().unwrap(), *seen.last().unwrap());
    assert_eq!((last - first + 1) as usize, after);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_server_with_a_broker_of_its_own_is_refused() {
    let postgres = Postgres::start().unwrap();
    let database = postgres.database().unwrap();
    let mut first = on(&database).await;
    let refused = Server::start_with(&["--database", &database]).await.err().unwrap().to_string();
    assert!(refused.contains("several servers on one database need a common external broker"), "{refused}");
    // A server that was killed does not block its successor.
    first.kill().await.unwrap();
    let second = on(&database).await;
    // A restart of the database does not cost the server its exclusive lock.
    postgres.down().unwrap();
    postgres.up().unwrap();
    let stranger = second.as_stranger();
    eventually("it is ready again", async || stranger.get("/readyz").await.unwrap().0 == 200).await;
    eventually("it keeps others out again", async || {
        let holders = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted";
        postgres.sql(database.rsplit('/').next().unwrap(), holders).is_ok_and(|count| count == "1")
    })
    .await;
}

fn migrate(from: &str, to: &str) -> Command {
    let mut command = Command::new(binary());
    command
        .args(["migrate", "--from", from, "--to", to])
        .kill_on_drop(true)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Returns everything that HTTP shows of an installation.
async fn shown(http: &Http) -> Value {
    let (_, rooms) = http.get("/rooms").await.unwrap();
    let (_, people) = http.get("/people").await.unwrap();
    let people: Vec<_> = people["people"].as_array().unwrap().iter().map(|person| &person["name"]).collect();
    json!({"rooms": rooms, "people": people, "general": log(http, "general").await, "team": log(http, "team").await})
}

#[tokio::test(flavor = "multi_thread")]
async fn an_installation_moves_while_it_lives_and_moves_back() {
    let postgres = Postgres::start().unwrap();
    let there = postgres.database().unwrap();
    let mut server = Server::start().await.unwrap();
    let here = format!("sqlite:{}", server.data().join("chinwag.db").display());
    let back = format!("sqlite:{}", server.data().join("back.db").display());
    let (ana, bo) = (server.person("ana").await.unwrap(), server.person("bo").await.unwrap());
    server.room("team", &["--private"], &[&ana, &bo]).await.unwrap();
    let http = server.as_person(&ana);
    let (status, file) = http.upload("/media?name=cat.txt", b"a cat".to_vec()).await.unwrap();
    assert_eq!(status, 201, "{file}");
    let with_file = json!({"topic": "team", "text": "a cat", "attachments": [file["id"]]});
    assert_eq!(http.post("/message", with_file).await.unwrap().0, 201);
    // Bo has a persistent session and is disconnected.
    let options = Options::persistent(Version::V5, "phone");
    let mut phone = Mqtt::connect(server.mqtt, &bo, &options).await.unwrap();
    phone.must_subscribe("team", 1).await.unwrap();
    phone.disconnect().await.unwrap();

    // Ana keeps sending during the migration until the server is stopped.
    let over = Arc::new(AtomicBool::new(false));
    let talking = talk(server.as_person(&ana), "a", &over);
    let mut migrating = migrate(&here, &there).spawn().unwrap();
    let mut lines = BufReader::new(migrating.stdout.take().unwrap()).lines();
    while !lines.next_line().await.unwrap().expect("it waits").contains("Stop the servers on") {}
    over.store(true, Ordering::Relaxed);
    let said = talking.await.unwrap();
    let before = shown(&http).await;
    assert!(server.stop().await.unwrap().success());
    let mut last = String::new();
    while let Some(line) = lines.next_line().await.unwrap() {
        last = line;
    }
    assert!(migrating.wait().await.unwrap().success() && last.starts_with("done:"), "{last}");

    let moved = server.start_again().await.unwrap_err().to_string();
    assert!(moved.contains("was moved to postgres://"), "{moved}");
    server.set_arguments(&["--limits", "off", "--database", &there]);
    server.start_again().await.unwrap();
    assert_eq!(shown(&http).await, before);
    assert!(log(&http, "general").await.len() >= said.len());
    assert_eq!(http.download(&format!("/media/{}", file["id"].as_str().unwrap())).await.unwrap(), b"a cat");
    let last = json!({"topic": "team", "text": "and on it goes", "msg_id": "last"});
    let (_, last) = http.post("/message", last).await.unwrap();
    // The session was migrated too, with its offset in the log.
    let mut phone = Mqtt::connect(server.mqtt, &bo, &options).await.unwrap();
    assert!(phone.connected.session_present);
    assert_eq!(phone.chat().await.unwrap()["seq"], last["seq"]);
    phone.disconnect().await.unwrap();

    let before = shown(&http).await;
    assert!(server.stop().await.unwrap().success());
    let output = migrate(&there, &back).output().await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    server.set_arguments(&["--limits", "off", "--database", &back]);
    server.start_again().await.unwrap();
    assert_eq!(shown(&http).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_the_database_refuses_fails_nobody_elses() {
    let postgres = Postgres::start().unwrap();
    let database = postgres.database().unwrap();
    let server = on(&database).await;
    let (ana, eve) = (server.person("ana").await.unwrap(), server.person("eve").await.unwrap());
    let poison = "CREATE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF new.body LIKE '%poison%' THEN RAISE EXCEPTION 'on purpose'; END IF; RETURN new; END $$;
        CREATE TRIGGER poison BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION poison()";
    postgres.sql(database.rsplit('/').next().unwrap(), poison).unwrap();
    let over = Arc::new(AtomicBool::new(false));
    let hostile: Vec<_> = (0..4)
        .map(|_| {
            let (http, over) = (server.as_person(&eve), Arc::clone(&over));
            tokio::spawn(async move {
                let mut refused = 0;
                while !over.load(Ordering::Relaxed) {
                    let message = json!({"topic": "general", "text": "poison"});
                    assert_eq!(http.post("/message", message).await.unwrap().0, 500);
                    refused += 1;
                }
                refused
            })
        })
        .collect();
    // `talk` fails if any message is refused.
    let talking = talk(server.as_person(&ana), "a", &over);
    for version in [Version::V3, Version::V5] {
        let mut phone = Mqtt::connect(server.mqtt, &ana, &Options::new(version, "phone")).await.unwrap();
        for _ in 0..100 {
            assert_eq!(phone.publish("general", b"by MQTT", 1).await.unwrap().code, 0);
        }
    }
    over.store(true, Ordering::Relaxed);
    let said = talking.await.unwrap();
    for hostile in hostile {
        assert!(hostile.await.unwrap() > 0);
    }
    let log = log(&server.as_person(&ana), "general").await;
    let by_mqtt = log.iter().filter(|event| event["text"] == "by MQTT").count();
    assert_eq!((by_mqtt, log.iter().filter(|event| event["text"] == "hi").count()), (200, said.len()));
    assert!(!log.iter().any(|event| event["text"] == "poison"));
    assert!(!server.log().contains("poison"), "the log has no texts");
}

fn files_in(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.map(|path| if path.is_dir() { files_in(&path) } else { 1 }).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_without_a_database_leaves_no_file() {
    let postgres = Postgres::start().unwrap();
    let server = on(&postgres.database().unwrap()).await;
    let ana = server.person("ana").await.unwrap();
    let (http, media) = (server.as_person(&ana), server.data().join("media"));
    assert_eq!(http.upload("/media?name=a.txt", b"a".to_vec()).await.unwrap().0, 201);
    assert_eq!(files_in(&media), 1);
    postgres.down().unwrap();
    assert_eq!(http.upload("/media?name=b.txt", b"b".to_vec()).await.unwrap().0, 503);
    assert_eq!(files_in(&media), 1);
    postgres.up().unwrap();
    eventually("uploads are taken again", async || {
        http.upload("/media?name=c.txt", b"c".to_vec()).await.unwrap().0 == 201
    })
    .await;
    // An empty upload, which is refused, leaves no file either.
    assert_eq!(http.upload("/media?name=d.txt", Vec::new()).await.unwrap().0, 400);
    assert_eq!(files_in(&media), 2);
}
