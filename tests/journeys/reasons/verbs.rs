//! The verbs, each by HTTP, in a 5.0 acknowledgement and in a note for a 3.1.1 client.

use chinwag_journeys::{Http, Mqtt, Options, Version};
use reqwest::Method;
use serde_json::{Value, json};

use super::Scene;

type Case = (&'static str, &'static str, Value, &'static str, Value);

/// Returns verb, room, payload, code and parameters. `hers` and `his` are messages of Ana and Bo in `general`.
fn cases(hers: u64, his: u64) -> Vec<Case> {
    let long = "x".repeat(16 * 1024 + 1);
    let uploads = vec!["0123"; 11];
    let (invalid, nobody) = ("payload_invalid", json!({"reason": "no_message", "seq": 9_999}));
    vec![
        (
            "send",
            "walks",
            json!({"text": "hi"}),
            "not_authorized",
            json!({"reason": "not_member", "room": "walks"}),
        ),
        (
            "send",
            "secret",
            json!({"text": "hi"}),
            "not_found",
            json!({"reason": "no_room", "room": "secret"}),
        ),
        (
            "send",
            "no/such/room",
            json!({"text": "hi"}),
            "not_found",
            json!({"reason": "no_room", "room": "no/such/room"}),
        ),
        (
            "send",
            "dm/ana/zzz",
            json!({"text": "hi"}),
            "not_found",
            json!({"reason": "no_account", "name": "zzz"}),
        ),
        ("send", "general", json!({"text": " \n"}), invalid, json!({"reason": "empty_message"})),
        ("send", "general", json!({"text": "\u{200B}\u{3164}"}), invalid, json!({"reason": "blank"})),
        (
            "send",
            "general",
            json!({"text": "x\u{1b}[31m"}),
            invalid,
            json!({"reason": "control_character", "character": "U+001B"}),
        ),
        (
            "send",
            "general",
            json!({"text": long}),
            "too_large",
            json!({"reason": "text", "size": 16_385, "limit": 16_384}),
        ),
        (
            "send",
            "general",
            json!({"text": "hi", "attachments": uploads}),
            invalid,
            json!({"reason": "attachments", "size": 11, "limit": 10}),
        ),
        (
            "send",
            "general",
            json!({"text": "hi", "attachments": ["0123"]}),
            "bad_request",
            json!({"reason": "no_upload", "attachment": "0123"}),
        ),
        (
            "send",
            "general",
            json!({"text": "hi", "original_message": 9_999}),
            "bad_request",
            json!({"reason": "no_original", "seq": 9_999}),
        ),
        (
            "send",
            "general",
            json!({"text": "other", "msg_id": "once"}),
            "msg_id_reused",
            json!({"reason": "msg_id", "msg_id": "once"}),
        ),
        ("edit", "general", json!({"target": 9_999, "text": "x"}), "not_found", nobody.clone()),
        (
            "edit",
            "general",
            json!({"target": his, "text": "x"}),
            "not_authorized",
            json!({"reason": "not_sender"}),
        ),
        ("edit", "general", json!({"target": hers, "text": ""}), invalid, json!({"reason": "empty_edit"})),
        ("edit", "general", json!({"target": hers, "text": "\u{2800}"}), invalid, json!({"reason": "blank"})),
        (
            "delete",
            "general",
            json!({"target": his}),
            "not_authorized",
            json!({"reason": "not_sender_or_owner"}),
        ),
        ("delete", "general", json!({"target": 9_999}), "not_found", nobody.clone()),
        (
            "react",
            "general",
            json!({"target": his, "emoji": "x", "on": true}),
            invalid,
            json!({"reason": "not_emoji"}),
        ),
        ("react", "general", json!({"target": 9_999, "emoji": "👍", "on": true}), "not_found", nobody),
    ]
}

/// Returns method, path and body of the request for a verb.
fn request(verb: &str, room: &str, payload: &Value) -> (Method, String, Value) {
    let mut body = payload.clone();
    let seq = body.as_object_mut().unwrap().remove("target").unwrap_or_default();
    match verb {
        "send" => {
            body["topic"] = room.into();
            (Method::POST, "/message".to_owned(), body)
        }
        "edit" => (Method::PATCH, format!("/messages/{room}?seq={seq}"), body),
        "delete" => (Method::DELETE, format!("/messages/{room}?seq={seq}"), Value::Null),
        _ => {
            let emoji = payload["emoji"].as_str().unwrap();
            (Method::PUT, format!("/reactions/{room}?seq={seq}&emoji={emoji}"), Value::Null)
        }
    }
}

/// Returns the parameters as the texts that user properties are.
fn texts(params: &Value) -> Value {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    params.as_object().unwrap().iter().map(|(name, value)| (name.clone(), Value::from(text(value)))).collect()
}

/// Waits for the note about the publish with this `msg_id`.
async fn note(client: &mut Mqtt, msg_id: &str) -> Value {
    loop {
        let note = client.message().await.unwrap().json().unwrap();
        if note["type"] == "refused" && note["msg_id"] == msg_id {
            return note;
        }
    }
}

async fn said(http: &Http, msg_id: &str) -> u64 {
    let body = json!({"topic": "general", "text": "hello", "msg_id": msg_id});
    http.post("/message", body).await.unwrap().1["seq"].as_u64().unwrap()
}

pub async fn walk(scene: &mut Scene) {
    let (anas, bos) = (scene.server.as_person(&scene.ana), scene.server.as_person(&scene.bo));
    let (hers, his) = (said(&anas, "once").await, said(&bos, "his").await);
    let own_broker = scene.server.broker.is_none();
    let address = scene.server.mqtt;
    let mut five = Mqtt::connect(address, &scene.ana, &Options::new(Version::V5, "five")).await.unwrap();
    let mut three = Mqtt::connect(address, &scene.ana, &Options::new(Version::V3, "three")).await.unwrap();
    three.must_subscribe("users/ana/inbox", 1).await.unwrap();
    for (number, (verb, room, payload, code, params)) in cases(hers, his).into_iter().enumerate() {
        let (method, path, body) = request(verb, room, &payload);
        scene.http(&anas, (method, &path), body, code, params.clone()).await;
        let topic = format!("users/ana/{verb}/{room}");
        let publish = |door: &str| {
            let mut payload = payload.clone();
            let msg_id = payload["msg_id"].as_str().map_or(format!("{door}-{number}"), str::to_owned);
            payload["msg_id"] = msg_id.clone().into();
            (msg_id, payload.to_string().into_bytes())
        };
        if own_broker {
            let ack = five.publish(&topic, &publish("five").1, 1 + number as u8 % 2).await.unwrap();
            let said = ack.reason.split(':').next().unwrap();
            let properties = serde_json::to_value(&ack.properties).unwrap();
            assert_eq!((said, &properties), (code, &texts(&params)), "{topic}");
        }
        let (msg_id, payload) = publish("three");
        three.publish(&topic, &payload, 1).await.unwrap();
        let note = note(&mut three, &msg_id).await;
        let what = format!("{topic}: {note}");
        scene.check(&what, (note["code"].as_str().unwrap(), &note["params"]), (code, &params));
    }
}
