//! Encoding of outgoing PUBLISH packets. Only this packet is encoded by hand, because it is encoded once and sent to
//! many.
//!
//! A [`Published`] is a message that is being delivered. The bytes for the common kinds of subscriber (those that
//! differ only in version and QoS) are encoded at most once and cached in it; each delivery copies them into the
//! subscriber's buffer and writes its packet id into the copy.

use std::sync::{Arc, OnceLock};

use crate::clock::Clock;
use crate::{LogEntry, Message, Qos};

/// A message being delivered.
#[derive(Debug)]
pub(crate) struct Published {
    pub message: Message,
    /// Its offset in its topic's log; 0 if the topic has none.
    pub offset: u64,
    /// Approximate time of arrival in the clock's ticks, for message expiry.
    pub at: u32,
    common: [OnceLock<Box<Encoded>>; 6],
}

/// The differences between copies of a message, except packet id and DUP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kind<'a> {
    pub v5: bool,
    pub qos: Qos,
    pub retain: bool,
    pub alias: Alias,
    pub identifiers: &'a [u32],
    /// The remaining message expiry in seconds, if it differs from the original.
    pub expiry: Option<u32>,
    /// Whether user properties are left out.
    pub bare: bool,
}

/// How a topic alias is used [MQTT-3.3.2-8 and following].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Alias {
    None,
    /// Topic and alias: the alias is defined.
    Set(u16),
    /// Only the alias.
    Use(u16),
}

/// An encoded PUBLISH without DUP.
#[derive(Debug)]
pub(crate) struct Encoded {
    bytes: Vec<u8>,
    /// Index of the packet id in `bytes`; 0 for QoS 0.
    id_at: usize,
}

impl Encoded {
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Appends a copy with this packet id and DUP flag.
    pub(crate) fn append(&self, out: &mut Vec<u8>, id: u16, dup: bool) {
        let start = out.len();
        out.extend_from_slice(&self.bytes);
        if self.id_at > 0 {
            out[start + self.id_at..start + self.id_at + 2].copy_from_slice(&id.to_be_bytes());
        }
        if dup {
            out[start] |= 0b1000;
        }
    }
}

impl Published {
    pub(crate) fn new(message: Message, offset: u64, at: u32) -> Self {
        Self { message, offset, at, common: Default::default() }
    }

    /// Returns the same log entry with different content.
    pub(crate) fn replaced_by(&self, entry: &LogEntry) -> Arc<Self> {
        Arc::new(Self::new(entry.message.clone(), self.offset, self.at))
    }

    /// Returns the approximate memory cost in bytes.
    pub(crate) fn weight(&self) -> usize {
        let encoded = self.common.iter().filter_map(OnceLock::get).map(|one| one.len() + 40).sum::<usize>();
        self.message.payload.len() + self.message.topic.len() + 256 + encoded
    }

    /// Returns the seconds left until it expires; `None` if it never does, `Some(0)` if it has.
    pub(crate) fn expires_in(&self, now: u32) -> Option<u32> {
        self.message
            .properties
            .message_expiry
            .map(|expiry| expiry.saturating_sub(Clock::seconds_between(self.at, now)))
    }

    /// Calls `f` with the encoded packet for this kind of copy.
    pub(crate) fn with<R>(&self, kind: &Kind<'_>, f: impl FnOnce(&Encoded) -> R) -> R {
        let plain = !kind.retain
            && !kind.bare
            && kind.alias == Alias::None
            && kind.identifiers.is_empty()
            && kind.expiry.is_none();
        if plain {
            let slot = kind.qos as usize + if kind.v5 { 3 } else { 0 };
            f(self.common[slot].get_or_init(|| Box::new(encode(&self.message, kind))))
        } else {
            f(&encode(&self.message, kind))
        }
    }
}

fn put_length(out: &mut Vec<u8>, mut length: usize) {
    while length >= 0x80 {
        out.push((length & 0x7f) as u8 | 0x80);
        length >>= 7;
    }
    out.push(length as u8);
}

fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    // Strings from packets always fit; a longer one from the embedder is truncated.
    out.extend_from_slice(&(bytes.len().min(0xffff) as u16).to_be_bytes());
    out.extend_from_slice(&bytes[..bytes.len().min(0xffff)]);
}

fn properties(message: &Message, kind: &Kind<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    let properties = &message.properties;
    if properties.payload_is_utf8 {
        out.extend_from_slice(&[0x01, 1]);
    }
    if let Some(expiry) = kind.expiry.or(properties.message_expiry) {
        out.push(0x02);
        out.extend_from_slice(&expiry.to_be_bytes());
    }
    if let Alias::Set(alias) | Alias::Use(alias) = kind.alias {
        out.push(0x23);
        out.extend_from_slice(&alias.to_be_bytes());
    }
    for (id, text) in [(0x03, &properties.content_type), (0x08, &properties.response_topic)] {
        if let Some(text) = text {
            out.push(id);
            put_bytes(&mut out, text.as_bytes());
        }
    }
    if let Some(data) = &properties.correlation_data {
        out.push(0x09);
        put_bytes(&mut out, data);
    }
    for &identifier in kind.identifiers {
        out.push(0x0b);
        put_length(&mut out, identifier as usize);
    }
    for (name, value) in properties.user.iter().filter(|_| !kind.bare) {
        out.push(0x26);
        put_bytes(&mut out, name.as_bytes());
        put_bytes(&mut out, value.as_bytes());
    }
    out
}

