//! `/asyncapi.json`: the MQTT half of the API, as an AsyncAPI 3.0 document. The schemas are those of the protocol
//! crate.

use std::collections::BTreeMap;

use axum::body::Bytes;
use chinwag_protocol::event::Deleted;
use chinwag_protocol::inbox::{Activity, InboxNote, Presence, PresenceState, RoomUnread};
use chinwag_protocol::{Attachment, ErrorCode, Event, EventBody, Params, Quote, Verb};
use serde_json::{Value, json};
use utoipa::{PartialSchema, ToSchema};

use super::public::PublicUrl;

/// Returns the AsyncAPI document for a server with this public URL.
pub fn document(public: Option<&PublicUrl>) -> Bytes {
    document_json(public).to_string().into()
}

fn schemas() -> BTreeMap<String, Value> {
    let mut schemas = BTreeMap::new();
    macro_rules! add {
        ($($type:ty),*) => {$(
            let schema = serde_json::to_value(<$type as PartialSchema>::schema()).unwrap_or_default();
            schemas.insert(<$type as ToSchema>::name().into_owned(), schema);
        )*};
    }
    add!(
        Event,
        EventBody,
        Quote,
        Attachment,
        Deleted,
        InboxNote,
        RoomUnread,
        Activity,
        Presence,
        PresenceState,
        ErrorCode,
        Params
    );
    schemas.extend(Verb::ALL.iter().map(|verb| (verb.payload_name(), verb.payload_schema())));
    schemas
}

fn reference(path: &str) -> Value {
    json!({ "$ref": format!("#/{path}") })
}

fn channel(address: &str, description: &str, messages: &[&str]) -> Value {
    let parameters: BTreeMap<&str, Value> = [
        ("room", "a room's id; slashes are not escaped"),
        ("name", "an account's name"),
        ("device", "a name for the device"),
    ]
    .into_iter()
    .filter(|(parameter, _)| address.contains(&format!("{{{parameter}}}")))
    .map(|(parameter, description)| (parameter, json!({ "description": description })))
    .collect();
    let messages: BTreeMap<&str, Value> = messages
        .iter()
        .map(|message| (*message, reference(&format!("components/messages/{message}"))))
        .collect();
    json!({ "address": address, "description": description, "parameters": parameters, "messages": messages })
}

fn operation(action: &str, channel: &str, messages: &[&str], qos: u8, retain: bool) -> Value {
    let messages: Vec<Value> =
        messages.iter().map(|message| reference(&format!("channels/{channel}/messages/{message}"))).collect();
    json!({
        "action": action, "channel": reference(&format!("channels/{channel}")), "messages": messages,
        "bindings": { "mqtt": { "qos": qos, "retain": retain, "bindingVersion": "0.2.0" } },
    })
}

/// Returns the messages of a verb's topic: its payload, and for `send` also plain text.
fn payloads(verb: Verb) -> Vec<&'static str> {
    let text = (verb == Verb::Send).then_some("text");
    std::iter::once(verb.word()).chain(text).collect()
}

fn channels() -> Value {
    let mut channels = json!({
        "room": channel("{room}", "The room's event log, in the order of seq. On the embedded broker, a member may also publish here to send a message.", &["event", "send", "text"]),
        "activity": channel("users/{name}/activity/{room}", "A member's typing and, in rooms with at most 20 members, read cursor. Members subscribe with + for the name.", &["activity"]),
        "presence": channel("users/{name}/presence", "Whether a person is online, for all their devices together.", &["presence"]),
        "device": channel("users/{name}/devices/{device}", "Whether this device is connected; only the server reads it. With the embedded broker it has no effect, because the server knows who is connected.", &["device"]),
        "inbox": channel("users/{name}/inbox", "Notifications to an account about something that is not a room event.", &["inbox"]),
    });
    for verb in Verb::ALL {
        let word = verb.word();
        let description =
            format!("{} Only the server reads it. Allowed to: {}.", verb.does(), verb.allowed_to());
        let address = format!("users/{{name}}/{word}/{{room}}");
        channels[word] = channel(&address, &description, &payloads(*verb));
    }
    channels
}

