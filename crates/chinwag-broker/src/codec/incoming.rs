//! Decoding, including checks that the library leaves to its caller.

use std::sync::Arc;

use mqtt_protocol_core::mqtt::packet::{
    DecodeResult, MqttString, Property, RetainHandling, SubEntry, VariableByteInteger, v3_1_1, v5_0,
};

use super::fields::{qos, text, whole};
use super::packets::{Packet, Subscribe, SubscribeItem, Unsubscribe};
use super::publish::publish;
use super::{Ack, Fault};
use crate::Qos;

/// The contents of the front of a buffer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Frame {
    /// More bytes are needed.
    Partial,
    /// A whole packet: its first byte, and the offsets at which its body starts and the packet ends.
    Whole { first: u8, body: usize, end: usize },
}

/// Finds the packet at the front of `bytes`; one larger than `max` bytes is a fault.
pub(crate) fn frame(bytes: &[u8], max: u32) -> Result<Frame, Fault> {
    let Some((&first, rest)) = bytes.split_first() else { return Ok(Frame::Partial) };
    let (length, used) = match VariableByteInteger::decode_stream(rest) {
        DecodeResult::Ok(length, used) => (length.to_u32(), used),
        DecodeResult::Incomplete => return Ok(Frame::Partial),
        DecodeResult::Err(_) => return Err(Fault::malformed("remaining length of more than four bytes")),
    };
    let body = 1 + used;
    if length as usize + body > max as usize {
        return Err(Fault::new(0x95, "packet too large"));
    }
    let end = body + length as usize;
    Ok(if bytes.len() < end { Frame::Partial } else { Frame::Whole { first, body, end } })
}

/// The fields of a 3.1.1 PUBLISH that is too large to be read.
#[derive(Debug)]
pub(crate) struct Oversized {
    pub topic: Arc<str>,
    /// 0 for QoS 0.
    pub id: u16,
    pub qos: Qos,
    /// Length of the packet in bytes, fixed header included.
    pub end: usize,
}

/// Decodes the head of an oversized PUBLISH of at most `max` bytes; returns `None` until the head is complete.
pub(crate) fn oversized(bytes: &[u8], max: u32) -> Result<Option<Oversized>, Fault> {
    const TOO_LARGE: Fault = Fault::new(0x95, "packet too large");
    let Some((&first, rest)) = bytes.split_first() else { return Ok(None) };
    let DecodeResult::Ok(length, used) = VariableByteInteger::decode_stream(rest) else { return Ok(None) };
    let end = 1 + used + length.to_u32() as usize;
    if first >> 4 != 3 || end > max as usize {
        return Err(TOO_LARGE);
    }
    let qos = Qos::from_bits((first >> 1) & 3).ok_or(Fault::malformed("QoS 3"))?;
    let Some((length, rest)) = rest[used..].split_first_chunk() else { return Ok(None) };
    let Some((topic, rest)) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length))) else {
        return Ok(None);
    };
    let id = match (qos, rest.first_chunk()) {
        (Qos::AtMostOnce, _) => 0,
        (_, None) => return Ok(None),
        (_, Some(&[0, 0])) => return Err(Fault::protocol("packet identifier 0")), // [MQTT-2.3.1-1] of 3.1.1
        (_, Some(id)) => u16::from_be_bytes(*id),
    };
    let topic = std::str::from_utf8(topic).map_err(|_| Fault::malformed("a topic name that is not UTF-8"))?;
    Ok(Some(Oversized { topic: topic.into(), id, qos, end }))
}

/// Decodes any packet except CONNECT.
pub(crate) fn decode(v5: bool, first: u8, body: &[u8]) -> Result<Packet, Fault> {
    let (kind, flags) = (first >> 4, first & 0x0f);
    let expected = if matches!(kind, 6 | 8 | 10) { 2 } else { 0 };
    if kind != 3 && flags != expected {
        return Err(Fault::malformed("reserved flags in the fixed header"));
    }
    match kind {
        1 => Err(Fault::protocol("a second CONNECT")),
        3 => publish(v5, flags, body).map(|publish| Packet::Publish(Box::new(publish))),
        4 => acknowledgement(v5, Ack::Puback, body),
        5 => acknowledgement(v5, Ack::Pubrec, body),
        6 => acknowledgement(v5, Ack::Pubrel, body),
        7 => acknowledgement(v5, Ack::Pubcomp, body),
        8 => subscribe(v5, body).map(|subscribe| Packet::Subscribe(Box::new(subscribe))),
        10 => unsubscribe(v5, body).map(|unsubscribe| Packet::Unsubscribe(Box::new(unsubscribe))),
        12 if body.is_empty() => Ok(Packet::Ping),
        14 => disconnect(v5, body),
        15 if v5 => Ok(Packet::Auth),
        _ => Err(Fault::protocol("a packet that clients must not send")),
    }
}

