//! Access control on Mosquitto with its dynamic-security plugin: clients are confined to their own topics, changes
//! reach the running broker, and changes it missed are made up for.

use std::time::Duration;

use chinwag_journeys::{Mqtt, Options, Packet, Person, Server, Version, eventually};
use serde_json::json;

/// Waits until the broker refuses this person a subscription to the room.
async fn until_refused(server: &Server, person: &Person, topic: &str) {
    eventually(&format!("{} is refused {topic}", person.name), async || {
        let mut probe = connect(server, person, "probe").await;
        probe.subscribe(topic, 1).await.unwrap().0 == 0x87
    })
    .await;
}

async fn connect(server: &Server, person: &Person, device: &str) -> Mqtt {
    Mqtt::connect(server.mqtt, person, &Options::new(Version::V5, device)).await.unwrap()
}

/// Returns the presence topics for which a person receives retained messages.
async fn presences(server: &Server, person: &Person) -> Vec<String> {
    let mut client = connect(server, person, "watch").await;
    client.must_subscribe("users/+/presence", 1).await.unwrap();
    // Retained messages arrive before the answer to this ping.
    client.ping().await.unwrap();
    let mut seen = Vec::new();
    while let Some(message) = client.message_within(Duration::ZERO).await.unwrap() {
        seen.push(message.topic);
    }
    seen
}

/// Returns the room messages that a client subscribed to `#` receives until `fence` arrives.
async fn heard_until(client: &mut Mqtt, fence: &str) -> Vec<String> {
    let mut heard = Vec::new();
    loop {
        let message = client.message().await.unwrap();
        if message.topic.starts_with("users/") {
            continue;
        }
        let event = message.json().unwrap();
        let text = event["text"].as_str().unwrap_or_default().to_owned();
        if text == fence {
            return heard;
        }
        heard.push(format!("{} {text}", message.topic));
    }
}

#[tokio::test]
async fn each_is_held_to_their_own() {
    let server = Server::start_beside_mosquitto().await.unwrap();
    let (ana, bo) = (server.person("ana").await.unwrap(), server.person("bo").await.unwrap());
    server.room("secret", &["--private"], &[&ana]).await.unwrap();
    let mut bos = connect(&server, &bo, "bo").await;
    for topic in [
        "general",
        "secret",
        "users/ana/send/general",
        "users/ana/typing/general",
        "users/ana/read/general",
        "users/ana/devices/phone",
        "users/ana/inbox",
        "users/bo/inbox",
        "users/bo/presence",
        "users/bo/activity/general",
        "users/bo/activity/secret",
        "$CONTROL/dynamic-security/v1",
        "$SYS/broker/uptime",
    ] {
        assert_eq!(bos.publish(topic, b"{}", 1).await.unwrap().code, 0x87, "{topic}");
    }
    for filter in [
        "secret",
        "secret/#",
        "users/ana/inbox",
        "users/+/inbox",
        "users/+/send/#",
        "users/+/typing/#",
        "users/+/devices/+",
        "users/#",
        "$SYS/#",
        "$CONTROL/#",
        "$share/chinwag/users/+/send/#",
        "$share/other/general",
    ] {
        assert_eq!(bos.subscribe(filter, 1).await.unwrap().0, 0x87, "{filter}");
    }
    for filter in ["#", "+/#", "general", "users/bo/inbox", "users/+/presence", "users/+/activity/#"] {
        bos.must_subscribe(filter, 1).await.unwrap();
    }
    // A granted wildcard delivers only what bo may read.
    let mut anas = connect(&server, &ana, "ana").await;
    for topic in ["users/ana/send/secret", "users/ana/typing/secret", "users/ana/devices/phone"] {
        let payload = br#"{"typing":true,"text":"in secret"}"#;
        assert_eq!(anas.publish(topic, payload, 1).await.unwrap().code, 0, "{topic}");
    }
    server.as_person(&ana).say("secret", "in secret").await.unwrap();
    server.as_person(&ana).say("general", "to all").await.unwrap();
    loop {
        let message = bos.message().await.unwrap();
        let (topic, payload) = (&message.topic, String::from_utf8_lossy(&message.payload).into_owned());
        assert!(!topic.contains("secret") && !payload.contains("secret"), "{topic}: {payload}");
        assert!(!topic.contains("/send/") && !topic.contains("/devices/"), "{topic}");
        if payload.contains("to all") {
            break;
        }
    }
}

#[tokio::test]
async fn coming_and_going_holds_at_once_and_ends_no_connection() {
    let server = Server::start_beside_mosquitto().await.unwrap();
    let (ana, bo) = (server.person("ana").await.unwrap(), server.person("bo").await.unwrap());
    server.room("secret", &["--private"], &[&ana]).await.unwrap();
    let mut bos = connect(&server, &bo, "bo").await;
    bos.must_subscribe("#", 1).await.unwrap();
    let say = async |room: &str, text: &str| {
        server.as_person(&ana).say(room, text).await.unwrap();
    };
    say("secret", "before").await;
    server.cli(&["room", "join", "secret", "bo"], "").await.unwrap();
    server.until_broker_knows(&bo, "secret").await.unwrap();
    say("secret", "with bo").await;
    server.cli(&["room", "leave", "secret", "bo"], "").await.unwrap();
    until_refused(&server, &bo, "secret").await;
    say("secret", "after").await;
    say("general", "fence").await;
    // On the existing connection: a change of membership does not require a reconnect.
    let heard = heard_until(&mut bos, "fence").await;
    assert!(heard.contains(&"secret with bo".to_owned()), "{heard:?}");
    assert!(!heard.contains(&"secret before".to_owned()), "{heard:?}");
    assert!(!heard.contains(&"secret after".to_owned()), "{heard:?}");
    assert_eq!(bos.subscribe("secret", 1).await.unwrap().0, 0x87);
}

