//! Actions on existing messages: edit, delete, react; over MQTT and HTTP, on every broker.

use std::time::{Duration, Instant};

use chinwag_journeys::{Mqtt, Options, Person, Server, Version, eventually};
use reqwest::Method;
use serde_json::{Value, json};

/// Publishes an action and waits for its acknowledgement, and on an external broker for the note in the inbox too.
async fn act(server: &Server, client: &mut Mqtt, person: &Person, verb: &str, payload: Value) {
    let topic = format!("users/{}/{verb}/general", person.name);
    let ack = client.publish(&topic, payload.to_string().as_bytes(), 1).await.unwrap();
    assert!(ack.code < 0x80, "{verb}: {ack:?}");
    if server.broker.is_some() {
        loop {
            let note = client.message().await.unwrap();
            let Ok(told) = note.json() else { continue };
            if note.topic.ends_with("/inbox") && told["msg_id"] == payload["msg_id"] {
                assert_eq!(told["type"], "sent", "{verb}: {told}");
                break;
            }
        }
    }
}

async fn message(server: &Server, person: &Person, seq: u64) -> Value {
    let all = server.as_person(person).messages("general").await.unwrap();
    all.into_iter().find(|message| message["seq"] == seq).unwrap()
}

/// Waits for the next event of this type; skips all others.
async fn event(client: &mut Mqtt, kind: &str) -> Value {
    loop {
        let message = client.message().await.unwrap();
        if message.topic == "general"
            && let Ok(event) = message.json()
            && event["type"] == kind
        {
            return event;
        }
    }
}

async fn what_people_do_with_messages_reaches_everybody(server: Server) {
    let (ana, bo) = (server.admin("ana").await.unwrap(), server.person("bo").await.unwrap());
    let mut anas = Mqtt::arrive(server.mqtt, &ana, "a").await.unwrap();
    anas.must_subscribe("general", 1).await.unwrap();
    // Separate clients act and listen, because `act` skips messages that arrive before the note.
    let mut ana_acts = Mqtt::arrive(server.mqtt, &ana, "a2").await.unwrap();
    let mut bos = Mqtt::arrive(server.mqtt, &bo, "b").await.unwrap();
    let said = server.as_person(&bo).say("general", "helo").await.unwrap();
    let seq = said["seq"].as_u64().unwrap();
    assert_eq!(message(&server, &ana, seq).await["changed_seq"], seq);

    act(&server, &mut bos, &bo, "edit", json!({"target": seq, "text": "hello", "msg_id": "e"})).await;
    let edit = event(&mut anas, "edit").await;
    assert_eq!(
        (&edit["target"], &edit["text"], &edit["sender"]),
        (&json!(seq), &json!("hello"), &json!("bo"))
    );
    let now = message(&server, &ana, seq).await;
    assert_eq!(
        (&now["text"], &now["edited"]["seq"], &now["changed_seq"]),
        (&json!("hello"), &edit["seq"], &edit["seq"])
    );

    act(
        &server,
        &mut ana_acts,
        &ana,
        "react",
        json!({"target": seq, "emoji": "👍", "on": true, "msg_id": "r"}),
    )
    .await;
    // An action that changes nothing creates no event, but its sender still gets a confirmation.
    act(
        &server,
        &mut ana_acts,
        &ana,
        "react",
        json!({"target": seq, "emoji": "👍", "on": true, "msg_id": "r2"}),
    )
    .await;
    let react = event(&mut anas, "react").await;
    assert_eq!((&react["emoji"], &react["on"]), (&json!("👍"), &json!(true)));
    let reactions = json!([{"emoji": "👍", "count": 1, "names": ["ana"], "mine": true}]);
    assert_eq!(message(&server, &ana, seq).await["reactions"], reactions);
    assert_eq!(message(&server, &bo, seq).await["reactions"][0]["mine"], false);

    act(&server, &mut bos, &bo, "delete", json!({"target": seq, "msg_id": "d"})).await;
    let delete = event(&mut anas, "delete").await;
    let now = message(&server, &ana, seq).await;
    let deleted = json!({"seq": delete["seq"], "by": "bo"});
    assert_eq!((&now["text"], &now["deleted"], &now["changed_seq"]), (&json!(""), &deleted, &delete["seq"]));
    assert!(now.get("reactions").is_none() && now.get("edited").is_none(), "{now}");
    // The text cannot be read from the log later.
    let log = server.as_person(&ana).events_after("general", 0).await.unwrap();
    let all = serde_json::to_string(&log).unwrap();
    assert!(!all.contains("hello") && !all.contains("helo"), "{all}");
    // Only messages count as unread.
    let rooms = server.as_person(&ana).get("/rooms").await.unwrap().1;
    assert!(rooms["rooms"][0]["unread"].as_u64().unwrap() <= 1, "{rooms}");
}

on_every_broker!(what_people_do_with_messages_reaches_everybody);

