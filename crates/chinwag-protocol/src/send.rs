//! What a send says.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

use crate::limits;
use crate::problem::{ErrorCode, Refused};

/// The payload of a send: something to say in a room.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct Send {
    /// What to say. May be left out where there are attachments.
    #[serde(default)]
    pub text: String,
    /// My own key for it: 1 to 64 visible ASCII characters. A retry with the same key never makes a second
    /// message. The server makes one if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub msg_id: Option<String>,
    /// The seq of the message this one answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub original_message: Option<u64>,
    /// Ids that `POST /media` answered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(optional, as = "Option<Vec<String>>")]
    pub attachments: Vec<String>,
}

impl Send {
    /// Understands an MQTT payload: a JSON object with one of a send's fields is a send; any other UTF-8
    /// text is the text itself, taken whole.
    pub fn from_payload(payload: &[u8]) -> Result<Self, Refused> {
        let text = std::str::from_utf8(payload).map_err(|_| {
            Refused::new(
                ErrorCode::PayloadInvalid,
                "the payload is not UTF-8 text; upload files with POST /media and name them in attachments",
            )
        })?;
        let send = match serde_json::from_str::<serde_json::Value>(text) {
            Ok(serde_json::Value::Object(object))
                if object.contains_key("text") || object.contains_key("attachments") =>
            {
                serde_json::from_value(serde_json::Value::Object(object)).map_err(|error| {
                    Refused::new(ErrorCode::PayloadInvalid, format!("the JSON object is not a send: {error}"))
                })?
            }
            _ => Self { text: text.to_owned(), ..Self::default() },
        };
        send.check()?;
        Ok(send)
    }

    /// The key of a payload that may be no send at all, so that a refusal can name what it refuses.
    pub fn key_of(payload: &[u8]) -> Option<String> {
        #[derive(Deserialize)]
        struct Keyed {
            msg_id: String,
        }
        let Keyed { msg_id } = serde_json::from_slice(payload).ok()?;
        is_key(&msg_id).then_some(msg_id)
    }

    /// Holds what is said against the limits.
    pub fn check(&self) -> Result<(), Refused> {
        let refuse = |detail: String| Err(Refused::new(ErrorCode::PayloadInvalid, detail));
        if self.text.len() > limits::TEXT_BYTES {
            return Err(Refused::new(
                ErrorCode::TooLarge,
                format!("the text has {} bytes; {} is the most", self.text.len(), limits::TEXT_BYTES),
            ));
        }
        if self.text.contains('\0') {
            return refuse("the text contains a NUL character".into());
        }
        if self.text.trim().is_empty() && self.attachments.is_empty() {
            return refuse("nothing is said: give a text or attachments".into());
        }
        if self.attachments.len() > limits::ATTACHMENTS {
            return refuse(format!(
                "{} attachments; {} is the most",
                self.attachments.len(),
                limits::ATTACHMENTS
            ));
        }
        if self.msg_id.as_deref().is_some_and(|msg_id| !is_key(msg_id)) {
            return refuse("msg_id is 1 to 64 visible ASCII characters".into());
        }
        Ok(())
    }
}

fn is_key(msg_id: &str) -> bool {
    (1..=limits::MSG_ID_CHARS).contains(&msg_id.len()) && msg_id.bytes().all(|b| b.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_taken_whole() {
        for text in ["hello", "{not json", "[1,2]", "42", "\"quoted\"", "{\"a\":1}", "null", "  two\nlines "]
        {
            assert_eq!(Send::from_payload(text.as_bytes()).unwrap().text, text);
        }
    }

    #[test]
    fn an_object_is_a_send() {
        let send =
            Send::from_payload(br#"{"text":"hi","msg_id":"m-1","original_message":7,"more":true}"#).unwrap();
        assert_eq!(
            send,
            Send {
                text: "hi".into(),
                msg_id: Some("m-1".into()),
                original_message: Some(7),
                attachments: vec![]
            }
        );
    }

    #[test]
    fn bad_sends_are_refused() {
        let long = "x".repeat(limits::TEXT_BYTES + 1);
        let cases: [(&[u8], ErrorCode); 8] = [
            (b"\xff\xfe", ErrorCode::PayloadInvalid),
            (b"", ErrorCode::PayloadInvalid),
            (b"  \n", ErrorCode::PayloadInvalid),
            (br#"{"text":5}"#, ErrorCode::PayloadInvalid),
            (br#"{"text":"x","msg_id":"with space"}"#, ErrorCode::PayloadInvalid),
            (br#"{"text":"x","msg_id":""}"#, ErrorCode::PayloadInvalid),
            (br#"{"text":"x","original_message":-1}"#, ErrorCode::PayloadInvalid),
            (long.as_bytes(), ErrorCode::TooLarge),
        ];
        for (payload, code) in cases {
            assert_eq!(
                Send::from_payload(payload).unwrap_err().code,
                code,
                "{}",
                String::from_utf8_lossy(payload)
            );
        }
    }

    #[test]
    fn a_refusal_can_name_what_it_refuses() {
        for payload in
            [r#"{"msg_id":"m-1"}"#, r#"{"text":5,"msg_id":"m-1"}"#, r#"{"text":"","msg_id":"m-1"}"#]
        {
            assert_eq!(Send::key_of(payload.as_bytes()).as_deref(), Some("m-1"), "{payload}");
        }
        for payload in ["m-1", "{}", r#"{"msg_id":7}"#, r#"{"msg_id":"with space"}"#, r#"{"msg_id":""}"#] {
            assert_eq!(Send::key_of(payload.as_bytes()), None, "{payload}");
        }
    }
}
