//! Administration: the effects of a command are complete when it returns, people are locked out, and backups are
//! consistent.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chinwag_journeys::{DEADLINE, Mqtt, Options, Packet, Person, Server, Version, eventually};
use serde_json::json;

use super::settings::{empty, told};

/// Defines for each journey one test per database.
macro_rules! on_both_databases {
    ($($journey:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $journey() {
                super::$journey(chinwag_journeys::Server::start().await.unwrap()).await;
            })*
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $journey() {
                let postgres = chinwag_journeys::Postgres::shared().unwrap();
                let database = postgres.database().unwrap();
                let arguments = ["--limits", "off", "--database", &database];
                super::$journey(chinwag_journeys::Server::start_with(&arguments).await.unwrap()).await;
            })*
        }
    };
}

on_both_databases!(
    what_a_command_has_done_holds_when_it_comes_back,
    who_is_disabled_is_out_at_once_and_in_again_afresh,
    who_is_deleted_leaves_messages_and_nothing_else,
    a_deleted_room_is_gone_for_everybody,
    passwords_and_tokens_are_set_and_ended,
    a_database_put_back_by_other_means_gets_new_epochs,
);

async fn what_a_command_has_done_holds_when_it_comes_back(server: Server) {
    let ana = server.admin("ana").await.unwrap();
    for round in 0..5 {
        let topic = format!("room-{round}");
        server.cli(&["room", "add", &topic, "--private", "--purpose", "tests"], "").await.unwrap();
        let output = server.command(&["room", "join", &topic, "ana"], "").await.unwrap();
        assert!(told(&output).contains("the running server has applied it"), "{}", told(&output));
        let mut phone = Mqtt::connect(server.mqtt, &ana, &Options::new(Version::V3, "phone")).await.unwrap();
        phone.must_subscribe(&topic, 1).await.unwrap();
        server.cli(&["room", "leave", &topic, "ana"], "").await.unwrap();
        assert_eq!(phone.subscribe(&topic, 1).await.unwrap().0, 0x80, "round {round}");
    }
    let rooms = server.cli(&["room", "list"], "").await.unwrap();
    assert!(rooms.contains("room-4") && rooms.contains("private"), "{rooms}");
}

/// Tries to sign in with a password over HTTP and MQTT; returns the status, its detail and the CONNACK code.
async fn sign_in(server: &Server, person: &Person, version: Version) -> (u16, String, u8) {
    let body = json!({"username": person.name, "password": person.password});
    let (status, answer) = server.as_stranger().post("/session", body).await.unwrap();
    let options = Options::new(version, "trying");
    let client = Mqtt::try_connect(server.mqtt, &person.name, &person.password, &options).await.unwrap();
    (status, answer["detail"].as_str().unwrap_or_default().to_owned(), client.connected.code)
}

async fn ends(mut client: Mqtt) {
    loop {
        match client.packet_within(DEADLINE).await {
            Ok(Some(Packet::Disconnect(..))) | Err(_) => return,
            Ok(Some(_)) => {}
            Ok(None) => panic!("the connection goes on"),
        }
    }
}

