//! Packets from clients, in one form for both versions.

use std::sync::Arc;

use bytes::Bytes;

use super::Ack;
use crate::{Properties, Qos};

/// A packet from a client, of either version.
#[derive(Debug)]
pub(crate) enum Packet {
    Publish(Box<Publish>),
    /// `failed`: the reason code is 0x80 or more.
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
    /// 0: send retained messages, 1: only for a new subscription, 2: never.
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
    /// Whether the client is a bridge of another broker.
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

impl Connect {
    /// Returns the largest packet that may explain a refusal, in bytes; 0 if the client wants no explanations.
    pub(crate) fn room_for_words(&self) -> u32 {
        if self.request_problem_information { self.maximum_packet_size } else { 0 }
    }
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
