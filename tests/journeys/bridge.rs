//! A real Mosquitto that bridges to a room, with its defaults: somebody who has a broker at home, and devices on it.

use chinwag_journeys::{Http, Mosquitto, Mqtt, Options, Person, Server, Version, eventually};

/// A Mosquitto that bridges with this protocol and these topics, as this person, and a client of it that hears all it has.
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

/// What the device hears next on a room's topic.
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

/// In, out and both ways, with 3.1.1 and 5.0: it connects, it relays, and nothing of its own comes back to it.
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
            // Until the bridge has subscribed nothing comes of it.
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