async fn who_is_disabled_is_out_at_once_and_in_again_afresh(server: Server) {
    let (ana, bo) = (server.admin("ana").await.unwrap(), server.person("bo").await.unwrap());
    let phone = Options::persistent(Version::V5, "phone");
    let mut lasting = Mqtt::connect(server.mqtt, &bo, &phone).await.unwrap();
    lasting.must_subscribe("general", 1).await.unwrap();
    let old = Mqtt::connect(server.mqtt, &bo, &Options::new(Version::V3, "old")).await.unwrap();

    let output = server.command(&["user", "disable", "ana"], "").await.unwrap();
    assert!(!output.status.success() && told(&output).contains("last administrator"), "{}", told(&output));
    server.cli(&["user", "disable", "bo"], "").await.unwrap();
    tokio::join!(ends(lasting), ends(old));
    assert_eq!(server.as_person(&bo).get("/rooms").await.unwrap().0, 401, "the token has ended");
    for (version, code) in [(Version::V3, 5), (Version::V5, 0x87)] {
        let (status, detail, connack) = sign_in(&server, &bo, version).await;
        assert_eq!((status, connack), (403, code));
        assert!(detail.contains("disabled"), "{detail}");
    }
    let wrong = Person { password: "not the password".into(), ..bo.clone() };
    assert_eq!(
        sign_in(&server, &wrong, Version::V5).await.0,
        401,
        "who does not know the password learns nothing"
    );
    assert!(!server.command(&["token", "bo"], "").await.unwrap().status.success());
    let list = server.cli(&["user", "list"], "").await.unwrap();
    let line = list.lines().find(|line| line.starts_with("bo ")).unwrap();
    assert!(line.contains("disabled"), "{list}");

    server.as_person(&ana).say("general", "while bo was away").await.unwrap();
    server.cli(&["user", "enable", "bo"], "").await.unwrap();
    let back = Mqtt::try_connect(server.mqtt, "bo", &bo.password, &phone).await.unwrap();
    assert_eq!(back.connected.code, 0, "{}", back.connected.reason);
    assert!(!back.connected.session_present, "the session has ended");
    let token = server.cli(&["token", "bo"], "").await.unwrap();
    let bo = Person { token, ..bo };
    assert_eq!(server.as_person(&bo).get("/messages/general").await.unwrap().0, 200, "still in the room");
}

