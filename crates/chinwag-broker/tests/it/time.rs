//! Timing: wills, sessions, messages and silent clients end when due and not before. Most tests use paused time.

use std::time::Duration;

use chinwag_broker::{Disposition, SessionKey};
use mqtt_protocol_core::mqtt::packet::{
    MessageExpiryInterval, Property, Qos, SessionExpiryInterval, WillDelayInterval,
};
use tokio::time::{Instant, sleep};

use crate::common::*;

fn lasting(name: &str, seconds: u32) -> Options {
    id(name).keep().with(Property::SessionExpiryInterval(SessionExpiryInterval::new(seconds).unwrap()))
}

fn delayed(name: &str, delay: u32, expiry: u32) -> Options {
    let mut options = lasting(name, expiry).will("wills/a", name);
    options.will_props = vec![Property::WillDelayInterval(WillDelayInterval::new(delay).unwrap())];
    options
}

/// Waits so that each round starts at a different moment within a tick of the broker's clock.
async fn odd_moment(n: u64) {
    sleep(Duration::from_millis(37 * n)).await;
}

/// [MQTT-3.1.3-9] [MQTT-3.1.2-8] A will is published when its delay has passed or its session has expired, whichever is
/// first: never earlier, and soon after.
#[tokio::test(start_paused = true)]
async fn wills_are_never_early() {
    let running = start(open()).await;
    let (mut watcher, _) = inside(&running.broker, id("w")).await;
    watcher.subscribe(&[("wills/#", Qos::AtLeastOnce)]).await;
    for (n, (delay, expiry, due)) in [(3, 100, 3), (100, 3, 3), (5, 5, 5), (1, 2, 1)].into_iter().enumerate()
    {
        odd_moment(n as u64).await;
        let (client, _) = inside(&running.broker, delayed("a", delay, expiry)).await;
        let start = Instant::now();
        drop(client);
        assert_eq!(watcher.message().await.payload, "a");
        let took = start.elapsed().as_secs_f32();
        assert!((due as f32..due as f32 + 1.0).contains(&took), "{delay} {expiry}: {took}");
    }
}

/// [MQTT-3.1.2-23] [MQTT-4.1.0-1] [MQTT-4.1.0-2] A session is kept until it expires, and no longer; it does not expire
/// while it has a connection.
#[tokio::test(start_paused = true)]
async fn sessions_end_at_their_time() {
    let running = start(open()).await;
    for n in 0..5 {
        odd_moment(n).await;
        let (client, present) = inside(&running.broker, lasting("a", 4)).await;
        assert!(!present);
        sleep(Duration::from_secs(20)).await;
        drop(client);
        sleep(Duration::from_millis(3_900)).await;
        let (client, present) = inside(&running.broker, lasting("a", 4)).await;
        assert!(present);
        drop(client);
        sleep(Duration::from_millis(5_000)).await;
    }
}

/// [MQTT-4.1.0-2] A session that expired while the broker was down is over; one that has not expired is resumed.
#[tokio::test]
async fn sessions_end_while_the_broker_is_down() {
    let running = start(open()).await;
    let key = |name: &str| SessionKey { account: 1, client_id: name.into() };
    let mut there = Vec::new();
    for name in ["over", "not-yet", "connected"] {
        let (mut client, _) = Client::connect(running.tcp, lasting(name, 100)).await;
        client.subscribe(&[("a", Qos::AtLeastOnce)]).await;
        if name == "connected" {
            there.push(client);
        } else {
            client.leave(0).await;
            running.handler.until(|inner| inner.stored[&key(name)].header.left.is_some()).await;
        }
    }
    let stored = |name: &str| running.handler.0.lock().stored[&key(name)].clone();
    assert_eq!(stored("connected").header.left, None);
    let mut over = stored("over");
    over.header.left = over.header.left.map(|left| left - 101);
    running.handler.0.lock().stored.insert(key("over"), over);
    let second = start_with(running.handler.clone(), open()).await;
    for (name, expected) in [("over", false), ("not-yet", true), ("connected", true)] {
        let (client, present) = Client::connect(second.tcp, lasting(name, 100)).await;
        assert_eq!(present, expected, "{name}");
        there.push(client);
    }
    assert!(!running.handler.0.lock().stored.contains_key(&key("over")), "forgotten before CONNACK");
}

