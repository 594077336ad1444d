//! The payload of a send, which MQTT and HTTP parse in the same way.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use ts_rs::TS;
use utoipa::ToSchema;

use super::object::{bad_key, check_key, check_text, invalid, is_key};
use crate::id::MediaId;
use crate::limits;
use crate::problem::{ErrorCode, Refused};
use crate::reason::Reason;
use crate::text;

/// The payload of `send`, which sends a message to a room.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, TS, ToSchema)]
pub struct Send {
    /// The text. May be absent if there are attachments.
    #[serde(default)]
    pub text: String,
    /// The client's key for the message: 1 to 64 visible ASCII characters. A retry with the same key never creates a
    /// second message. If absent, the server generates one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub msg_id: Option<String>,
    /// The seq of the message to which this one replies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub original_message: Option<u64>,
    /// The ids that `POST /media` returned.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(optional, as = "Option<Vec<String>>")]
    #[schema(value_type = Vec<String>)]
    pub attachments: Vec<MediaId>,
}

impl Send {
    /// Parses an MQTT payload. A JSON object of this form is parsed as such; any other UTF-8 text is the text of the
    /// message as a whole.
    pub fn from_payload(payload: &[u8]) -> Result<Self, Refused> {
        let text = std::str::from_utf8(payload).map_err(|_| {
            invalid(
                "the payload is not UTF-8 text; upload files with POST /media and name them in attachments",
            )
        })?;
        let text = text::without_byte_order_mark(text);
        let send = match Object::parse(text) {
            Some(object) => object.send()?,
            None => None,
        };
        let send = send.unwrap_or_else(|| Self { text: text.to_owned(), ..Self::default() });
        send.check()?;
        Ok(send)
    }

    /// Parses the body of `POST /message`; returns the room as typed and the message to send.
    pub fn from_body(body: &[u8]) -> Result<(String, Self), Refused> {
        let mismatch = |error: &dyn std::fmt::Display| {
            Refused::new(ErrorCode::BadRequest, format!("the request body is not a JSON object: {error}"))
        };
        let body = std::str::from_utf8(body).map_err(|error| mismatch(&error))?;
        let object: Object<'_> =
            serde_json::from_str(text::without_byte_order_mark(body)).map_err(|error| mismatch(&error))?;
        let topic = object.topic.and_then(|topic| serde_json::from_str(topic.get()).ok());
        let topic: String = topic.ok_or_else(|| {
            Refused::new(
                ErrorCode::BadRequest,
                "topic is missing, or is not a string; it must be the id of a room",
            )
        })?;
        let send = object.send()?.ok_or_else(|| invalid("text is missing, or is not a string"))?;
        send.check()?;
        Ok((topic, send))
    }

    /// Returns the `msg_id` of a payload that may not be a valid send, so that a refusal can include it.
    pub fn key_of(payload: &[u8]) -> Option<String> {
        let text = text::without_byte_order_mark(std::str::from_utf8(payload).ok()?);
        key(Object::parse(text)?.msg_id?).ok()
    }

    /// Checks the message against the limits.
    pub fn check(&self) -> Result<(), Refused> {
        check_text(&self.text)?;
        let empty = self.text.trim().is_empty();
        if empty && self.attachments.is_empty() {
            return Err(Reason::EmptyMessage.into());
        }
        if !empty && text::is_blank(&self.text) {
            return Err(Reason::Blank.into());
        }
        let (size, limit) = (self.attachments.len(), limits::ATTACHMENTS);
        if size > limit {
            return Err(Reason::Attachments { size, limit }.into());
        }
        check_key(self.msg_id.as_deref())
    }
}

/// The members that have a meaning, as unparsed JSON; `null` is the same as absent. Each is parsed only when it is
/// known how it is used.
#[derive(Deserialize)]
struct Object<'a> {
    #[serde(borrow)]
    text: Option<&'a RawValue>,
    #[serde(borrow)]
    msg_id: Option<&'a RawValue>,
    #[serde(borrow)]
    original_message: Option<&'a RawValue>,
    #[serde(borrow)]
    attachments: Option<&'a RawValue>,
    #[serde(borrow)]
    topic: Option<&'a RawValue>,
    #[serde(borrow)]
    seq: Option<&'a RawValue>,
    #[serde(borrow)]
    sender: Option<&'a RawValue>,
}

impl<'a> Object<'a> {
    /// Returns `None` for a text that is not a JSON object.
    fn parse(text: &'a str) -> Option<Self> {
        if text.trim_start().starts_with('{') { serde_json::from_str(text).ok() } else { None }
    }

