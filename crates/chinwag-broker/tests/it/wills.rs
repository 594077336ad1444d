//! Wills: sections 3.1.2.5, 3.1.3.2 and following.

use std::time::Duration;

use mqtt_protocol_core::mqtt::packet::{Property, Qos, SessionExpiryInterval, WillDelayInterval};
use tokio::time::Instant;

use crate::common::*;

fn will(topic: &str, payload: &str) -> Event {
    Event::Will(topic.into(), payload.into())
}

fn delayed(name: &str, delay: u32, expiry: u32) -> Options {
    let mut options = id(name).keep().will("wills/a", name);
    options.will_props = vec![Property::WillDelayInterval(WillDelayInterval::new(delay).unwrap())];
    options.with(Property::SessionExpiryInterval(SessionExpiryInterval::new(expiry).unwrap()))
}

/// [MQTT-3.1.2-8] [MQTT-3.14.4-3] A will is published when the connection is lost, and after DISCONNECT 0x04, but not
/// after DISCONNECT 0x00.
#[tokio::test]
async fn published_unless_the_client_said_goodbye() {
    let running = start(open()).await;
    let (mut watcher, _) = Client::connect(running.tcp, id("w")).await;
    watcher.subscribe(&[("wills/#", Qos::AtLeastOnce)]).await;
    for v3 in [false, true] {
        let options = |name: &str| Options { v3, ..id(name).will("wills/a", name) };
        let (client, _) = Client::connect(running.tcp, options("goodbye")).await;
        client.leave(0).await;
        watcher.quiet().await;
        let (client, _) = Client::connect(running.tcp, options("lost")).await;
        drop(client);
        assert_eq!(watcher.message().await.payload, "lost");
        // Taken over: the old connection ended without DISCONNECT.
        let (_old, _) = Client::connect(running.tcp, options("twice")).await;
        let (client, _) = Client::connect(running.tcp, Options { v3, ..id("twice") }).await;
        assert_eq!(watcher.message().await.payload, "twice");
        client.leave(0).await;
        // A protocol error.
        let (mut client, _) = Client::connect(running.tcp, options("bad")).await;
        client.send(&[0xff, 0]).await;
        assert_eq!(watcher.message().await.payload, "bad");
    }
    let (client, _) = Client::connect(running.tcp, id("b").will("wills/a", "with")).await;
    client.leave(4).await;
    assert_eq!(watcher.message().await.payload, "with");
    watcher.quiet().await;
}

/// [MQTT-3.1.2-14] [MQTT-3.1.2-15] A will can be retained; one that the handler refuses has no effect; an invalid will
/// topic is refused at CONNECT.
#[tokio::test]
async fn a_will_is_a_publish_like_any_other() {
    let running = start(open()).await;
    let mut options = id("a");
    options.will = Some(("wills/a".into(), "kept".into(), Qos::AtLeastOnce, true));
    let (client, _) = Client::connect(running.tcp, options).await;
    drop(client);
    running.handler.until(|inner| inner.events.contains(&will("wills/a", "kept"))).await;
    let (mut watcher, _) = Client::connect(running.tcp, id("w")).await;
    watcher.subscribe(&[("#", Qos::AtLeastOnce)]).await;
    assert!(watcher.message().await.retain);
    let (client, _) = Client::connect(running.tcp, id("b").will("refuse/a", "x")).await;
    drop(client);
    running.handler.until(|inner| inner.events.contains(&will("refuse/a", "x"))).await;
    watcher.quiet().await;
    let refused = Client::open(running.tcp).await.hello(id("c").will("wills/#", "x")).await;
    assert!(matches!(refused, Packet::Connack { code: 0x90, .. }));
}

/// [MQTT-3.1.3-9] A delayed will waits, and is not published if the client reconnects in time; when the session ends it
/// is published, whatever its delay.
#[tokio::test(start_paused = true)]
async fn delayed_wills() {
    let running = start(open()).await;
    let (client, _) = inside(&running.broker, delayed("back", 1, 100)).await;
    drop(client);
    running.handler.until(|inner| inner.events.contains(&Event::Disconnected("back".into()))).await;
    let (client, present) = inside(&running.broker, delayed("back", 1, 100)).await;
    assert!(present);
    client.leave(0).await;

    let start = Instant::now();
    let (client, _) = inside(&running.broker, delayed("away", 1, 100)).await;
    drop(client);
    let (client, _) = inside(&running.broker, delayed("ended", 100, 1)).await;
    drop(client);
    running
        .handler
        .until(|inner| {
            inner.events.contains(&will("wills/a", "away"))
                && inner.events.contains(&will("wills/a", "ended"))
        })
        .await;
    assert!(start.elapsed() > Duration::from_millis(700), "{:?}", start.elapsed());
    assert!(!running.handler.events().contains(&will("wills/a", "back")));
}

