//! Access tokens and sign-ins.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

/// The body of `POST /tokens`, which creates an access token for a device or a program.
#[derive(Debug, Clone, Default, Serialize, Deserialize, TS, ToSchema)]
pub struct NewToken {
    /// A description of what the token is for.
    #[serde(default)]
    pub label: String,
}

/// The response to `POST /tokens`. The token itself is shown only here.
#[derive(Clone, Serialize, Deserialize, TS, ToSchema)]
pub struct CreatedToken {
    /// The id with which the token can be revoked.
    pub id: u64,
    /// The token.
    pub token: String,
}

/// A sign-in or an access token, without its secret.
#[derive(Debug, Clone, Serialize, Deserialize, TS, ToSchema)]
pub struct TokenInfo {
    /// The id with which the token can be revoked.
    pub id: u64,
    /// The description given when it was created.
    pub label: String,
    /// The time of creation, RFC 3339.
    pub created_at: String,
    /// The time of the last use, RFC 3339, accurate to the hour; absent if it was never used.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub last_used_at: Option<String>,
    /// Whether it is a sign-in; otherwise it is an access token.
    pub sign_in: bool,
    /// Whether this request used it.
    pub current: bool,
}

/// The response to `GET /tokens`.
#[derive(Debug, Clone, Serialize, Deserialize, TS, ToSchema)]
pub struct Tokens {
    /// The sign-ins and tokens, newest first.
    pub tokens: Vec<TokenInfo>,
}
