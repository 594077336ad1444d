//! The effect of a client's Maximum Packet Size on answers: sections 3.1.2.11.4, 3.2.2.3.9 and similar.

use chinwag_broker::Refusal;
use mqtt_protocol_core::mqtt::packet::{MaximumPacketSize, Property, Qos, UserProperty};

use crate::common::*;

fn at_most(bytes: u32) -> Property {
    Property::MaximumPacketSize(MaximumPacketSize::new(bytes).unwrap())
}

/// [MQTT-3.4.2-2] [MQTT-3.5.2-2] [MQTT-3.9.2-1] A reason string is sent only if the packet stays small enough.
#[tokio::test]
async fn words_where_they_fit() {
    let running = start(open()).await;
    for (size, publish_words, subscribe_words) in [(100, "not for you", "secret"), (22, "", "")] {
        let (mut client, _) = Client::connect(running.tcp, id("a").with(at_most(size))).await;
        client.say("refuse/x", "", Qos::AtLeastOnce, 1).await;
        assert_eq!(client.next().await, Packet::Ack(4, 1, 0x87, publish_words.into()));
        client.say("refuse/x", "", Qos::ExactlyOnce, 2).await;
        assert_eq!(client.next().await, Packet::Ack(5, 2, 0x87, publish_words.into()));
        client.send(&subscribe_bytes(true, vec![("secret/x", Default::default())], Vec::new())).await;
        let answer = Packet::Suback { id: 1, codes: vec![0x87], reason: subscribe_words.into() };
        assert_eq!(client.next().await, answer);
    }
}

/// [MQTT-3.4.2-3] [MQTT-3.5.2-3] [MQTT-3.9.2-2] [MQTT-3.2.2-20] [MQTT-3.14.2-4] The same for user properties, which are
/// the first to be left out.
#[tokio::test]
async fn user_properties_where_they_fit() {
    let running = start(open()).await;
    for (size, words) in [(100, "not for you reason=outsider"), (45, "not for you"), (25, "")] {
        let (mut client, _) = Client::connect(running.tcp, id("a").with(at_most(size))).await;
        for (qos, kind) in [(Qos::AtLeastOnce, 4), (Qos::ExactlyOnce, 5)] {
            client.say("refuse/explained", "", qos, kind.into()).await;
            assert_eq!(client.next().await, Packet::Ack(kind, kind.into(), 0x87, words.into()));
        }
        client.send(&subscribe_bytes(true, vec![("secret/explained", Default::default())], Vec::new())).await;
        let answer = Packet::Suback { id: 1, codes: vec![0x87], reason: words.into() };
        assert_eq!(client.next().await, answer);
        running.broker.kick_where(1, |_| true, &explained(0x98));
        assert_eq!(client.next().await, Packet::Disconnect { code: 0x98, reason: words.into() });
        let refused =
            Options { password: Some("explained".into()), ..id("a").user("ana").with(at_most(size)) };
        let Packet::Connack { code: 0x86, props, .. } = Client::open(running.tcp).await.hello(refused).await
        else {
            panic!()
        };
        assert_eq!(reason(Some(&props)), words);
    }
}

/// [MQTT-3.14.2-3] The same for DISCONNECT; [MQTT-3.2.2-19] and for a CONNACK that refuses.
#[tokio::test]
async fn last_words_where_they_fit() {
    let running = start(open()).await;
    for (size, words) in [(100, true), (25, false)] {
        let (mut client, _) = Client::connect(running.tcp, id("a").with(at_most(size))).await;
        running.broker.kick_where(1, |_| true, &Refusal::new(0x98, "an administrator did this"));
        let Packet::Disconnect { code: 0x98, reason } = client.next().await else { panic!() };
        assert_eq!(!reason.is_empty(), words);
        let wrong = Options { password: Some("wrong".into()), ..id("a").user("ana").with(at_most(size)) };
        let Packet::Connack { code: 0x86, props, .. } = Client::open(running.tcp).await.hello(wrong).await
        else {
            panic!()
        };
        assert_eq!(!props.is_empty(), words);
    }
}

/// [MQTT-3.1.2-24] Nothing larger is ever sent: a client that cannot accept even its CONNACK or SUBACK is disconnected.
#[tokio::test]
async fn answers_that_do_not_fit() {
    let running = start(open()).await;
    let mut client = Client::open(running.tcp).await;
    client.send(&id("a").with(at_most(10)).bytes()).await;
    assert_eq!(client.recv().await, None);
    assert_eq!(running.handler.events(), []);
    let (mut client, _) = Client::connect(running.tcp, id("a").with(at_most(25))).await;
    let many = vec![("a", Default::default()); 30];
    client.send(&subscribe_bytes(true, many, Vec::new())).await;
    assert!(matches!(client.next().await, Packet::Disconnect { code: 0x95, .. }));
    assert_eq!(client.recv().await, None);
}

/// [MQTT-3.1.4-2] A CONNECT that is too large is answered if its version has a code for that.
#[tokio::test]
async fn a_connect_that_is_too_large() {
    let mut config = open();
    config.limits.connect_size = 200;
    let running = start(config).await;
    let large = |v3| Options { v3, password: Some("x".repeat(300)), ..id("a").user("ana") };
    let mut client = Client::open(running.tcp).await;
    client.send(&large(false).bytes()).await;
    assert!(matches!(client.next().await, Packet::Connack { code: 0x95, present: false, .. }));
    assert_eq!(client.recv().await, None);
    let mut client = Client::open(running.tcp).await;
    client.send(&large(true).bytes()).await;
    assert_eq!(client.recv().await, None);
}

/// [MQTT-3.1.2-25] A message larger than the client accepts is skipped and counted; if it fits without its user
/// properties, it is delivered without them.
#[tokio::test]
async fn messages_that_do_not_fit() {
    let running = start(open()).await;
    let (mut small, _) = Client::connect(running.tcp, id("small").with(at_most(55))).await;
    let (mut large, _) = Client::connect(running.tcp, id("large").with(at_most(1_000))).await;
    for client in [&mut small, &mut large] {
        client.subscribe(&[("a", Qos::AtLeastOnce)]).await;
    }
    let (mut publisher, _) = Client::connect(running.tcp, id("p")).await;
    let property = || vec![Property::UserProperty(UserProperty::new("key", "v".repeat(40)).unwrap())];
    for (n, (payload, comes)) in
        [("x".repeat(40), true), ("y".repeat(80), false), ("z".to_owned(), true)].into_iter().enumerate()
    {
        publisher.say_with("a", &payload, Qos::AtLeastOnce, n as u16 + 1, false, property()).await;
        publisher.next().await;
        let message = large.message().await;
        assert_eq!((&message.payload, message.props.len()), (&payload, 1));
        if comes {
            let message = small.message().await;
            assert_eq!((&message.payload, message.props.len()), (&payload, 0));
        }
    }
    assert_eq!(running.broker.stats().skipped, 1);
}
