//! Decoding of PUBLISH and of message properties.

use std::sync::Arc;

use bytes::Bytes;
use mqtt_protocol_core::mqtt::packet::{DecodeResult, Property, VariableByteInteger, v3_1_1, v5_0};

use super::Fault;
use super::fields::{fault, qos, text};
use super::packets::Publish;
use crate::{Properties, Qos};

/// Returns where the payload begins: after the topic, the packet id and, in 5.0, the properties. If these don't fit
/// into the body, the payload is empty and the library reports the fault.
fn payload_at(v5: bool, flags: u8, body: &[u8]) -> usize {
    let topic = body.first_chunk().map_or(0, |length| usize::from(u16::from_be_bytes(*length)));
    let mut at = 2 + topic + if flags & 0b0110 == 0 { 0 } else { 2 };
    if v5 {
        match VariableByteInteger::decode_stream(body.get(at..).unwrap_or_default()) {
            DecodeResult::Ok(length, used) => at += used + length.to_u32() as usize,
            _ => at = body.len(),
        }
    }
    at.min(body.len())
}

pub(super) fn publish(v5: bool, flags: u8, body: &[u8]) -> Result<Publish, Fault> {
    if flags & 0b1110 == 0b1000 {
        return Err(Fault::malformed("DUP on a QoS 0 PUBLISH")); // [MQTT-3.3.1-2]
    }
    // The library takes ownership of what it parses. It only gets the head, so that the payload is copied once.
    let (head, payload) = body.split_at(payload_at(v5, flags, body));
    let (data, payload) = (Arc::from(head), Bytes::copy_from_slice(payload));
    let publish = if v5 {
        let (packet, _) = v5_0::Publish::parse(flags, data).map_err(fault)?;
        let (properties, alias) = publish_properties(packet.props())?;
        Publish {
            topic: Arc::from(packet.topic_name()),
            id: packet.packet_id().unwrap_or(0),
            qos: qos(packet.qos()),
            dup: packet.dup(),
            retain: packet.retain(),
            payload,
            alias,
            properties,
        }
    } else {
        let (packet, _) = v3_1_1::Publish::parse(flags, data).map_err(fault)?;
        Publish {
            topic: Arc::from(packet.topic_name()),
            id: packet.packet_id().unwrap_or(0),
            qos: qos(packet.qos()),
            dup: packet.dup(),
            retain: packet.retain(),
            payload,
            alias: None,
            properties: Properties::default(),
        }
    };
    if publish.qos != Qos::AtMostOnce && publish.id == 0 {
        return Err(Fault::protocol("packet identifier 0")); // [MQTT-2.2.1-3]
    }
    if publish.topic.contains('\0') {
        return Err(Fault::malformed("U+0000 in a topic name")); // [MQTT-1.5.4-2]
    }
    Ok(publish)
}

/// Splits the properties into those forwarded with the message and the topic alias, which is not forwarded.
fn publish_properties(list: &[Property]) -> Result<(Properties, Option<u16>), Fault> {
    let mut properties = Properties::default();
    let mut alias = None;
    for property in list {
        match property {
            Property::TopicAlias(p) => alias = Some(p.val()),
            // [MQTT-3.3.4-6]
            Property::SubscriptionIdentifier(_) => {
                return Err(Fault::protocol("subscription identifier in a client's PUBLISH"));
            }
            other => message_property(&mut properties, other)?,
        }
    }
    Ok((properties, alias))
}

pub(super) fn message_property(properties: &mut Properties, property: &Property) -> Result<(), Fault> {
    match property {
        Property::PayloadFormatIndicator(p) => properties.payload_is_utf8 = p.val() == 1,
        Property::MessageExpiryInterval(p) => properties.message_expiry = Some(p.val()),
        Property::ContentType(p) => properties.content_type = Some(text(p.val())?.into()),
        Property::ResponseTopic(p) => {
            let topic = text(p.val())?;
            if !crate::topic::is_name(topic) {
                return Err(Fault::protocol("wildcards in a response topic")); // [MQTT-3.3.2-14]
            }
            properties.response_topic = Some(topic.into());
        }
        Property::CorrelationData(p) => properties.correlation_data = Some(Bytes::copy_from_slice(p.val())),
        Property::UserProperty(p) => properties.user.push((text(p.key())?.into(), text(p.val())?.into())),
        _ => {}
    }
    Ok(())
}
