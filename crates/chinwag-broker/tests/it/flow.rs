//! The sequence of packets: sections 2.2.1, 4.3, 4.4, 4.6, 4.9.

use mqtt_protocol_core::mqtt::packet::{
    Property, Qos, ReceiveMaximum, SessionExpiryInterval, SubOpts, SubscriptionIdentifier, TopicAlias,
};

use crate::common::*;

fn lasting(name: &str) -> Options {
    id(name).keep().with(Property::SessionExpiryInterval(SessionExpiryInterval::new(1000).unwrap()))
}

fn window(n: u16) -> Property {
    Property::ReceiveMaximum(ReceiveMaximum::new(n).unwrap())
}

async fn say_all(publisher: &mut Client, payloads: std::ops::RangeInclusive<u16>, qos: Qos) {
    for n in payloads {
        publisher.say("a", &n.to_string(), qos, n).await;
        publisher.next().await;
        if qos == Qos::ExactlyOnce {
            publisher.ack(6, n).await;
            publisher.next().await;
        }
    }
}

/// [MQTT-4.9.0-1] [MQTT-4.9.0-2] With a send quota of 0, no QoS 1 or 2 message is sent; [MQTT-4.9.0-3] QoS 0 messages
/// and all other packets are. PUBACK, PUBCOMP and a PUBREC that refuses increase the quota; other PUBRECs don't.
#[tokio::test]
async fn the_send_quota() {
    let running = start(open()).await;
    let (mut client, _) = Client::connect(running.tcp, id("s").with(window(1))).await;
    client.subscribe(&[("a", Qos::ExactlyOnce), ("zero", Qos::AtMostOnce)]).await;
    let (mut publisher, _) = Client::connect(running.tcp, id("p")).await;
    say_all(&mut publisher, 1..=4, Qos::ExactlyOnce).await;
    let first = client.message().await;
    client.quiet().await;
    publisher.say("zero", "at once", Qos::AtMostOnce, 0).await;
    assert_eq!(client.message().await.payload, "at once");
    assert_eq!(client.subscribe(&[("b", Qos::AtMostOnce)]).await, [0]);
    client.ack(5, first.id).await;
    assert_eq!(client.next().await, Packet::Ack(6, first.id, 0, String::new()));
    client.quiet().await;
    client.ack(7, first.id).await;
    let second = client.message().await;
    assert_eq!(second.payload, "2");
    // A refused message is complete at once [MQTT-4.4.0-2].
    let [high, low] = second.id.to_be_bytes();
    client.send(&[0x50, 3, high, low, 0x83]).await;
    assert_eq!(client.message().await.payload, "3");
    client.quiet().await;
}

/// [MQTT-4.4.0-2] [MQTT-4.8.2-6] A message that a client refuses counts as acknowledged: it is not sent again, neither
/// to this client nor to another member of the group.
#[tokio::test]
async fn what_was_refused_is_not_sent_again() {
    let running = start(open()).await;
    let (mut publisher, _) = Client::connect(running.tcp, id("p")).await;
    let (mut client, _) = Client::connect(running.tcp, lasting("s")).await;
    client.subscribe(&[("$share/g/a", Qos::ExactlyOnce)]).await;
    let mut refuse = Vec::new();
    for (n, qos) in [(1, Qos::AtLeastOnce), (2, Qos::ExactlyOnce)] {
        publisher.say("a", &n.to_string(), qos, n).await;
        publisher.next().await;
        let message = client.message().await;
        let [high, low] = message.id.to_be_bytes();
        refuse.extend([if message.qos == 1 { 0x40 } else { 0x50 }, 3, high, low, 0x83]);
    }
    let (mut other, _) = Client::connect(running.tcp, id("other")).await;
    other.subscribe(&[("$share/g/a", Qos::ExactlyOnce)]).await;
    client.send(&refuse).await;
    client.quiet().await;
    drop(client);
    let (mut client, present) = Client::connect(running.tcp, lasting("s")).await;
    assert!(present);
    client.quiet().await;
    other.quiet().await;
}

