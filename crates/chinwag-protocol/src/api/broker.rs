//! The broker.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

use crate::name::Name;

/// The response to `GET /broker`: where the caller's clients connect by MQTT, and what the broker supports.
#[derive(Clone, Serialize, Deserialize, TS, ToSchema)]
pub struct BrokerInfo {
    /// The WebSocket URL; absent if it is this server's own `/mqtt`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub url: Option<String>,
    /// The URLs for devices and scripts: `mqtts://HOST:PORT`, `mqtt://`, `wss://HOST:PORT/mqtt`, `ws://`. Only those
    /// that the caller can reach, the best first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(optional, as = "Option<Vec<String>>")]
    pub addresses: Vec<String>,
    /// The user name for CONNECT.
    #[ts(type = "string")]
    #[schema(value_type = String)]
    pub username: Name,
    /// The password for CONNECT. If it is absent, the caller's access token is one; a page of this server's own origin
    /// needs none, as its cookie is enough.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub password: Option<String>,
    /// Whether the broker grants wildcard filters and delivers what the caller may read: `#` then means all of the
    /// caller's rooms. If false, subscribe to each room and each person by name.
    pub wildcards: bool,
    /// Whether a PUBACK means that the message is stored. If false, it is stored once its `msg_id` comes back, in an
    /// inbox note or in the room.
    pub stored_on_ack: bool,
}
