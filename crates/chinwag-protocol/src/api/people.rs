//! People.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

use crate::inbox::PresenceState;
use crate::name::Name;

/// A person who shares a room with the caller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct Person {
    /// The person's name.
    #[ts(type = "string")]
    #[schema(value_type = String)]
    pub name: Name,
    /// Whether the person is online.
    pub state: PresenceState,
    /// When the person was last online, RFC 3339; absent if never.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub last_seen: Option<String>,
    /// Whether changes are published to the caller by MQTT, which is so if the two share a direct conversation or a
    /// small room. If false, ask again.
    pub live: bool,
}

/// The response to `GET /people`: everybody who shares a room with the caller, and the caller.
#[derive(Debug, Clone, Serialize, Deserialize, TS, ToSchema)]
pub struct People {
    /// The people, sorted by name.
    pub people: Vec<Person>,
    /// The cursor for the next page; absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub cursor: Option<String>,
}