/// [MQTT-2.2.1-3] [MQTT-2.2.1-4] [MQTT-4.3.2-1] [MQTT-4.3.3-1] A new packet has an id that is not in use; QoS 0 has
/// none [MQTT-2.2.1-2]; acknowledgements carry the id of the packet they acknowledge [MQTT-2.2.1-5] [MQTT-2.2.1-6].
#[tokio::test]
async fn packet_ids() {
    let running = start(open()).await;
    let (mut client, _) = Client::connect(running.tcp, id("s")).await;
    client.subscribe(&[("a", Qos::ExactlyOnce)]).await;
    let (mut publisher, _) = Client::connect(running.tcp, id("p")).await;
    let mut used = Vec::new();
    for n in [1, 0x1234, 0xffff] {
        publisher.say("a", "x", Qos::AtLeastOnce, n).await;
        assert_eq!(publisher.next().await, Packet::Ack(4, n, 0, String::new()));
        publisher.say("a", "y", Qos::AtMostOnce, 0).await;
        let message = client.message().await;
        assert!(message.id != 0 && !used.contains(&message.id));
        used.push(message.id);
        assert_eq!(client.message().await.id, 0);
    }
    for packet in
        [raw(0x82, &[&[0xab, 0xcd, 0], &text(b"b"), &[0]]), raw(0xa2, &[&[0xab, 0xcd, 0], &text(b"b")])]
    {
        client.send(&packet).await;
        let (Packet::Suback { id, .. } | Packet::Unsuback { id, .. }) = client.next().await else { panic!() };
        assert_eq!(id, 0xabcd);
    }
}

/// [MQTT-3.3.1-1] [MQTT-3.3.1-3] [MQTT-4.3.2-2] [MQTT-4.3.3-2] DUP means that *this* copy was sent before: the first
/// copy is sent without it, even if the publisher had set it.
#[tokio::test]
async fn dup_is_not_passed_on() {
    let running = start(open()).await;
    let (mut client, _) = Client::connect(running.tcp, id("s")).await;
    client.subscribe(&[("a", Qos::ExactlyOnce)]).await;
    let (mut publisher, _) = Client::connect(running.tcp, id("p")).await;
    for (n, qos) in [(1, Qos::AtLeastOnce), (2, Qos::ExactlyOnce)] {
        let mut bytes = publish_bytes(true, "a", "x", qos, n, false, Vec::new());
        bytes[0] |= 8;
        publisher.send(&bytes).await;
        publisher.next().await;
        assert!(!client.message().await.dup);
    }
}

/// [MQTT-4.6.0-4] PUBRELs are sent in the order of the PUBRECs; [MQTT-4.3.3-3] to [MQTT-4.3.3-6] an exchange ends with
/// PUBCOMP, and after a reconnect a PUBREL is sent again, not the PUBLISH.
#[tokio::test]
async fn releases_in_order() {
    let running = start(open()).await;
    let (mut client, _) = Client::connect(running.tcp, lasting("s")).await;
    client.subscribe(&[("a", Qos::ExactlyOnce)]).await;
    let (mut publisher, _) = Client::connect(running.tcp, id("p")).await;
    say_all(&mut publisher, 1..=4, Qos::ExactlyOnce).await;
    let mut ids = Vec::new();
    for _ in 1..=4 {
        ids.push(client.message().await.id);
    }
    for n in [2, 0, 3, 1] {
        client.ack(5, ids[n]).await;
    }
    for n in [2, 0, 3, 1] {
        assert_eq!(client.next().await, Packet::Ack(6, ids[n], 0, String::new()));
    }
    drop(client);
    let (mut client, _) = Client::connect(running.tcp, lasting("s")).await;
    for id in &ids {
        assert_eq!(client.next().await, Packet::Ack(6, *id, 0, String::new()));
        client.ack(7, *id).await;
    }
    client.quiet().await;
}

/// [MQTT-4.3.3-7] [MQTT-4.3.3-9] A PUBREC that refuses ends the exchange, and its packet id may be used for a new
/// message.
#[tokio::test]
async fn a_refused_id_is_free_again() {
    let running = start(open()).await;
    let (mut client, _) = Client::connect(running.tcp, id("a")).await;
    client.say("refuse/a", "x", Qos::ExactlyOnce, 7).await;
    assert!(matches!(client.next().await, Packet::Ack(5, 7, 0x87, _)));
    client.say("b", "y", Qos::ExactlyOnce, 7).await;
    assert_eq!(client.next().await, Packet::Ack(5, 7, 0, String::new()));
    assert_eq!(running.handler.0.lock().messages.len(), 2);
}