/// Encodes a PUBLISH.
pub(crate) fn encode(message: &Message, kind: &Kind<'_>) -> Encoded {
    let topic = if matches!(kind.alias, Alias::Use(_)) { "" } else { &*message.topic };
    let properties = if kind.v5 { properties(message, kind) } else { Vec::new() };
    let mut head = Vec::with_capacity(topic.len() + properties.len() + 8);
    put_bytes(&mut head, topic.as_bytes());
    let id_offset = head.len();
    if kind.qos != Qos::AtMostOnce {
        head.extend_from_slice(&[0, 0]);
    }
    if kind.v5 {
        put_length(&mut head, properties.len());
        head.extend_from_slice(&properties);
    }
    let mut bytes = Vec::with_capacity(head.len() + message.payload.len() + 5);
    bytes.push(0x30 | (kind.qos as u8) << 1 | u8::from(kind.retain));
    put_length(&mut bytes, head.len() + message.payload.len());
    let id_at = if kind.qos == Qos::AtMostOnce { 0 } else { bytes.len() + id_offset };
    bytes.extend_from_slice(&head);
    bytes.extend_from_slice(&message.payload);
    Encoded { bytes, id_at }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use mqtt_protocol_core::mqtt::packet::{Property, v3_1_1, v5_0};

    use super::*;
    use crate::Properties;
    use crate::codec::{Frame, frame};

    fn message() -> Message {
        Message {
            topic: "team/backend".into(),
            payload: Bytes::from(vec![b'x'; 300]),
            properties: Properties {
                payload_is_utf8: true,
                message_expiry: Some(60),
                content_type: Some("text/plain".into()),
                response_topic: Some("answers".into()),
                correlation_data: Some(Bytes::from_static(b"\x01\x02")),
                user: vec![("b".into(), "1".into()), ("a".into(), "2".into()), ("b".into(), "3".into())],
            },
            ..Message::default()
        }
    }

    fn body(bytes: &[u8]) -> (u8, Arc<[u8]>) {
        let Frame::Whole { first, body, end } = frame(bytes, u32::MAX).unwrap() else { panic!("partial") };
        assert_eq!(end, bytes.len());
        (first, Arc::from(&bytes[body..end]))
    }

    /// The library decodes the hand-built packet, including every property and their order [MQTT-3.3.2-18].
    #[test]
    fn the_library_agrees_on_version_5() {
        for qos in [Qos::AtMostOnce, Qos::AtLeastOnce, Qos::ExactlyOnce] {
            let kind = Kind {
                v5: true,
                qos,
                retain: true,
                alias: Alias::Set(7),
                identifiers: &[1, 268_435_455],
                expiry: Some(59),
                bare: false,
            };
            let mut out = vec![0xff];
            encode(&message(), &kind).append(&mut out, 0x1234, qos != Qos::AtMostOnce);
            let (first, data) = body(&out[1..]);
            let (packet, _) = v5_0::Publish::parse(first & 0x0f, data).unwrap();
            assert_eq!(packet.topic_name(), "team/backend");
            assert_eq!(packet.qos() as u8, qos as u8);
            assert_eq!(packet.packet_id(), (qos != Qos::AtMostOnce).then_some(0x1234));
            assert!(packet.retain());
            assert_eq!(packet.dup(), qos != Qos::AtMostOnce);
            assert_eq!(packet.payload().as_slice(), &message().payload[..]);
            let shown = packet.props().iter().map(|p| format!("{p}")).collect::<Vec<_>>().join("\n");
            assert_eq!(packet.props().len(), 11, "{shown}");
            let user: Vec<_> = packet
                .props()
                .iter()
                .filter_map(|p| match p {
                    Property::UserProperty(p) => Some((p.key(), p.val())),
                    _ => None,
                })
                .collect();
            assert_eq!(user, [("b", "1"), ("a", "2"), ("b", "3")]);
            assert!(
                packet
                    .props()
                    .iter()
                    .any(|p| matches!(p, Property::MessageExpiryInterval(p) if p.val() == 59))
            );
        }
    }

    #[test]
    fn the_library_agrees_on_version_3() {
        let published = Published::new(message(), 0, 0);
        let kind = Kind {
            v5: false,
            qos: Qos::AtLeastOnce,
            retain: false,
            alias: Alias::None,
            identifiers: &[],
            expiry: None,
            bare: false,
        };
        let mut out = Vec::new();
        published.with(&kind, |encoded| encoded.append(&mut out, 9, false));
        let (first, data) = body(&out);
        let (packet, _) = v3_1_1::Publish::parse(first & 0x0f, data).unwrap();
        assert_eq!((packet.topic_name(), packet.packet_id()), ("team/backend", Some(9)));
        assert_eq!(packet.payload().len(), 300);
    }

    /// [MQTT-3.3.2-12] A packet with only an alias has an empty topic name.
    #[test]
    fn an_alias_replaces_the_topic() {
        let kind = Kind {
            v5: true,
            qos: Qos::AtMostOnce,
            retain: false,
            alias: Alias::Use(3),
            identifiers: &[],
            expiry: None,
            bare: false,
        };
        let mut out = Vec::new();
        encode(&message(), &kind).append(&mut out, 0, false);
        let (first, data) = body(&out);
        let (packet, _) = v5_0::Publish::parse(first & 0x0f, data).unwrap();
        assert_eq!(packet.topic_name(), "");
        assert!(packet.props().iter().any(|p| matches!(p, Property::TopicAlias(p) if p.val() == 3)));
    }

    #[test]
    fn expiry_counts_down() {
        let published = Published::new(message(), 0, 100);
        assert_eq!(published.expires_in(100), Some(60));
        assert_eq!(published.expires_in(104), Some(60), "the first reading may be a tick old");
        assert_eq!(published.expires_in(105), Some(59));
        assert_eq!(published.expires_in(100 + 4 * 30 + 1), Some(30));
        assert_eq!(published.expires_in(1000), Some(0));
    }
}
