//! PUBLISH and its acknowledgements: sections 3.3 to 3.7, 4.3, 4.4, 4.6, 4.9.

use mqtt_protocol_core::mqtt::packet::{
    ContentType, CorrelationData, MaximumPacketSize, MessageExpiryInterval, PayloadFormat,
    PayloadFormatIndicator, Property, Qos, ReceiveMaximum, ResponseTopic, SubOpts, TopicAlias,
    TopicAliasMaximum, UserProperty,
};

use crate::common::*;

async fn pair(running: &Running, filter: &str, qos: Qos) -> (Client, Client) {
    let (publisher, _) = Client::connect(running.tcp, id("publisher")).await;
    let (mut subscriber, _) = Client::connect(running.tcp, id("subscriber")).await;
    assert_eq!(subscriber.subscribe(&[(filter, qos)]).await, [qos as u8]);
    (publisher, subscriber)
}

/// [MQTT-4.3.1-1] [MQTT-4.3.2-4] [MQTT-4.3.3-8] Each QoS with its acknowledgements; [MQTT-3.8.4-8] a message is
/// delivered with the lower of the published and the subscribed QoS.
#[tokio::test]
async fn all_pairs_of_qos() {
    let running = start(open()).await;
    for (n, subscribed) in [Qos::AtMostOnce, Qos::AtLeastOnce, Qos::ExactlyOnce].into_iter().enumerate() {
        let (mut publisher, mut subscriber) = pair(&running, "a", subscribed).await;
        for (m, published) in [Qos::AtMostOnce, Qos::AtLeastOnce, Qos::ExactlyOnce].into_iter().enumerate() {
            publisher.say("a", "x", published, m as u16).await;
            match published {
                Qos::AtMostOnce => {}
                Qos::AtLeastOnce => assert_eq!(publisher.next().await, Packet::Ack(4, 1, 0, String::new())),
                Qos::ExactlyOnce => {
                    assert_eq!(publisher.next().await, Packet::Ack(5, 2, 0, String::new()));
                    publisher.ack(6, 2).await;
                    assert_eq!(publisher.next().await, Packet::Ack(7, 2, 0, String::new()));
                }
            }
            let message = subscriber.message().await;
            assert_eq!((message.qos, message.dup, message.retain), (n.min(m) as u8, false, false));
            match message.qos {
                1 => subscriber.puback(message.id).await,
                2 => {
                    subscriber.ack(5, message.id).await;
                    assert_eq!(subscriber.next().await, Packet::Ack(6, message.id, 0, String::new()));
                    subscriber.ack(7, message.id).await;
                }
                _ => {}
            }
        }
        subscriber.quiet().await;
    }
}

/// [MQTT-4.3.3-10] A QoS 2 packet id repeated before its PUBREL is not a new message; after PUBCOMP it is.
#[tokio::test]
async fn exactly_once_is_once() {
    let running = start(open()).await;
    let (mut publisher, mut subscriber) = pair(&running, "a", Qos::AtMostOnce).await;
    for _ in 0..3 {
        publisher.say("a", "x", Qos::ExactlyOnce, 9).await;
        assert_eq!(publisher.next().await, Packet::Ack(5, 9, 0, String::new()));
    }
    publisher.ack(6, 9).await;
    assert_eq!(publisher.next().await, Packet::Ack(7, 9, 0, String::new()));
    assert_eq!(subscriber.message().await.payload, "x");
    subscriber.quiet().await;
    publisher.say("a", "y", Qos::ExactlyOnce, 9).await;
    assert_eq!(publisher.next().await, Packet::Ack(5, 9, 0, String::new()));
    assert_eq!(subscriber.message().await.payload, "y");
    // An unknown id: 0x92 [MQTT-4.3.3-11].
    publisher.ack(6, 77).await;
    assert_eq!(publisher.next().await, Packet::Ack(7, 77, 0x92, String::new()));
    publisher.ack(5, 78).await;
    assert_eq!(publisher.next().await, Packet::Ack(6, 78, 0x92, String::new()));
}