fn operations() -> Value {
    let mut operations = json!({
        "sendToRoom": operation("send", "room", &["send", "text"], 1, false),
        "receiveEvents": operation("receive", "room", &["event"], 1, false),
        "sendDevice": operation("send", "device", &["device"], 1, true),
        "receiveActivity": operation("receive", "activity", &["activity"], 0, false),
        "receivePresence": operation("receive", "presence", &["presence"], 1, true),
        "receiveInbox": operation("receive", "inbox", &["inbox"], 1, false),
    });
    for verb in Verb::ALL {
        let (word, messages) = (verb.word(), payloads(*verb));
        let name = format!("{}{}", word[..1].to_uppercase(), &word[1..]);
        operations[format!("send{name}")] = operation("send", word, &messages, verb.qos(), false);
    }
    operations
}

fn messages() -> Value {
    let message = |description: &str, schema: &str| json!({ "description": description, "contentType": "application/json", "payload": reference(&format!("components/schemas/{schema}")) });
    let mut event = message("What happened. MQTT 5 clients get the headers as user properties.", "Event");
    let text = json!({ "type": "string" });
    event["headers"] =
        json!({ "type": "object", "properties": { "seq": text, "type": text, "sender": text } });
    let mut messages = json!({
        "event": event,
        "text": { "description": "Any other UTF-8 text, which is the message's text as a whole.", "contentType": "text/plain", "payload": text },
        "device": { "description": "Any payload; an empty one, such as that of a will, means that it has disconnected.", "contentType": "text/plain", "payload": text },
        "presence": message("Whether a person is online.", "Presence"),
        "activity": message("A member's activity in a room; type names the variant.", "Activity"),
        "inbox": message("A note; type names the variant.", "InboxNote"),
    });
    for verb in Verb::ALL {
        messages[verb.word()] = message(verb.does(), &verb.payload_name());
    }
    // The payload of a cursor is the bare number.
    messages["read"] = json!({ "description": "A seq, in decimal.", "contentType": "text/plain", "payload": { "type": "integer", "minimum": 0 } });
    messages
}

fn server(host: &str, protocol: &str) -> Value {
    let mut server = json!({ "host": host, "protocol": protocol, "security": [reference("components/securitySchemes/account")] });
    if protocol.starts_with("ws") {
        server["pathname"] = "/mqtt".into();
    }
    server
}

/// Returns MQTT over WebSocket on the HTTP port, at the configured public URL if there is one.
fn over_http(public: Option<&PublicUrl>) -> Value {
    let Some(public) = public else { return server("127.0.0.1:8080", "ws") };
    let mut server = server(public.authority(), if public.is_secure() { "wss" } else { "ws" });
    server["pathname"] = public.path("mqtt").into();
    server
}

fn document_json(public: Option<&PublicUrl>) -> Value {
    json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "Chinwag", "version": env!("CARGO_PKG_VERSION"),
            "description": "A room is a topic. MQTT 3.1.1 and 5.0. Operations are those of a client; the addresses of the servers are the defaults. HTTP is in /openapi.json.",
        },
        "servers": {
            "mqtt": server("127.0.0.1:1883", "mqtt"),
            "ws": server("127.0.0.1:8083", "ws"),
            "http": over_http(public),
            "mqtts": server("127.0.0.1:8883", "mqtts"),
            "wss": server("127.0.0.1:8084", "wss"),
        },
        "channels": channels(),
        "operations": operations(),
        "components": {
            "schemas": schemas(),
            "messages": messages(),
            "securitySchemes": { "account": { "type": "userPassword", "description": "An account's name, with its password or an access token as the password." } },
        },
    })
}