/// [MQTT-3.10.4-2] After UNSUBSCRIBE nothing new is delivered; [MQTT-3.10.4-3] deliveries in flight are completed, also
/// after a reconnect, for topics with and without a log.
#[tokio::test]
async fn unsubscribing_completes_what_was_begun() {
    let running = start(open()).await;
    running.handler.append("room", "0");
    let (mut client, _) = Client::connect(running.tcp, lasting("s")).await;
    client.subscribe(&[("a", Qos::AtLeastOnce), ("room", Qos::AtLeastOnce)]).await;
    let (mut publisher, _) = Client::connect(running.tcp, id("p")).await;
    say_all(&mut publisher, 1..=1, Qos::AtLeastOnce).await;
    running.broker.publish_log(running.handler.append("room", "1"));
    let before = [client.message().await, client.message().await];
    assert_eq!(client.unsubscribe("a").await, [0]);
    assert_eq!(client.unsubscribe("room").await, [0]);
    say_all(&mut publisher, 2..=2, Qos::AtLeastOnce).await;
    running.broker.publish_log(running.handler.append("room", "2"));
    client.quiet().await;
    drop(client);
    let (mut client, _) = Client::connect(running.tcp, lasting("s")).await;
    for message in before {
        let again = client.message().await;
        assert_eq!((again.id, again.dup, &again.topic), (message.id, true, &message.topic));
        client.puback(again.id).await;
    }
    client.quiet().await;
}

/// [MQTT-3.3.2-7] A client's topic aliases end with its connection.
#[tokio::test]
async fn aliases_end_with_the_connection() {
    let running = start(open()).await;
    let alias = || vec![Property::TopicAlias(TopicAlias::new(1).unwrap())];
    let (mut client, _) = Client::connect(running.tcp, lasting("a")).await;
    client.say_with("t", "x", Qos::AtMostOnce, 0, false, alias()).await;
    client.quiet().await;
    drop(client);
    let (mut client, present) = Client::connect(running.tcp, lasting("a")).await;
    assert!(present);
    client.say_with("", "x", Qos::AtMostOnce, 0, false, alias()).await;
    assert!(matches!(client.next().await, Packet::Disconnect { code: 0x82, .. }));
}

/// [MQTT-3.3.4-6] A client's PUBLISH must not contain a subscription identifier, [MQTT-3.3.2-14] wildcards in its
/// response topic, [MQTT-3.3.2-8] or topic alias 0.
#[tokio::test]
async fn what_a_publish_may_not_have() {
    let running = start(open()).await;
    for property in
        [&[0x0b, 1][..], &[0x08, 0, 1, b'#'], &[0x23, 0, 0], &[0x01, 0, 0x01, 0], &[0x11, 0, 0, 0, 1]]
    {
        let (mut client, _) = Client::connect(running.tcp, id("a")).await;
        client.send(&raw(0x30, &[&text(b"a"), &[property.len() as u8], property])).await;
        let Packet::Disconnect { code, .. } = client.next().await else { panic!("{property:x?}") };
        assert!(matches!(code, 0x82 | 0x94), "{property:x?} {code:#x}");
    }
}

/// [MQTT-3.8.4-4] Replacing a subscription loses no queued message, and changes QoS and identifier of later ones.
/// [MQTT-4.5.0-1] Accepted messages are kept for the subscribers at that time.
#[tokio::test]
async fn replacing_a_subscription_loses_nothing() {
    let running = start(open()).await;
    let (mut client, _) = Client::connect(running.tcp, id("s").with(window(1))).await;
    client.subscribe(&[("a", Qos::AtLeastOnce)]).await;
    let (mut publisher, _) = Client::connect(running.tcp, id("p")).await;
    say_all(&mut publisher, 1..=3, Qos::AtLeastOnce).await;
    let identifier = || vec![Property::SubscriptionIdentifier(SubscriptionIdentifier::new(9).unwrap())];
    let first = client.message().await;
    let options = SubOpts::new().set_qos(Qos::AtMostOnce);
    assert_eq!(client.subscribe_with(vec![("a", options)], identifier()).await, [0]);
    client.puback(first.id).await;
    for n in 2..=3 {
        let message = client.message().await;
        assert_eq!((message.payload, message.qos), (n.to_string(), 1));
        client.puback(message.id).await;
    }
    say_all(&mut publisher, 4..=4, Qos::AtLeastOnce).await;
    let message = client.message().await;
    assert_eq!((&*message.payload, message.qos, message.identifiers()), ("4", 0, vec![9]));
}