/// A refused publish gets PUBACK or PUBREC with the code (5.0), an acknowledgement without effect (3.1.1), or no answer
/// (QoS 0).
#[tokio::test]
async fn refusals_say_so() {
    let running = start(open()).await;
    let (mut publisher, mut subscriber) = pair(&running, "refuse/#", Qos::ExactlyOnce).await;
    publisher.say("refuse/a", "x", Qos::AtMostOnce, 0).await;
    publisher.say("refuse/a", "x", Qos::AtLeastOnce, 1).await;
    publisher.say("refuse/a", "x", Qos::ExactlyOnce, 2).await;
    assert_eq!(publisher.next().await, Packet::Ack(4, 1, 0x87, "not for you".into()));
    assert_eq!(publisher.next().await, Packet::Ack(5, 2, 0x87, "not for you".into()));
    let (mut old, _) = Client::connect(running.tcp, id("old").v3()).await;
    old.say("refuse/a", "x", Qos::AtLeastOnce, 1).await;
    old.say("refuse/a", "x", Qos::ExactlyOnce, 2).await;
    assert_eq!(old.next().await, Packet::Ack(4, 1, 0, String::new()));
    assert_eq!(old.next().await, Packet::Ack(5, 2, 0, String::new()));
    old.ack(6, 2).await;
    assert_eq!(old.next().await, Packet::Ack(7, 2, 0, String::new()));
    subscriber.quiet().await;
}

/// [MQTT-3.3.2-4] [MQTT-3.3.2-15] to [MQTT-3.3.2-20] The properties of a message are forwarded unaltered, user
/// properties in order; [MQTT-3.3.2-6] the expiry never increases.
#[tokio::test]
async fn properties_travel_unaltered() {
    let running = start(open()).await;
    let (mut publisher, mut subscriber) = pair(&running, "a", Qos::AtLeastOnce).await;
    let user = |k: &str, v: &str| Property::UserProperty(UserProperty::new(k, v).unwrap());
    let sent = vec![
        Property::PayloadFormatIndicator(PayloadFormatIndicator::new(PayloadFormat::String).unwrap()),
        Property::MessageExpiryInterval(MessageExpiryInterval::new(100).unwrap()),
        Property::ContentType(ContentType::new("text/plain").unwrap()),
        Property::ResponseTopic(ResponseTopic::new("b").unwrap()),
        Property::CorrelationData(CorrelationData::new("123").unwrap()),
        user("z", "1"),
        user("a", "2"),
        user("z", "3"),
    ];
    publisher.say_with("a", "x", Qos::AtLeastOnce, 1, false, sent.clone()).await;
    assert_eq!(subscriber.message().await.props, sent);
    let (mut old, _) = Client::connect(running.tcp, id("old").v3()).await;
    old.subscribe(&[("a", Qos::AtMostOnce)]).await;
    publisher.say_with("a", "y", Qos::AtMostOnce, 0, false, sent).await;
    assert_eq!(old.message().await.payload, "y");
}

/// With payload format 1, a payload that is not UTF-8 is refused with 0x99 (3.3.2.3.2).
#[tokio::test]
async fn payload_format_is_checked() {
    let running = start(open()).await;
    let (mut client, _) = Client::connect(running.tcp, id("a")).await;
    client.send(&[0x32, 9, 0, 1, b'a', 0, 1, 2, 1, 1, 0xff]).await;
    assert!(matches!(client.next().await, Packet::Ack(4, 1, 0x99, _)));
}

