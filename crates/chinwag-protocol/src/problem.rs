//! All error codes, with their HTTP statuses and MQTT reason codes.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

use crate::params::Params;

macro_rules! error_codes {
    ($($(#[$doc:meta])* $code:ident = $word:literal, $status:literal, $reason:literal, $title:literal;)*) => {
        /// An error code: the same in an HTTP problem's `code`, at the start of an MQTT Reason String, and in an inbox
        /// note.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS, ToSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum ErrorCode { $($(#[$doc])* $code,)* }

        impl ErrorCode {
            /// All codes.
            pub const ALL: &[Self] = &[$(Self::$code,)*];
            /// Returns the code on the wire.
            pub fn word(self) -> &'static str {
                match self { $(Self::$code => $word,)* }
            }
            /// Returns the HTTP status.
            pub fn status(self) -> u16 {
                match self { $(Self::$code => $status,)* }
            }
            /// Returns the MQTT 5 reason code for a CONNACK or DISCONNECT.
            pub fn reason_code(self) -> u8 {
                match self { $(Self::$code => $reason,)* }
            }
            /// Returns a short sentence that is the same for every error with this code.
            pub fn title(self) -> &'static str {
                match self { $(Self::$code => $title,)* }
            }
        }
    };
}

error_codes! {
    /// The request is malformed.
    BadRequest = "bad_request", 400, 0x83, "The request is malformed";
    /// The payload is not valid: not UTF-8, malformed, or empty.
    PayloadInvalid = "payload_invalid", 400, 0x99, "The payload is not valid";
    /// The payload is an event that a Chinwag server published, and that a two-way bridge or a relay sent back.
    Echo = "echo", 400, 0x99, "An event is not a message to send";
    /// A room id, a name or a topic is not valid.
    TopicInvalid = "topic_invalid", 400, 0x90, "The topic name is not valid";
    /// The caller is not signed in, or the password or token is wrong.
    NotAuthenticated = "not_authenticated", 401, 0x86, "Sign in first";
    /// The caller is signed in, but lacks permission.
    NotAuthorized = "not_authorized", 403, 0x87, "Not allowed";
    /// It does not exist, or the caller may not know that it does.
    NotFound = "not_found", 404, 0x87, "Not found";
    /// The path exists, but not with this HTTP method.
    MethodNotAllowed = "method_not_allowed", 405, 0x83, "That method is not supported here";
    /// It already exists.
    AlreadyExists = "already_exists", 409, 0x83, "It already exists";
    /// This sender has already used this `msg_id` for another request.
    MsgIdReused = "msg_id_reused", 409, 0x83, "This msg_id is already used for another message";
    /// The body or the payload has too many bytes.
    TooLarge = "too_large", 413, 0x95, "Too large";
    /// The resource does not accept this media type.
    UnsupportedMediaType = "unsupported_media_type", 415, 0x99, "That media type is not accepted here";
    /// A quota is used up: of rooms, members, tokens.
    QuotaExceeded = "quota_exceeded", 422, 0x97, "A quota is used up";
    /// The rate limit is exceeded.
    TooManyRequests = "too_many_requests", 429, 0x97, "Too many requests; try again later";
    /// An error in the server.
    Internal = "internal", 500, 0x80, "Something went wrong on the server";
    /// Temporarily unavailable: the server is starting or stopping, or cannot reach the database.
    Unavailable = "unavailable", 503, 0x88, "Not available right now; try again";
    /// The disk is full.
    StorageFull = "storage_full", 507, 0x97, "The server has no space left to store this";
}

impl ErrorCode {
    /// Returns whether a retry may succeed later: the cause is the server's fault, or something that changes with time.
    pub fn is_for_now(self) -> bool {
        match self {
            Self::QuotaExceeded
            | Self::TooManyRequests
            | Self::Internal
            | Self::Unavailable
            | Self::StorageFull => true,
            Self::BadRequest
            | Self::Echo
            | Self::PayloadInvalid
            | Self::TopicInvalid
            | Self::NotAuthenticated
            | Self::NotAuthorized
            | Self::NotFound
            | Self::MethodNotAllowed
            | Self::AlreadyExists
            | Self::MsgIdReused
            | Self::TooLarge
            | Self::UnsupportedMediaType => false,
        }
    }

    /// Returns the reason code for a PUBACK or PUBREC, which allow only some codes (MQTT 5.0, 3.4.2.1).
    pub fn publish_code(self) -> u8 {
        match self.reason_code() {
            code @ (0x80 | 0x83 | 0x87 | 0x90 | 0x97 | 0x99) => code,
            0x86 => 0x87,
            0x95 => 0x97,
            _ => 0x80,
        }
    }

    /// Returns the reason code for a SUBACK, which allows only some codes (MQTT 5.0, 3.9.3).
    pub fn subscribe_code(self) -> u8 {
        match self.reason_code() {
            code @ (0x80 | 0x83 | 0x87 | 0x97) => code,
            0x86 => 0x87,
            0x90 => 0x8F,
            0x95 => 0x97,
            _ => 0x80,
        }
    }
}

/// A refused request, as reported to the caller.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {detail}", code.word())]
pub struct Refused {
    /// The error code.
    pub code: ErrorCode,
    /// The reason and what to do about it, for people.
    pub detail: String,
    /// The reason as parameters, for a text in another language.
    pub params: Params,
}

impl Refused {
    /// Creates a refusal with its own detail text and without parameters, for what only programs, devices and operators
    /// meet. What a person can meet has a [`Reason`](crate::Reason).
    pub fn new(code: ErrorCode, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), params: Params::default() }
    }

    /// Returns it as an HTTP problem.
    pub fn problem(&self) -> Problem {
        Problem {
            problem_type: format!("urn:chinwag:problem:{}", self.code.word()),
            title: self.code.title().to_owned(),
            status: self.code.status(),
            detail: self.detail.clone(),
            code: self.code,
            params: self.params.clone(),
        }
    }
}

impl From<ErrorCode> for Refused {
    fn from(code: ErrorCode) -> Self {
        Self::new(code, code.title())
    }
}

/// The body of an HTTP error (RFC 9457), `application/problem+json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct Problem {
    /// `urn:chinwag:problem:{code}`.
    #[serde(rename = "type")]
    pub problem_type: String,
    /// A short description of the code; the same for all errors with this code.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// The reason for this error and what to do about it, for people.
    pub detail: String,
    /// The error code.
    pub code: ErrorCode,
    /// The reason with its parameters, for a text in the person's language. Absent if the code says everything.
    #[serde(default, skip_serializing_if = "Params::is_empty")]
    #[ts(optional, type = "ErrorReason")]
    pub params: Params,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_what_serde_writes() {
        for code in ErrorCode::ALL {
            assert_eq!(serde_json::to_value(code).unwrap(), code.word());
            assert!(code.reason_code() >= 0x80);
        }
    }
}
