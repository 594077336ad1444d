//! Encoding of all packets except PUBLISH (see `encode.rs`).

use mqtt_protocol_core::mqtt::packet::{self, Properties, Property, v3_1_1, v5_0};
use mqtt_protocol_core::mqtt::result_code::{
    ConnectReasonCode, ConnectReturnCode, DisconnectReasonCode, MqttError, PubackReasonCode,
    PubcompReasonCode, PubrecReasonCode, PubrelReasonCode, SubackReasonCode, SubackReturnCode,
    UnsubackReasonCode,
};

use super::Ack;

/// Appends a packet that the library built. A packet it refuses to build is a bug in the broker: it is logged and left
/// out.
fn put(out: &mut Vec<u8>, built: Result<Vec<u8>, MqttError>) {
    match built {
        Ok(bytes) => out.extend_from_slice(&bytes),
        Err(error) => tracing::error!(?error, "a packet could not be built"),
    }
}

/// Upper bound for a packet's headers plus the property's own overhead, in bytes.
const AROUND: usize = 16;

/// The Reason String of a refusal. `room` is the largest packet that may carry it, in bytes: it is left out if it would
/// make the packet larger than the client accepts [MQTT-3.2.2-19] [MQTT-3.4.2-2] [MQTT-3.5.2-2] [MQTT-3.9.2-1]
/// [MQTT-3.14.2-3].
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Words<'a> {
    pub reason: &'a str,
    pub room: u32,
}

impl Words<'_> {
    /// Returns the property if there is a reason and it fits next to `others` bytes.
    fn property(self, others: usize) -> Option<Property> {
        if self.reason.is_empty() || self.reason.len() + others + AROUND > self.room as usize {
            return None;
        }
        packet::ReasonString::new(self.reason).ok().map(Property::ReasonString)
    }
}

/// Appends the answer to a PUBLISH or to another acknowledgement.
pub(crate) fn ack(out: &mut Vec<u8>, v5: bool, kind: Ack, id: u16, code: u8, words: Words<'_>) {
    macro_rules! build {
        ($packet:ident, $code:ident) => {
            if !v5 {
                v3_1_1::$packet::builder().packet_id(id).build().map(|p| p.to_continuous_buffer())
            } else if code == 0 {
                v5_0::$packet::builder().packet_id(id).build().map(|p| p.to_continuous_buffer())
            } else {
                let code = $code::try_from(code)
                    .or_else(|_| $code::try_from(0x83))
                    .map_err(|_| MqttError::ImplementationSpecificError);
                code.and_then(|code| {
                    let builder = v5_0::$packet::builder().packet_id(id).reason_code(code);
                    match words.property(0) {
                        Some(reason) => builder.props(vec![reason]),
                        None => builder,
                    }
                    .build()
                    .map(|p| p.to_continuous_buffer())
                })
            }
        };
    }
    let built = match kind {
        Ack::Puback => build!(Puback, PubackReasonCode),
        Ack::Pubrec => build!(Pubrec, PubrecReasonCode),
        Ack::Pubrel => build!(Pubrel, PubrelReasonCode),
        Ack::Pubcomp => build!(Pubcomp, PubcompReasonCode),
    };
    put(out, built);
}

/// The fields of an accepting CONNACK.
#[derive(Debug, Default)]
pub(crate) struct Connack {
    pub session_present: bool,
    pub session_expiry: Option<u32>,
    pub receive_maximum: u16,
    pub maximum_packet_size: u32,
    pub assigned_client_id: Option<String>,
    pub topic_alias_maximum: u16,
    pub server_keep_alive: Option<u16>,
    pub response_information: Option<String>,
}

/// Appends an accepting CONNACK.
pub(crate) fn connack(out: &mut Vec<u8>, v5: bool, answer: &Connack) {
    if !v5 {
        let built = v3_1_1::Connack::builder()
            .session_present(answer.session_present)
            .return_code(ConnectReturnCode::Accepted)
            .build();
        return put(out, built.map(|p| p.to_continuous_buffer()));
    }
    let built = connack_properties(answer).and_then(|properties| {
        v5_0::Connack::builder()
            .session_present(answer.session_present)
            .reason_code(ConnectReasonCode::Success)
            .props(properties)
            .build()
    });
    put(out, built.map(|p| p.to_continuous_buffer()));
}