/// A clean start ends the old session, so its delayed will is published at once.
#[tokio::test]
async fn a_clean_start_publishes_the_waiting_will() {
    let running = start(open()).await;
    let (client, _) = Client::connect(running.tcp, delayed("a", 1000, 1000)).await;
    drop(client);
    running.handler.until(|inner| inner.events.contains(&Event::Disconnected("a".into()))).await;
    let (_client, _) = Client::connect(running.tcp, id("a")).await;
    running.handler.until(|inner| inner.events.contains(&will("wills/a", "a"))).await;
}

/// [MQTT-3.1.2-7] [MQTT-3.1.3-10] A will is delivered with its QoS and properties, user properties in order;
/// [MQTT-3.1.2-10] it is published only once.
#[tokio::test]
async fn a_will_has_properties() {
    use mqtt_protocol_core::mqtt::packet::{ContentType, UserProperty};
    let running = start(open()).await;
    let (mut watcher, _) = Client::connect(running.tcp, id("w")).await;
    watcher.subscribe(&[("wills/#", Qos::ExactlyOnce)]).await;
    let user = |k: &str, v: &str| Property::UserProperty(UserProperty::new(k, v).unwrap());
    let mut options = id("a");
    options.will = Some(("wills/a".into(), "x".into(), Qos::ExactlyOnce, true));
    options.will_props = vec![
        Property::ContentType(ContentType::new("text/plain").unwrap()),
        user("z", "1"),
        user("a", "2"),
        user("z", "3"),
    ];
    let sent = options.will_props.clone();
    drop(Client::connect(running.tcp, options).await);
    let message = watcher.message().await;
    assert_eq!((message.qos, message.retain, message.props), (2, false, sent));
    Client::connect(running.tcp, id("a")).await.0.leave(0).await;
    watcher.quiet().await;
}

/// A will is checked against the rules for publishes at CONNECT, not only when it is published.
#[tokio::test]
async fn a_will_that_may_not_be_published() {
    use mqtt_protocol_core::mqtt::packet::{PayloadFormat, PayloadFormatIndicator};
    let mut config = open();
    config.limits.topic_length = 20;
    let running = start(config).await;
    let long = Client::open(running.tcp).await.hello(id("a").will(&"x".repeat(21), "x")).await;
    assert!(matches!(long, Packet::Connack { code: 0x90, .. }), "{long:?}");
    let text = PayloadFormatIndicator::new(PayloadFormat::String).unwrap();
    let mut options = id("a").will("wills/a", "\u{e9}");
    options.will_props = vec![Property::PayloadFormatIndicator(text)];
    let mut bytes = options.bytes();
    let at = bytes.windows(2).position(|two| two == "\u{e9}".as_bytes()).unwrap();
    bytes[at] = 0xff;
    let mut client = Client::open(running.tcp).await;
    client.send(&bytes).await;
    let answer = client.next().await;
    assert!(matches!(answer, Packet::Connack { code: 0x99, .. }), "{answer:?}");
}

/// [MQTT-3.8.3-3] No Local also applies to a session's own will.
#[tokio::test]
async fn no_local_and_ones_own_will() {
    let running = start(open()).await;
    let expiry = || Property::SessionExpiryInterval(SessionExpiryInterval::new(1000).unwrap());
    let options = || id("a").keep().with(expiry());
    let (mut client, _) = Client::connect(running.tcp, options().will("wills/a", "mine")).await;
    let own = mqtt_protocol_core::mqtt::packet::SubOpts::new().set_qos(Qos::AtLeastOnce).set_nl(true);
    client.subscribe_with(vec![("wills/#", own)], Vec::new()).await;
    drop(client);
    running.handler.until(|inner| inner.events.contains(&will("wills/a", "mine"))).await;
    let (mut client, present) = Client::connect(running.tcp, options()).await;
    assert!(present);
    client.quiet().await;
}