fn acknowledgement(v5: bool, kind: Ack, body: &[u8]) -> Result<Packet, Fault> {
    macro_rules! read {
        ($packet:ident) => {
            if v5 {
                let packet = whole(v5_0::$packet::parse(body), body)?;
                (packet.packet_id(), packet.reason_code().is_some_and(|code| code as u8 >= 0x80))
            } else {
                (whole(v3_1_1::$packet::parse(body), body)?.packet_id(), false)
            }
        };
    }
    let (id, failed) = match kind {
        Ack::Puback => read!(Puback),
        Ack::Pubrec => read!(Pubrec),
        Ack::Pubrel => read!(Pubrel),
        Ack::Pubcomp => read!(Pubcomp),
    };
    if id == 0 {
        return Err(Fault::protocol("packet identifier 0"));
    }
    Ok(Packet::Ack { kind, id, failed })
}

fn subscribe(v5: bool, body: &[u8]) -> Result<Subscribe, Fault> {
    let (id, identifier, entries) = if v5 {
        let packet = whole(v5_0::Subscribe::parse(body), body)?;
        let mut identifier = None;
        for property in packet.props() {
            match property {
                Property::SubscriptionIdentifier(_) if identifier.is_some() => {
                    return Err(Fault::protocol("two subscription identifiers"));
                }
                Property::SubscriptionIdentifier(p) if p.val() == 0 => {
                    return Err(Fault::protocol("subscription identifier 0"));
                }
                Property::SubscriptionIdentifier(p) => identifier = Some(p.val()),
                _ => {}
            }
        }
        (packet.packet_id(), identifier, items(packet.entries())?)
    } else {
        let packet = whole(v3_1_1::Subscribe::parse(body), body)?;
        let entries = items(packet.entries())?;
        // [MQTT-3.8.3-4] of 3.1.1: the subscription options of 5.0 are reserved bits.
        if entries.iter().any(|item| item.no_local || item.retain_as_published || item.retain_handling > 0) {
            return Err(Fault::malformed("reserved bits in the requested QoS"));
        }
        (packet.packet_id(), None, entries)
    };
    if id == 0 {
        return Err(Fault::protocol("packet identifier 0"));
    }
    if entries.is_empty() {
        return Err(Fault::protocol("SUBSCRIBE without a filter")); // [MQTT-3.8.3-2]
    }
    Ok(Subscribe { id, identifier, items: entries })
}

fn items(entries: &[SubEntry]) -> Result<Vec<SubscribeItem>, Fault> {
    entries
        .iter()
        .map(|entry| {
            let options = entry.sub_opts();
            Ok(SubscribeItem {
                filter: text(entry.topic_filter())?.into(),
                qos: qos(options.qos()),
                no_local: options.nl(),
                retain_as_published: options.rap(),
                retain_handling: match options.rh() {
                    RetainHandling::SendRetained => 0,
                    RetainHandling::SendRetainedIfNotExists => 1,
                    RetainHandling::DoNotSendRetained => 2,
                },
            })
        })
        .collect()
}

fn unsubscribe(v5: bool, body: &[u8]) -> Result<Unsubscribe, Fault> {
    let filters = |entries: &[MqttString]| -> Result<Vec<Arc<str>>, Fault> {
        entries.iter().map(|filter| text(filter.as_str()).map(Arc::from)).collect()
    };
    let (id, filters) = if v5 {
        let packet = whole(v5_0::Unsubscribe::parse(body), body)?;
        (packet.packet_id(), filters(packet.entries())?)
    } else {
        let packet = whole(v3_1_1::Unsubscribe::parse(body), body)?;
        (packet.packet_id(), filters(packet.entries())?)
    };
    if id == 0 {
        return Err(Fault::protocol("packet identifier 0"));
    }
    if filters.is_empty() {
        return Err(Fault::protocol("UNSUBSCRIBE without a filter")); // [MQTT-3.10.3-2]
    }
    Ok(Unsubscribe { id, filters })
}

fn disconnect(v5: bool, body: &[u8]) -> Result<Packet, Fault> {
    if !v5 {
        return if body.is_empty() {
            Ok(Packet::Disconnect { code: 0, session_expiry: None })
        } else {
            Err(Fault::malformed("bytes after the end of the packet"))
        };
    }
    let packet = whole(v5_0::Disconnect::parse(body), body)?;
    let session_expiry = packet.props().iter().flatten().find_map(|property| match property {
        Property::SessionExpiryInterval(p) => Some(p.val()),
        _ => None,
    });
    Ok(Packet::Disconnect { code: packet.reason_code().map_or(0, |code| code as u8), session_expiry })
}
