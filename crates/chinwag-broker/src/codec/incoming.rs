//! Decoding, with the checks the library leaves to its user.

use std::sync::Arc;

use bytes::Bytes;
use mqtt_protocol_core::mqtt::ArcPayload;
use mqtt_protocol_core::mqtt::packet::{
    self, DecodeResult, MqttString, Property, SubEntry, VariableByteInteger,
};
use mqtt_protocol_core::mqtt::packet::{RetainHandling, v3_1_1, v5_0};
use mqtt_protocol_core::mqtt::result_code::MqttError;

use super::{Ack, Fault};
use crate::{Properties, Qos};

/// A packet from a client, whichever version it speaks.
#[derive(Debug)]
pub(crate) enum Packet {
    Publish(Box<Publish>),
    /// `failed`: a reason code of 0x80 or more.
    Ack {
        kind: Ack,
        id: u16,
        failed: bool,
    },
    Subscribe(Box<Subscribe>),
    Unsubscribe(Box<Unsubscribe>),
    Ping,
    Disconnect {
        code: u8,
        session_expiry: Option<u32>,
    },
    Auth,
}

#[derive(Debug)]
pub(crate) struct Publish {
    pub topic: Arc<str>,
    /// 0 for QoS 0.
    pub id: u16,
    pub qos: Qos,
    /// The client may have sent it before.
    pub dup: bool,
    pub retain: bool,
    pub payload: Bytes,
    pub alias: Option<u16>,
    pub properties: Properties,
}