async fn ask(
    server: &Server,
    person: &Person,
    method: Method,
    path: &str,
    body: Option<Value>,
) -> (u16, Value) {
    let mut request = server.as_person(person).request(method, path);
    if let Some(body) = body {
        request = request.json(&body);
    }
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    (status, serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_by_http() {
    let server = Server::start().await.unwrap();
    let (ana, bo) = (server.admin("ana").await.unwrap(), server.person("bo").await.unwrap());
    let cy = server.person("cy").await.unwrap();
    let seq = server.as_person(&bo).say("general", "helo").await.unwrap()["seq"].as_u64().unwrap();
    let path = format!("/messages/general?seq={seq}");
    let text = |text: &str| Some(json!({"text": text, "msg_id": format!("k-{text}")}));
    let (status, edit) = ask(&server, &bo, Method::PATCH, &path, text("hello")).await;
    assert_eq!((status, &edit["type"], &edit["target"]), (200, &json!("edit"), &json!(seq)), "{edit}");
    let again = ask(&server, &bo, Method::PATCH, &path, text("hello")).await;
    assert_eq!(again, (200, edit.clone()), "a retry is the same edit");
    assert_eq!(ask(&server, &bo, Method::PATCH, &path, Some(json!({"text": "hello"}))).await.0, 204);
    let emoji = format!("/reactions/general?seq={seq}&emoji=%F0%9F%91%8D");
    let (status, react) = ask(&server, &cy, Method::PUT, &emoji, None).await;
    assert_eq!((status, &react["emoji"], &react["on"]), (200, &json!("👍"), &json!(true)), "{react}");
    assert_eq!(ask(&server, &cy, Method::PUT, &emoji, None).await.0, 204);
    assert_eq!(ask(&server, &cy, Method::DELETE, &emoji, None).await.1["on"], false);

    for (person, method, path, body, status, code) in [
        (&cy, Method::PATCH, path.clone(), text("x"), 403, "not_authorized"),
        (&ana, Method::PATCH, path.clone(), text("x"), 403, "not_authorized"),
        (&cy, Method::DELETE, path.clone(), None, 403, "not_authorized"),
        (&bo, Method::PATCH, "/messages/general".into(), text("x"), 400, "bad_request"),
        (
            &bo,
            Method::PATCH,
            "/messages/general".into(),
            Some(json!({"text": "x", "target": seq})),
            400,
            "bad_request",
        ),
        (&bo, Method::PATCH, "/messages/general?seq=x".into(), text("x"), 400, "bad_request"),
        (&bo, Method::PATCH, "/messages/general?seq=1".into(), text("x"), 404, "not_found"),
        (&bo, Method::PATCH, "/messages/nowhere?seq=1".into(), text("x"), 404, "not_found"),
        (&bo, Method::PATCH, path.clone(), text("\u{200B}"), 400, "payload_invalid"),
        (&bo, Method::PATCH, path.clone(), text(&"x".repeat(20_000)), 413, "too_large"),
        (&bo, Method::PATCH, path.clone(), Some(json!([1])), 400, "bad_request"),
        (
            &bo,
            Method::PATCH,
            path.clone(),
            Some(json!({"text": "x", "msg_id": "no spaces"})),
            400,
            "payload_invalid",
        ),
        (&bo, Method::PUT, format!("/reactions/general?seq={seq}&emoji=yes"), None, 400, "payload_invalid"),
        (&bo, Method::PUT, format!("/reactions/general?seq={seq}"), None, 400, "payload_invalid"),
    ] {
        let (found, problem) = ask(&server, person, method, &path, body).await;
        assert_eq!((found, &problem["code"]), (status, &json!(code)), "{path} {problem}");
    }
    // The target in the query has precedence over one in the body.
    let other = server.as_person(&bo).say("general", "other").await.unwrap()["seq"].clone();
    let smuggled = Some(json!({"text": "changed", "target": other}));
    assert_eq!(ask(&server, &bo, Method::PATCH, &path, smuggled).await.1["target"], seq);
    let (status, deleted) = ask(&server, &ana, Method::DELETE, &path, None).await;
    assert_eq!((status, &deleted["type"]), (200, &json!("delete")), "who moderates the room may: {deleted}");
    assert_eq!(ask(&server, &ana, Method::DELETE, &path, None).await.0, 204);
    assert_eq!(ask(&server, &bo, Method::PATCH, &path, text("y")).await.0, 404);
    // Somebody outside the room does not learn whether the message exists.
    server.room("plans", &["--private"], &[&ana]).await.unwrap();
    let hidden = server.as_person(&ana).say("plans", "secret").await.unwrap()["seq"].clone();
    let (status, problem) =
        ask(&server, &bo, Method::DELETE, &format!("/messages/plans?seq={hidden}"), None).await;
    assert_eq!((status, &problem["code"]), (404, &json!("not_found")));
}

/// A client that was offline while a message was sent and deleted never receives its text, and within a minute the data
/// folder no longer contains it, even if the server was killed in between.
#[tokio::test(flavor = "multi_thread")]
async fn erased_means_erased() {
    const SECRET: &str = "correct-horse-battery-staple";
    let mut server = Server::start().await.unwrap();
    let (ana, bo) = (server.admin("ana").await.unwrap(), server.person("bo").await.unwrap());
    for version in [Version::V3, Version::V5] {
        let mut away = Mqtt::connect(server.mqtt, &ana, &Options::persistent(version, "away")).await.unwrap();
        away.must_subscribe("general", 1).await.unwrap();
        away.disconnect().await.unwrap();
        let bos = server.as_person(&bo);
        let (_, media) = bos.upload("/media?name=a.txt", SECRET.as_bytes().to_vec()).await.unwrap();
        let send = json!({"topic": "general", "text": SECRET, "attachments": [media["id"]]});
        let (_, said) = bos.post("/message", send).await.unwrap();
        let seq = said["seq"].as_u64().unwrap();
        let answer = json!({"topic": "general", "text": "yes", "original_message": seq});
        server.as_person(&ana).post("/message", answer).await.unwrap();
        let path = format!("/messages/general?seq={seq}");
        assert_eq!(
            ask(&server, &bo, Method::PATCH, &path, Some(json!({"text": format!("{SECRET}!")}))).await.0,
            200
        );
        assert_eq!(ask(&server, &bo, Method::DELETE, &path, None).await.0, 200);
        let mut back = Mqtt::connect(server.mqtt, &ana, &Options::persistent(version, "away")).await.unwrap();
        let mut kinds = Vec::new();
        while kinds.last().is_none_or(|last| last != "delete") {
            let message = back.message().await.unwrap();
            assert!(!String::from_utf8_lossy(&message.payload).contains(SECRET), "{message:?}");
            kinds.push(message.json().unwrap()["type"].as_str().unwrap().to_owned());
        }
        assert_eq!(kinds, ["message", "message", "edit", "delete"], "nothing is missing from the log");
        back.disconnect().await.unwrap();
        eventually("its file is gone", async || {
            bos.get(&format!("/media/{}", media["id"].as_str().unwrap())).await.unwrap().0 == 404
        })
        .await;
    }
    server.kill().await.unwrap();
    server.start_again().await.unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    while let Some(file) = contains(&server.data(), SECRET.as_bytes()) {
        assert!(Instant::now() < deadline, "after a minute it is still in {}", file.display());
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

fn contains(folder: &std::path::Path, text: &[u8]) -> Option<std::path::PathBuf> {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        let found = if path.is_dir() {
            contains(&path, text)
        } else {
            let bytes = std::fs::read(&path).unwrap_or_default();
            bytes.windows(text.len()).any(|window| window == text).then_some(path)
        };
        if found.is_some() {
            return found;
        }
    }
    None
}

/// 3.1.1 has no reason codes: refusals go to the inbox, with the msg_id.
#[tokio::test(flavor = "multi_thread")]
async fn refusals_are_told_to_old_clients() {
    let server = Server::start().await.unwrap();
    let (ana, bo) = (server.admin("ana").await.unwrap(), server.person("bo").await.unwrap());
    let hers = server.as_person(&ana).say("general", "hers").await.unwrap()["seq"].clone();
    let mut bos = Mqtt::connect(server.mqtt, &bo, &Options::new(Version::V3, "b")).await.unwrap();
    bos.must_subscribe("users/bo/inbox", 1).await.unwrap();
    for (verb, payload, code) in [
        ("edit", json!({"target": hers, "text": "x", "msg_id": "1"}), "not_authorized"),
        ("delete", json!({"target": hers, "msg_id": "2"}), "not_authorized"),
        ("edit", json!({"target": 999, "text": "x", "msg_id": "3"}), "not_found"),
        ("react", json!({"target": hers, "emoji": "x", "on": true, "msg_id": "4"}), "payload_invalid"),
        ("react", json!({"emoji": "👍", "msg_id": "5"}), "payload_invalid"),
    ] {
        bos.publish(&format!("users/bo/{verb}/general"), payload.to_string().as_bytes(), 1).await.unwrap();
        let note = loop {
            let note = bos.message().await.unwrap().json().unwrap();
            if note["type"] == "refused" {
                break note;
            }
        };
        assert_eq!((&note["code"], &note["msg_id"]), (&json!(code), &payload["msg_id"]), "{note}");
    }
    let foreign = bos.publish("users/ana/edit/general", br#"{"target":1,"text":"x"}"#, 1).await;
    assert!(foreign.is_ok());
    assert_eq!(bos.subscribe("users/+/edit/general", 1).await.unwrap().0, 1, "granted, and carries nothing");
    assert_eq!(bos.subscribe("users/ana/edit/general", 1).await.unwrap().0, 0x80);
}
