//! How client input is interpreted over MQTT and HTTP, and that text the database cannot store never reaches it.

use chinwag_journeys::{Mqtt, Options, Postgres, Server, Version};
use reqwest::Method;
use serde_json::{Value, json};

/// The table of cases that the protocol crate's own test uses too.
const CASES: &str = include_str!("../../crates/chinwag-protocol/cases/sends.json");

#[tokio::test]
async fn what_clients_send_by_habit_is_understood_alike() {
    let server = Server::start().await.unwrap();
    let ana = server.person("ana").await.unwrap();
    let http = server.as_person(&ana);
    let mut five = Mqtt::connect(server.mqtt, &ana, &Options::new(Version::V5, "five")).await.unwrap();
    let mut three = Mqtt::connect(server.mqtt, &ana, &Options::new(Version::V3, "three")).await.unwrap();
    five.must_subscribe("general", 1).await.unwrap();
    three.must_subscribe("users/ana/inbox", 1).await.unwrap();
    // The protocol crate's test covers the cases that need an upload or an earlier message.
    let cases: Vec<Value> = serde_json::from_str(CASES).unwrap();
    // The inbox gets at most ten refusals of one kind per minute.
    let mut told = std::collections::HashMap::<&str, u32>::new();
    let alone = |case: &&Value| case["attachments"].is_null() && case["original_message"].is_null();
    for case in cases.iter().filter(alone) {
        let payload = case["payload"].as_str().unwrap();
        let ack = five.publish("general", payload.as_bytes(), 1).await.unwrap();
        if let Some(code) = case["code"].as_str() {
            assert!(ack.code == 0x99 && ack.reason.starts_with(&format!("{code}: ")), "{payload}: {ack:?}");
            assert_eq!(three.publish("general", payload.as_bytes(), 1).await.unwrap().code, 0);
            let told = told.entry(code).or_default();
            *told += 1;
            let expected = |note: &Value| note["type"] == "refused" && note["code"] == code;
            if *told <= 10 {
                while !expected(&three.message().await.unwrap().json().unwrap()) {}
            }
        } else {
            assert_eq!(ack.code, 0, "{payload}: {ack:?}");
            let said = five.chat().await.unwrap();
            assert_eq!(said["text"], case["text"].as_str().unwrap_or(payload), "{payload}");
            if let Some(msg_id) = case["msg_id"].as_str() {
                assert_eq!(said["msg_id"], msg_id);
            }
        }
        if !payload.trim_start_matches('\u{FEFF}').trim_start().starts_with('{') {
            continue;
        }
        // The same object as an HTTP body; with a `msg_id` it is a repetition of the MQTT message.
        let rest = payload.trim_start_matches('\u{FEFF}').trim_start().strip_prefix('{').unwrap();
        let comma = if rest.trim_start().starts_with('}') { "" } else { "," };
        let echo = payload.contains("\"topic\"");
        let body =
            if echo { payload.to_owned() } else { format!("\u{FEFF}{{\"topic\":\"general\"{comma}{rest}") };
        let request = http.request(Method::POST, "/message").header("content-type", "application/json");
        let answer = request.body(body).send().await.unwrap();
        let (status, answer): (u16, Value) = (answer.status().as_u16(), answer.json().await.unwrap());
        match case["http_code"].as_str().or(case["code"].as_str()) {
            Some(code) => assert!(status == 400 && answer["code"] == code, "{payload}: {status} {answer}"),
            None => {
                let repeat = case["msg_id"].is_string();
                assert_eq!(status, if repeat { 200 } else { 201 }, "{payload}: {answer}");
                assert_eq!(answer["text"], case["text"].as_str().unwrap_or(payload), "{payload}");
                if !repeat {
                    five.chat().await.unwrap();
                }
            }
        }
    }
}

