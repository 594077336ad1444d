//! Decoding CONNECT.

use bytes::Bytes;
use mqtt_protocol_core::mqtt::packet::{self, Property, v3_1_1, v5_0};

use super::Fault;
use super::fields::{qos, text, whole};
use super::packets::{Connect, Will};
use super::publish::message_property;
use crate::Properties;

/// The bit of the protocol level with which bridges of Mosquitto (and RSMB) identify themselves. A bridge must not
/// receive its own messages, and gets RETAIN as published.
const BRIDGE: u8 = 0x80;

/// Decodes a CONNECT. A fault is answered in the version the packet claims; the second part of the error is true if
/// that is 5.0. An unknown version is answered as in 3.1.1, which every client understands.
pub(crate) fn decode_connect(first: u8, body: &[u8]) -> Result<Connect, (Fault, bool)> {
    const BRIDGE_3_1: u8 = BRIDGE | 3;
    const BRIDGE_3_1_1: u8 = BRIDGE | 4;
    if first != 0x10 {
        return Err((Fault::protocol("the first packet is not a CONNECT"), false)); // [MQTT-3.1.0-1]
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

/// Returns whether the beginning of a CONNECT claims version 5.0, which decides how to refuse one that cannot be
/// decoded.
pub(crate) fn claims_v5(bytes: &[u8]) -> bool {
    let length = bytes.iter().skip(1).take_while(|byte| **byte >= 0x80).count() + 2;
    bytes.first() == Some(&0x10)
        && bytes.get(length..).is_some_and(|body| body.starts_with(b"\0\x04MQTT\x05"))
}

/// Checks the rules for the connect flags that the library does not check [MQTT-3.1.2-3, -11, -13, -14].
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
