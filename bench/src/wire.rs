//! MQTT packets as bytes. A codec library encodes the set-up packets; the hot path only finds frame boundaries and the
//! stamp in a payload, and patches a PUBLISH that was encoded once.

use std::num::NonZeroU16;

use anyhow::{Context, Result, bail};
use bytes::BytesMut;
use rmqtt_codec::types::{Protocol, Publish, QoS};
use rmqtt_codec::{MqttCodec, MqttPacket, v3, v5};
use tokio_util::codec::Encoder;

use crate::fleet::Framing;

/// The MQTT version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// 3.1.1
    V3,
    /// 5.0
    V5,
}

/// Bytes in every message's payload.
pub const PAYLOAD: usize = 200;
/// Precedes the stamp in a payload, since a server may wrap the text in JSON. It contains no `@`, which would be a
/// mention:
/// few messages are mentions.
const MARK: &[u8] = b"#stamp:";

fn encode(version: Version, v3: v3::Packet, v5: v5::Packet) -> Result<Vec<u8>> {
    let mut out = BytesMut::new();
    match version {
        Version::V3 => MqttCodec::V3(v3::Codec::new(0)).encode(MqttPacket::V3(v3), &mut out),
        Version::V5 => MqttCodec::V5(v5::Codec::new(0, 0)).encode(MqttPacket::V5(v5), &mut out),
    }
    .context("encoding a packet")?;
    Ok(out.to_vec())
}

/// Encodes a CONNECT with a clean session and without keep-alive.
pub fn connect(version: Version, client_id: &str, username: &str, password: &str) -> Result<Vec<u8>> {
    let (name, secret) = match username {
        "" => (None, None),
        name => (Some(name.into()), Some(password.as_bytes().to_vec().into())),
    };
    let three = v3::Connect {
        protocol: Protocol(4),
        clean_session: true,
        client_id: client_id.into(),
        username: name,
        password: secret,
        ..Default::default()
    };
    let five = v5::Connect {
        clean_start: true,
        client_id: client_id.into(),
        username: three.username.clone(),
        password: three.password.clone(),
        ..Default::default()
    };
    encode(version, three.into(), five.into())
}

/// Encodes a SUBSCRIBE to one topic.
pub fn subscribe(version: Version, topic: &str, qos: u8) -> Result<Vec<u8>> {
    let qos = QoS::try_from(qos)?;
    let packet_id = NonZeroU16::MIN;
    let three = v3::Packet::Subscribe { packet_id, topic_filters: vec![(topic.into(), qos)] };
    let five = v5::Subscribe {
        packet_id,
        id: None,
        user_properties: vec![],
        topic_filters: vec![(topic.into(), v5::SubscriptionOptions { qos, ..Default::default() })],
    };
    encode(version, three, five.into())
}

/// A PUBLISH encoded once; each send only patches its packet id and stamp.
pub struct Template {
    bytes: Vec<u8>,
    packet_id_at: Option<usize>,
    stamp_at: usize,
}

impl Template {
    /// Encodes the messages of sender number `sender` on `topic`.
    pub fn new(version: Version, topic: &str, qos: u8, sender: u32) -> Result<Self> {
        let payload = text(sender);
        let publish = Publish {
            dup: false,
            retain: false,
            qos: QoS::try_from(qos)?,
            topic: topic.into(),
            packet_id: (qos > 0).then_some(NonZeroU16::MIN),
            payload: payload.into(),
            properties: (version == Version::V5).then(Default::default),
        };
        let bytes = encode(version, v3::Packet::Publish(Box::new(publish.clone())), publish.into())?;
        let properties = usize::from(version == Version::V5);
        let payload_at = bytes.len() - PAYLOAD;
        let packet_id_at = (qos > 0).then(|| payload_at - properties - 2);
        Ok(Self { bytes, packet_id_at, stamp_at: payload_at + MARK.len() })
    }

    /// Appends the sender's message `number`, sent at `nanos`, to `out`.
    pub fn write(&mut self, packet_id: u16, number: u32, nanos: u64, out: &mut Vec<u8>) {
        if let Some(at) = self.packet_id_at {
            self.bytes[at..at + 2].copy_from_slice(&packet_id.to_be_bytes());
        }
        put_stamp(&mut self.bytes[self.stamp_at..], number, nanos);
        out.extend_from_slice(&self.bytes);
    }
}

/// Returns the text of a message: a stamp of sender number `sender`, and padding.
pub fn text(sender: u32) -> Vec<u8> {
    let mut text = Vec::from(MARK);
    text.extend_from_slice(format!("{sender:08x}{:08x}{:016x}", 0, 0).as_bytes());
    text.resize(PAYLOAD, b'x');
    text
}

/// Returns the index in an encoded message where its stamp begins.
pub fn find_stamp(bytes: &[u8]) -> Option<usize> {
    Some(memchr::memmem::find(bytes, MARK)? + MARK.len())
}

/// Replaces number and time in a stamp.
pub fn put_stamp(stamp: &mut [u8], number: u32, nanos: u64) {
    put_hex(&mut stamp[8..16], u64::from(number));
    put_hex(&mut stamp[16..32], nanos);
}

