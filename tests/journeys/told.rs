//! Typing, read cursors and refusal notes are rate limited, so that nobody can flood a room with them.

use std::time::Duration;

use chinwag_journeys::{Mqtt, Options, Person, Server, Version};
use serde_json::json;

async fn connect(server: &Server, person: &Person, version: Version, device: &str) -> Mqtt {
    Mqtt::connect(server.mqtt, person, &Options::new(version, device)).await.unwrap()
}

#[tokio::test]
async fn typing_is_told_in_the_servers_words() {
    let server = Server::start().await.unwrap();
    let (ana, bo) = (server.person("ana").await.unwrap(), server.person("bo").await.unwrap());
    let mut anas = connect(&server, &ana, Version::V5, "a").await;
    let mut bos = connect(&server, &bo, Version::V5, "b").await;
    bos.must_subscribe("users/+/activity/general", 1).await.unwrap();
    let padding = "x".repeat(60_000);
    let payload = json!({"typing": true, "thread": 7, "padding": padding}).to_string();
    let packet_id =
        anas.begin_publish_retained("users/ana/typing/general", payload.as_bytes(), 1, true).await.unwrap();
    let ack = anas.acknowledgement().await.unwrap();
    assert_eq!((ack.packet_id, ack.code), (packet_id, 0));
    let told = bos.message().await.unwrap();
    assert_eq!(
        (told.qos, told.retain, &*told.payload),
        (0, false, br#"{"type":"typing","typing":true,"thread":7}"#.as_slice())
    );
    assert_eq!(told.topic, "users/ana/activity/general");
    assert!(told.properties.is_empty());

    let refused = anas.publish("users/ana/typing/general", padding.as_bytes(), 1).await.unwrap();
    assert_eq!(refused.code, 0x99, "{}", refused.reason);
    let mut late = connect(&server, &bo, Version::V5, "late").await;
    late.must_subscribe("users/+/activity/general", 1).await.unwrap();
    late.ping().await.unwrap();
    assert!(late.message_within(Duration::ZERO).await.unwrap().is_none(), "it is not retained");
}

#[tokio::test]
async fn whoever_types_without_end_floods_nobody() {
    const NOTICES: usize = 400;
    let server = Server::start_with(&[]).await.unwrap();
    let (mallory, ana) = (server.person("mallory").await.unwrap(), server.person("ana").await.unwrap());
    let mut bos = {
        let bo = server.person("bo").await.unwrap();
        connect(&server, &bo, Version::V5, "b").await
    };
    bos.must_subscribe("#", 0).await.unwrap();
    let mut mallorys = connect(&server, &mallory, Version::V5, "m").await;
    let began = std::time::Instant::now();
    for number in 0..NOTICES {
        let payload: &[u8] = if number % 2 == 0 { br#"{"typing":true}"# } else { br#"{"typing":false}"# };
        mallorys.publish("users/mallory/typing/general", payload, 1).await.unwrap();
    }
    let mut anas = connect(&server, &ana, Version::V5, "a").await;
    anas.publish("users/ana/typing/general", br#"{"typing":true}"#, 0).await.unwrap();
    let mut of_mallory = 0;
    loop {
        let message = bos.message().await.unwrap();
        of_mallory += usize::from(message.topic == "users/mallory/activity/general");
        if message.topic == "users/ana/activity/general" {
            break;
        }
    }
    let most = 5 + began.elapsed().as_secs() as usize;
    assert!(of_mallory <= most.min(NOTICES / 2), "{of_mallory} of {NOTICES} were passed on");
}

#[tokio::test]
async fn a_flood_of_refusals_is_counted_and_not_told_one_by_one() {
    let server = Server::start().await.unwrap();
    let ana = server.person("ana").await.unwrap();
    let mut anas = connect(&server, &ana, Version::V3, "a").await;
    anas.must_subscribe("users/ana/inbox", 1).await.unwrap();
    let mut device = connect(&server, &ana, Version::V3, "device").await;
    for number in 0..60 {
        let topic = format!("homeassistant/sensor/S{number}/config");
        device.publish(&topic, br#"{"name":"x"}"#, 1).await.unwrap();
    }
    // A client that waits for the result of its message with a msg_id gets it.
    let lost = br#"{"text":"hi","msg_id":"lost"}"#;
    device.publish("users/ana/send/nowhere", lost, 1).await.unwrap();
    let mut notes = 0;
    loop {
        let note = anas.message().await.unwrap().json().unwrap();
        notes += usize::from(note["code"] == "topic_invalid");
        if note["msg_id"] == "lost" {
            break;
        }
    }
    assert_eq!(notes, 10);
}

/// Returns the seqs of the cursors received on `topic` until `last`.
async fn cursors_until(client: &mut Mqtt, topic: &str, last: u64) -> Vec<u64> {
    let mut seqs = Vec::new();
    while seqs.last() != Some(&last) {
        let message = client.message().await.unwrap();
        if message.topic == topic {
            let activity = message.json().unwrap();
            assert_eq!(activity["type"], "read");
            seqs.push(activity["read_seq"].as_u64().unwrap());
        }
    }
    seqs
}

#[tokio::test]
async fn a_read_cursor_is_told_once_a_second_however_often_it_moves() {
    const MESSAGES: u64 = 300;
    let server = Server::start().await.unwrap();
    let (ana, bo) = (server.person("ana").await.unwrap(), server.person("bo").await.unwrap());
    let mut last = 0;
    for number in 0..MESSAGES {
        last = server.as_person(&bo).say("general", &format!("{number}")).await.unwrap()["seq"]
            .as_u64()
            .unwrap();
    }
    let mut bos = connect(&server, &bo, Version::V5, "b").await;
    bos.must_subscribe("users/ana/activity/general", 1).await.unwrap();
    let mut anas = connect(&server, &ana, Version::V5, "a").await;
    let began = std::time::Instant::now();
    for seq in last - MESSAGES + 1..=last {
        anas.publish("users/ana/read/general", seq.to_string().as_bytes(), 1).await.unwrap();
    }
    let seqs = cursors_until(&mut bos, "users/ana/activity/general", last).await;
    assert!(seqs.is_sorted());
    assert!(seqs.len() as u64 <= began.elapsed().as_secs() + 2, "{} in {:?}", seqs.len(), began.elapsed());
}

#[tokio::test]
async fn read_cursors_are_told_in_small_rooms_only_and_to_ones_own_devices_everywhere() {
    let server = Server::start().await.unwrap();
    let (ana, bo) = (server.person("ana").await.unwrap(), server.person("bo").await.unwrap());
    let mut crowd = Vec::new();
    for number in 0..19 {
        crowd.push(server.person(&format!("p{number}")).await.unwrap());
    }
    // There are 21 members in general and 20 in the small room.
    let small = [&[&ana, &bo], crowd.iter().take(18).collect::<Vec<_>>().as_slice()].concat();
    server.room("small", &[], &small).await.unwrap();
    let mut bos = connect(&server, &bo, Version::V5, "b").await;
    bos.must_subscribe("#", 1).await.unwrap();
    bos.must_subscribe("users/ana/activity/general", 1).await.unwrap();
    let mut phone = connect(&server, &ana, Version::V5, "phone").await;
    phone.must_subscribe("users/ana/inbox", 1).await.unwrap();
    let (anas, mut seqs) = (server.as_person(&ana), [0, 0]);
    for (room, seq) in ["general", "small"].into_iter().zip(&mut seqs) {
        for text in ["one", "two"] {
            *seq = server.as_person(&bo).say(room, text).await.unwrap()["seq"].as_u64().unwrap();
        }
    }
    for (room, seq) in ["general", "small"].into_iter().zip(seqs) {
        assert_eq!(anas.post(&format!("/read/{room}"), json!({"seq": seq - 1})).await.unwrap().0, 204);
    }
    let mut unread = serde_json::Map::new();
    while unread.len() < 2 {
        let mut note = phone.message().await.unwrap().json().unwrap();
        if note["type"] == "unread" {
            unread.append(note["rooms"].as_object_mut().unwrap());
        }
    }
    assert_eq!(unread["general"], json!({"read_seq": seqs[0] - 1, "unread": 1}));
    assert_eq!(unread["small"], json!({"read_seq": seqs[1] - 1, "unread": 1}));
    loop {
        let message = bos.message().await.unwrap();
        assert_ne!(message.topic, "users/ana/activity/general");
        if message.topic == "users/ana/activity/small" {
            break;
        }
    }
    let (_, members) = server.as_person(&bo).get("/members/general").await.unwrap();
    let of_ana =
        members["members"].as_array().unwrap().iter().find(|member| member["name"] == "ana").unwrap();
    assert_eq!(of_ana["read_seq"], seqs[0] - 1);
}

#[tokio::test]
async fn whoever_says_something_has_read_what_came_before_it() {
    let mut server = Server::start().await.unwrap();
    let (ana, bo) = (server.person("ana").await.unwrap(), server.person("bo").await.unwrap());
    server.as_person(&bo).say("general", "anybody?").await.unwrap();
    let rooms = async |server: &Server| {
        let (_, rooms) = server.as_person(&ana).get("/rooms").await.unwrap();
        (rooms["rooms"][0]["read_seq"].as_u64().unwrap(), rooms["rooms"][0]["unread"].as_u64().unwrap())
    };
    assert_eq!(rooms(&server).await.1, 1);
    let mut anas = connect(&server, &ana, Version::V3, "kettle").await;
    assert_eq!(anas.publish("general", b"me", 1).await.unwrap().code, 0);
    let seq =
        server.as_person(&ana).messages("general").await.unwrap().pop().unwrap()["seq"].as_u64().unwrap();
    assert_eq!(rooms(&server).await, (seq, 0));
    // A cursor that moved in the last second before a shutdown is kept.
    let seq = server.as_person(&bo).say("general", "there you are").await.unwrap()["seq"].as_u64().unwrap();
    anas.publish("users/ana/read/general", seq.to_string().as_bytes(), 1).await.unwrap();
    server.stop().await.unwrap();
    server.start_again().await.unwrap();
    assert_eq!(rooms(&server).await, (seq, 0));
}
