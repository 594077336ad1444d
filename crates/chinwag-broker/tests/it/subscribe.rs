//! SUBSCRIBE, UNSUBSCRIBE and shared subscriptions: sections 3.8 to 3.11, 4.7, 4.8.

use mqtt_protocol_core::mqtt::packet::{Property, Qos, RetainHandling, SubOpts, SubscriptionIdentifier};

use crate::common::*;

fn identifier(n: u32) -> Vec<Property> {
    vec![Property::SubscriptionIdentifier(SubscriptionIdentifier::new(n).unwrap())]
}

/// [MQTT-3.8.4-1] [MQTT-3.8.4-2] [MQTT-3.8.4-6] [MQTT-3.9.3-1] One SUBACK with one code per filter, in order. Refusing
/// one filter doesn't affect the others.
#[tokio::test]
async fn each_filter_has_its_answer() {
    let running = start(open()).await;
    let filters = [
        ("a", Qos::AtMostOnce),
        ("secret/x", Qos::AtLeastOnce),
        ("b/#", Qos::ExactlyOnce),
        ("c/#/d", Qos::AtMostOnce),
        ("$share/g/secret/x", Qos::AtMostOnce),
        ("$share/g/x", Qos::AtLeastOnce),
    ];
    let (mut five, _) = Client::connect(running.tcp, id("a")).await;
    let filters_five = filters.map(|(filter, qos)| (filter, SubOpts::new().set_qos(qos))).to_vec();
    five.send(&subscribe_bytes(true, filters_five, Vec::new())).await;
    let codes = vec![0, 0x87, 2, 0x8f, 0x87, 1];
    assert_eq!(five.next().await, Packet::Suback { id: 1, codes, reason: "secret".into() });
    let (mut three, _) = Client::connect(running.tcp, id("b").v3()).await;
    assert_eq!(three.subscribe(&filters[..4]).await, [0, 0x80, 2, 0x80]);
    let told: Vec<_> =
        running.handler.events().into_iter().filter(|event| matches!(event, Event::Subscribed(_))).collect();
    let expected = ["a", "b/#", "$share/g/x", "a", "b/#"].map(|filter| Event::Subscribed(filter.into()));
    assert_eq!(told, expected);
}

/// [MQTT-3.8.4-3] Subscribing to the same filter again replaces the subscription; [MQTT-3.3.1-9] to [MQTT-3.3.1-11]
/// retain handling.
#[tokio::test]
async fn subscribing_again() {
    let running = start(open()).await;
    let (mut publisher, _) = Client::connect(running.tcp, id("p")).await;
    publisher.say_with("a", "kept", Qos::AtLeastOnce, 1, true, Vec::new()).await;
    publisher.next().await;
    let (mut client, _) = Client::connect(running.tcp, id("s")).await;
    let options = |handling| SubOpts::new().set_rh(handling);
    client.subscribe_with(vec![("a", options(RetainHandling::DoNotSendRetained))], Vec::new()).await;
    client.quiet().await;
    client.subscribe_with(vec![("a", options(RetainHandling::SendRetainedIfNotExists))], Vec::new()).await;
    client.quiet().await;
    client.subscribe_with(vec![("a", options(RetainHandling::SendRetained))], identifier(7)).await;
    let message = client.message().await;
    assert_eq!((message.retain, message.identifiers()), (true, vec![7]));
    assert_eq!(client.unsubscribe("a").await, [0]);
    client.subscribe_with(vec![("a", options(RetainHandling::SendRetainedIfNotExists))], Vec::new()).await;
    assert!(client.message().await.retain);
    publisher.say("a", "x", Qos::AtMostOnce, 0).await;
    assert_eq!(client.message().await.identifiers(), Vec::<u32>::new());
    client.quiet().await;
}

