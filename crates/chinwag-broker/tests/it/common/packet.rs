//! Packets, encoded and decoded with the protocol library.

use std::sync::Arc;

use mqtt_protocol_core::mqtt::packet::{
    DecodeResult, MqttString, Property, Qos, SubEntry, SubOpts, VariableByteInteger, v3_1_1, v5_0,
};

/// A packet from the broker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Packet {
    Connack {
        present: bool,
        code: u8,
        props: Vec<Property>,
    },
    Publish(Publish),
    /// Packet type (4 to 7), id, code, reason string.
    Ack(u8, u16, u8, String),
    Suback {
        id: u16,
        codes: Vec<u8>,
        reason: String,
    },
    Unsuback {
        id: u16,
        codes: Vec<u8>,
    },
    Pingresp,
    Disconnect {
        code: u8,
        reason: String,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publish {
    pub topic: String,
    pub payload: String,
    pub qos: u8,
    pub retain: bool,
    pub dup: bool,
    pub id: u16,
    pub props: Vec<Property>,
}

impl Publish {
    pub fn identifiers(&self) -> Vec<u32> {
        let id =
            |p: &Property| if let Property::SubscriptionIdentifier(p) = p { Some(p.val()) } else { None };
        self.props.iter().filter_map(id).collect()
    }
}

/// Connect options; `Default` is MQTT 5 with a clean start and no keep-alive.
#[derive(Clone, Default)]
pub struct Options {
    pub v3: bool,
    pub id: String,
    pub keep: bool,
    pub keep_alive: u16,
    pub username: Option<String>,
    pub password: Option<String>,
    pub will: Option<(String, String, Qos, bool)>,
    pub props: Vec<Property>,
    pub will_props: Vec<Property>,
}

pub fn id(id: &str) -> Options {
    Options { id: id.into(), ..Options::default() }
}

impl Options {
    pub fn v3(mut self) -> Self {
        self.v3 = true;
        self
    }

    /// Disables the clean start.
    pub fn keep(mut self) -> Self {
        self.keep = true;
        self
    }

    pub fn with(mut self, property: Property) -> Self {
        self.props.push(property);
        self
    }

    pub fn user(mut self, name: &str) -> Self {
        self.username = Some(name.into());
        self
    }

    pub fn will(mut self, topic: &str, payload: &str) -> Self {
        self.will = Some((topic.into(), payload.into(), Qos::AtMostOnce, false));
        self
    }

    pub fn bytes(&self) -> Vec<u8> {
        macro_rules! build {
            ($packet:ident, $clean:ident) => {{
                let mut b = $packet::Connect::builder()
                    .client_id(&self.id)
                    .unwrap()
                    .$clean(!self.keep)
                    .keep_alive(self.keep_alive);
                if let Some((topic, payload, qos, retain)) = &self.will {
                    b = b.will_message(topic, &**payload, *qos, *retain).unwrap();
                }
                if let Some(name) = &self.username {
                    b = b.user_name(name).unwrap();
                }
                if let Some(password) = &self.password {
                    b = b.password(&**password).unwrap();
                }
                b
            }};
        }
        if self.v3 {
            build!(v3_1_1, clean_session).build().unwrap().to_continuous_buffer()
        } else {
            let mut b = build!(v5_0, clean_start).props(self.props.clone());
            if self.will.is_some() {
                b = b.will_props(self.will_props.clone());
            }
            b.build().unwrap().to_continuous_buffer()
        }
    }
}

/// Removes the packet at the front of `buffer`, if it is complete.
pub fn take(buffer: &mut Vec<u8>) -> Option<(u8, Vec<u8>)> {
    let DecodeResult::Ok(length, used) = VariableByteInteger::decode_stream(buffer.get(1..)?) else {
        return None;
    };
    let end = 1 + used + length.to_u32() as usize;
    if buffer.len() < end {
        return None;
    }
    let packet: Vec<u8> = buffer.drain(..end).collect();
    Some((packet[0], packet[1 + used..].to_vec()))
}

/// Returns the reason string, followed by the user properties: `not for you reason=outsider`.
pub fn reason(props: Option<&Vec<Property>>) -> String {
    let text = |p: &Property| match p {
        Property::ReasonString(p) => Some(p.val().to_owned()),
        Property::UserProperty(p) => Some(format!("{}={}", p.key(), p.val())),
        _ => None,
    };
    props.into_iter().flatten().filter_map(text).collect::<Vec<_>>().join(" ")
}

/// Decodes a packet from the broker.
pub fn decode(v5: bool, first: u8, body: &[u8]) -> Packet {
    macro_rules! ack {
        ($packet:ident) => {
            if v5 {
                let p = v5_0::$packet::parse(body).unwrap().0;
                Packet::Ack(
                    first >> 4,
                    p.packet_id(),
                    p.reason_code().map_or(0, |c| c as u8),
                    reason(p.props().as_ref()),
                )
            } else {
                Packet::Ack(first >> 4, v3_1_1::$packet::parse(body).unwrap().0.packet_id(), 0, String::new())
            }
        };
    }
    match first >> 4 {
        2 if v5 => {
            let p = v5_0::Connack::parse(body).unwrap().0;
            Packet::Connack {
                present: p.session_present(),
                code: p.reason_code() as u8,
                props: p.props().clone(),
            }
        }
        2 => {
            let p = v3_1_1::Connack::parse(body).unwrap().0;
            Packet::Connack { present: p.session_present(), code: p.return_code() as u8, props: Vec::new() }
        }
        3 => Packet::Publish(publish(v5, first, body)),
        4 => ack!(Puback),
        5 => ack!(Pubrec),
        6 => ack!(Pubrel),
        7 => ack!(Pubcomp),
        9 if v5 => {
            let p = v5_0::Suback::parse(body).unwrap().0;
            let codes = p.reason_codes().iter().map(|c| *c as u8).collect();
            Packet::Suback { id: p.packet_id(), codes, reason: reason(Some(p.props())) }
        }
        9 => {
            let p = v3_1_1::Suback::parse(body).unwrap().0;
            let codes = p.return_codes().iter().map(|c| *c as u8).collect();
            Packet::Suback { id: p.packet_id(), codes, reason: String::new() }
        }
        11 if v5 => {
            let p = v5_0::Unsuback::parse(body).unwrap().0;
            Packet::Unsuback { id: p.packet_id(), codes: p.reason_codes().iter().map(|c| *c as u8).collect() }
        }
        11 => {
            Packet::Unsuback { id: v3_1_1::Unsuback::parse(body).unwrap().0.packet_id(), codes: Vec::new() }
        }
        13 => Packet::Pingresp,
        14 => {
            assert!(v5, "a 3.1.1 server sends no DISCONNECT");
            let p = v5_0::Disconnect::parse(body).unwrap().0;
            Packet::Disconnect {
                code: p.reason_code().map_or(0, |c| c as u8),
                reason: reason(p.props().as_ref()),
            }
        }
        other => panic!("packet type {other} from a server"),
    }
}

fn publish(v5: bool, first: u8, body: &[u8]) -> Publish {
    macro_rules! publish {
        ($packet:ident, $props:expr) => {{
            let p = $packet::Publish::parse(first & 15, Arc::from(body)).unwrap().0;
            Publish {
                topic: p.topic_name().to_owned(),
                payload: String::from_utf8(p.payload().as_slice().to_vec()).unwrap(),
                qos: p.qos() as u8,
                retain: p.retain(),
                dup: p.dup(),
                id: p.packet_id().unwrap_or(0),
                props: $props(&p),
            }
        }};
    }
    if v5 {
        publish!(v5_0, |p: &v5_0::Publish| p.props().clone())
    } else {
        publish!(v3_1_1, |_: &v3_1_1::Publish| Vec::new())
    }
}

/// Encodes a PUBLISH; id 0 means no packet id, and an empty topic is left out for an alias.
pub fn publish_bytes(
    v5: bool,
    topic: &str,
    payload: &str,
    qos: Qos,
    id: u16,
    retain: bool,
    props: Vec<Property>,
) -> Vec<u8> {
    macro_rules! build {
        ($packet:ident) => {{
            let mut b = $packet::Publish::builder().qos(qos).retain(retain).payload(payload.as_bytes());
            if !topic.is_empty() {
                b = b.topic_name(topic).unwrap();
            }
            if id != 0 {
                b = b.packet_id(id);
            }
            b
        }};
    }
    if v5 {
        build!(v5_0).props(props).build().unwrap().to_continuous_buffer()
    } else {
        build!(v3_1_1).build().unwrap().to_continuous_buffer()
    }
}

/// Returns a packet with this first byte and body, valid or not.
pub fn raw(first: u8, parts: &[&[u8]]) -> Vec<u8> {
    let body = parts.concat();
    let length = VariableByteInteger::from_u32(body.len() as u32).unwrap();
    [&[first][..], length.as_bytes(), &body].concat()
}

/// Encodes a string as in a packet, well-formed or not.
pub fn text(bytes: &[u8]) -> Vec<u8> {
    [&(bytes.len() as u16).to_be_bytes()[..], bytes].concat()
}

/// Encodes an acknowledgement of packet type `kind`.
pub fn ack_bytes(kind: u8, id: u16) -> [u8; 4] {
    let flags = if kind == 6 { 2 } else { 0 };
    let [high, low] = id.to_be_bytes();
    [kind << 4 | flags, 2, high, low]
}

pub fn subscribe_bytes(v5: bool, filters: Vec<(&str, SubOpts)>, props: Vec<Property>) -> Vec<u8> {
    let entries: Vec<SubEntry> =
        filters.into_iter().map(|(filter, options)| SubEntry::new(filter, options).unwrap()).collect();
    if v5 {
        v5_0::Subscribe::builder()
            .packet_id(1)
            .entries(entries)
            .props(props)
            .build()
            .unwrap()
            .to_continuous_buffer()
    } else {
        v3_1_1::Subscribe::builder().packet_id(1).entries(entries).build().unwrap().to_continuous_buffer()
    }
}

/// Encodes an UNSUBSCRIBE with packet id 1.
pub fn unsubscribe_bytes(v5: bool, filters: &[&str]) -> Vec<u8> {
    let entries: Vec<_> = filters.iter().map(|filter| MqttString::new(*filter).unwrap()).collect();
    if v5 {
        v5_0::Unsubscribe::builder()
            .packet_id(1)
            .entries(entries)
            .unwrap()
            .build()
            .unwrap()
            .to_continuous_buffer()
    } else {
        v3_1_1::Unsubscribe::builder()
            .packet_id(1)
            .entries(entries)
            .unwrap()
            .build()
            .unwrap()
            .to_continuous_buffer()
    }
}
