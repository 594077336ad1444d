//! A real Mosquitto with default settings that bridges to a room, like a home broker with devices on it.

use chinwag_journeys::{Http, Mosquitto, Mqtt, Options, Person, Server, Version, eventually};

/// Starts a Mosquitto that bridges these topics as this person with this protocol version, and a client of it that
/// subscribes to everything.
async fn bridged(server: &Server, person: &Person, protocol: &str, topics: &str) -> (Mosquitto, Mqtt) {
    let Person { name, password, .. } = person;
    let address = server.mqtt;
    let bridge = format!(
        "connection chinwag\naddress {address}\nbridge_protocol_version {protocol}\nremote_username {name}\n\
         remote_password {password}\nrestart_timeout 1\n{topics}\n"
    );
    let mosquitto = Mosquitto::start_open_with(&bridge).await.unwrap();
    let options = Options::new(Version::V3, "device");
    let mut device = Mqtt::try_connect(mosquitto.mqtt, "device", "", &options).await.unwrap();
    device.must_subscribe("#", 1).await.unwrap();
    (mosquitto, device)
}

/// Returns the topic and payload of the next message that the device receives.
async fn heard(device: &mut Mqtt) -> (String, String) {
    let message = device.message().await.unwrap();
    (message.topic.clone(), String::from_utf8(message.payload).unwrap())
}

async fn says(room: &Http, topic: &str, text: &str) {
    eventually(&format!("{text} is in {topic}"), async || {
        room.messages(topic).await.unwrap().iter().any(|message| message["text"] == text)
    })
    .await;
}

/// Tests the directions in, out and both with 3.1.1 and 5.0: the bridge connects and relays, and its own messages are
/// not sent back to it.
async fn bridges(protocol: &str) {
    for (room, topics) in [
        ("both-ways", "topic both-ways both 1"),
        ("outwards", "topic outwards out 1"),
        ("inwards", "topic inwards in 1"),
    ] {
        let server = Server::start().await.unwrap();
        let (ana, bridge) = (server.person("ana").await.unwrap(), server.person("bridge").await.unwrap());
        let anas = server.as_person(&ana);
        server.room(room, &[], &[&ana, &bridge]).await.unwrap();
        let (mosquitto, mut device) = bridged(&server, &bridge, protocol, topics).await;
        if room != "inwards" {
            let text = format!("from the device by {protocol}");
            device.publish(room, text.as_bytes(), 1).await.unwrap();
            says(&anas, room, &text).await;
            assert_eq!(heard(&mut device).await, (room.to_owned(), text), "its own, from its own broker");
        }
        if room != "outwards" {
            // Before the bridge has subscribed, it would miss the message.
            eventually(&format!("the bridge has subscribed to {room}"), async || {
                server.metrics().await.unwrap().contains("chinwag_mqtt_subscriptions 1")
            })
            .await;
            anas.say(room, "from the chat").await.unwrap();
            let (topic, event) = heard(&mut device).await;
            assert_eq!(topic, room);
            assert!(event.contains(r#""text":"from the chat""#), "{}: {event}", mosquitto.log());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_3_1_1() {
    bridges("mqttv311").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_5() {
    bridges("mqttv50").await;
}
