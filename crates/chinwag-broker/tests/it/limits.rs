//! The limits, and what happens when they are reached.

use std::time::Duration;

use mqtt_protocol_core::mqtt::packet::Qos;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::common::*;

/// Connections per address; a place is free again when its connection has ended.
#[tokio::test]
async fn connections() {
    let mut config = open();
    config.limits.connections_per_address = 2;
    let running = start(config).await;
    let (first, _) = Client::connect(running.tcp, id("a")).await;
    let (_second, _) = Client::connect(running.tcp, id("b")).await;
    let mut third = Client::open(running.tcp).await;
    let _ = third.stream.write_all(&id("c").bytes()).await;
    assert_eq!(third.recv().await, None);
    first.leave(0).await;
    let let_in = async {
        loop {
            let mut client = Client::open(running.tcp).await;
            let _ = client.stream.write_all(&id("c").bytes()).await;
            if client.recv().await.is_some() {
                return;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(10), let_in).await.unwrap();
}

/// A client that doesn't finish its CONNECT (or WebSocket handshake) in time is disconnected and no longer counted.
#[tokio::test]
async fn time_to_connect() {
    let mut config = open();
    config.limits.connect_timeout = Duration::from_millis(200);
    let running = start(config).await;
    for (address, bytes) in
        [(running.tcp, &b"\x10\x20"[..]), (running.tcp, b""), (running.ws, b"GET /mqtt HT")]
    {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        let mut client = Client::over(stream, true);
        assert_eq!(client.recv().await, None);
    }
    let stats = running.broker.stats();
    assert_eq!((stats.refused, stats.connections), (3, 0));
}

/// [MQTT-3.2.2-15] A packet larger than announced is refused with 0x95 before all of it has arrived.
#[tokio::test]
async fn packet_size() {
    let mut config = open();
    config.limits.packet_size = 1000;
    let running = start(config).await;
    let (mut client, _) = Client::connect(running.tcp, id("a")).await;
    client.say("a", &"x".repeat(900), Qos::AtLeastOnce, 1).await;
    client.next().await;
    client.send(&[0x30, 0xff, 0xff, 0x7f]).await;
    assert!(matches!(client.next().await, Packet::Disconnect { code: 0x95, .. }));
    let mut client = Client::open(running.tcp).await;
    client.send(&[0x10, 0xff, 0xff, 0x7f]).await;
    assert_eq!(client.recv().await, None);
}

/// A 3.1.1 client cannot be told the maximum packet size. Its oversized packet is acknowledged, so that it isn't sent
/// forever; the embedder is notified, and the packets after it are handled. A 5.0 client is disconnected.
#[tokio::test]
async fn packet_size_of_3_1_1() {
    let mut config = open();
    config.limits.packet_size = 1_000;
    config.limits.skipped_size = 100_000;
    let running = start(config).await;
    let (mut client, _) = Client::connect(running.tcp, id("a").v3().keep()).await;
    let large = |qos, n| publish_bytes(false, "big", &"x".repeat(90_000), qos, n, false, Vec::new());
    for cut in [1, 4, 9, 11, 500, 89_000] {
        let bytes = large(Qos::AtLeastOnce, 1);
        client.send(&bytes[..cut]).await;
        client.send(&bytes[cut..]).await;
        assert_eq!(client.next().await, Packet::Ack(4, 1, 0, String::new()), "{cut}");
    }
    // One that is cut off in the middle must not prevent its retransmission.
    client.send(&large(Qos::ExactlyOnce, 2)[..50_000]).await;
    drop(client);
    running.handler.until(|inner| inner.events.contains(&Event::Disconnected("a".into()))).await;
    let (mut client, _) = Client::connect(running.tcp, id("a").v3().keep()).await;
    for _ in 0..2 {
        client.send(&large(Qos::ExactlyOnce, 2)).await;
        assert_eq!(client.next().await, Packet::Ack(5, 2, 0, String::new()));
    }
    client.ack(6, 2).await;
    assert_eq!(client.next().await, Packet::Ack(7, 2, 0, String::new()));
    let mut both = large(Qos::AtMostOnce, 0);
    both.extend(publish_bytes(false, "small", "x", Qos::AtLeastOnce, 3, false, Vec::new()));
    client.send(&both).await;
    assert_eq!(client.next().await, Packet::Ack(4, 3, 0, String::new()));
    let events = running.handler.events();
    let refused = events.iter().filter(|event| **event == Event::Refused("big".into(), 0x95)).count();
    assert_eq!(refused, 6 + 1 + 1, "a repetition at QoS 2 is not refused again");
    assert!(events.contains(&Event::Published("small".into(), b"x".to_vec())));
    let refusals = running.broker.refusals();
    assert!(refusals.iter().any(|one| (one.packet.name(), one.code, one.count) == ("publish", 0x95, 8)));
    let huge = publish_bytes(false, "big", &"x".repeat(100_000), Qos::AtLeastOnce, 1, false, Vec::new());
    client.send(&huge[..20]).await;
    assert_eq!(client.recv().await, None);
    let (mut client, _) = Client::connect(running.tcp, id("a")).await;
    client
        .send(&publish_bytes(true, "big", &"x".repeat(2_000), Qos::AtLeastOnce, 1, false, Vec::new())[..9])
        .await;
    assert!(matches!(client.next().await, Packet::Disconnect { code: 0x95, .. }));
}

/// Every refusal is counted by packet and reason.
#[tokio::test]
async fn refusals_are_counted() {
    let mut config = open();
    config.limits.connections_per_address = 2;
    let running = start(config).await;
    let wrong = Options { password: Some("wrong".into()), ..id("a").user("ana") };
    Client::open(running.tcp).await.hello(wrong).await;
    running.handler.until(|_| running.broker.stats().refused == 1).await;
    let (mut client, _) = Client::connect(running.tcp, id("a")).await;
    let (_second, _) = Client::connect(running.tcp, id("a")).await;
    assert!(matches!(client.next().await, Packet::Disconnect { code: 0x8e, .. }));
    drop(client);
    let mut client = loop {
        let mut client = Client::open(running.tcp).await;
        let _ = client.stream.write_all(&id("b").bytes()).await;
        if client.recv().await.is_some() {
            break client;
        }
    };
    let mut third = Client::open(running.tcp).await;
    assert_eq!(third.recv().await, None);
    client.say("refuse/x", "", Qos::AtLeastOnce, 1).await;
    client.next().await;
    client.subscribe(&[("secret/x", Qos::AtMostOnce), ("a", Qos::AtMostOnce), ("a#", Qos::AtMostOnce)]).await;
    client.send(&[0xf0, 0]).await;
    assert!(matches!(client.next().await, Packet::Disconnect { code: 0x82, .. }));
    assert_eq!(client.recv().await, None);
    let counts = running.broker.refusals();
    let count = |packet, code| {
        counts.iter().find(|one| (one.packet.name(), one.code) == (packet, code)).map_or(0, |one| one.count)
    };
    for (packet, code) in [
        ("connect", 0x86),
        ("publish", 0x87),
        ("subscribe", 0x87),
        ("subscribe", 0x8f),
        ("disconnect", 0x8e),
        ("disconnect", 0x82),
    ] {
        assert_eq!(count(packet, code), 1, "{packet} {code:#x} {counts:?}");
    }
    assert!(count("connect", 0x97) >= 1, "{counts:?}");
}

#[tokio::test]
async fn topics_and_subscriptions() {
    let mut config = open();
    config.limits.topic_length = 20;
    config.limits.topic_levels = 3;
    config.limits.filter_levels = 3;
    config.limits.subscriptions = 2;
    let running = start(config).await;
    let (mut client, _) = Client::connect(running.tcp, id("a")).await;
    for (n, topic) in ["a/b/c/d", &"x".repeat(21)].into_iter().enumerate() {
        client.say(topic, "x", Qos::AtLeastOnce, n as u16 + 1).await;
        assert!(matches!(client.next().await, Packet::Ack(4, _, 0x90, _)));
        assert_eq!(client.subscribe(&[(topic, Qos::AtMostOnce)]).await, [0x8f]);
    }
    assert_eq!(client.subscribe(&[("a", Qos::AtMostOnce), ("b", Qos::AtMostOnce)]).await, [0, 0]);
    assert_eq!(client.subscribe(&[("c", Qos::AtMostOnce), ("a", Qos::AtLeastOnce)]).await, [0x97, 1]);
}

/// A filter with more levels than any topic is refused, as are subscriptions beyond the limit of an account over all
/// its sessions, connected or not. Each account has its own limit.
#[tokio::test]
async fn filters_and_accounts() {
    let mut config = open();
    config.limits.filter_levels = 3;
    config.limits.subscriptions_per_account = 4;
    let running = start(config).await;
    let (mut phone, _) = Client::connect(running.tcp, id("phone").keep().v3().user("ana")).await;
    assert_eq!(
        phone.subscribe(&[("+/+/+/#", Qos::AtMostOnce), ("a/b/c/d", Qos::AtMostOnce)]).await,
        [0x80; 2]
    );
    assert_eq!(phone.subscribe(&[("+/+/#", Qos::AtMostOnce), ("a", Qos::AtMostOnce)]).await, [0; 2]);
    phone.leave(0).await;
    let (mut laptop, _) = Client::connect(running.tcp, id("laptop").user("ana")).await;
    let three = [("a", Qos::AtMostOnce), ("b", Qos::AtMostOnce), ("c", Qos::AtMostOnce)];
    assert_eq!(laptop.subscribe(&three).await, [0, 0, 0x97]);
    let (mut other, _) = Client::connect(running.tcp, id("laptop").user("bo")).await;
    assert_eq!(other.subscribe(&three).await, [0, 0, 0]);
    assert_eq!(laptop.unsubscribe("a").await, [0]);
    assert_eq!(laptop.subscribe(&[("c", Qos::AtMostOnce)]).await, [0]);
    assert_eq!(running.broker.stats().subscriptions, 4 + 3);
}

/// The subscriptions of a stored session count when it is restored. A session that would exceed the account's limit is
/// refused and stays stored.
#[tokio::test]
async fn subscriptions_that_come_back() {
    let mut config = open();
    config.limits.subscriptions_per_account = 3;
    let running = start(config.clone()).await;
    let lasting = |name| id(name).keep().v3().user("ana");
    let (mut phone, _) = Client::connect(running.tcp, lasting("phone")).await;
    assert_eq!(phone.subscribe(&[("a", Qos::AtMostOnce), ("b", Qos::AtMostOnce)]).await, [0, 0]);
    phone.leave(0).await;
    running.broker.shutdown(Duration::from_secs(5)).await;
    let running = start_with(running.handler, config).await;
    let (mut laptop, _) = Client::connect(running.tcp, id("laptop").user("ana")).await;
    assert_eq!(laptop.subscribe(&[("a", Qos::AtMostOnce), ("b", Qos::AtMostOnce)]).await, [0, 0]);
    let refused = Client::open(running.tcp).await.hello(lasting("phone")).await;
    assert!(matches!(refused, Packet::Connack { code: 3, .. }), "{refused:?}");
    assert_eq!(running.broker.stats().subscriptions, 2);
    assert_eq!(laptop.unsubscribe("a").await, [0]);
    let (mut phone, present) = Client::connect(running.tcp, lasting("phone")).await;
    assert!(present);
    assert_eq!(laptop.subscribe(&[("a", Qos::AtMostOnce)]).await, [0x97]);
    for topic in ["a", "b"] {
        laptop.say(topic, "x", Qos::AtMostOnce, 0).await;
        assert_eq!(phone.message().await.topic, topic);
    }
}

/// A SUBSCRIBE with too many filters is refused as a whole. A filter that is repeated makes one subscription with the
/// options given last, and the handler is notified of it once.
#[tokio::test]
async fn filters_of_one_packet() {
    let running = start(open()).await;
    let (mut client, _) = Client::connect(running.tcp, id("a")).await;
    let names: Vec<String> = (0..257).map(|n| format!("a/{n}")).collect();
    let all: Vec<_> = names.iter().map(|name| (name.as_str(), Qos::AtMostOnce)).collect();
    assert_eq!(client.subscribe(&all).await, [0x97; 257]);
    assert_eq!(running.broker.stats().subscriptions, 0);
    let mut same = vec![("#", Qos::AtMostOnce); 254];
    same.extend([("b", Qos::ExactlyOnce), ("#", Qos::AtLeastOnce)]);
    let codes = client.subscribe(&same).await;
    assert_eq!((codes.len(), &codes[253..]), (256, &[0, 2, 1][..]));
    assert_eq!(running.broker.stats().subscriptions, 2);
    let told = running.handler.events().into_iter().filter(|event| matches!(event, Event::Subscribed(_)));
    assert_eq!(told.count(), 2);
    // UNSUBSCRIBE accepts more than 256 filters.
    let many: Vec<_> = names.iter().map(String::as_str).chain(["#", "b"]).collect();
    client.send(&unsubscribe_bytes(true, &many)).await;
    let Packet::Unsuback { codes, .. } = client.next().await else { panic!("no UNSUBACK") };
    assert_eq!((codes.len(), &codes[256..]), (259, &[0x11, 0, 0][..]));
}

/// Filters are handled at a limited rate: a client that sends more is read more slowly, and other clients are not
/// affected.
#[tokio::test(start_paused = true)]
async fn subscribe_rate() {
    let mut config = open();
    config.limits.subscribe_rate = 10;
    config.limits.subscribe_burst = 20;
    let running = start(config).await;
    let (mut client, _) = inside(&running.broker, id("a")).await;
    let (mut other, _) = inside(&running.broker, id("b")).await;
    let start = Instant::now();
    let names: Vec<String> = (0..10).map(|n| format!("a/{n}")).collect();
    let ten: Vec<_> = names.iter().map(|name| (name.as_str(), Qos::AtMostOnce)).collect();
    for _ in 0..2 {
        client.subscribe(&ten).await;
    }
    assert!(start.elapsed() < Duration::from_millis(20), "{:?}", start.elapsed());
    client.subscribe(&ten).await;
    assert!(start.elapsed() >= Duration::from_millis(500), "{:?}", start.elapsed());
    let start = Instant::now();
    other.subscribe(&ten).await;
    assert!(start.elapsed() < Duration::from_millis(20), "{:?}", start.elapsed());
}

/// A client that publishes too fast is slowed down but loses nothing, and other clients are not affected.
#[tokio::test(start_paused = true)]
async fn publish_rate() {
    let mut config = open();
    config.limits.publish_rate = 100;
    config.limits.publish_burst = 10;
    let running = start(config).await;
    let (mut client, _) = inside(&running.broker, id("a")).await;
    let (mut other, _) = inside(&running.broker, id("b")).await;
    let start = Instant::now();
    for n in 1..=60 {
        client.say("a", "x", Qos::AtLeastOnce, n).await;
    }
    other.say("b", "x", Qos::AtLeastOnce, 1).await;
    other.next().await;
    assert!(start.elapsed() < Duration::from_millis(20), "{:?}", start.elapsed());
    for n in 1..=60 {
        assert_eq!(client.next().await, Packet::Ack(4, n, 0, String::new()));
    }
    assert!(start.elapsed() >= Duration::from_millis(450), "{:?}", start.elapsed());
}

/// After too many failures, further attempts are delayed; attempts for another user name are not.
#[tokio::test(start_paused = true)]
async fn authentication_failures() {
    let mut config = open();
    config.limits.auth_failures_per_account = 2;
    let running = start(config).await;
    let wrong = Options { password: Some("wrong".into()), ..id("a").user("ana") };
    let refused_after = async || {
        let start = Instant::now();
        let answer = pipe(&running.broker).hello(wrong.clone()).await;
        assert!(matches!(answer, Packet::Connack { code: 0x86, .. }));
        start.elapsed()
    };
    for _ in 0..2 {
        assert_eq!(refused_after().await, Duration::ZERO);
    }
    let start = Instant::now();
    inside(&running.broker, id("b").user("bo")).await;
    assert_eq!(start.elapsed(), Duration::ZERO, "another name is not held back");
    assert!(refused_after().await >= Duration::from_millis(500));
}

/// If a client doesn't read, QoS 0 messages that exceed its buffer are dropped for it, but for no other client.
#[tokio::test]
async fn buffers_are_bounded() {
    let mut config = open();
    config.limits.buffer_per_connection = 64 << 10;
    let running = start(config).await;
    let (mut stuck, _) = Client::connect(running.tcp, id("stuck")).await;
    stuck.subscribe(&[("a", Qos::AtMostOnce)]).await;
    let (mut reader, _) = Client::connect(running.tcp, id("reader")).await;
    reader.subscribe(&[("a", Qos::AtMostOnce)]).await;
    let (mut publisher, _) = Client::connect(running.tcp, id("p")).await;
    let payload = "x".repeat(100_000);
    let mut sent = 0;
    while running.broker.stats().dropped == 0 {
        publisher.say("a", &payload, Qos::AtMostOnce, 0).await;
        assert_eq!(reader.message().await.payload.len(), payload.len());
        sent += 1;
        assert!(sent < 1000, "the socket never filled up");
    }
    let buffered = running.broker.stats().buffered_bytes;
    assert!(buffered <= 400_000, "{buffered}");
    // The messages that did get into the buffer arrive complete.
    for _ in 0..sent - running.broker.stats().dropped {
        assert_eq!(stuck.message().await.payload.len(), payload.len());
    }
    stuck.quiet().await;
    let empty = async {
        while running.broker.stats().buffered_bytes > 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), empty).await.unwrap();
}

/// The limit on connections in total.
#[tokio::test]
async fn connections_in_all() {
    let mut config = open();
    config.limits.connections = 3;
    let running = start(config).await;
    let mut there = Vec::new();
    for n in 0..3 {
        there.push(Client::connect(running.tcp, id(&n.to_string())).await.0);
    }
    let mut fourth = Client::open(running.tcp).await;
    let _ = fourth.stream.write_all(&id("4").bytes()).await;
    assert_eq!(fourth.recv().await, None);
    for client in &mut there {
        client.quiet().await;
    }
    assert_eq!(running.broker.stats().refused, 1);
}

/// Incomplete packets are counted over all connections: beyond the limit, a connection that sends a large packet is
/// closed, and those that send small ones continue.
#[tokio::test]
async fn what_is_on_its_way_in() {
    let mut config = open();
    config.limits.incoming_total = 50_000;
    let running = start(config).await;
    let publish = |size| publish_bytes(true, "a", &"x".repeat(size), Qos::AtLeastOnce, 1, false, Vec::new());
    let (mut small, _) = Client::connect(running.tcp, id("small")).await;
    small.send(&publish(1_000)[..900]).await;
    let (mut large, _) = Client::connect(running.tcp, id("large")).await;
    let bytes = publish(60_000);
    large.send(&bytes[..bytes.len() - 1]).await;
    assert!(matches!(large.next().await, Packet::Disconnect { code: 0x97, .. }));
    assert_eq!(large.recv().await, None);
    small.send(&publish(1_000)[900..]).await;
    assert_eq!(small.next().await, Packet::Ack(4, 1, 0, String::new()));
}

/// When all buffers together are full, clients that read still receive messages, and a client that has read nothing for
/// a minute is disconnected.
#[tokio::test(start_paused = true)]
async fn buffers_in_all() {
    let mut config = open();
    config.limits.buffer_total = 50_000;
    let running = start(config).await;
    let (mut stuck, _) = inside(&running.broker, id("stuck")).await;
    stuck.subscribe(&[("flood", Qos::AtMostOnce)]).await;
    let (mut reader, _) = inside(&running.broker, id("reader")).await;
    reader.subscribe(&[("room", Qos::AtLeastOnce), ("typing", Qos::AtMostOnce)]).await;
    let message = |topic: &str, size| chinwag_broker::Message {
        topic: topic.into(),
        payload: "x".repeat(size).into(),
        ..Default::default()
    };
    for sent in 0.. {
        if running.broker.stats().buffered_bytes >= 50_000 {
            break;
        }
        running.broker.publish(message("flood", 20_000));
        tokio::task::yield_now().await;
        assert!(sent < 10_000, "the pipe never filled up");
    }
    let start = Instant::now();
    for n in 1..=50 {
        running.broker.publish_log(running.handler.append("room", "owed"));
        let owed = reader.message().await;
        assert_eq!(owed.payload, "owed", "{n}");
        reader.puback(owed.id).await;
        running.broker.publish(message("typing", 3_000));
        assert_eq!(reader.message().await.payload.len(), 3_000, "{n}");
    }
    assert!(running.broker.stats().buffered_bytes >= 50_000);
    tokio::time::sleep(Duration::from_secs(55)).await;
    running.handler.until(|inner| inner.events.contains(&Event::Disconnected("stuck".into()))).await;
    let took = start.elapsed().as_secs();
    assert!((60..65).contains(&took), "{took}");
    reader.quiet().await;
    assert!(running.broker.stats().buffered_bytes < 50_000);
}