    /// Returns `None` if the object does not have the form of a send.
    fn send(&self) -> Result<Option<Send>, Refused> {
        if self.seq.is_some() && self.sender.is_some() && self.topic.is_some() {
            return Err(Refused::new(
                ErrorCode::Echo,
                "this is an event that a Chinwag server published; send its text, not the event",
            ));
        }
        let text = match self.text {
            None => None,
            Some(raw) => match scalar(raw) {
                Some(text) => Some(text),
                // Taken as text, a retry with the same `msg_id` could not be distinguished from a second message.
                None if self.msg_id.is_some() => return Err(invalid("text must be a string")),
                None => return Ok(None),
            },
        };
        let attached = self.attachments.map(Attached::of).transpose()?;
        if text.is_none() && attached.as_ref().is_none_or(Attached::is_mute) {
            return Ok(None);
        }
        let attached = attached.unwrap_or_default();
        let texts: Vec<String> =
            text.into_iter().chain(attached.texts).filter(|text| !text.is_empty()).collect();
        Ok(Some(Send {
            text: texts.join("\n"),
            msg_id: self.msg_id.map(key).transpose()?,
            original_message: self.original_message.map(answered).transpose()?,
            attachments: attached.ids,
        }))
    }
}

/// Returns the text of a string; a number or a boolean is returned as written.
fn scalar(raw: &RawValue) -> Option<String> {
    match raw.get().as_bytes().first() {
        Some(b'"') => serde_json::from_str(raw.get()).ok(),
        Some(b'{' | b'[') | None => None,
        Some(_) => Some(raw.get().to_owned()),
    }
}

/// Parses a `msg_id`. Counters are common, so a number is accepted as its digits.
fn key(raw: &RawValue) -> Result<String, Refused> {
    let is_word = matches!(raw.get(), "true" | "false");
    scalar(raw).filter(|key| is_key(key) && !is_word).ok_or_else(bad_key)
}

/// Parses the seq of the message that is replied to: a number, a string of digits, or an object with a `seq`.
fn answered(raw: &RawValue) -> Result<u64, Refused> {
    #[derive(Deserialize)]
    struct Answered {
        seq: u64,
    }
    let seq = match scalar(raw) {
        Some(seq) => seq.parse().ok(),
        None => serde_json::from_str(raw.get()).ok().map(|Answered { seq }| seq),
    };
    seq.ok_or_else(|| invalid("original_message must be the seq of a message of this room, a number"))
}

/// The contents of `attachments`: ids of uploads, uploads as returned by `POST /media`, and the attachments of Slack's
/// webhooks, of which only the text is used.
#[derive(Default)]
struct Attached {
    ids: Vec<MediaId>,
    texts: Vec<String>,
    /// The number of Slack attachments, with or without text.
    others: usize,
}

impl Attached {
    fn of(raw: &RawValue) -> Result<Self, Refused> {
        let not_ids = || invalid("attachments must be a list of ids that POST /media answered");
        let items: Vec<Option<&RawValue>> = if raw.get().starts_with('[') {
            serde_json::from_str(raw.get()).map_err(|_| not_ids())?
        } else {
            vec![Some(raw)]
        };
        let mut attached = Self::default();
        for item in items.into_iter().flatten() {
            match item.get().as_bytes().first() {
                Some(b'"') => {
                    let id: String = serde_json::from_str(item.get()).map_err(|_| not_ids())?;
                    attached.ids.push(id.parse().map_err(|_| not_ids())?);
                }
                Some(b'{') => attached.take(item).ok_or_else(not_ids)?,
                _ => return Err(not_ids()),
            }
        }
        Ok(attached)
    }

