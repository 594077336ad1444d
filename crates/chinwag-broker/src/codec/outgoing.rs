//! Encoding of all packets except PUBLISH (see `encode.rs`).

use std::sync::Arc;

use mqtt_protocol_core::mqtt::packet::{self, Properties, Property, v3_1_1, v5_0};
use mqtt_protocol_core::mqtt::result_code::{
    ConnectReasonCode, ConnectReturnCode, DisconnectReasonCode, MqttError, PubackReasonCode,
    PubcompReasonCode, PubrecReasonCode, PubrelReasonCode, SubackReasonCode, SubackReturnCode,
    UnsubackReasonCode,
};

use super::Ack;
use crate::Refusal;

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

/// The bytes that a user property takes besides its name and value.
const AROUND_PROPERTY: usize = 5;

/// The Reason String and user properties of a refusal. `room` is the largest packet that may carry them, in bytes: they
/// are left out if they would make the packet larger than the client accepts [MQTT-3.2.2-19, -20] [MQTT-3.4.2-2, -3]
/// [MQTT-3.5.2-2, -3] [MQTT-3.9.2-1, -2] [MQTT-3.14.2-3, -4], the user properties first.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Words<'a> {
    pub reason: &'a str,
    pub properties: &'a [(Arc<str>, Arc<str>)],
    pub room: u32,
}

impl<'a> Words<'a> {
    /// Explains a refusal in a packet of at most `room` bytes.
    pub(crate) fn of(refusal: &'a Refusal, room: u32) -> Self {
        Self { reason: &refusal.reason, properties: &refusal.properties, room }
    }

    /// Returns the properties that fit next to `others` bytes: all, the reason alone, or none.
    fn properties(self, others: usize) -> Properties {
        let mut list = Properties::new();
        let size = self.reason.len() + others + AROUND;
        if self.reason.is_empty() || size > self.room as usize {
            return list;
        }
        list.extend(packet::ReasonString::new(self.reason).ok().map(Property::ReasonString));
        let more = self.properties.iter().map(|(name, value)| name.len() + value.len() + AROUND_PROPERTY);
        if size + more.sum::<usize>() <= self.room as usize {
            let pairs = self.properties.iter();
            let user = pairs.filter_map(|(name, value)| packet::UserProperty::new(&**name, &**value).ok());
            list.extend(user.map(Property::UserProperty));
        }
        list
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
                    let properties = words.properties(0);
                    // Without properties, the packet has no property length either.
                    if properties.is_empty() { builder } else { builder.props(properties) }
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
        let built = builder.props(words.properties(0)).build();
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
        let properties = words.properties(codes.len());
        let codes = codes
            .iter()
            .map(|&code| SubackReasonCode::try_from(code).unwrap_or(SubackReasonCode::UnspecifiedError))
            .collect();
        let built = v5_0::Suback::builder().packet_id(id).reason_codes(codes).props(properties).build();
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
    let properties = words.properties(0);
    let built = if properties.is_empty() { builder.build() } else { builder.props(properties).build() };
    put(out, built.map(|p| p.to_continuous_buffer()));
}

#[cfg(test)]
mod tests {
    use super::*;

    type Encoder = fn(&mut Vec<u8>, Words<'_>);

    /// Whatever explains a refusal, no packet becomes larger than the client accepts because of it.
    #[test]
    fn words_never_exceed_the_room() {
        for (reason, value) in [(1, 1), (11, 8), (120, 10), (10, 120), (16_300, 30), (400, 5_500)] {
            let mut refusal = Refusal::new(0x87, "x".repeat(reason));
            refusal.properties = (0..3).map(|_| ("name".into(), "v".repeat(value).into())).collect();
            let all = reason + 3 * (value + 9);
            let mut sizes = Vec::new();
            for room in
                (0..200).chain(reason.saturating_sub(40)..reason + 60).chain(all.saturating_sub(40)..all + 60)
            {
                let words = Words::of(&refusal, room as u32);
                let encoders: [Encoder; 5] = [
                    |out, words| ack(out, true, Ack::Puback, 1, 0x87, words),
                    |out, words| ack(out, true, Ack::Pubrec, 1, 0x87, words),
                    |out, words| connack_refused(out, true, 0x87, words),
                    |out, words| suback(out, true, 1, &[0x87, 0x87], words),
                    |out, words| disconnect(out, 0x87, words),
                ];
                for encode in encoders {
                    let (mut out, mut bare) = (Vec::new(), Vec::new());
                    encode(&mut out, words);
                    encode(&mut bare, Words::default());
                    assert!(out == bare || out.len() <= room, "{} bytes in {room}", out.len());
                    sizes.push(out.len() - bare.len());
                }
            }
            sizes.sort_unstable();
            assert_eq!(sizes[0], 0);
            assert!(sizes.iter().any(|size| (reason..all).contains(size)), "the reason alone");
            assert!(sizes.last() >= Some(&all), "everything");
        }
    }
}