async fn who_is_deleted_leaves_messages_and_nothing_else(server: Server) {
    let (ana, bo) = (server.admin("ana").await.unwrap(), server.person("bo").await.unwrap());
    server.room("plans", &["--private"], &[&ana, &bo]).await.unwrap();
    server.as_person(&bo).say("plans", "bo was here").await.unwrap();
    server.as_person(&bo).say("dm/ana/bo", "and here").await.unwrap();
    let phone = Mqtt::connect(server.mqtt, &bo, &Options::new(Version::V5, "phone")).await.unwrap();
    server.cli(&["user", "delete", "bo"], "").await.unwrap();
    ends(phone).await;
    let anas = server.as_person(&ana);
    let (_, messages) = anas.get("/messages/plans").await.unwrap();
    let last = messages["messages"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((&last["text"], &last["sender"]), (&json!("bo was here"), &json!("bo")));
    let (_, members) = anas.get("/members/plans").await.unwrap();
    assert_eq!(members["members"].as_array().unwrap().len(), 1, "{members}");
    let (_, people) = anas.get("/people").await.unwrap();
    let names: Vec<_> =
        people["people"].as_array().unwrap().iter().map(|person| person["name"].clone()).collect();
    assert!(!names.contains(&json!("bo")), "{names:?}");
    assert!(
        names.iter().any(|name| name.as_str().unwrap().starts_with("deleted-")),
        "the direct one stays: {names:?}"
    );
    assert_eq!(sign_in(&server, &bo, Version::V5).await.0, 401);
    assert_eq!(server.as_person(&bo).get("/rooms").await.unwrap().0, 401);
    let again = server.command(&["user", "add", "bo"], "").await.unwrap();
    assert!(told(&again).contains("deleted"), "nobody is taken for bo: {}", told(&again));
    let last = server.command(&["user", "delete", "ana"], "").await.unwrap();
    assert!(told(&last).contains("last administrator"), "{}", told(&last));
}

async fn a_deleted_room_is_gone_for_everybody(server: Server) {
    let ana = server.admin("ana").await.unwrap();
    server.room("plans", &[], &[&ana]).await.unwrap();
    let anas = server.as_person(&ana);
    let mut phone = Mqtt::connect(server.mqtt, &ana, &Options::new(Version::V5, "phone")).await.unwrap();
    phone.must_subscribe("plans", 1).await.unwrap();
    phone.must_subscribe("general", 1).await.unwrap();
    anas.say("plans", "old").await.unwrap();
    assert_eq!(phone.chat().await.unwrap()["text"], "old");
    let mut inbox = Mqtt::connect(server.mqtt, &ana, &Options::new(Version::V5, "inbox")).await.unwrap();
    inbox.must_subscribe("users/ana/inbox", 1).await.unwrap();
    assert!(!server.command(&["room", "delete", "general"], "").await.unwrap().status.success());
    server.cli(&["room", "delete", "plans"], "").await.unwrap();
    assert_eq!(anas.get("/messages/plans").await.unwrap().0, 404);
    while inbox.message().await.unwrap().json().unwrap()["type"] != "removed" {}
    let (_, rooms) = anas.get("/rooms").await.unwrap();
    assert_eq!(rooms["rooms"].as_array().unwrap().len(), 1, "{rooms}");
    // A new room with the same name is a different room.
    server.room("plans", &[], &[&ana]).await.unwrap();
    anas.say("plans", "new").await.unwrap();
    anas.say("general", "a fence").await.unwrap();
    assert_eq!(phone.chat().await.unwrap()["text"], "a fence", "the subscription has ended with the room");
    phone.must_subscribe("plans", 1).await.unwrap();
    let (_, messages) = anas.get("/messages/plans").await.unwrap();
    assert_eq!(messages["messages"].as_array().unwrap().len(), 1, "{messages}");
}

async fn passwords_and_tokens_are_set_and_ended(server: Server) {
    server.cli(&["user", "add", "kettle"], "").await.unwrap();
    let token = server.cli(&["token", "kettle", "--label", "kitchen"], "").await.unwrap();
    let kettle = Person { name: "kettle".into(), password: "a new password".into(), token };
    let client = Mqtt::connect(server.mqtt, &kettle, &Options::new(Version::V3, "one")).await.unwrap();
    let list = server.cli(&["token", "list", "kettle"], "").await.unwrap();
    let line = list.lines().find(|line| line.contains("kitchen")).unwrap();
    let id = line.split_whitespace().next().unwrap();
    server.cli(&["token", "revoke", "kettle", id], "").await.unwrap();
    ends(client).await;
    assert_eq!(server.as_person(&kettle).get("/rooms").await.unwrap().0, 401);
    assert!(!server.command(&["token", "revoke", "kettle", id], "").await.unwrap().status.success());

    // Sets the first password of an account without one, then replaces a forgotten one.
    for password in [&*kettle.password, "and yet another"] {
        server.cli(&["user", "password", "kettle", "--password-stdin"], password).await.unwrap();
        let now = Person { password: password.into(), ..kettle.clone() };
        assert_eq!(sign_in(&server, &now, Version::V5).await, (201, String::new(), 0));
    }
    assert_eq!(sign_in(&server, &kettle, Version::V5).await.0, 401);
}

/// Sends messages until told to stop; returns the acknowledged texts.
fn talk(
    server: &Server,
    ana: &Person,
    name: &str,
    over: &Arc<AtomicBool>,
) -> tokio::task::JoinHandle<Vec<String>> {
    let (http, name, over) = (server.as_person(ana), name.to_owned(), Arc::clone(over));
    tokio::spawn(async move {
        let mut said = Vec::new();
        while !over.load(Ordering::Relaxed) {
            let text = format!("{name} {}", said.len());
            http.say("general", &text).await.unwrap();
            said.push(text);
        }
        said
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_under_load_holds_all_that_was_acknowledged_before_it_began() {
    let mut server = Server::start().await.unwrap();
    let ana = server.admin("ana").await.unwrap();
    let anas = server.as_person(&ana);
    let (status, upload) = anas.upload("/media?name=a.txt", b"a file".to_vec()).await.unwrap();
    assert_eq!(status, 201, "{upload}");
    let message = json!({"topic": "general", "text": "see", "attachments": [upload["id"]]});
    assert_eq!(anas.post("/message", message).await.unwrap().0, 201);
    let phone = Options::persistent(Version::V5, "phone");
    let mut lasting = Mqtt::connect(server.mqtt, &ana, &phone).await.unwrap();
    lasting.must_subscribe("general", 1).await.unwrap();
    lasting.disconnect().await.unwrap();

    let over = Arc::new(AtomicBool::new(false));
    let talking: Vec<_> = ["a", "b", "c", "d"].iter().map(|name| talk(&server, &ana, name, &over)).collect();
    let count = async || anas.events_after("general", 0).await.unwrap().len();
    eventually("there is something to back up", async || count().await > 300).await;
    let before = anas.events_after("general", 0).await.unwrap();
    let place = empty();
    let backup = place.path().join("backup");
    let output = server.command(&["backup", backup.to_str().unwrap()], "").await.unwrap();
    assert!(output.status.success(), "{}", told(&output));
    let again = server.command(&["backup", backup.to_str().unwrap()], "").await.unwrap();
    assert!(!again.status.success(), "a backup is not overwritten");
    let beside = server.command(&["restore", backup.to_str().unwrap(), "--replace"], "").await.unwrap();
    assert!(told(&beside).contains("server runs"), "{}", told(&beside));
    eventually("more was said after it", async || count().await > before.len() + 300).await;
    over.store(true, Ordering::Relaxed);
    for one in talking {
        one.await.unwrap();
    }
    let (_, rooms) = anas.get("/rooms").await.unwrap();
    let epoch = rooms["rooms"][0]["epoch"].clone();
    let last = anas.events_after("general", 0).await.unwrap().len();

    assert!(server.stop().await.unwrap().success());
    let refused = server.command(&["restore", backup.to_str().unwrap()], "").await.unwrap();
    assert!(told(&refused).contains("--replace"), "{}", told(&refused));
    std::fs::remove_dir_all(server.data().join("media")).unwrap();
    server.cli(&["restore", backup.to_str().unwrap(), "--replace"], "").await.unwrap();
    server.start_again().await.unwrap();
    let anas = server.as_person(&ana);
    let restored = anas.events_after("general", 0).await.unwrap();
    assert!(
        restored.len() >= before.len() && restored.len() < last,
        "{} {} {last}",
        before.len(),
        restored.len()
    );
    assert_eq!(restored[..before.len()], before[..]);
    let dense = restored.iter().zip(1..).all(|(event, seq)| event["seq"] == json!(seq));
    assert!(dense, "the log has holes");
    let (_, rooms) = anas.get("/rooms").await.unwrap();
    assert_ne!(rooms["rooms"][0]["epoch"], epoch);
    let id = upload["id"].as_str().unwrap();
    assert_eq!(anas.download(&format!("/media/{id}")).await.unwrap(), b"a file");
    let mut lasting = Mqtt::connect(server.mqtt, &ana, &phone).await.unwrap();
    assert!(lasting.connected.session_present);
    anas.say("general", "after the restore").await.unwrap();
    while lasting.chat().await.unwrap()["text"] != "after the restore" {}
}

async fn a_database_put_back_by_other_means_gets_new_epochs(mut server: Server) {
    let ana = server.admin("ana").await.unwrap();
    let epoch = async |server: &Server| {
        let (_, rooms) = server.as_person(&ana).get("/rooms").await.unwrap();
        rooms["rooms"][0]["epoch"].as_str().unwrap().to_owned()
    };
    let before = epoch(&server).await;
    let output = server.command(&["restore"], "").await.unwrap();
    assert!(told(&output).contains("server runs"), "{}", told(&output));
    assert!(server.stop().await.unwrap().success());
    server.cli(&["restore"], "").await.unwrap();
    server.start_again().await.unwrap();
    assert_ne!(epoch(&server).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn beside_a_broker_of_its_own_who_is_disabled_is_out_too() {
    let server = Server::start_beside_mosquitto().await.unwrap();
    let (_, bo) = (server.admin("ana").await.unwrap(), server.person("bo").await.unwrap());
    let phone = Options::new(Version::V5, "phone");
    let client = Mqtt::connect(server.mqtt, &bo, &phone).await.unwrap();
    server.cli(&["user", "disable", "bo"], "").await.unwrap();
    ends(client).await;
    let again = Mqtt::try_connect(server.mqtt, "bo", &bo.token, &phone).await.unwrap();
    assert_ne!(again.connected.code, 0);
    assert_eq!(server.as_person(&bo).get("/rooms").await.unwrap().0, 401);
    server.cli(&["user", "delete", "bo"], "").await.unwrap();
    let again = Mqtt::try_connect(server.mqtt, "bo", &bo.token, &phone).await.unwrap();
    assert_ne!(again.connected.code, 0);
}
