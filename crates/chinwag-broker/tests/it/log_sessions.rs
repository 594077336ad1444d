//! Sessions on a log: complete and ordered delivery from a cursor, bounded memory, and immediate revocation of access.

use chinwag_broker::SessionKey;
use mqtt_protocol_core::mqtt::packet::{Property, Qos, ReceiveMaximum, SessionExpiryInterval};

use crate::common::*;

fn lasting(name: &str) -> Options {
    id(name).keep().with(Property::SessionExpiryInterval(SessionExpiryInterval::new(u32::MAX).unwrap()))
}

fn window(n: u16) -> Property {
    Property::ReceiveMaximum(ReceiveMaximum::new(n).unwrap())
}

fn say(running: &Running, topic: &str, payloads: std::ops::RangeInclusive<u32>) {
    let entries: Vec<_> = payloads.map(|n| running.handler.append(topic, &n.to_string())).collect();
    running.broker.publish_log_batch(&entries);
}

/// Receives and acknowledges these payloads, in order.
async fn expect(client: &mut Client, payloads: std::ops::RangeInclusive<u32>) {
    for n in payloads {
        let message = client.message().await;
        assert_eq!(message.payload, n.to_string());
        assert!(message.qos == 1 && !message.retain);
        client.puback(message.id).await;
    }
}

fn cursor(running: &Running, name: &str, topic: &str) -> Option<u64> {
    let key = SessionKey { account: 1, client_id: name.into() };
    let inner = running.handler.0.lock();
    inner.stored.get(&key)?.cursors.iter().find(|(log, _)| &**log == topic).map(|(_, offset)| *offset)
}

async fn gone(running: &Running, name: &str) {
    running
        .handler
        .until(|inner| {
            let count = |event: Event| inner.events.iter().filter(|e| **e == event).count();
            count(Event::Connected(name.into())) == count(Event::Disconnected(name.into()))
        })
        .await;
}

/// Live entries reach clients of both versions, at every QoS.
#[tokio::test]
async fn live_entries() {
    let running = start(open()).await;
    let (mut five, _) = Client::connect(running.tcp, id("five")).await;
    let (mut three, _) = Client::connect(running.tcp, id("three").v3()).await;
    let (mut zero, _) = Client::connect(running.tcp, id("zero")).await;
    five.subscribe(&[("#", Qos::ExactlyOnce)]).await;
    three.subscribe(&[("room", Qos::AtLeastOnce), ("+", Qos::AtMostOnce)]).await;
    zero.subscribe(&[("room", Qos::AtMostOnce)]).await;
    say(&running, "room", 1..=500);
    expect(&mut five, 1..=500).await;
    expect(&mut three, 1..=500).await;
    for n in 1..=500 {
        let message = zero.message().await;
        assert_eq!((message.payload, message.qos), (n.to_string(), 0));
    }
    assert_eq!(running.handler.0.lock().pages_read, 0, "what was just published is in memory");
}

/// A client with a small window and many entries to receive is fed from the log in order, and then live without a gap.
#[tokio::test]
async fn a_slow_reader_is_fed_from_the_log() {
    let mut config = open();
    config.limits.recent_bytes = 4_000;
    let running = start(config).await;
    let (mut client, _) = Client::connect(running.tcp, id("slow").with(window(3))).await;
    client.subscribe(&[("room", Qos::AtLeastOnce)]).await;
    say(&running, "room", 1..=2_000);
    let (first, second, third) = (client.message().await, client.message().await, client.message().await);
    client.quiet().await;
    for message in [first, second, third] {
        client.puback(message.id).await;
    }
    for n in 4..=2_000 {
        expect(&mut client, n..=n).await;
        if n % 500 == 0 {
            say(&running, "room", 2_000 + n / 500..=2_000 + n / 500);
        }
    }
    expect(&mut client, 2_001..=2_004).await;
    client.quiet().await;
    say(&running, "room", 2_005..=2_005);
    expect(&mut client, 2_005..=2_005).await;
    assert!(running.handler.0.lock().pages_read > 0);
    assert_eq!(running.broker.stats().dropped, 0);
}