/// PostgreSQL cannot store every text. Wherever a client may send one, it gets a refusal and never a 500, and other
/// clients are not affected.
#[tokio::test]
async fn no_text_reaches_the_database_that_it_cannot_store() {
    let postgres = Postgres::shared().unwrap();
    let database = postgres.database().unwrap();
    let server = Server::start_with(&["--limits", "off", "--database", &database]).await.unwrap();
    let (ana, bo) = (server.admin("ana").await.unwrap(), server.person("bo").await.unwrap());
    let (anas, bos) = (server.as_person(&ana), server.as_person(&bo));
    let bodies = [
        ("/message", json!({"topic": "general", "text": "x", "attachments": ["\0"]})),
        ("/message", json!({"topic": "general", "text": "x", "attachments": ["a\0b"]})),
        ("/message", json!({"topic": "general", "text": "x", "msg_id": "\0"})),
        ("/message", json!({"topic": "general", "text": "x\0"})),
        ("/message", json!({"topic": "gen\0eral", "text": "x"})),
        ("/tokens", json!({"label": "\0"})),
        ("/rooms", json!({"topic": "\0"})),
        ("/rooms", json!({"topic": "r1", "title": "a\0b"})),
        ("/rooms", json!({"topic": "r2", "purpose": "a\0b"})),
        ("/rooms", json!({"topic": "r3", "title": "\u{200B}"})),
        ("/rooms", json!({"topic": "r4", "title": "gpj\u{202E}.exe"})),
        ("/direct", json!({"name": "\0"})),
        ("/members/general", json!({"name": "\0"})),
        ("/session", json!({"username": "\0", "password": "\0"})),
        ("/accounts", json!({"username": "a\0", "password": "password 1"})),
    ];
    for (path, body) in bodies {
        let (status, answer) = anas.post(path, body.clone()).await.unwrap();
        assert!((400..500).contains(&status), "POST {path} {body}: {status} {answer}");
        assert!(answer["detail"].as_str().is_some_and(|detail| detail.len() > 10), "{answer}");
    }
    for path in [
        "/media/%00",
        "/media/a%00b",
        "/media/..%2Fx",
        "/media/%FF",
        "/rooms/%00",
        "/members/%00",
        "/messages/%00",
        "/events/a%00",
        "/messages/general?before=%00",
    ] {
        let (status, answer) = anas.get(path).await.unwrap();
        assert!((400..500).contains(&status), "GET {path}: {status} {answer}");
    }
    for path in ["/members/general?name=%00", "/tokens/%00"] {
        let (status, answer) = anas.delete(path).await.unwrap();
        assert!((400..500).contains(&status), "DELETE {path}: {status} {answer}");
    }
    let (status, media) = anas.upload("/media?name=%00%E2%80%AE.png", b"GIF89a".to_vec()).await.unwrap();
    assert_eq!(status, 201, "{media}");
    let mut mqtt = Mqtt::connect(server.mqtt, &ana, &Options::new(Version::V5, "ana")).await.unwrap();
    for payload in [
        r#"{"text":"x","attachments":["\u0000"]}"#,
        r#"{"text":"x\u0000"}"#,
        r#"{"text":"x","msg_id":"\u0000"}"#,
        "\0",
    ] {
        assert_eq!(mqtt.publish("general", payload.as_bytes(), 1).await.unwrap().code, 0x99, "{payload:?}");
    }
    assert_eq!(bos.say("general", "undisturbed").await.unwrap()["text"], "undisturbed");
}

#[tokio::test]
async fn what_looks_like_somebody_else_is_refused_and_tells_no_secret() {
    let server = Server::start().await.unwrap();
    let (ana, bo) = (server.admin("ana").await.unwrap(), server.person("bo").await.unwrap());
    server.room("coco", &["--private"], &[&bo]).await.unwrap();
    let anas = server.as_person(&ana);
    for (name, status, code) in [
        // Mixed Cyrillic and Latin, full-width, phonetic, invisible, reserved for everyone, with a space.
        ("а\u{6e}а", 400, "topic_invalid"),
        ("ａｎａ", 400, "topic_invalid"),
        ("ɑna", 400, "topic_invalid"),
        ("ana\u{3164}", 400, "topic_invalid"),
        ("everyone", 400, "topic_invalid"),
        ("Ana Müller", 400, "topic_invalid"),
        ("ana.", 409, "already_exists"),
        ("_ana", 409, "already_exists"),
        ("ana", 409, "already_exists"),
        ("علی\u{200C}رضا", 201, ""),
        ("പ്രവീണ്\u{200D}", 201, ""),
    ] {
        let body = json!({"username": name, "password": "password 1"});
        let (found, answer) = anas.post("/accounts", body).await.unwrap();
        assert!(
            found == status && answer["code"].as_str().unwrap_or_default() == code,
            "{name}: {found} {answer}"
        );
        if status == 400 {
            assert!(answer["detail"].as_str().unwrap().starts_with("the name "), "{answer}");
        }
    }
    // A private room that ana cannot see: a look-alike name and the exact name get the same refusal except for the
    // name.
    let mut details = Vec::new();
    for topic in ["сосо", "coco"] {
        let (status, answer) = anas.post("/rooms", json!({"topic": topic})).await.unwrap();
        assert_eq!((status, &answer["code"]), (409, &json!("already_exists")), "{answer}");
        details.push(answer["detail"].as_str().unwrap().replace(topic, "X"));
    }
    assert_eq!(details[0], details[1]);
    let (status, answer) = anas.post("/rooms", json!({"topic": "tea🍵", "title": "tea 🍵"})).await.unwrap();
    assert!(status == 400 && answer["detail"].as_str().unwrap().contains("title"), "{answer}");
}