/// [MQTT-3.3.4-2] to [MQTT-3.3.4-4] Overlapping subscriptions receive one copy with the highest QoS and all
/// identifiers.
#[tokio::test]
async fn overlapping_subscriptions() {
    let running = start(open()).await;
    let (mut client, _) = Client::connect(running.tcp, id("s")).await;
    for (filter, qos, n) in
        [("a/+", Qos::AtMostOnce, 1), ("a/b", Qos::AtLeastOnce, 2), ("#", Qos::AtMostOnce, 3)]
    {
        client.subscribe_with(vec![(filter, SubOpts::new().set_qos(qos))], identifier(n)).await;
    }
    let (mut publisher, _) = Client::connect(running.tcp, id("p")).await;
    publisher.say("a/b", "x", Qos::ExactlyOnce, 1).await;
    let message = client.message().await;
    let mut identifiers = message.identifiers();
    identifiers.sort_unstable();
    assert_eq!((message.qos, identifiers), (1, vec![1, 2, 3]));
    client.quiet().await;
}

/// [MQTT-3.8.3-3] No Local; [MQTT-3.8.3-4] not allowed on a shared subscription.
#[tokio::test]
async fn no_local() {
    let running = start(open()).await;
    let (mut client, _) = Client::connect(running.tcp, id("a")).await;
    let (mut other, _) = Client::connect(running.tcp, id("b")).await;
    client.subscribe_with(vec![("a", SubOpts::new().set_nl(true))], Vec::new()).await;
    client.say("a", "mine", Qos::AtMostOnce, 0).await;
    client.quiet().await;
    other.say("a", "other", Qos::AtMostOnce, 0).await;
    assert_eq!(client.message().await.payload, "other");
    client.send(&[0x82, 15, 0, 1, 0, 0, 9, b'$', b's', b'h', b'a', b'r', b'e', b'/', b'g', b'/', 4]).await;
    assert!(client.recv().await.is_none_or(|packet| matches!(packet, Packet::Disconnect { .. })));
    let (mut client, _) = Client::connect(running.tcp, id("a")).await;
    client
        .send(&[0x82, 16, 0, 1, 0, 0, 10, b'$', b's', b'h', b'a', b'r', b'e', b'/', b'g', b'/', b'a', 4])
        .await;
    assert!(matches!(client.next().await, Packet::Disconnect { code: 0x82, .. }));
}

/// [MQTT-3.10.4-1] [MQTT-3.10.4-4] [MQTT-3.10.4-5] UNSUBSCRIBE removes only the filter that matches exactly.
#[tokio::test]
async fn unsubscribing() {
    let running = start(open()).await;
    let (mut client, _) = Client::connect(running.tcp, id("a")).await;
    client.subscribe(&[("a/#", Qos::AtMostOnce), ("b", Qos::AtMostOnce)]).await;
    assert_eq!(running.broker.stats().subscriptions, 2);
    assert_eq!(client.unsubscribe("a/+").await, [0x11]);
    assert_eq!(client.unsubscribe("a/#").await, [0]);
    assert_eq!(client.unsubscribe("a/#").await, [0x11]);
    client.say("a/b", "x", Qos::AtMostOnce, 0).await;
    client.say("b", "y", Qos::AtMostOnce, 0).await;
    assert_eq!(client.message().await.topic, "b");
    assert_eq!(running.broker.stats().subscriptions, 1);
    // When a session ends, so do its subscriptions.
    client.leave(0).await;
    assert_eq!(running.broker.stats().subscriptions, 0);
    assert_eq!(running.broker.stats().sessions, 0);
}

/// [MQTT-4.7.2-1] A leading wildcard doesn't match topics that begin with `$`.
#[tokio::test]
async fn dollar_topics() {
    let running = start(open()).await;
    let (mut client, _) = Client::connect(running.tcp, id("a")).await;
    client.subscribe(&[("#", Qos::AtMostOnce), ("+/x", Qos::AtMostOnce)]).await;
    client.say("$other/x", "hidden", Qos::AtMostOnce, 0).await;
    client.quiet().await;
    client.subscribe(&[("$other/#", Qos::AtMostOnce)]).await;
    client.say("$other/x", "asked for", Qos::AtMostOnce, 0).await;
    assert_eq!(client.message().await.payload, "asked for");
}