/// The stamp that a sender writes into its message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// The number of the sender.
    pub sender: u32,
    /// The number of the message of this sender, from 1.
    pub number: u32,
    /// Time of sending, in nanoseconds since the run began.
    pub nanos: u64,
}

/// Finds the stamp in a payload; None if it is not one of the load's messages (a join event, for example).
pub fn stamp(payload: &[u8]) -> Option<Stamp> {
    let at = find_stamp(payload)?;
    let hex = payload.get(at..at + 32)?;
    Some(Stamp {
        sender: get_hex(&hex[..8])? as u32,
        number: get_hex(&hex[8..16])? as u32,
        nanos: get_hex(&hex[16..])?,
    })
}

fn put_hex(out: &mut [u8], mut value: u64) {
    for digit in out.iter_mut().rev() {
        *digit = b"0123456789abcdef"[(value & 15) as usize];
        value >>= 4;
    }
}

fn get_hex(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0, |value, digit| Some(value << 4 | u64::from(char::from(*digit).to_digit(16)?)))
}

/// A packet from a server, with only what the generator needs.
#[derive(Debug, PartialEq, Eq)]
pub enum Frame<'a> {
    /// The reason code of a CONNACK.
    ConnAck(u8),
    /// A message; the packet id if it must be acknowledged, and the payload.
    Publish(Option<u16>, &'a [u8]),
    /// The packet id and reason code of a PUBACK.
    PubAck(u16, u8),
    /// The reason code of a SUBACK.
    SubAck(u8),
    /// The reason code of a DISCONNECT from the server.
    Disconnect(u8),
    /// Any other packet.
    Other,
}

impl Framing for Version {
    type Frame<'a> = Frame<'a>;

    fn first<'a>(&self, bytes: &'a [u8]) -> Result<Option<(Frame<'a>, usize)>> {
        frame(*self, bytes)
    }
}

/// Returns the first complete frame in `bytes` and its length; None if it is incomplete.
pub fn frame(version: Version, bytes: &[u8]) -> Result<Option<(Frame<'_>, usize)>> {
    let Some((length, start)) = varint(bytes.get(1..).unwrap_or_default())? else { return Ok(None) };
    let start = start + 1;
    let Some(body) = bytes.get(start..start + length) else { return Ok(None) };
    let code = |at: usize| body.get(at).copied().unwrap_or(0);
    let packet_id = || Ok::<_, anyhow::Error>(u16::from_be_bytes([*body.first().context("short")?, code(1)]));
    let frame = match bytes[0] >> 4 {
        2 => Frame::ConnAck(code(1)),
        3 => publish(version, bytes[0], body).context("a PUBLISH cut short")?,
        4 => Frame::PubAck(packet_id()?, code(2)),
        9 => Frame::SubAck(*body.last().context("an empty SUBACK")?),
        14 => Frame::Disconnect(code(0)),
        _ => Frame::Other,
    };
    Ok(Some((frame, start + length)))
}

fn publish(version: Version, first: u8, body: &[u8]) -> Option<Frame<'_>> {
    let topic = usize::from(u16::from_be_bytes([*body.first()?, *body.get(1)?]));
    let mut at = 2 + topic;
    let mut packet_id = None;
    if first & 0b110 != 0 {
        packet_id = Some(u16::from_be_bytes([*body.get(at)?, *body.get(at + 1)?]));
        at += 2;
    }
    if version == Version::V5 {
        let (properties, size) = varint(body.get(at..)?).ok()??;
        at += properties + size;
    }
    Some(Frame::Publish(packet_id, body.get(at..)?))
}

fn varint(bytes: &[u8]) -> Result<Option<(usize, usize)>> {
    let mut value = 0;
    for (index, byte) in bytes.iter().take(4).enumerate() {
        value |= usize::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Ok(Some((value, index + 1)));
        }
    }
    if bytes.len() >= 4 { bail!("a length that never ends") } else { Ok(None) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_survives_both_versions_and_a_json_wrapping() {
        for version in [Version::V3, Version::V5] {
            for qos in [0, 1] {
                let mut template = Template::new(version, "bench/7", qos, 3).unwrap();
                let mut out = Vec::new();
                template.write(513, 99, 123_456_789, &mut out);
                let (found, length) = frame(version, &out).unwrap().unwrap();
                assert_eq!(length, out.len());
                let Frame::Publish(packet_id, payload) = found else { panic!("{found:?}") };
                assert_eq!(packet_id, (qos == 1).then_some(513));
                assert_eq!(payload.len(), PAYLOAD);
                let wrapped = [b"{\"seq\":1,\"text\":\"", payload, b"\"}"].concat();
                let stamped = Stamp { sender: 3, number: 99, nanos: 123_456_789 };
                assert_eq!(stamp(&wrapped), Some(stamped));
                assert!(frame(version, &out[..out.len() - 1]).unwrap().is_none());
            }
        }
        assert_eq!(stamp(b"{\"type\":\"join\"}"), None);
    }
}
