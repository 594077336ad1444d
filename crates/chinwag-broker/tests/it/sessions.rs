//! Sessions: sections 3.1.2.4 to 3.1.2.11.2, 4.1 and 4.4, and the stored session state.

use std::time::Duration;

use chinwag_broker::SessionKey;
use mqtt_protocol_core::mqtt::packet::{Property, Qos, SessionExpiryInterval};

use crate::common::*;

fn lasting(name: &str, seconds: u32) -> Options {
    id(name).keep().with(Property::SessionExpiryInterval(SessionExpiryInterval::new(seconds).unwrap()))
}

/// [MQTT-3.1.2-4] [MQTT-3.1.2-5] [MQTT-3.2.2-2] [MQTT-3.2.2-3] A session is resumed with its subscriptions and the
/// messages that arrived meanwhile; a clean start discards it.
#[tokio::test]
async fn a_session_outlives_its_connection() {
    let running = start(open()).await;
    let (mut publisher, _) = Client::connect(running.tcp, id("p")).await;
    for options in [lasting("s", 1000), id("old").v3().keep()] {
        let (mut client, present) = Client::connect(running.tcp, options.clone()).await;
        assert!(!present);
        client.subscribe(&[("a", Qos::AtLeastOnce)]).await;
        client.leave(0).await;
        for n in 1..=3 {
            publisher.say("a", &n.to_string(), Qos::AtLeastOnce, n).await;
            publisher.next().await;
        }
        publisher.say("a", "not kept", Qos::AtMostOnce, 0).await;
        publisher.quiet().await;
        let (mut client, present) = Client::connect(running.tcp, options.clone()).await;
        assert!(present);
        for n in 1..=3 {
            let message = client.message().await;
            assert_eq!((message.payload, message.dup), (n.to_string(), false));
            client.puback(message.id).await;
        }
        client.quiet().await;
        client.leave(0).await;
        let (mut client, present) = Client::connect(running.tcp, Options { keep: false, ..options }).await;
        assert!(!present);
        publisher.say("a", "x", Qos::AtLeastOnce, 9).await;
        publisher.next().await;
        client.quiet().await;
    }
}

/// [MQTT-4.4.0-1] [MQTT-3.3.1-1] Messages in flight are sent again with their packet ids and DUP, released ones as
/// PUBREL, and all of them before anything new [MQTT-4.6.0-1].
#[tokio::test]
async fn what_was_in_flight_comes_again() {
    let running = start(open()).await;
    let (mut publisher, _) = Client::connect(running.tcp, id("p")).await;
    let (mut client, _) = Client::connect(running.tcp, lasting("s", 1000)).await;
    client.subscribe(&[("a", Qos::ExactlyOnce)]).await;
    for n in 1..=3_u16 {
        publisher.say("a", &n.to_string(), if n == 1 { Qos::AtLeastOnce } else { Qos::ExactlyOnce }, n).await;
        publisher.next().await;
    }
    let first = client.message().await;
    let second = client.message().await;
    let third = client.message().await;
    client.ack(5, second.id).await;
    assert_eq!(client.next().await, Packet::Ack(6, second.id, 0, String::new()));
    drop(client);
    running.handler.until(|inner| inner.events.contains(&Event::Disconnected("s".into()))).await;
    publisher.say("a", "new", Qos::AtLeastOnce, 4).await;
    publisher.next().await;
    let (mut client, present) = Client::connect(running.tcp, lasting("s", 1000)).await;
    assert!(present);
    let again = client.message().await;
    assert_eq!((again.id, again.dup, &*again.payload), (first.id, true, "1"));
    assert_eq!(client.next().await, Packet::Ack(6, second.id, 0, String::new()));
    let again = client.message().await;
    assert_eq!((again.id, again.dup, &*again.payload), (third.id, true, "3"));
    let new = client.message().await;
    assert_eq!((new.dup, &*new.payload), (false, "new"));
    for (kind, id) in [(4, first.id), (7, second.id), (5, third.id), (4, new.id)] {
        client.ack(kind, id).await;
    }
    assert_eq!(client.next().await, Packet::Ack(6, third.id, 0, String::new()));
    client.ack(7, third.id).await;
    client.quiet().await;
    client.leave(0).await;
    let (mut client, _) = Client::connect(running.tcp, lasting("s", 1000)).await;
    client.quiet().await;
}