fn connack_properties(answer: &Connack) -> Result<Properties, MqttError> {
    let mut list = Properties::new();
    if let Some(seconds) = answer.session_expiry {
        list.push(Property::SessionExpiryInterval(packet::SessionExpiryInterval::new(seconds)?));
    }
    if answer.receive_maximum != u16::MAX {
        list.push(Property::ReceiveMaximum(packet::ReceiveMaximum::new(answer.receive_maximum)?));
    }
    list.push(Property::MaximumPacketSize(packet::MaximumPacketSize::new(answer.maximum_packet_size)?));
    if let Some(id) = &answer.assigned_client_id {
        list.push(Property::AssignedClientIdentifier(packet::AssignedClientIdentifier::new(id)?));
    }
    if answer.topic_alias_maximum > 0 {
        list.push(Property::TopicAliasMaximum(packet::TopicAliasMaximum::new(answer.topic_alias_maximum)?));
    }
    if let Some(seconds) = answer.server_keep_alive {
        list.push(Property::ServerKeepAlive(packet::ServerKeepAlive::new(seconds)?));
    }
    if let Some(text) = &answer.response_information {
        list.push(Property::ResponseInformation(packet::ResponseInformation::new(text)?));
    }
    Ok(list)
}

/// Appends a refusing CONNACK; for 3.1.1, the MQTT 5 code is mapped to the nearest return code.
pub(crate) fn connack_refused(out: &mut Vec<u8>, v5: bool, code: u8, words: Words<'_>) {
    if v5 {
        let code = ConnectReasonCode::try_from(code).unwrap_or(ConnectReasonCode::UnspecifiedError);
        let builder = v5_0::Connack::builder().session_present(false).reason_code(code);
        let built = match words.property(0) {
            Some(reason) => builder.props(vec![reason]).build(),
            None => builder.build(),
        };
        return put(out, built.map(|p| p.to_continuous_buffer()));
    }
    let code = match code {
        0x84 => ConnectReturnCode::UnacceptableProtocolVersion,
        0x85 => ConnectReturnCode::IdentifierRejected,
        0x86 => ConnectReturnCode::BadUserNameOrPassword,
        0x87 | 0x8a | 0x8c => ConnectReturnCode::NotAuthorized,
        _ => ConnectReturnCode::ServerUnavailable,
    };
    let built = v3_1_1::Connack::builder().session_present(false).return_code(code).build();
    put(out, built.map(|p| p.to_continuous_buffer()));
}

/// Appends a SUBACK; `codes` are MQTT 5 reason codes, `words` explain the first refusal.
pub(crate) fn suback(out: &mut Vec<u8>, v5: bool, id: u16, codes: &[u8], words: Words<'_>) {
    if v5 {
        let reason = words.property(codes.len());
        let codes = codes
            .iter()
            .map(|&code| SubackReasonCode::try_from(code).unwrap_or(SubackReasonCode::UnspecifiedError))
            .collect();
        let builder = v5_0::Suback::builder().packet_id(id).reason_codes(codes);
        let built = match reason {
            Some(reason) => builder.props(vec![reason]).build(),
            None => builder.build(),
        };
        return put(out, built.map(|p| p.to_continuous_buffer()));
    }
    let codes = codes
        .iter()
        .map(|&code| SubackReturnCode::try_from(code).unwrap_or(SubackReturnCode::Failure))
        .collect::<Vec<_>>();
    let built = v3_1_1::Suback::builder().packet_id(id).return_codes(codes).build();
    put(out, built.map(|p| p.to_continuous_buffer()));
}

/// Appends an UNSUBACK.
pub(crate) fn unsuback(out: &mut Vec<u8>, v5: bool, id: u16, codes: &[u8]) {
    let built = if v5 {
        let codes = codes
            .iter()
            .map(|&code| UnsubackReasonCode::try_from(code).unwrap_or(UnsubackReasonCode::UnspecifiedError))
            .collect();
        let built = v5_0::Unsuback::builder().packet_id(id).reason_codes(codes).build();
        built.map(|p| p.to_continuous_buffer())
    } else {
        v3_1_1::Unsuback::builder().packet_id(id).build().map(|p| p.to_continuous_buffer())
    };
    put(out, built);
}

/// Appends a PINGRESP.
pub(crate) fn pingresp(out: &mut Vec<u8>, v5: bool) {
    let built = if v5 {
        v5_0::Pingresp::builder().build().map(|p| p.to_continuous_buffer())
    } else {
        v3_1_1::Pingresp::builder().build().map(|p| p.to_continuous_buffer())
    };
    put(out, built);
}

/// Appends a DISCONNECT. A 3.1.1 server never sends one [MQTT-3.14.0-1 of 5.0].
pub(crate) fn disconnect(out: &mut Vec<u8>, code: u8, words: Words<'_>) {
    let code = DisconnectReasonCode::try_from(code).unwrap_or(DisconnectReasonCode::UnspecifiedError);
    let builder = v5_0::Disconnect::builder().reason_code(code);
    let built = match words.property(0) {
        Some(reason) => builder.props(vec![reason]).build(),
        None => builder.build(),
    };
    put(out, built.map(|p| p.to_continuous_buffer()));
}
