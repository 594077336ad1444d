//! Strings and topic names: sections 1.5.4, 1.5.7, 4.7.

use mqtt_protocol_core::mqtt::packet::Qos;

use crate::common::*;

const HEAD_5: &[u8] = b"\0\x04MQTT\x05";
const HEAD_3: &[u8] = b"\0\x04MQTT\x04";

/// [MQTT-1.5.4-1] [MQTT-1.5.4-2] [MQTT-1.5.7-1] Ill-formed UTF-8 and U+0000 make a packet malformed in any string:
/// client id [MQTT-3.1.3-4], will topic [MQTT-3.1.3-11], user name [MQTT-3.1.3-12].
#[tokio::test]
async fn malformed_strings_in_connect() {
    let running = start(open()).await;
    for bad in [&b"\xff"[..], b"a\0b", b"\xed\xa0\x80", b"\xc0\x80"] {
        let (bad, good, will_property) = (text(bad), text(b"x"), [&b"\x03"[..], &text(bad)].concat());
        let user_property = [&b"\x26"[..], &text(b"k"), &bad].concat();
        let length = |property: &[u8]| [property.len() as u8];
        for (flags, parts) in [
            (2, vec![&[0][..], &bad]),
            (0x82, vec![&[0], &good, &bad]),
            (6, vec![&[0], &good, &[0], &bad, &good]),
            (6, vec![&[0], &good, &length(&will_property), &will_property, &good, &good]),
            (6, vec![&[0], &good, &length(&user_property), &user_property, &good, &good]),
        ] {
            let packet = raw(0x10, &[&[HEAD_5, &[flags, 0, 0]].concat(), &parts.concat()]);
            let mut client = Client::open(running.tcp).await;
            client.send(&packet).await;
            let Packet::Connack { code, present: false, .. } = client.next().await else {
                panic!("{packet:x?}")
            };
            assert_eq!(code, 0x81, "{packet:x?}");
            assert_eq!(client.recv().await, None);
        }
        for (flags, parts) in [(2, vec![&*bad]), (0x82, vec![&good, &bad]), (6, vec![&good, &bad, &good])] {
            let packet = raw(0x10, &[&[HEAD_3, &[flags, 0, 0]].concat(), &parts.concat()]);
            let mut client = Client::open(running.tcp).await;
            client.send(&packet).await;
            assert_eq!(client.recv().await, None, "{packet:x?}");
        }
    }
    assert_eq!(running.handler.events(), []);
}

/// [MQTT-1.5.4-1] [MQTT-1.5.4-2] [MQTT-1.5.7-1] The same in PUBLISH [MQTT-3.3.2-1] [MQTT-3.3.2-13] [MQTT-3.3.2-19],
/// SUBSCRIBE [MQTT-3.8.3-1] and UNSUBSCRIBE [MQTT-3.10.3-1]; [MQTT-4.7.3-2] in topic names and filters.
#[tokio::test]
async fn malformed_strings_after_connect() {
    let running = start(open()).await;
    for bad in [&b"\xff"[..], b"a\0b", b"\xed\xa0\x80"] {
        let (bad, good) = (text(bad), text(b"x"));
        let publish = |property: Vec<u8>| raw(0x30, &[&good, &[property.len() as u8], &property]);
        for packet in [
            raw(0x30, &[&bad, &[0]]),
            publish([&b"\x03"[..], &bad].concat()),
            publish([&b"\x08"[..], &bad].concat()),
            publish([&b"\x26"[..], &bad, &good].concat()),
            publish([&b"\x26"[..], &good, &bad].concat()),
            raw(0x82, &[&[0, 1, 0], &bad, &[0]]),
            raw(0xa2, &[&[0, 1, 0], &bad]),
        ] {
            let (mut client, _) = Client::connect(running.tcp, id("a")).await;
            client.send(&packet).await;
            let answer = client.next().await;
            assert!(matches!(answer, Packet::Disconnect { code: 0x81, .. }), "{packet:x?} {answer:?}");
            assert_eq!(client.recv().await, None);
        }
        for packet in [raw(0x30, &[&bad]), raw(0x82, &[&[0, 1], &bad, &[0]]), raw(0xa2, &[&[0, 1], &bad])] {
            let (mut client, _) = Client::connect(running.tcp, id("a").v3()).await;
            client.send(&packet).await;
            assert_eq!(client.recv().await, None, "{packet:x?}");
        }
    }
}

/// [MQTT-1.5.4-3] U+FEFF is a character like any other; [MQTT-4.7.3-4] names are neither normalized nor case-folded; a
/// space or a leading or trailing slash makes a different name.
#[tokio::test]
async fn names_are_compared_as_they_are() {
    let running = start(open()).await;
    let names = ["a", "A", "\u{feff}a", " a", "a/", "/a", "\u{e9}", "e\u{301}", "\u{1f600}"];
    for name in names {
        let (mut client, _) = Client::connect(running.tcp, id("s")).await;
        client.subscribe(&[(name, Qos::AtMostOnce)]).await;
        for other in names {
            client.say(other, other, Qos::AtMostOnce, 0).await;
        }
        assert_eq!(client.message().await.topic, name);
        client.quiet().await;
        client.leave(0).await;
    }
}

/// [MQTT-4.7.3-1] A name has at least one character and [MQTT-4.7.3-3] at most 65,535 bytes, if the limits allow that;
/// [MQTT-4.7.0-1] [MQTT-3.3.2-2] a topic name contains no wildcards.
#[tokio::test]
async fn names_have_a_length() {
    let mut config = open();
    (config.limits.topic_length, config.limits.topic_levels) = (65_535, 70_000);
    config.limits.filter_levels = 70_000;
    let running = start(config).await;
    let longest = "/".repeat(65_535);
    let (mut client, _) = Client::connect(running.tcp, id("a")).await;
    assert_eq!(client.subscribe(&[(&longest, Qos::AtMostOnce)]).await, [0]);
    client.say(&longest, "x", Qos::AtMostOnce, 0).await;
    assert_eq!(client.message().await.topic, longest);
    client.send(&raw(0x82, &[&[0, 1, 0], &text(b""), &[0]])).await;
    assert!(matches!(client.next().await, Packet::Suback { codes, .. } if codes == [0x8f]));
    for name in [&b""[..], b"a/+", b"#", b"a/b#"] {
        let (mut old, _) = Client::connect(running.tcp, id("b").v3()).await;
        old.send(&raw(0x30, &[&text(name)])).await;
        assert_eq!(old.recv().await, None, "{name:?}");
    }
}