/// [MQTT-4.3.3-10] A QoS 2 publish that was already received is not accepted again after a reconnect.
#[tokio::test]
async fn exactly_once_over_a_reconnect() {
    let running = start(open()).await;
    let (mut client, _) = Client::connect(running.tcp, lasting("s", 1000)).await;
    client.say("a", "x", Qos::ExactlyOnce, 5).await;
    client.next().await;
    drop(client);
    let (mut client, _) = Client::connect(running.tcp, lasting("s", 1000)).await;
    client.say("a", "x", Qos::ExactlyOnce, 5).await;
    assert_eq!(client.next().await, Packet::Ack(5, 5, 0, String::new()));
    client.ack(6, 5).await;
    assert_eq!(client.next().await, Packet::Ack(7, 5, 0, String::new()));
    assert_eq!(running.handler.0.lock().messages.len(), 1);
}

/// [MQTT-3.1.2-23] A session ends when it expires; DISCONNECT may shorten the expiry, but not raise it from 0
/// [MQTT-3.14.2-2].
#[tokio::test]
async fn sessions_expire() {
    let running = start(open()).await;
    let (client, _) = Client::connect(running.tcp, lasting("short", 1)).await;
    client.leave(0).await;
    assert_eq!(running.broker.stats().sessions, 1);
    let gone = async {
        while running.broker.stats().sessions > 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), gone).await.unwrap();
    let (mut client, present) = Client::connect(running.tcp, lasting("short", 1000)).await;
    assert!(!present);
    client.send(&[0xe0, 7, 0, 5, 0x11, 0, 0, 0, 0]).await;
    assert_eq!(client.recv().await, None);
    let (mut client, present) = Client::connect(running.tcp, id("short").keep()).await;
    assert!(!present);
    client.send(&[0xe0, 7, 0, 5, 0x11, 0, 0, 0, 9]).await;
    assert!(matches!(client.next().await, Packet::Disconnect { code: 0x82, .. }));
}

/// Subscriptions are durable before SUBACK; a session is restored from its stored state by a broker that has never seen
/// it; a clean start deletes the stored state durably before CONNACK.
#[tokio::test]
async fn sessions_are_stored() {
    let running = start(open()).await;
    let key = SessionKey { account: 1, client_id: "s".into() };
    let (mut client, _) = Client::connect(running.tcp, lasting("s", 1000)).await;
    client.subscribe(&[("a", Qos::AtLeastOnce), ("b/#", Qos::AtMostOnce)]).await;
    let stored = running.handler.0.lock().stored[&key].clone();
    assert_eq!(stored.header.expiry, 1000);
    assert!(!stored.header.subscriptions.is_empty());
    let second = start_with(running.handler.clone(), open()).await;
    let (mut client, present) = Client::connect(second.tcp, lasting("s", 1000)).await;
    assert!(present);
    client.say("a", "x", Qos::AtMostOnce, 0).await;
    assert_eq!(client.message().await.payload, "x");
    client.say("b/c", "y", Qos::AtMostOnce, 0).await;
    assert_eq!(client.message().await.payload, "y");
    assert_eq!(client.unsubscribe("b/#").await, [0]);
    assert_ne!(running.handler.0.lock().stored[&key], stored);
    let third = start_with(running.handler.clone(), open()).await;
    let (_client, present) = Client::connect(third.tcp, id("s")).await;
    assert!(!present);
    assert!(!running.handler.0.lock().stored.contains_key(&key));
}