#[tokio::test]
async fn who_leaves_general_sees_and_is_seen_no_more() {
    let server = Server::start_beside_mosquitto().await.unwrap();
    let (ana, bo, cy) = (
        server.person("ana").await.unwrap(),
        server.person("bo").await.unwrap(),
        server.person("cy").await.unwrap(),
    );
    server.room("team", &[], &[&ana, &bo]).await.unwrap();
    let _there = [
        Mqtt::arrive(server.mqtt, &bo, "phone").await.unwrap(),
        Mqtt::arrive(server.mqtt, &cy, "phone").await.unwrap(),
    ];
    let (status, _) = server.as_person(&bo).delete("/members/general").await.unwrap();
    assert!((200..300).contains(&status), "{status}");
    until_refused(&server, &bo, "general").await;
    // Ana shares the room team with bo; cy shares no room with him.
    for (person, sees) in [(&ana, true), (&cy, false), (&bo, true)] {
        let sees_cy = person.name != "bo";
        eventually(&format!("{} sees bo: {sees}, cy: {sees_cy}", person.name), async || {
            let seen = presences(&server, person).await;
            let has = |name: &str| seen.contains(&format!("users/{name}/presence"));
            has("bo") == sees && has("cy") == sees_cy
        })
        .await;
    }
}

#[tokio::test]
async fn a_revoked_key_is_void_at_once() {
    let server = Server::start_beside_mosquitto().await.unwrap();
    let ana = server.person("ana").await.unwrap();
    assert!(ana.token.starts_with("chk_"), "the account's key: {}", ana.token);
    let sign_in = json!({"username": "ana", "password": ana.password});
    let (status, session) = server.as_stranger().post("/session", sign_in.clone()).await.unwrap();
    assert_eq!((status, &session["token"]), (201, &json!(ana.token)));
    let mut anas = connect(&server, &ana, "phone").await;

    // Signing out with the key revokes it.
    let (status, _) = server.as_person(&ana).delete("/session").await.unwrap();
    assert_eq!(status, 204);
    assert_eq!(server.as_person(&ana).get("/rooms").await.unwrap().0, 401);
    match anas.packet().await {
        Ok(Packet::Disconnect(..)) | Err(_) => {}
        Ok(other) => panic!("instead of an end: {other:?}"),
    }
    eventually("the broker refuses the old key", async || {
        let options = Options::new(Version::V5, "again");
        Mqtt::try_connect(server.mqtt, "ana", &ana.token, &options)
            .await
            .is_ok_and(|c| c.connected.code == 0x87)
    })
    .await;
    let next = server.as_stranger().post("/session", sign_in).await.unwrap().1;
    let next = Person { token: next["token"].as_str().unwrap().to_owned(), ..ana.clone() };
    assert_ne!(next.token, ana.token);
    connect(&server, &next, "phone").await;
    assert_eq!(server.as_person(&next).get("/rooms").await.unwrap().0, 200);
}

#[tokio::test]
async fn what_the_broker_missed_is_made_good() {
    let mut server = Server::start_beside_mosquitto().await.unwrap();
    let (ana, bo) = (server.person("ana").await.unwrap(), server.person("bo").await.unwrap());
    server.room("secret", &["--private"], &[&ana, &bo]).await.unwrap();
    // First the broker is down, then the server; meanwhile accounts and memberships change.
    let mosquitto = server.mosquitto.clone().unwrap();
    mosquitto.down().await.unwrap();
    server.cli(&["user", "add", "cy", "--password-stdin"], "the password of cy").await.unwrap();
    server.kill().await.unwrap();
    server.cli(&["room", "leave", "secret", "bo"], "").await.unwrap();
    mosquitto.up().await.unwrap();
    server.start_again().await.unwrap();

    let token = server.cli(&["token", "cy"], "").await.unwrap();
    let cy = Person { name: "cy".into(), password: "the password of cy".into(), token };
    eventually("cy may connect", async || {
        Mqtt::connect(server.mqtt, &cy, &Options::new(Version::V5, "cy")).await.is_ok()
    })
    .await;
    until_refused(&server, &bo, "secret").await;
}

/// To the broker, a server that moves to another machine or database is a different server.
#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_a_server_that_is_gone_goes_to_the_one_that_follows() {
    let mut server = Server::start_beside_mosquitto().await.unwrap();
    let ana = server.person("ana").await.unwrap();
    let mut client = connect(&server, &ana, "phone").await;
    assert!(server.stop().await.unwrap().success());
    std::fs::remove_file(server.data().join("server-id")).unwrap();
    let say = |number: u32| json!({"text": format!("{number}"), "msg_id": format!("m{number}")}).to_string();
    for number in 0..300 {
        let ack = client.publish("users/ana/send/general", say(number).as_bytes(), 1).await.unwrap();
        assert!(ack.code < 0x80, "{ack:?}");
    }
    server.start_again().await.unwrap();
    for number in 300..400 {
        client.publish("users/ana/send/general", say(number).as_bytes(), 1).await.unwrap();
    }
    let http = server.as_person(&ana);
    eventually("everything that was said is stored", async || {
        let events = http.events_after("general", 0).await.unwrap();
        events.iter().filter(|event| event["type"] == "message").count() == 400
    })
    .await;
}
