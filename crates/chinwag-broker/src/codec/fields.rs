//! Helpers shared by the decoders: convert the library's errors and values to the broker's.

use mqtt_protocol_core::mqtt::packet;
use mqtt_protocol_core::mqtt::result_code::MqttError;

use super::Fault;
use crate::Qos;

pub(super) fn fault(error: MqttError) -> Fault {
    match error {
        MqttError::ProtocolError => Fault::protocol("protocol error"),
        MqttError::UnsupportedProtocolVersion => Fault::new(0x84, "unsupported protocol version"),
        MqttError::ClientIdentifierNotValid => Fault::malformed("client identifier is not UTF-8"),
        _ => Fault::malformed("malformed packet"),
    }
}

/// Returns the packet if it takes up the whole body.
pub(super) fn whole<T>(parsed: Result<(T, usize), MqttError>, body: &[u8]) -> Result<T, Fault> {
    let (packet, used) = parsed.map_err(fault)?;
    if used == body.len() { Ok(packet) } else { Err(Fault::malformed("bytes after the end of the packet")) }
}

/// Returns the string if it contains no U+0000 [MQTT-1.5.4-2].
pub(super) fn text(text: &str) -> Result<&str, Fault> {
    if text.contains('\0') { Err(Fault::malformed("U+0000 in a string")) } else { Ok(text) }
}

pub(super) fn qos(qos: packet::Qos) -> Qos {
    match qos {
        packet::Qos::AtMostOnce => Qos::AtMostOnce,
        packet::Qos::AtLeastOnce => Qos::AtLeastOnce,
        packet::Qos::ExactlyOnce => Qos::ExactlyOnce,
    }
}