/// [MQTT-3.3.2-8 and following] Topic aliases used by the client; an invalid one ends the connection.
#[tokio::test]
async fn aliases_of_the_client() {
    let running = start(open()).await;
    let (mut publisher, mut subscriber) = pair(&running, "+", Qos::AtMostOnce).await;
    let alias = |n| vec![Property::TopicAlias(TopicAlias::new(n).unwrap())];
    for (topic, n, arrives) in
        [("a", 1, "a"), ("", 1, "a"), ("b", 32, "b"), ("", 1, "a"), ("c", 1, "c"), ("", 1, "c")]
    {
        publisher.say_with(topic, "x", Qos::AtMostOnce, 0, false, alias(n)).await;
        assert_eq!(subscriber.message().await.topic, arrives);
    }
    for (bytes, expected) in [
        (&[0x30, 6, 0, 0, 3, 0x23, 0, 2][..], 0x82), // never set
        (&[0x30, 3, 0, 0, 0], 0x82),                 // neither topic nor alias
        (&[0x30, 7, 0, 1, b'a', 3, 0x23, 0, 33], 0x94),
    ] {
        let (mut client, _) = Client::connect(running.tcp, id("bad")).await;
        client.send(bytes).await;
        let Packet::Disconnect { code, .. } = client.next().await else { panic!("{bytes:?}") };
        assert_eq!(code, expected, "{bytes:?}");
    }
}

/// [MQTT-3.1.2-26] [MQTT-3.1.2-27] The broker uses aliases as far as the client allows.
#[tokio::test]
async fn aliases_of_the_broker() {
    let running = start(open()).await;
    let allow = Property::TopicAliasMaximum(TopicAliasMaximum::new(2).unwrap());
    let (mut subscriber, _) = Client::connect(running.tcp, id("s").with(allow)).await;
    subscriber.subscribe(&[("+", Qos::AtMostOnce)]).await;
    let (mut publisher, _) = Client::connect(running.tcp, id("p")).await;
    let mut seen = Vec::new();
    for topic in ["a", "b", "a", "c", "b", "c"] {
        publisher.say(topic, "x", Qos::AtMostOnce, 0).await;
        let message = subscriber.message().await;
        let alias = message.props.iter().find_map(|p| match p {
            Property::TopicAlias(p) => Some(p.val()),
            _ => None,
        });
        seen.push((message.topic, alias));
    }
    let expected = [("a", Some(1)), ("b", Some(2)), ("", Some(1)), ("c", None), ("", Some(2)), ("c", None)];
    assert_eq!(seen, expected.map(|(topic, alias)| (topic.to_owned(), alias)));
}

/// [MQTT-3.3.4-9] No more messages are in flight than the client's receive maximum; the rest follow in order.
#[tokio::test]
async fn receive_maximum_of_the_client() {
    let running = start(open()).await;
    let maximum = Property::ReceiveMaximum(ReceiveMaximum::new(2).unwrap());
    let (mut subscriber, _) = Client::connect(running.tcp, id("s").with(maximum)).await;
    subscriber.subscribe(&[("a", Qos::ExactlyOnce)]).await;
    let (mut publisher, _) = Client::connect(running.tcp, id("p")).await;
    for n in 1..=6_u16 {
        publisher
            .say("a", &n.to_string(), if n % 2 == 0 { Qos::ExactlyOnce } else { Qos::AtLeastOnce }, n)
            .await;
        publisher.next().await;
    }
    let (first, second) = (subscriber.message().await, subscriber.message().await);
    subscriber.quiet().await;
    assert_eq!((&*first.payload, &*second.payload), ("1", "2"));
    subscriber.puback(first.id).await;
    let third = subscriber.message().await;
    assert_eq!(third.payload, "3");
    subscriber.quiet().await;
    // A QoS 2 message is in flight until PUBCOMP.
    subscriber.ack(5, second.id).await;
    assert!(matches!(subscriber.next().await, Packet::Ack(6, ..)));
    subscriber.quiet().await;
    subscriber.ack(7, second.id).await;
    assert_eq!(subscriber.message().await.payload, "4");
}

