//! Events, notes and presence as MQTT messages.

use std::sync::Arc;

use chinwag_broker::{LogEntry, Message, Properties, Qos};
use chinwag_protocol::inbox::{Activity, InboxNote, Presence};
use chinwag_protocol::{Name, RoomId, topic};
use serde::Serialize;

use crate::clock::rfc3339;
use crate::presence::Update;
use crate::store::StoredEvent;

const JSON: &str = "application/json";

fn json_properties(user: Vec<(Arc<str>, Arc<str>)>) -> Properties {
    Properties { payload_is_utf8: true, content_type: Some(JSON.into()), user, ..Properties::default() }
}

fn json(topic: String, payload: &impl Serialize, qos: Qos, retain: bool) -> Message {
    // Our own types always serialize, so the empty payload never occurs.
    let payload = serde_json::to_vec(payload).unwrap_or_default();
    Message {
        topic: topic.into(),
        payload: payload.into(),
        qos,
        retain,
        properties: json_properties(Vec::new()),
    }
}

/// Returns an event as the log entry that is delivered to every member.
pub fn log_entry(event: &StoredEvent) -> LogEntry {
    let user = vec![
        (Arc::from("seq"), Arc::from(event.seq.to_string())),
        (Arc::from("type"), Arc::clone(&event.kind)),
        (Arc::from("sender"), Arc::clone(&event.sender)),
    ];
    let message = Message {
        topic: Arc::clone(&event.topic),
        payload: event.body.clone(),
        qos: Qos::AtLeastOnce,
        retain: false,
        properties: json_properties(user),
    };
    LogEntry { offset: event.seq, message }
}

/// Returns a note for an inbox.
pub fn note(to: &Name, note: &InboxNote) -> Message {
    json(topic::inbox(to), note, Qos::AtLeastOnce, false)
}

/// Returns a note that the next one supersedes: QoS 0, so it is not queued for a disconnected client.
pub fn passing_note(to: &Name, note: &InboxNote) -> Message {
    json(topic::inbox(to), note, Qos::AtMostOnce, false)
}

/// Returns the retained presence of an account.
pub fn presence(name: &Name, update: Update) -> Message {
    let presence = Presence { state: update.state, last_seen: rfc3339(update.last_seen) };
    json(topic::presence(name), &presence, Qos::AtLeastOnce, true)
}

/// Returns the notice of an account's activity in a room. It is useless later: QoS 0, so it is not queued for a
/// disconnected client.
pub fn activity(name: &Name, room: &RoomId, activity: &Activity) -> Message {
    json(topic::activity(name, room), activity, Qos::AtMostOnce, false)
}