/// [MQTT-3.3.2-5] [MQTT-3.3.2-6] A message does not expire early, at whatever moment it was published.
#[tokio::test(start_paused = true)]
async fn messages_do_not_expire_early() {
    let running = start(open()).await;
    let (mut subscriber, _) = inside(&running.broker, lasting("s", 1000)).await;
    subscriber.subscribe(&[("a", Qos::AtLeastOnce)]).await;
    subscriber.leave(0).await;
    let (mut publisher, _) = inside(&running.broker, id("p")).await;
    let expiry = |n| vec![Property::MessageExpiryInterval(MessageExpiryInterval::new(n).unwrap())];
    for n in 0..10 {
        odd_moment(n).await;
        publisher.say_with("a", "good", Qos::AtLeastOnce, 1, false, expiry(2)).await;
        publisher.next().await;
        sleep(Duration::from_millis(1_950)).await;
        let (mut subscriber, _) = inside(&running.broker, lasting("s", 1000)).await;
        let message = subscriber.message().await;
        assert_eq!(message.payload, "good");
        subscriber.puback(message.id).await;
        subscriber.leave(0).await;
        publisher.say_with("a", "stale", Qos::AtLeastOnce, 2, false, expiry(2)).await;
        publisher.next().await;
        sleep(Duration::from_millis(3_000)).await;
        let (mut subscriber, _) = inside(&running.broker, lasting("s", 1000)).await;
        subscriber.quiet().await;
        subscriber.leave(0).await;
    }
}

/// [MQTT-3.1.2-22] A client may be silent for one and a half times its keep-alive, no less; [MQTT-3.1.2-21] the server
/// keep-alive applies if there is one.
#[tokio::test(start_paused = true)]
async fn silence_has_a_length() {
    let mut config = open();
    config.server_keep_alive = Some(10);
    let running = start(config).await;
    for (n, (asked, v3, due)) in
        [(2, false, 3.0), (4, true, 6.0), (60, false, 15.0), (0, false, 15.0)].into_iter().enumerate()
    {
        odd_moment(n as u64).await;
        let (mut client, _) = inside(&running.broker, Options { v3, keep_alive: asked, ..id("a") }).await;
        // A client that sends anything isn't silent.
        for _ in 0..5 {
            sleep(Duration::from_secs_f32(due * 0.9)).await;
            client.quiet().await;
        }
        let start = Instant::now();
        let last = client.recv().await;
        assert!(v3 == last.is_none() && !matches!(last, Some(Packet::Pingresp)));
        let took = start.elapsed().as_secs_f32();
        assert!((due..due + 1.0).contains(&took), "{asked}: {took}");
    }
}

/// [MQTT-3.1.2-22] A client that the broker isn't reading from does not count as silent, however long that takes.
#[tokio::test(start_paused = true)]
async fn who_is_not_listened_to_is_not_silent() {
    let mut config = open();
    config.limits.receive_maximum = 1;
    let running = start(config).await;
    let (mut client, _) = inside(&running.broker, Options { keep_alive: 2, ..id("a").v3() }).await;
    client.say("later/a", "x", Qos::AtLeastOnce, 1).await;
    running.handler.until(|inner| inner.waiting.len() == 1).await;
    for _ in 0..30 {
        client.send(&[0xc0, 0]).await;
        sleep(Duration::from_secs(1)).await;
    }
    let (_, sender) = running.handler.0.lock().waiting.remove(0);
    sender.send(Ok(Disposition::Taken)).unwrap();
    assert_eq!(client.next().await, Packet::Ack(4, 1, 0, String::new()));
    for _ in 0..30 {
        assert_eq!(client.next().await, Packet::Pingresp);
    }
    // From now on it is silent.
    let start = Instant::now();
    assert_eq!(client.recv().await, None);
    assert!(start.elapsed().as_secs_f32() >= 2.5);
}