/// [MQTT-3.3.4-7] A client that exceeds the broker's receive maximum is disconnected with 0x93.
#[tokio::test]
async fn receive_maximum_of_the_broker() {
    let mut config = open();
    config.limits.receive_maximum = 4;
    let running = start(config).await;
    let (mut client, _) = Client::connect(running.tcp, id("a")).await;
    for n in 1..=4 {
        client.say("later/a", "x", Qos::AtLeastOnce, n).await;
    }
    client.quiet().await;
    client.say("later/a", "x", Qos::AtLeastOnce, 5).await;
    assert!(matches!(client.next().await, Packet::Disconnect { code: 0x93, .. }));
}

/// [MQTT-3.1.2-24] [MQTT-3.1.2-25] A message larger than the client accepts is not sent, and is treated as delivered.
#[tokio::test]
async fn maximum_packet_size_of_the_client() {
    let running = start(open()).await;
    let maximum = Property::MaximumPacketSize(MaximumPacketSize::new(50).unwrap());
    let (mut subscriber, _) = Client::connect(running.tcp, id("s").with(maximum)).await;
    subscriber.subscribe(&[("a", Qos::AtLeastOnce)]).await;
    let (mut publisher, _) = Client::connect(running.tcp, id("p")).await;
    publisher.say("a", &"x".repeat(100), Qos::AtLeastOnce, 1).await;
    publisher.say("a", "small", Qos::AtLeastOnce, 2).await;
    assert_eq!(subscriber.message().await.payload, "small");
}

/// [MQTT-3.3.2-5] An expired message is not delivered; [MQTT-3.3.2-6] one that waited is sent with the remaining
/// expiry.
#[tokio::test]
async fn messages_expire() {
    let running = start(open()).await;
    let maximum = Property::ReceiveMaximum(ReceiveMaximum::new(1).unwrap());
    let (mut subscriber, _) = Client::connect(running.tcp, id("s").with(maximum)).await;
    subscriber.subscribe(&[("a", Qos::AtLeastOnce)]).await;
    let (mut publisher, _) = Client::connect(running.tcp, id("p")).await;
    let expiry = |n| vec![Property::MessageExpiryInterval(MessageExpiryInterval::new(n).unwrap())];
    publisher.say("a", "first", Qos::AtLeastOnce, 1).await;
    publisher.say_with("a", "short", Qos::AtLeastOnce, 2, false, expiry(1)).await;
    publisher.say_with("a", "long", Qos::AtLeastOnce, 3, false, expiry(100)).await;
    let first = subscriber.message().await;
    tokio::time::sleep(std::time::Duration::from_millis(2300)).await;
    subscriber.puback(first.id).await;
    let message = subscriber.message().await;
    assert_eq!(message.payload, "long");
    let Some(Property::MessageExpiryInterval(left)) = message.props.first() else { panic!() };
    assert!((90..100).contains(&left.val()), "{}", left.val());
}

/// [MQTT-3.3.1-5] to [MQTT-3.3.1-12] Retained messages, and when they are sent.
#[tokio::test]
async fn retained_messages() {
    let running = start(open()).await;
    let (mut publisher, _) = Client::connect(running.tcp, id("p")).await;
    let (mut subscriber, _) = Client::connect(running.tcp, id("s")).await;
    publisher.say_with("r/a", "1", Qos::AtLeastOnce, 1, true, Vec::new()).await;
    publisher.next().await;
    subscriber.subscribe(&[("r/+", Qos::AtLeastOnce)]).await;
    let message = subscriber.message().await;
    assert_eq!((&*message.payload, message.retain, message.qos), ("1", true, 1));
    // An existing subscription receives it without the flag [MQTT-3.3.1-12].
    publisher.say_with("r/a", "2", Qos::AtMostOnce, 0, true, Vec::new()).await;
    let message = subscriber.message().await;
    assert_eq!((&*message.payload, message.retain), ("2", false));
    let rap = SubOpts::new().set_rap(true);
    subscriber.subscribe_with(vec![("r/+", rap)], Vec::new()).await;
    assert!(subscriber.message().await.retain);
    publisher.say_with("r/a", "3", Qos::AtMostOnce, 0, true, Vec::new()).await;
    assert!(subscriber.message().await.retain, "retain as published [MQTT-3.3.1-13]");
    // An empty message deletes the retained one [MQTT-3.3.1-6], and is delivered like any other.
    publisher.say_with("r/a", "", Qos::AtMostOnce, 0, true, Vec::new()).await;
    assert_eq!(subscriber.message().await.payload, "");
    subscriber.subscribe(&[("r/+", Qos::AtMostOnce)]).await;
    subscriber.quiet().await;
}