    fn take(&mut self, item: &RawValue) -> Option<()> {
        #[derive(Deserialize)]
        struct Item<'a> {
            #[serde(borrow)]
            id: Option<&'a RawValue>,
            pretext: Option<String>,
            title: Option<String>,
            text: Option<String>,
            fallback: Option<String>,
        }
        let Item { id, pretext, title, text, fallback } = serde_json::from_str(item.get()).ok()?;
        // Slack numbers its attachments; the id of an upload is a string.
        if let Some(id) = id.filter(|id| id.get().starts_with('"')) {
            self.ids.push(scalar(id)?.parse().ok()?);
            return Some(());
        }
        self.others += 1;
        let before = self.texts.len();
        self.texts.extend([pretext, title, text].into_iter().flatten().filter(|text| !text.is_empty()));
        if self.texts.len() == before {
            self.texts.extend(fallback);
        }
        Some(())
    }

    /// Returns whether there are Slack attachments, but no text or upload.
    fn is_mute(&self) -> bool {
        self.others > 0 && self.ids.is_empty() && self.texts.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One case of the table, which the journeys send by MQTT and by HTTP, too.
    #[derive(Deserialize)]
    struct Case {
        payload: String,
        text: Option<String>,
        msg_id: Option<String>,
        original_message: Option<u64>,
        attachments: Option<Vec<String>>,
        code: Option<ErrorCode>,
        /// By HTTP, where it can't be taken whole as text.
        http_code: Option<ErrorCode>,
    }

    fn said(send: Send) -> (String, Option<String>, Option<u64>, Vec<String>) {
        let Send { text, msg_id, original_message, attachments } = send;
        (text, msg_id, original_message, attachments.into_iter().map(String::from).collect())
    }

    /// Converts a payload to an HTTP body: an object gets a `topic`; `None` for plain text.
    fn body(payload: &str) -> Option<String> {
        let object = text::without_byte_order_mark(payload);
        let rest = object.trim_start().strip_prefix('{')?;
        let comma = if rest.trim_start().starts_with('}') { "" } else { "," };
        let echo = payload.contains("\"topic\"");
        Some(if echo { payload.to_owned() } else { format!("\u{FEFF}{{\"topic\":\"general\"{comma}{rest}") })
    }

    #[test]
    fn habits_are_understood_alike() {
        let cases: Vec<Case> = serde_json::from_str(include_str!("../../cases/sends.json")).unwrap();
        assert!(cases.len() > 40);
        for case in cases {
            let expected = match (case.code, &case.text) {
                (Some(code), _) => Err(code),
                (None, text) => Ok((
                    text.clone().unwrap_or(case.payload.clone()),
                    case.msg_id,
                    case.original_message,
                    case.attachments.unwrap_or_default(),
                )),
            };
            let by_mqtt =
                Send::from_payload(case.payload.as_bytes()).map(said).map_err(|refused| refused.code);
            assert_eq!(by_mqtt, expected, "MQTT {}", case.payload);
            if let Some(body) = body(&case.payload) {
                let by_http = Send::from_body(body.as_bytes()).map(|(_, send)| said(send));
                let expected = case.http_code.map_or(expected, Err);
                assert_eq!(by_http.map_err(|refused| refused.code), expected, "HTTP {body}");
            }
        }
    }

    #[test]
    fn text_is_taken_whole() {
        for text in
            ["hello", "{not json", "[1,2]", "42", "\"quoted\"", "{\"a\":1}", "null", "  two\r\n\tlines "]
        {
            assert_eq!(Send::from_payload(text.as_bytes()).unwrap().text, text);
        }
    }

    #[test]
    fn bad_sends_are_refused() {
        let long = "x".repeat(limits::TEXT_BYTES + 1);
        let cases: [(&[u8], ErrorCode); 3] = [
            (b"\xff\xfe", ErrorCode::PayloadInvalid),
            (b"", ErrorCode::PayloadInvalid),
            (long.as_bytes(), ErrorCode::TooLarge),
        ];
        for (payload, code) in cases {
            assert_eq!(Send::from_payload(payload).unwrap_err().code, code);
        }
        assert_eq!(Send::from_body(b"{}").unwrap_err().code, ErrorCode::BadRequest);
        assert_eq!(Send::from_body(br#"{"text":"a"}"#).unwrap_err().code, ErrorCode::BadRequest);
        assert_eq!(Send::from_body(br#"{"topic":"a"}"#).unwrap_err().code, ErrorCode::PayloadInvalid);
        assert_eq!(Send::from_body(b"hello").unwrap_err().code, ErrorCode::BadRequest);
        assert_eq!(Send::from_body(b"\xff").unwrap_err().code, ErrorCode::BadRequest);
    }

    #[test]
    fn a_refusal_can_name_what_it_refuses() {
        for payload in [
            r#"{"msg_id":"m-1"}"#,
            r#"{"text":{},"msg_id":"m-1"}"#,
            "\u{FEFF}{\"text\":\"\",\"msg_id\":\"m-1\"}",
        ] {
            assert_eq!(Send::key_of(payload.as_bytes()).as_deref(), Some("m-1"), "{payload}");
        }
        assert_eq!(Send::key_of(br#"{"msg_id":7}"#).as_deref(), Some("7"));
        for payload in ["m-1", "{}", r#"{"msg_id":true}"#, r#"{"msg_id":"with space"}"#, r#"{"msg_id":""}"#] {
            assert_eq!(Send::key_of(payload.as_bytes()), None, "{payload}");
        }
    }
}