/// After a long absence, including a broker restart, a session receives everything after its cursor, once and in order.
#[tokio::test]
async fn resuming_from_the_cursor() {
    let running = start(open()).await;
    say(&running, "room", 1..=10);
    let (mut client, _) = Client::connect(running.tcp, lasting("s")).await;
    client.subscribe(&[("room", Qos::AtLeastOnce)]).await;
    assert_eq!(cursor(&running, "s", "room"), Some(10), "a subscription's place is durable before SUBACK");
    say(&running, "room", 11..=20);
    expect(&mut client, 11..=15).await;
    for _ in 16..=20 {
        client.message().await;
    }
    drop(client);
    gone(&running, "s").await;
    running.handler.until(|inner| !inner.stored.is_empty()).await;
    running.broker.shutdown(std::time::Duration::from_secs(5)).await;
    assert_eq!(cursor(&running, "s", "room"), Some(15));
    let running = start_with(running.handler.clone(), open()).await;
    say(&running, "room", 21..=1_000);
    let (mut client, present) = Client::connect(running.tcp, lasting("s")).await;
    assert!(present);
    expect(&mut client, 16..=1_000).await;
    client.quiet().await;
    say(&running, "room", 1_001..=1_001);
    expect(&mut client, 1_001..=1_001).await;
    running
        .handler
        .until(|inner| {
            inner.stored.values().any(|state| state.cursors.iter().any(|(_, offset)| *offset == 1_001))
        })
        .await;
}

/// [MQTT-4.4.0-1] Within one process, messages in flight are sent again with their packet ids and DUP, then the rest.
#[tokio::test]
async fn resending_what_was_in_flight() {
    let mut config = open();
    config.limits.recent_bytes = 0;
    let running = start(config).await;
    let (mut client, _) = Client::connect(running.tcp, lasting("s").with(window(4))).await;
    client.subscribe(&[("#", Qos::AtLeastOnce)]).await;
    say(&running, "a", 1..=2);
    say(&running, "b", 1..=2);
    say(&running, "a", 3..=9);
    let mut flying = Vec::new();
    for _ in 0..4 {
        flying.push(client.message().await);
    }
    client.puback(flying[1].id).await;
    client.quiet().await;
    drop(client);
    gone(&running, "s").await;
    let (mut client, _) = Client::connect(running.tcp, lasting("s").with(window(4))).await;
    for expected in [0, 2, 3] {
        let message = client.message().await;
        let before = &flying[expected];
        assert!(message.dup);
        assert_eq!(
            (message.id, &message.topic, &message.payload),
            (before.id, &before.topic, &before.payload)
        );
        client.puback(message.id).await;
    }
    expect(&mut client, 3..=9).await;
    client.quiet().await;
}

/// A session with a wildcard subscription follows logs created meanwhile, from the first entry the account may read,
/// and logs created while it is connected.
#[tokio::test]
async fn new_logs_join_a_wildcard() {
    let running = start(open()).await;
    say(&running, "a", 1..=5);
    let (mut client, _) = Client::connect(running.tcp, lasting("s")).await;
    client.subscribe(&[("#", Qos::AtLeastOnce)]).await;
    say(&running, "b", 1..=3);
    expect(&mut client, 1..=3).await;
    client.leave(0).await;
    say(&running, "c", 1..=4);
    say(&running, "a", 6..=6);
    let (mut client, _) = Client::connect(running.tcp, lasting("s")).await;
    let mut got = Vec::new();
    for _ in 0..5 {
        let message = client.message().await;
        client.puback(message.id).await;
        got.push((message.topic, message.payload.parse::<u32>().unwrap()));
    }
    got.sort();
    let expected = [("a", 6), ("c", 1), ("c", 2), ("c", 3), ("c", 4)];
    assert_eq!(got, expected.map(|(topic, n)| (topic.to_owned(), n)));
    client.quiet().await;
}

/// When access is revoked, nothing more is delivered, live or from the log, to exact or wildcard subscriptions, and
/// messages in flight are not sent again. Restoring access doesn't restore the exact subscription.
#[tokio::test]
async fn access_is_withdrawn_at_once() {
    let mut config = open();
    config.limits.recent_bytes = 0;
    let running = start(config).await;
    let (mut wild, _) = Client::connect(running.tcp, lasting("wild").with(window(2))).await;
    wild.subscribe(&[("#", Qos::AtLeastOnce)]).await;
    let (mut exact, _) = Client::connect(running.tcp, lasting("exact").with(window(2))).await;
    exact.subscribe(&[("room", Qos::AtLeastOnce), ("other", Qos::AtLeastOnce)]).await;
    say(&running, "room", 1..=50);
    let mut ids = Vec::new();
    for client in [&mut wild, &mut exact] {
        ids.push(client.message().await.id);
        client.message().await;
    }
    running.handler.0.lock().denied.insert((1, "room".into()));
    running.broker.revoke(1, "room");
    wild.puback(ids[0]).await;
    exact.puback(ids[1]).await;
    say(&running, "room", 51..=60);
    say(&running, "other", 1..=1);
    for client in [&mut wild, &mut exact] {
        assert_eq!(client.message().await.topic, "other");
        client.quiet().await;
    }
    drop(exact);
    gone(&running, "exact").await;
    let (mut exact, _) = Client::connect(running.tcp, lasting("exact")).await;
    let message = exact.message().await;
    assert_eq!((&*message.topic, message.dup), ("other", true));
    exact.puback(message.id).await;
    exact.quiet().await;
    assert_eq!(exact.unsubscribe("room").await, [0x11]);
    running.handler.0.lock().denied.clear();
    say(&running, "room", 61..=61);
    exact.quiet().await;
}