/// If clients may not retain, RETAIN on a client's publish is ignored; the embedder can still retain.
#[tokio::test]
async fn only_the_embedder_retains() {
    let mut config = open();
    config.retain_from_clients = false;
    let running = start(config).await;
    let (mut client, _) = Client::connect(running.tcp, id("p")).await;
    client.say_with("r/a", "1", Qos::AtLeastOnce, 1, true, Vec::new()).await;
    client.next().await;
    assert!(!running.handler.0.lock().messages[0].retain);
    assert_eq!(running.broker.stats().retained, 0);
    running.broker.publish(chinwag_broker::Message {
        topic: "r/b".into(),
        payload: "mine".into(),
        retain: true,
        ..Default::default()
    });
    client.subscribe(&[("r/#", Qos::AtMostOnce)]).await;
    assert_eq!(client.message().await.topic, "r/b");
    client.quiet().await;
}

/// [MQTT-4.6.0-5] [MQTT-4.6.0-6] One publisher's messages arrive in order at every subscriber.
#[tokio::test]
async fn order_holds() {
    let running = start(open()).await;
    let (mut publisher, mut one) = pair(&running, "a", Qos::AtLeastOnce).await;
    let (mut two, _) = Client::connect(running.tcp, id("two").v3()).await;
    two.subscribe(&[("#", Qos::AtMostOnce)]).await;
    for n in 1..=200_u16 {
        publisher.say("a", &n.to_string(), Qos::AtLeastOnce, n).await;
        publisher.next().await;
    }
    for n in 1..=200 {
        let message = one.message().await;
        assert_eq!(message.payload, n.to_string());
        one.puback(message.id).await;
        assert_eq!(two.message().await.payload, n.to_string());
    }
}

/// Messages that an account may not read are not delivered, even to its subscriptions.
#[tokio::test]
async fn access_is_asked_at_each_delivery() {
    let running = start(open()).await;
    let (mut publisher, mut subscriber) = pair(&running, "#", Qos::AtMostOnce).await;
    running.handler.0.lock().denied.insert((1, "a".into()));
    publisher.say("a", "no", Qos::AtMostOnce, 0).await;
    publisher.say("b", "yes", Qos::AtMostOnce, 0).await;
    assert_eq!(subscriber.message().await.payload, "yes");
    running.handler.0.lock().denied.clear();
    publisher.say("a", "now", Qos::AtMostOnce, 0).await;
    assert_eq!(subscriber.message().await.payload, "now");
}

/// A message published to one account reaches the sessions of that account only.
#[tokio::test]
async fn a_message_to_one_account() {
    let running = start(open()).await;
    let (mut ana, _) = Client::connect(running.tcp, id("a").user("ana")).await;
    let (mut bo, _) = Client::connect(running.tcp, id("b").user("bo")).await;
    for client in [&mut ana, &mut bo] {
        client.subscribe(&[("inbox", Qos::AtLeastOnce)]).await;
    }
    let account = running.handler.0.lock().accounts["ana"];
    let message = chinwag_broker::Message {
        topic: "inbox".into(),
        payload: "psst".into(),
        qos: chinwag_broker::Qos::AtLeastOnce,
        ..Default::default()
    };
    running.broker.publish_to(account, message);
    assert_eq!(ana.message().await.payload, "psst");
    bo.quiet().await;
}