/// A SUBSCRIBE that cannot be made durable is refused.
#[tokio::test]
async fn nothing_is_granted_that_is_not_durable() {
    let running = start(open()).await;
    let (mut client, _) = Client::connect(running.tcp, lasting("s", 1000)).await;
    let (mut publisher, _) = Client::connect(running.tcp, id("p")).await;
    running.handler.0.lock().fail_saves = true;
    assert_eq!(client.subscribe(&[("a", Qos::AtLeastOnce)]).await, [0x80]);
    publisher.say("a", "refused", Qos::AtLeastOnce, 1).await;
    publisher.next().await;
    running.handler.0.lock().fail_saves = false;
    assert_eq!(client.subscribe(&[("a", Qos::AtLeastOnce)]).await, [1]);
    // If the replacement is refused, the old subscription stays in force.
    running.handler.0.lock().fail_saves = true;
    assert_eq!(client.subscribe(&[("a", Qos::AtMostOnce)]).await, [0x80]);
    publisher.say("a", "granted", Qos::AtLeastOnce, 2).await;
    let message = client.message().await;
    assert_eq!((message.payload.as_str(), message.qos), ("granted", 1));
}

/// The queue of an offline client is bounded, and so is the number of offline sessions in memory.
#[tokio::test]
async fn the_queue_is_bounded() {
    let mut config = open();
    config.limits.queued_messages = 5;
    config.limits.offline_sessions = 2;
    let running = start(config).await;
    for n in 0..4 {
        let (mut client, _) = Client::connect(running.tcp, lasting(&format!("s{n}"), 1000)).await;
        client.subscribe(&[("a", Qos::AtLeastOnce)]).await;
        client.leave(0).await;
        // A surplus session is kept in memory only until the next save.
        running.handler.until(|_| running.broker.stats().sessions <= 2).await;
    }
    assert_eq!(running.broker.stats().sessions, 2);
    let (mut publisher, _) = Client::connect(running.tcp, id("p")).await;
    for n in 1..=10 {
        publisher.say("a", &n.to_string(), Qos::AtLeastOnce, n).await;
        publisher.next().await;
    }
    assert_eq!(running.broker.stats().dropped, 2 * 5);
    let (mut client, present) = Client::connect(running.tcp, lasting("s3", 1000)).await;
    assert!(present);
    for n in 1..=5 {
        assert_eq!(client.message().await.payload, n.to_string());
    }
    client.quiet().await;
    // A session dropped from memory still has its subscriptions, but not the messages that arrived meanwhile.
    let (mut client, present) = Client::connect(running.tcp, lasting("s0", 1000)).await;
    assert!(present);
    client.quiet().await;
    publisher.say("a", "x", Qos::AtMostOnce, 0).await;
    assert_eq!(client.message().await.payload, "x");
}

/// Read access is checked again when a queued message, or one in flight before a reconnect, is sent.
#[tokio::test]
async fn what_waits_is_not_for_those_who_may_not_read_it_any_more() {
    let running = start(open()).await;
    let (mut client, _) = Client::connect(running.tcp, lasting("a", 600)).await;
    client.subscribe(&[("x/#", Qos::AtLeastOnce)]).await;
    let (mut other, _) = Client::connect(running.tcp, id("b")).await;
    other.say("x/in-flight", "secret", Qos::AtLeastOnce, 1).await;
    assert_eq!(client.message().await.topic, "x/in-flight");
    drop(client);
    running.handler.until(|inner| inner.events.contains(&Event::Disconnected("a".into()))).await;
    for (number, topic) in [(2, "x/waiting"), (3, "x/open")] {
        other.say(topic, "x", Qos::AtLeastOnce, number).await;
    }
    for number in 1..=3 {
        assert_eq!(other.next().await, Packet::Ack(4, number, 0, String::new()));
    }
    for topic in ["x/in-flight", "x/waiting"] {
        running.handler.0.lock().denied.insert((1, topic.into()));
    }
    let (mut client, present) = Client::connect(running.tcp, lasting("a", 600)).await;
    assert!(present);
    assert_eq!(client.message().await.topic, "x/open");
}
