//! Packets that violate the protocol: flags, lengths, properties. Sections 2.1, 2.2.2, 3.1.2, 3.12, 3.14, 3.15, 4.13.

use mqtt_protocol_core::mqtt::packet::{MaximumPacketSize, ReceiveMaximum};

use crate::common::*;

/// [MQTT-3.1.2-3] The reserved flag; [MQTT-3.1.2-11] [MQTT-3.1.2-13] will flags without a will; will QoS 3.
#[tokio::test]
async fn malformed_connect_flags_are_refused() {
    let running = start(open()).await;
    for flags in [0x03, 0x0a, 0x22, 0x1e] {
        let packet = [0x10, 13, 0, 4, b'M', b'Q', b'T', b'T', 5, flags, 0, 0, 0, 0, 0];
        let Some(Packet::Connack { code, .. }) = answer(&running, true, &packet).await else {
            panic!("{flags:#x}")
        };
        assert_eq!(code, 0x81, "{flags:#x}");
        let packet = [0x10, 12, 0, 4, b'M', b'Q', b'T', b'T', 4, flags, 0, 0, 0, 0];
        assert_eq!(answer(&running, false, &packet).await, None, "{flags:#x}");
    }
}

/// [MQTT-3.1.2-1] [MQTT-3.1.2-9] [MQTT-3.1.2-12] [MQTT-3.1.2-16] to [MQTT-3.1.2-19] [MQTT-3.1.3-1] [MQTT-3.1.3-3] The
/// payload contains exactly the fields that the flags announce. [MQTT-3.1.2-22] of 3.1.1: no password without a user
/// name.
#[tokio::test]
async fn the_flags_and_the_payload_agree() {
    let running = start(open()).await;
    let x = text(b"x");
    let connect = |v5: bool, flags: u8, fields: usize| {
        let head: &[u8] = if v5 { b"\0\x04MQTT\x05" } else { b"\0\x04MQTT\x04" };
        // MQTT 5 has two property lists: CONNECT's own, and the will's.
        let mut payload = vec![0; usize::from(v5)];
        for n in 0..fields {
            if v5 && n == 1 && flags & 4 != 0 {
                payload.push(0);
            }
            payload.extend(&x);
        }
        raw(0x10, &[head, &[flags, 0, 0], &payload])
    };
    for (flags, right) in [(0x02, 1), (0x82, 2), (0xc2, 3), (0x06, 3), (0x86, 4), (0xc6, 5)] {
        for v5 in [true, false] {
            for fields in 0..=6 {
                let answer = answer(&running, v5, &connect(v5, flags, fields)).await;
                let let_in = matches!(answer, Some(Packet::Connack { code: 0, .. }));
                assert_eq!(let_in, fields == right, "{flags:#x} {v5} {fields} {answer:?}");
            }
        }
    }
    assert_eq!(answer(&running, false, &connect(false, 0x42, 2)).await, None);
}

/// A maximum of 0 is a protocol error (3.1.2.11.3, 3.1.2.11.4).
#[tokio::test]
async fn maximums_of_zero_are_refused() {
    let running = start(open()).await;
    let bytes = |property: &[u8]| {
        let mut packet = vec![
            0x10,
            13 + property.len() as u8,
            0,
            4,
            b'M',
            b'Q',
            b'T',
            b'T',
            5,
            2,
            0,
            0,
            property.len() as u8,
        ];
        packet.extend_from_slice(property);
        packet.extend_from_slice(&[0, 0]);
        packet
    };
    assert!(ReceiveMaximum::new(0).is_err() && MaximumPacketSize::new(0).is_err());
    for property in [&[0x21, 0, 0][..], &[0x27, 0, 0, 0, 0]] {
        let Some(Packet::Connack { code, .. }) = answer(&running, true, &bytes(property)).await else {
            panic!()
        };
        assert!(matches!(code, 0x81 | 0x82), "{code:#x}");
    }
}

