//! The packets that a client receives, alike for both versions.

use std::collections::BTreeMap;
use std::num::NonZeroU16;

use anyhow::{Context, Result, bail};
use bytestring::ByteString;
use rmqtt_codec::types::Publish;
use rmqtt_codec::{MqttPacket, v3, v5};

/// A received message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its topic.
    pub topic: String,
    /// Its payload.
    pub payload: Vec<u8>,
    /// Its QoS.
    pub qos: u8,
    /// The RETAIN flag.
    pub retain: bool,
    /// The DUP flag: the message was sent before.
    pub dup: bool,
    /// The packet id with which it is acknowledged; none at QoS 0.
    pub packet_id: Option<NonZeroU16>,
    /// User properties (5.0).
    pub properties: Vec<(String, String)>,
    /// Content type (5.0).
    pub content_type: Option<String>,
}

impl Message {
    /// The payload as JSON.
    pub fn json(&self) -> Result<serde_json::Value> {
        serde_json::from_slice(&self.payload)
            .with_context(|| format!("not JSON: {}", String::from_utf8_lossy(&self.payload)))
    }
}

/// What a packet says besides its code (5.0).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Words {
    /// The reason string.
    pub reason: String,
    /// The user properties.
    pub properties: BTreeMap<String, String>,
}

impl Words {
    fn new(reason: Option<ByteString>, properties: v5::UserProperties) -> Self {
        let properties =
            properties.into_iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        Self { reason: reason.unwrap_or_default().to_string(), properties }
    }
}

/// The acknowledgement of a publish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ack {
    /// The packet id of the publish.
    pub packet_id: u16,
    /// The reason code; always 0 on 3.1.1.
    pub code: u8,
    /// The reason string.
    pub reason: String,
    /// The user properties.
    pub properties: BTreeMap<String, String>,
}

impl Ack {
    /// An acknowledgement without a code.
    pub(super) fn of(packet_id: u16) -> Self {
        Self { packet_id, code: 0, reason: String::new(), properties: BTreeMap::new() }
    }
}

/// A CONNACK.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connected {
    /// The reason code; 0 means accepted.
    pub code: u8,
    /// The session-present flag.
    pub session_present: bool,
    /// The reason string.
    pub reason: String,
    /// The user properties.
    pub properties: BTreeMap<String, String>,
}

/// A packet from the server, independent of the MQTT version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Packet {
    /// CONNACK
    Connected(Connected),
    /// PUBLISH
    Message(Message),
    /// PUBACK, or a PUBREC with an error code
    Acknowledged(Ack),
    /// PUBREC
    Received(Ack),
    /// PUBREL
    Release(u16),
    /// PUBCOMP
    Complete(u16),
    /// SUBACK
    Subscribed(Vec<u8>, Words),
    /// UNSUBACK
    Unsubscribed,
    /// PINGRESP
    Pong,
    /// DISCONNECT
    Disconnect(u8, Words),
}

pub(super) fn understand(packet: MqttPacket) -> Result<Packet> {
    match packet {
        MqttPacket::V3(packet) => three(packet),
        MqttPacket::V5(packet) => five(packet),
        MqttPacket::Version(_) => bail!("no packet"),
    }
}

fn three(packet: v3::Packet) -> Result<Packet> {
    let ack = |packet_id: NonZeroU16| Ack::of(packet_id.get());
    Ok(match packet {
        v3::Packet::ConnectAck(ack) => Packet::Connected(Connected {
            code: ack.return_code.into(),
            session_present: ack.session_present,
            reason: ack.return_code.reason().to_owned(),
            properties: BTreeMap::new(),
        }),
        v3::Packet::Publish(publish) => Packet::Message(message(*publish)),
        v3::Packet::PublishAck { packet_id } => Packet::Acknowledged(ack(packet_id)),
        v3::Packet::PublishReceived { packet_id } => Packet::Received(ack(packet_id)),
        v3::Packet::PublishRelease { packet_id } => Packet::Release(packet_id.get()),
        v3::Packet::PublishComplete { packet_id } => Packet::Complete(packet_id.get()),
        v3::Packet::SubscribeAck { status, .. } => {
            let code = |code: &v3::SubscribeReturnCode| match code {
                v3::SubscribeReturnCode::Success(qos) => qos.value(),
                v3::SubscribeReturnCode::Failure => 0x80,
            };
            Packet::Subscribed(status.iter().map(code).collect(), Words::default())
        }
        v3::Packet::UnsubscribeAck { .. } => Packet::Unsubscribed,
        v3::Packet::PingResponse => Packet::Pong,
        other => bail!("no packet for a client: {other:?}"),
    })
}

fn five(packet: v5::Packet) -> Result<Packet> {
    let ack = |ack: v5::PublishAck| {
        let Words { reason, properties } = Words::new(ack.reason_string, ack.properties);
        Ack { packet_id: ack.packet_id.get(), code: ack.reason_code.into(), reason, properties }
    };
    Ok(match packet {
        v5::Packet::ConnectAck(ack) => {
            let Words { reason, properties } = Words::new(ack.reason_string, ack.user_properties);
            let (code, session_present) = (ack.reason_code.into(), ack.session_present);
            Packet::Connected(Connected { code, session_present, reason, properties })
        }
        v5::Packet::Publish(publish) => Packet::Message(message(*publish)),
        v5::Packet::PublishAck(packet) => Packet::Acknowledged(ack(packet)),
        v5::Packet::PublishReceived(packet) => Packet::Received(ack(packet)),
        v5::Packet::PublishRelease(packet) => Packet::Release(packet.packet_id.get()),
        v5::Packet::PublishComplete(packet) => Packet::Complete(packet.packet_id.get()),
        v5::Packet::SubscribeAck(ack) => Packet::Subscribed(
            ack.status.iter().map(|code| (*code).into()).collect(),
            Words::new(ack.reason_string, ack.properties),
        ),
        v5::Packet::UnsubscribeAck(_) => Packet::Unsubscribed,
        v5::Packet::PingResponse => Packet::Pong,
        v5::Packet::Disconnect(bye) => {
            Packet::Disconnect(bye.reason_code.into(), Words::new(bye.reason_string, bye.user_properties))
        }
        other => bail!("no packet for a client: {other:?}"),
    })
}

fn message(publish: Publish) -> Message {
    let properties = publish.properties.unwrap_or_default();
    Message {
        topic: publish.topic.to_string(),
        payload: publish.payload.to_vec(),
        qos: publish.qos.value(),
        retain: publish.retain,
        dup: publish.dup,
        packet_id: publish.packet_id,
        properties: properties
            .user_properties
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_string()))
            .collect(),
        content_type: properties.content_type.map(|kind| kind.to_string()),
    }
}
