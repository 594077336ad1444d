//! Pipelined acknowledgements: a client may have many publishes pending while its other traffic continues, and the
//! acknowledgements are sent in the order of the publishes [MQTT-4.6.0-2] [MQTT-4.6.0-3].

use chinwag_broker::{Disposition, Refusal};
use mqtt_protocol_core::mqtt::packet::Qos;

use crate::common::*;

#[tokio::test]
async fn outcomes_in_any_order_acknowledgements_in_one() {
    let running = start(open()).await;
    let (mut client, _) = Client::connect(running.tcp, id("a")).await;
    client.subscribe(&[("#", Qos::AtMostOnce)]).await;
    for n in 1..=5_u16 {
        let qos = if n == 3 { Qos::ExactlyOnce } else { Qos::AtLeastOnce };
        client.say(&format!("later/{n}"), "x", qos, n).await;
    }
    running.handler.until(|inner| inner.waiting.len() == 5).await;
    // Nothing is decided yet, but other traffic continues.
    client.quiet().await;
    let mut waiting = std::mem::take(&mut running.handler.0.lock().waiting);
    let mut take = |topic: &str| {
        let index = waiting.iter().position(|(message, _)| *message.topic == *topic).unwrap();
        waiting.remove(index)
    };
    take("later/5").1.send(Ok(Disposition::Taken)).unwrap();
    let (third, sender) = take("later/3");
    sender.send(Ok(Disposition::Route(Box::new(third)))).unwrap();
    take("later/2").1.send(Err(Refusal::new(0x97, "too much"))).unwrap();
    client.quiet().await;
    let (first, sender) = take("later/1");
    sender.send(Ok(Disposition::Route(Box::new(first)))).unwrap();
    // Acknowledgements may be sent before or after the messages are delivered, but in order among themselves.
    let (mut acks, mut topics) = (Vec::new(), Vec::new());
    while acks.len() + topics.len() < 5 {
        match client.next().await {
            Packet::Ack(kind, id, code, _) => acks.push((kind, id, code)),
            Packet::Publish(publish) => topics.push(publish.topic),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(acks, [(4, 1, 0), (4, 2, 0x97), (5, 3, 0)]);
    assert_eq!(topics, ["later/1", "later/3"]);
    // A handler that drops the sender has refused the publish.
    drop(waiting);
    assert_eq!(client.next().await, Packet::Ack(4, 4, 0x83, "the publish was not answered".into()));
    assert_eq!(client.next().await, Packet::Ack(4, 5, 0, String::new()));
}

/// An acknowledgement tells a 3.1.1 client that its publish was accepted. If the handler gives no answer, none is sent
/// and the connection is closed. Earlier publishes are acknowledged, and those sent again in the same session are new.
#[tokio::test]
async fn a_three_one_one_client_without_an_answer_is_hung_up_on() {
    for qos in [Qos::AtLeastOnce, Qos::ExactlyOnce] {
        let running = start(open()).await;
        let (mut client, _) = Client::connect(running.tcp, id("a").v3().keep()).await;
        for n in 1..=3_u16 {
            client.say(&format!("later/{n}"), "x", qos, n).await;
        }
        running.handler.until(|inner| inner.waiting.len() == 3).await;
        let mut waiting = std::mem::take(&mut running.handler.0.lock().waiting);
        waiting.remove(0).1.send(Ok(Disposition::Taken)).unwrap();
        drop(waiting);
        let kind = if qos == Qos::AtLeastOnce { 4 } else { 5 };
        assert_eq!(client.next().await, Packet::Ack(kind, 1, 0, String::new()));
        assert_eq!(client.recv().await, None);
        let (mut client, present) = Client::connect(running.tcp, id("a").v3().keep()).await;
        assert!(present);
        // The publish after it was not answered either.
        for n in [2, 3] {
            client.say(&format!("later/{n}"), "x", qos, n).await;
            running.handler.until(|inner| inner.waiting.len() == 1).await;
            let (_, sender) = running.handler.0.lock().waiting.remove(0);
            sender.send(Ok(Disposition::Taken)).unwrap();
            assert_eq!(client.next().await, Packet::Ack(kind, n, 0, String::new()));
        }
    }
}

/// A publish that the handler has not accepted when the connection ends counts as never read: it is dropped at once,
/// and is new when sent again.
#[tokio::test]
async fn a_publish_that_waits_ends_with_its_connection() {
    for qos in [Qos::AtLeastOnce, Qos::ExactlyOnce] {
        let running = start(open()).await;
        let (mut first, _) = Client::connect(running.tcp, id("a").v3().keep()).await;
        first.say("slow/1", "x", qos, 1).await;
        first.say("taken/2", "x", qos, 2).await;
        running.handler.until(|inner| inner.slow == 1).await;
        let (mut second, present) = Client::connect(running.tcp, id("a").v3().keep()).await;
        assert!(present);
        running.handler.until(|inner| inner.slow == 0).await;
        assert_eq!(first.recv().await, None);
        let kind = if qos == Qos::AtLeastOnce { 4 } else { 5 };
        for n in [1, 2] {
            second.say("taken/again", "x", qos, n).await;
            assert_eq!(second.next().await, Packet::Ack(kind, n, 0, String::new()));
        }
    }
}

/// An accepted publish is routed even if its publisher has disconnected meanwhile.
#[tokio::test]
async fn accepted_is_routed_without_its_publisher() {
    let running = start(open()).await;
    let (mut watcher, _) = Client::connect(running.tcp, id("w")).await;
    watcher.subscribe(&[("later/#", Qos::AtMostOnce)]).await;
    let (mut client, _) = Client::connect(running.tcp, id("a").v3()).await;
    client.say("later/1", "x", Qos::AtLeastOnce, 1).await;
    running.handler.until(|inner| inner.waiting.len() == 1).await;
    drop(client);
    running.handler.until(|inner| inner.events.contains(&Event::Disconnected("a".into()))).await;
    let (message, sender) = running.handler.0.lock().waiting.remove(0);
    sender.send(Ok(Disposition::Route(Box::new(message)))).unwrap();
    assert_eq!(watcher.message().await.payload, "x");
}

/// The broker stops reading from a 3.1.1 client that has too many publishes pending, and loses none of them.
#[tokio::test]
async fn back_pressure_loses_nothing() {
    let mut config = open();
    config.limits.receive_maximum = 8;
    let running = start(config).await;
    let (mut client, _) = Client::connect(running.tcp, id("a").v3()).await;
    for n in 1..=100 {
        client.say(&format!("later/{n}"), "x", Qos::AtLeastOnce, n).await;
    }
    for n in 1..=100_u16 {
        running.handler.until(|inner| !inner.waiting.is_empty()).await;
        assert!(running.handler.0.lock().waiting.len() <= 8);
        let (message, sender) = running.handler.0.lock().waiting.remove(0);
        assert_eq!(*message.topic, format!("later/{n}"));
        sender.send(Ok(Disposition::Taken)).unwrap();
        assert_eq!(client.next().await, Packet::Ack(4, n, 0, String::new()));
    }
}