/// [MQTT-4.8.2-4] A message for a shared subscription is delivered to one member, in turn; [MQTT-4.8.2-5] clients with
/// their own subscriptions receive every message.
#[tokio::test]
async fn shared_subscriptions() {
    let running = start(open()).await;
    let mut members = Vec::new();
    for n in 0..3 {
        let (mut member, _) = Client::connect(running.tcp, id(&format!("m{n}"))).await;
        member.subscribe(&[("$share/g/a/+", Qos::AtLeastOnce)]).await;
        members.push(member);
    }
    let (mut all, _) = Client::connect(running.tcp, id("all")).await;
    all.subscribe(&[("a/#", Qos::AtMostOnce)]).await;
    for n in 0..9 {
        all.say("a/b", &n.to_string(), Qos::AtMostOnce, 0).await;
    }
    let mut got = Vec::new();
    for member in &mut members {
        for _ in 0..3 {
            got.push(member.message().await.payload);
        }
        member.quiet().await;
    }
    got.sort();
    assert_eq!(got, (0..9).map(|n| n.to_string()).collect::<Vec<_>>());
    for n in 0..9 {
        assert_eq!(all.message().await.payload, n.to_string());
    }
    assert_eq!(members[0].unsubscribe("$share/g/a/+").await, [0]);
    members.remove(1).leave(0).await;
    for _ in 0..4 {
        all.say("a/b", "x", Qos::AtMostOnce, 0).await;
        assert_eq!(all.message().await.payload, "x");
        assert_eq!(members[1].message().await.payload, "x");
    }
}

/// [MQTT-3.8.3-2] [MQTT-3.10.3-2] No filter at all, reserved option bits, subscription identifier 0.
#[tokio::test]
async fn malformed_subscribes() {
    let running = start(open()).await;
    for bytes in [
        &[0x82, 3, 0, 1, 0][..],
        &[0xa2, 3, 0, 1, 0],
        &[0x82, 7, 0, 1, 0, 0, 1, b'a', 0x40],
        &[0x82, 7, 0, 1, 0, 0, 1, b'a', 3],
        &[0x82, 7, 0, 1, 0, 0, 1, b'a', 0x30],
        &[0x82, 9, 0, 1, 2, 0x0b, 0, 0, 1, b'a', 0],
        &[0x82, 7, 0, 0, 0, 0, 1, b'a', 0],
    ] {
        let (mut client, _) = Client::connect(running.tcp, id("a")).await;
        client.send(bytes).await;
        let Packet::Disconnect { code, .. } = client.next().await else { panic!("{bytes:?}") };
        assert!(matches!(code, 0x81 | 0x82), "{bytes:?} {code:#x}");
    }
}

/// [MQTT-3.8.4-5] Several filters in one packet are handled like one packet each, in order; [MQTT-3.10.4-6]
/// [MQTT-3.11.3-1] [MQTT-3.11.3-2] likewise in UNSUBSCRIBE, with a code each; [MQTT-3.11.2-1] an invalid filter gets
/// 0x8F.
#[tokio::test]
async fn several_filters_in_one_packet() {
    let running = start(open()).await;
    let (mut client, _) = Client::connect(running.tcp, id("a")).await;
    let filters = [("a", Qos::ExactlyOnce), ("b", Qos::AtMostOnce), ("a", Qos::AtLeastOnce)];
    assert_eq!(client.subscribe(&filters).await, [2, 0, 1]);
    client.say("a", "x", Qos::ExactlyOnce, 1).await;
    assert_eq!(client.message().await.qos, 1, "the last one counts");
    let many = [&b"b"[..], b"a/#/b", b"other", b"a", b""].map(text).concat();
    client.send(&raw(0xa2, &[&[0, 5, 0], &many])).await;
    assert!(matches!(client.next().await, Packet::Ack(5, 1, 0, _)));
    let codes = vec![0, 0x8f, 0x11, 0, 0x8f];
    assert_eq!(client.next().await, Packet::Unsuback { id: 5, codes });
    assert_eq!(running.broker.stats().subscriptions, 0);
}