/// A QoS 0 subscriber that falls behind misses messages, and then continues with new ones.
#[tokio::test]
async fn qos_0_skips() {
    let mut config = open();
    config.limits.buffer_per_connection = 10_000;
    let running = start(config).await;
    let (mut client, _) = Client::connect(running.tcp, id("s")).await;
    client.subscribe(&[("room", Qos::AtMostOnce)]).await;
    let long = "x".repeat(20_000);
    let mut n = 0;
    while running.broker.stats().dropped == 0 {
        n += 1;
        let entry = running.handler.append("room", &format!("{n} {long}"));
        running.broker.publish_log(entry);
        assert!(n < 10_000, "the socket never filled up");
    }
    let mut last = 0;
    while last < n - 1 {
        let seen = client.message().await.payload.split(' ').next().unwrap().parse().unwrap();
        assert!(seen > last);
        last = seen;
    }
    client.quiet().await;
    let entry = running.handler.append("room", "end");
    running.broker.publish_log(entry);
    assert_eq!(client.message().await.payload, "end");
}

/// Announcements out of order or repeated make no difference.
#[tokio::test]
async fn announcements_in_any_order() {
    let running = start(open()).await;
    let (mut client, _) = Client::connect(running.tcp, lasting("s")).await;
    running.handler.append("room", "0");
    client.subscribe(&[("room", Qos::AtLeastOnce)]).await;
    let entries: Vec<_> = (1..=6).map(|n| running.handler.append("room", &n.to_string())).collect();
    for n in [2, 0, 1, 0, 5, 3, 4, 2] {
        running.broker.publish_log(entries[n].clone());
    }
    expect(&mut client, 1..=6).await;
    client.quiet().await;
}

/// A message larger than the client accepts is skipped, and the cursor moves past it.
#[tokio::test]
async fn too_large_for_the_client() {
    let running = start(open()).await;
    let small = mqtt_protocol_core::mqtt::packet::MaximumPacketSize::new(60).unwrap();
    let (mut client, _) =
        Client::connect(running.tcp, lasting("s").with(Property::MaximumPacketSize(small))).await;
    client.subscribe(&[("room", Qos::AtLeastOnce)]).await;
    for payload in ["1", &"x".repeat(100), "3"] {
        let entry = running.handler.append("room", payload);
        running.broker.publish_log(entry);
    }
    for expected in ["1", "3"] {
        let message = client.message().await;
        assert_eq!(message.payload, expected);
        client.puback(message.id).await;
    }
    running
        .handler
        .until(|inner| {
            inner.stored.values().any(|state| state.cursors.iter().any(|(_, offset)| *offset == 3))
        })
        .await;
}

/// A session follows a log that was rewound (a restored backup) from its current end.
#[tokio::test]
async fn a_rewound_log() {
    let running = start(open()).await;
    say(&running, "room", 1..=10);
    let (mut client, _) = Client::connect(running.tcp, lasting("s")).await;
    client.subscribe(&[("room", Qos::AtLeastOnce)]).await;
    client.leave(0).await;
    running.broker.shutdown(std::time::Duration::from_secs(5)).await;
    running.handler.0.lock().logs.get_mut("room").unwrap().truncate(4);
    let running = start_with(running.handler.clone(), open()).await;
    let (mut client, _) = Client::connect(running.tcp, lasting("s")).await;
    client.quiet().await;
    say(&running, "room", 5..=6);
    expect(&mut client, 5..=6).await;
}

/// A session whose account had no access to a log for a while resumes at the first entry the account may read again,
/// not at its stored cursor.
#[tokio::test]
async fn a_log_that_could_not_be_read_for_a_while() {
    let running = start(open()).await;
    say(&running, "room", 1..=2);
    let (mut client, _) = Client::connect(running.tcp, lasting("s")).await;
    client.subscribe(&[("room", Qos::AtLeastOnce)]).await;
    client.leave(0).await;
    running.broker.shutdown(std::time::Duration::from_secs(5)).await;
    say(&running, "room", 3..=6);
    running.handler.0.lock().first = 5;
    let running = start_with(running.handler.clone(), open()).await;
    let (mut client, _) = Client::connect(running.tcp, lasting("s")).await;
    expect(&mut client, 5..=6).await;
}
