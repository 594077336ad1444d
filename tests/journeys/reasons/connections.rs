//! What MQTT connections are told: refused topics, subscriptions and connections, and connections that are ended.

use std::collections::BTreeMap;

use chinwag_journeys::{DEADLINE, Mqtt, Options, Packet, Version, Words};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::Scene;

impl Scene {
    /// Checks the reason string and the user properties of a packet.
    fn packet(
        &mut self,
        what: &str,
        reason: &str,
        properties: &BTreeMap<String, String>,
        code: &str,
        params: Value,
    ) {
        let said = reason.split(':').next().unwrap();
        let properties = serde_json::to_value(properties).unwrap();
        self.check(what, (said, &properties), (code, &params));
    }
}

/// Waits until the server ends the connection; returns what it says.
async fn end(client: &mut Mqtt) -> Words {
    loop {
        match client.packet_within(DEADLINE).await.unwrap().expect("the connection goes on") {
            Packet::Disconnect(0x87, words) => return words,
            Packet::Message(_) => {}
            other => panic!("{other:?}"),
        }
    }
}

pub async fn walk(scene: &mut Scene) {
    topics(scene).await;
    refused(scene).await;
    ended(scene).await;
}

async fn topics(scene: &mut Scene) {
    let options = Options::new(Version::V5, "topics");
    let mut ana = Mqtt::connect(scene.server.mqtt, &scene.ana, &options).await.unwrap();
    for (topic, code, params) in [
        ("walks", "not_authorized", json!({"reason": "not_member", "room": "walks"})),
        ("secret", "not_found", json!({"reason": "no_room", "room": "secret"})),
        ("users/bo/activity/walks", "not_authorized", json!({"reason": "not_member", "room": "walks"})),
        ("Tea Time", "topic_invalid", json!({"reason": "space", "what": "room", "suggestion": "tea-time"})),
        (
            "users/Bo/presence",
            "topic_invalid",
            json!({"reason": "not_normal", "what": "name", "suggestion": "bo"}),
        ),
    ] {
        let (_, Words { reason, properties }) = ana.subscribe_in_words(topic, 1).await.unwrap();
        scene.packet(&format!("SUBSCRIBE {topic}"), &reason, &properties, code, params.clone());
        if !topic.starts_with("users/") {
            let ack = ana.publish(topic, b"hi", 1).await.unwrap();
            scene.packet(&format!("PUBLISH {topic}"), &ack.reason, &ack.properties, code, params);
        }
    }
}

async fn refused(scene: &mut Scene) {
    let options = Options::new(Version::V5, "refused");
    scene.server.person("cy").await.unwrap();
    scene.server.cli(&["user", "disable", "cy"], "").await.unwrap();
    for (name, password, code, reason) in [
        ("ana", "a guess", "not_authenticated", "wrong_credentials"),
        ("nobody", "a guess", "not_authenticated", "wrong_credentials"),
        ("cy", "the password of cy", "not_authorized", "account_disabled"),
    ] {
        let client = Mqtt::try_connect(scene.server.mqtt, name, password, &options).await.unwrap();
        let connected = client.connected;
        let params = json!({"reason": reason});
        scene.packet(&format!("CONNECT {name}"), &connected.reason, &connected.properties, code, params);
    }
    // A 5.0 CONNECT without name and password.
    let mut stream = TcpStream::connect(scene.server.mqtt).await.unwrap();
    stream.write_all(b"\x10\x0e\0\x04MQTT\x05\x02\0\0\0\0\x01x").await.unwrap();
    let mut answer = Vec::new();
    timeout(DEADLINE, stream.read_to_end(&mut answer)).await.unwrap().unwrap();
    let answer = String::from_utf8_lossy(&answer).into_owned();
    assert!(answer.contains("not_authenticated:"), "{answer}");
    let property = "\x26\0\x06reason\0\x0eno_credentials";
    assert!(answer.contains(property), "{answer:?}");
    scene.seen.insert("no_credentials".to_owned());
}

/// Connections that end with their token, their password or their account.
async fn ended(scene: &mut Scene) {
    for (reason, how) in
        [("token_revoked", "revoke"), ("password_changed", "change"), ("account_disabled", "disable")]
    {
        let person = scene.server.person(&format!("who-will-{how}")).await.unwrap();
        let http = scene.server.as_person(&person);
        let (_, made) = http.post("/tokens", json!({"label": "phone"})).await.unwrap();
        let phone =
            chinwag_journeys::Person { token: made["token"].as_str().unwrap().to_owned(), ..person.clone() };
        let options = Options::new(Version::V5, "phone");
        let mut phone = Mqtt::connect(scene.server.mqtt, &phone, &options).await.unwrap();
        match how {
            "revoke" => drop(http.delete(&format!("/tokens/{}", made["id"])).await.unwrap()),
            "change" => {
                let change = json!({"current": person.password, "new": "a new password"});
                drop(http.post("/account/password", change).await.unwrap());
            }
            _ => drop(scene.server.cli(&["user", "disable", &person.name], "").await.unwrap()),
        }
        let Words { reason: said, properties } = end(&mut phone).await;
        scene.packet(how, &said, &properties, "not_authorized", json!({"reason": reason}));
    }
}