/// [MQTT-4.8.2-3] Messages of a shared subscription have its QoS; [MQTT-4.8.2-4] a message sent to one member and not
/// acknowledged is sent to it again, and [MQTT-4.8.2-5] never to another, even if its session ends.
#[tokio::test]
async fn what_a_member_was_sent_stays_its_own() {
    let running = start(open()).await;
    let (mut publisher, _) = Client::connect(running.tcp, id("p")).await;
    let lasting = || {
        let expiry = mqtt_protocol_core::mqtt::packet::SessionExpiryInterval::new(1000).unwrap();
        id("one").keep().with(Property::SessionExpiryInterval(expiry))
    };
    let (mut one, _) = Client::connect(running.tcp, lasting()).await;
    assert_eq!(one.subscribe(&[("$share/g/a", Qos::AtLeastOnce)]).await, [1]);
    publisher.say("a", "x", Qos::ExactlyOnce, 1).await;
    let message = one.message().await;
    assert_eq!(message.qos, 1);
    let (mut two, _) = Client::connect(running.tcp, id("two")).await;
    two.subscribe(&[("$share/g/a", Qos::ExactlyOnce)]).await;
    drop(one);
    running.handler.until(|inner| inner.events.contains(&Event::Disconnected("one".into()))).await;
    two.quiet().await;
    let (mut one, _) = Client::connect(running.tcp, lasting()).await;
    assert_eq!(one.message().await.id, message.id);
    let (one, present) = Client::connect(running.tcp, id("one")).await;
    assert!(!present);
    one.leave(0).await;
    two.quiet().await;
    // An offline member receives nothing while another member is connected.
    publisher.say("a", "y", Qos::AtMostOnce, 0).await;
    assert_eq!(two.message().await.payload, "y");
}

/// A message retained after a client subscribed is delivered once, when it is published, and not again as a retained
/// message.
#[tokio::test]
async fn retained_messages_come_once() {
    let running = start(open()).await;
    let window = mqtt_protocol_core::mqtt::packet::ReceiveMaximum::new(1).unwrap();
    let (mut client, _) = Client::connect(running.tcp, id("s").with(Property::ReceiveMaximum(window))).await;
    client.subscribe(&[("busy", Qos::AtLeastOnce)]).await;
    let (mut publisher, _) = Client::connect(running.tcp, id("p")).await;
    publisher.say_with("r/old", "old", Qos::AtMostOnce, 0, true, Vec::new()).await;
    publisher.say("busy", "x", Qos::AtLeastOnce, 1).await;
    publisher.next().await;
    let busy = client.message().await;
    // The window is full: retained messages must wait, but new QoS 0 messages need not.
    client.subscribe(&[("r/#", Qos::AtMostOnce)]).await;
    publisher.say_with("r/new", "new", Qos::AtMostOnce, 0, true, Vec::new()).await;
    assert_eq!(client.message().await.payload, "new");
    client.puback(busy.id).await;
    let old = client.message().await;
    assert_eq!((&*old.payload, old.retain), ("old", true));
    client.quiet().await;
}

/// [MQTT-3.8.3-4] of 3.1.1: the bits used for options in 5.0 are reserved; [MQTT-3.8.1-1] [MQTT-3.10.1-1] so are the
/// flags.
#[tokio::test]
async fn malformed_subscribes_of_3_1_1() {
    let running = start(open()).await;
    for bytes in [
        &[0x82, 6, 0, 1, 0, 1, b'a', 0x04][..],
        &[0x82, 6, 0, 1, 0, 1, b'a', 0x08],
        &[0x82, 6, 0, 1, 0, 1, b'a', 0x10],
        &[0x82, 6, 0, 1, 0, 1, b'a', 3],
        &[0x82, 2, 0, 1],
        &[0xa2, 2, 0, 1],
        &[0x80, 6, 0, 1, 0, 1, b'a', 0],
        &[0xa0, 5, 0, 1, 0, 1, b'a'],
    ] {
        let (mut client, _) = Client::connect(running.tcp, id("a").v3()).await;
        client.send(bytes).await;
        assert_eq!(client.recv().await, None, "{bytes:x?}");
    }
    assert_eq!(running.broker.stats().subscriptions, 0);
}