/// A property that occurs twice, or in a packet it doesn't belong to (2.2.2.2), is a protocol error.
#[tokio::test]
async fn properties_of_connect() {
    let running = start(open()).await;
    for property in [
        &[0x11, 0, 0, 0, 1, 0x11, 0, 0, 0, 1][..],
        &[0x21, 0, 9, 0x21, 0, 9],
        &[0x22, 0, 9, 0x22, 0, 9],
        &[0x17, 1, 0x17, 1],
        &[0x19, 1, 0x19, 1],
        &[0x17, 2],
        &[0x19, 2],
        &[0x01, 1],
        &[0x24, 1],
    ] {
        let head: &[u8] = b"\0\x04MQTT\x05\x02\0\0";
        let packet = raw(0x10, &[head, &[property.len() as u8], property, &text(b"a")]);
        let answer = answer(&running, true, &packet).await;
        assert!(
            matches!(answer, Some(Packet::Connack { code: 0x81 | 0x82, .. })),
            "{property:x?} {answer:?}"
        );
    }
}

/// [MQTT-2.1.3-1] Reserved bits of the fixed header; [MQTT-1.5.5-1] a remaining length of more than four bytes.
#[tokio::test]
async fn malformed_packets_end_the_connection() {
    let running = start(open()).await;
    for (bytes, expected) in [
        (&[0xc1, 0][..], 0x81),
        (&[0x80, 2, 0, 1], 0x81),
        (&[0x62, 2, 0, 0], 0x81),
        (&[0xc0, 0xff, 0xff, 0xff, 0xff, 1], 0x81),
        (&[0x00, 0], 0x82),
        (&[0x20, 3, 0, 0, 0], 0x82),
        (&[0x36, 3, 0, 1, b'a'], 0x81),
        (&[0x38, 4, 0, 1, b'a', 0], 0x81),
        (&[0x30, 4, 0, 1, 0xff, 0], 0x81),
        (&[0x30, 4, 0, 1, 0x00, 0], 0x81),
        (&[0x30, 4, 0, 1, b'#', 0], 0x90),
        (&[0x32, 6, 0, 1, b'a', 0, 0, 0], 0x82),
        (&[0x40, 5, 0, 1, 0, 0, 9], 0x81),
    ] {
        let (mut client, _) = Client::connect(running.tcp, id("a")).await;
        client.send(bytes).await;
        let Packet::Disconnect { code, reason } = client.next().await else { panic!("{bytes:?}") };
        assert_eq!(code, expected, "{bytes:x?} {reason}");
        assert_eq!(client.recv().await, None);
        let (mut client, _) = Client::connect(running.tcp, id("b").v3()).await;
        // 3.1.1 has no reason codes: the connection is just closed [MQTT-4.8.0-1] of 3.1.1.
        client.send(bytes).await;
        client.send(&[0xe0, 1, 0]).await;
        assert_eq!(client.recv().await, None, "{bytes:x?}");
    }
}

/// [MQTT-3.14.1-1] [MQTT-3.15.1-1] [MQTT-3.6.1-1] [MQTT-4.13.1-1] Reserved flags; [MQTT-4.12.0-6] [MQTT-4.12.0-7] AUTH
/// without a method, before or after CONNECT; authentication data without a method.
#[tokio::test]
async fn flags_and_auth() {
    let running = start(open()).await;
    for (bytes, expected) in
        [(&[0xe1, 0][..], 0x81), (&[0xf1, 0], 0x81), (&[0x60, 2, 0, 1], 0x81), (&[0xf0, 2, 0x19, 0], 0x82)]
    {
        let (mut client, _) = Client::connect(running.tcp, id("a")).await;
        client.send(bytes).await;
        let Packet::Disconnect { code, .. } = client.next().await else { panic!("{bytes:x?}") };
        assert_eq!(code, expected, "{bytes:x?}");
        assert_eq!(client.recv().await, None);
    }
    assert_eq!(answer(&running, true, &[0xf0, 2, 0x18, 0]).await, None);
    let data = raw(0x10, &[b"\0\x04MQTT\x05\x02\0\0", &[4, 0x16, 0, 1, b'x'], &text(b"a")]);
    assert!(matches!(answer(&running, true, &data).await, Some(Packet::Connack { code: 0x82, .. })));
}