#[derive(Debug)]
pub(crate) struct Subscribe {
    pub id: u16,
    pub identifier: Option<u32>,
    pub items: Vec<SubscribeItem>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SubscribeItem {
    pub filter: Arc<str>,
    pub qos: Qos,
    pub no_local: bool,
    pub retain_as_published: bool,
    /// 0 send retained, 1 only for a new subscription, 2 never.
    pub retain_handling: u8,
}

#[derive(Debug)]
pub(crate) struct Unsubscribe {
    pub id: u16,
    pub filters: Vec<Arc<str>>,
}

#[derive(Debug)]
pub(crate) struct Connect {
    pub v5: bool,
    /// It is a bridge of another broker.
    pub bridge: bool,
    pub client_id: String,
    pub clean_start: bool,
    pub keep_alive: u16,
    pub username: Option<String>,
    pub password: Option<Bytes>,
    pub will: Option<Box<Will>>,
    pub session_expiry: u32,
    pub receive_maximum: u16,
    pub maximum_packet_size: u32,
    pub topic_alias_maximum: u16,
    pub request_problem_information: bool,
    pub request_response_information: bool,
    pub authentication_method: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct Will {
    pub topic: Arc<str>,
    pub payload: Bytes,
    pub qos: Qos,
    pub retain: bool,
    pub delay: u32,
    pub properties: Properties,
}

/// What the front of a buffer holds.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Frame {
    /// More bytes are needed.
    Partial,
    /// A packet: its first byte, where its body starts, where it ends.
    Whole { first: u8, body: usize, end: usize },
}

/// Finds the packet at the front of `bytes`.
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

/// What there is to know about a 3.1.1 PUBLISH that is too large to be read.
#[derive(Debug)]
pub(crate) struct Oversized {
    pub topic: Arc<str>,
    /// 0 for QoS 0.
    pub id: u16,
    pub qos: Qos,
    /// Its length, fixed header included.
    pub end: usize,
}

/// Reads the head of such a packet of at most `max` bytes; `None` while that isn't there whole.
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

fn fault(error: MqttError) -> Fault {
    match error {
        MqttError::ProtocolError => Fault::protocol("protocol error"),
        MqttError::UnsupportedProtocolVersion => Fault::new(0x84, "unsupported protocol version"),
        MqttError::ClientIdentifierNotValid => Fault::malformed("client identifier is not UTF-8"),
        _ => Fault::malformed("malformed packet"),
    }
}

fn whole<T>(parsed: Result<(T, usize), MqttError>, body: &[u8]) -> Result<T, Fault> {
    let (packet, used) = parsed.map_err(fault)?;
    if used == body.len() { Ok(packet) } else { Err(Fault::malformed("bytes after the end of the packet")) }
}

/// Decodes any packet but CONNECT.
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
        _ => Err(Fault::protocol("a packet no client sends")),
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

/// The payload as the library holds it, without a copy.
struct Payload(ArcPayload);

impl AsRef<[u8]> for Payload {
    fn as_ref(&self) -> &[u8] {
        self.0.as_slice()
    }
}

fn payload(payload: &ArcPayload) -> Bytes {
    // A small payload is cheaper copied than owned: the owner is an allocation of its own.
    if payload.len() <= 1024 {
        Bytes::copy_from_slice(payload.as_slice())
    } else {
        Bytes::from_owner(Payload(payload.clone()))
    }
}

fn publish(v5: bool, flags: u8, body: &[u8]) -> Result<Publish, Fault> {
    if flags & 0b1110 == 0b1000 {
        return Err(Fault::malformed("DUP on a QoS 0 PUBLISH")); // [MQTT-3.3.1-2]
    }
    let data = Arc::from(body);
    let publish = if v5 {
        let (packet, _) = v5_0::Publish::parse(flags, data).map_err(fault)?;
        let (properties, alias) = publish_properties(packet.props())?;
        Publish {
            topic: Arc::from(packet.topic_name()),
            id: packet.packet_id().unwrap_or(0),
            qos: qos(packet.qos()),
            dup: packet.dup(),
            retain: packet.retain(),
            payload: payload(packet.payload()),
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
            payload: payload(packet.payload()),
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

/// The properties that travel with a message, and the topic alias, which does not.
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

fn message_property(properties: &mut Properties, property: &Property) -> Result<(), Fault> {
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

fn text(text: &str) -> Result<&str, Fault> {
    if text.contains('\0') { Err(Fault::malformed("U+0000 in a string")) } else { Ok(text) }
}

fn qos(qos: packet::Qos) -> Qos {
    match qos {
        packet::Qos::AtMostOnce => Qos::AtMostOnce,
        packet::Qos::AtLeastOnce => Qos::AtLeastOnce,
        packet::Qos::ExactlyOnce => Qos::ExactlyOnce,
    }
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
        // [MQTT-3.8.3-4] of 3.1.1: the options of 5.0 are reserved bits there.
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

/// The bit of the protocol level by which a bridge of Mosquitto (and RSMB) says what it is. It wants nothing of its own
/// back, and RETAIN as it was published.
const BRIDGE: u8 = 0x80;

/// Decodes a CONNECT. A fault is answered in the version the packet claims, hence the second part of the error: whether
/// that is 5.0. An unknown version is answered as 3.1.1 does, which every client understands.
pub(crate) fn decode_connect(first: u8, body: &[u8]) -> Result<Connect, (Fault, bool)> {
    const BRIDGE_3_1: u8 = BRIDGE | 3;
    const BRIDGE_3_1_1: u8 = BRIDGE | 4;
    if first != 0x10 {
        return Err((Fault::protocol("the first packet is no CONNECT"), false)); // [MQTT-3.1.0-1]
    }
    match body {
        [0, 4, b'M', b'Q', b'T', b'T', 5, ..] => connect_v5(body).map_err(|fault| (fault, true)),
        [0, 4, b'M', b'Q', b'T', b'T', 4, ..] => connect_v3(body).map_err(|fault| (fault, false)),
        [0, 4, b'M', b'Q', b'T', b'T', BRIDGE_3_1_1, rest @ ..]
        | [0, 6, b'M', b'Q', b'I', b's', b'd', b'p', BRIDGE_3_1, rest @ ..] => {
            let plain = [b"\0\x04MQTT\x04", rest].concat();
            let connect = connect_v3(&plain).map_err(|fault| (fault, false))?;
            Ok(Connect { bridge: true, ..connect })
        }
        [0, 4, b'M', b'Q', b'T', b'T', ..] | [0, 6, b'M', b'Q', b'I', b's', b'd', ..] => {
            Err((Fault::new(0x84, "unsupported protocol version"), false))
        }
        _ => Err((Fault::protocol("not MQTT"), false)),
    }
}

/// Whether the beginning of a CONNECT says that it is one of 5.0: how to refuse what can't be decoded.
pub(crate) fn claims_v5(bytes: &[u8]) -> bool {
    let length = bytes.iter().skip(1).take_while(|byte| **byte >= 0x80).count() + 2;
    bytes.first() == Some(&0x10)
        && bytes.get(length..).is_some_and(|body| body.starts_with(b"\0\x04MQTT\x05"))
}

/// The rules for the connect flags that the library does not check [MQTT-3.1.2-3, -11, -13, -14].
fn check_flags(flags: u8) -> Result<(), Fault> {
    if flags & 1 != 0 {
        return Err(Fault::malformed("reserved connect flag"));
    }
    let will_qos = (flags >> 3) & 3;
    if will_qos == 3 || (flags & 0x04 == 0 && flags & 0x38 != 0) {
        return Err(Fault::malformed("will flags"));
    }
    Ok(())
}

fn connect_v3(body: &[u8]) -> Result<Connect, Fault> {
    let flags = *body.get(7).unwrap_or(&0);
    check_flags(flags)?;
    if flags & 0xc0 == 0x40 {
        return Err(Fault::malformed("a password without a user name")); // [MQTT-3.1.2-22] of 3.1.1
    }
    let packet = whole(v3_1_1::Connect::parse(body), body)?;
    let will =
        will(packet.will_topic(), packet.will_payload(), packet.will_qos(), packet.will_retain(), &[])?;
    Ok(Connect {
        v5: false,
        bridge: false,
        client_id: text(packet.client_id())?.to_owned(),
        clean_start: packet.clean_session(),
        keep_alive: packet.keep_alive(),
        username: packet.user_name().map(text).transpose()?.map(str::to_owned),
        password: packet.password().map(Bytes::copy_from_slice),
        will: if packet.will_flag() { will } else { None },
        session_expiry: if packet.clean_session() { 0 } else { u32::MAX },
        receive_maximum: u16::MAX,
        maximum_packet_size: u32::MAX,
        topic_alias_maximum: 0,
        request_problem_information: false,
        request_response_information: false,
        authentication_method: false,
    })
}

fn connect_v5(body: &[u8]) -> Result<Connect, Fault> {
    check_flags(*body.get(7).unwrap_or(&0))?;
    let packet = whole(v5_0::Connect::parse(body), body)?;
    let will = will(
        packet.will_topic(),
        packet.will_payload(),
        packet.will_qos(),
        packet.will_retain(),
        packet.will_props(),
    )?;
    let mut connect = Connect {
        v5: true,
        bridge: false,
        client_id: text(packet.client_id())?.to_owned(),
        clean_start: packet.clean_start(),
        keep_alive: packet.keep_alive(),
        username: packet.user_name().map(text).transpose()?.map(str::to_owned),
        password: packet.password().map(Bytes::copy_from_slice),
        will: if packet.will_flag() { will } else { None },
        session_expiry: 0,
        receive_maximum: u16::MAX,
        maximum_packet_size: u32::MAX,
        topic_alias_maximum: 0,
        request_problem_information: true,
        request_response_information: false,
        authentication_method: false,
    };
    let mut data_alone = false;
    for property in packet.props() {
        match property {
            Property::SessionExpiryInterval(p) => connect.session_expiry = p.val(),
            Property::ReceiveMaximum(p) => connect.receive_maximum = p.val(),
            Property::MaximumPacketSize(p) => connect.maximum_packet_size = p.val(),
            Property::TopicAliasMaximum(p) => connect.topic_alias_maximum = p.val(),
            Property::RequestProblemInformation(p) => connect.request_problem_information = p.val() == 1,
            Property::RequestResponseInformation(p) => connect.request_response_information = p.val() == 1,
            Property::AuthenticationMethod(_) => connect.authentication_method = true,
            Property::AuthenticationData(_) => data_alone = true,
            _ => {}
        }
    }
    if data_alone && !connect.authentication_method {
        return Err(Fault::protocol("authentication data without a method"));
    }
    if connect.receive_maximum == 0 || connect.maximum_packet_size == 0 {
        return Err(Fault::protocol("a maximum of 0"));
    }
    Ok(connect)
}

fn will(
    topic: Option<&str>,
    payload: Option<&[u8]>,
    will_qos: packet::Qos,
    retain: bool,
    list: &[Property],
) -> Result<Option<Box<Will>>, Fault> {
    let Some(topic) = topic else { return Ok(None) };
    let mut will = Will {
        topic: text(topic)?.into(),
        payload: Bytes::copy_from_slice(payload.unwrap_or_default()),
        qos: qos(will_qos),
        retain,
        delay: 0,
        properties: Properties::default(),
    };
    for property in list {
        match property {
            Property::WillDelayInterval(p) => will.delay = p.val(),
            other => message_property(&mut will.properties, other)?,
        }
    }
    Ok(Some(Box::new(will)))
}