/// Retained messages stored by the embedder are sent as retained [MQTT-3.3.1-8], page by page, and only if the account
/// may read them.
#[tokio::test]
async fn retained_messages_of_the_embedder() {
    const COUNT: usize = 300;
    let running = start(open()).await;
    let topic = |number: usize| format!("known/{number:03}");
    let known = (0..COUNT).map(|number| chinwag_broker::Message {
        topic: topic(number).into(),
        payload: "x".into(),
        qos: chinwag_broker::Qos::AtLeastOnce,
        ..chinwag_broker::Message::default()
    });
    running.handler.0.lock().known = Some(known.collect());
    running.handler.0.lock().denied.insert((1, topic(1)));
    let (mut client, _) = Client::connect(running.tcp, id("s")).await;
    client.subscribe(&[("#", Qos::AtLeastOnce)]).await;
    for number in (0..COUNT).filter(|number| *number != 1) {
        let message = client.message().await;
        assert_eq!((&*message.topic, message.retain, message.qos), (&*topic(number), true, 1));
        // There are more messages than the window holds; the rest wait for acknowledgements.
        client.puback(message.id).await;
    }
    client.quiet().await;
    let pages = running.handler.0.lock().pages_of_known;
    assert!((2..=COUNT / 10).contains(&pages), "{pages} pages");
    client.subscribe(&[("known/007", Qos::AtMostOnce)]).await;
    assert_eq!(client.message().await.topic, topic(7));
    assert_eq!(running.broker.stats().retained, 0);
}

/// A message that the embedder routes in place of a client's publish still counts as that client's for No Local
/// [MQTT-3.8.3-3].
#[tokio::test]
async fn what_the_embedder_says_instead() {
    let running = start(open()).await;
    let (mut publisher, _) = Client::connect(running.tcp, id("p")).await;
    publisher.subscribe_with(vec![("#", SubOpts::new().set_nl(true))], Vec::new()).await;
    let (mut subscriber, _) = Client::connect(running.tcp, id("s")).await;
    subscriber.subscribe(&[("#", Qos::AtLeastOnce)]).await;
    publisher.say("instead/a", "something long", Qos::AtLeastOnce, 1).await;
    assert!(matches!(publisher.next().await, Packet::Ack(4, 1, 0, _)));
    let message = subscriber.message().await;
    assert_eq!((&*message.topic, &*message.payload, message.qos), ("instead/a", "", 0));
    publisher.quiet().await;
}

/// A SUBSCRIBE written before another client's PUBLISH takes effect before it, even if the broker reads both at the
/// same time, as on a busy machine.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_subscribe_is_not_overtaken() {
    let running = start(open()).await;
    let (mut subscriber, _) = Client::connect(running.tcp, id("s")).await;
    let (mut publisher, _) = Client::connect(running.tcp, id("p")).await;
    for round in 0..10 {
        subscriber.quiet().await;
        publisher.quiet().await;
        // The only worker thread is kept busy while both clients write, one after the other.
        let (go_on, busy) = std::sync::mpsc::sync_channel::<()>(1);
        let (started, is_busy) = tokio::sync::oneshot::channel();
        tokio::spawn(async move {
            started.send(()).unwrap();
            let _ = busy.recv();
        });
        is_busy.await.unwrap();
        let topic = format!("a/{round}");
        subscriber.send(&subscribe_bytes(true, vec![(&topic, Default::default())], Vec::new())).await;
        publisher.say(&topic, "x", Qos::AtMostOnce, 0).await;
        drop(go_on);
        assert!(matches!(subscriber.next().await, Packet::Suback { .. }));
        running
            .handler
            .until(|inner| inner.events.contains(&Event::Published(topic.clone(), b"x".to_vec())))
            .await;
        subscriber.send(&[0xc0, 0]).await;
        assert!(matches!(subscriber.next().await, Packet::Publish(_)), "overtaken in round {round}");
        assert_eq!(subscriber.next().await, Packet::Pingresp);
    }
}
