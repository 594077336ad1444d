//! Signing in, and accounts.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

use crate::name::Name;

/// The body of `POST /session`, which signs in.
#[derive(Clone, Serialize, Deserialize, TS, ToSchema)]
pub struct SignIn {
    /// The account's name.
    pub username: String,
    /// The account's password.
    pub password: String,
    /// A name for the sign-in, by which its owner recognizes it among others, such as "Firefox on Linux".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub label: Option<String>,
}

/// The body of `POST /setup`, which creates the first administrator account.
#[derive(Clone, Serialize, Deserialize, TS, ToSchema)]
pub struct Setup {
    /// The token from the one-time link that the server printed.
    pub token: String,
    /// The new account's name.
    pub username: String,
    /// The new account's password.
    pub password: String,
    /// A name for the sign-in, as in `POST /session`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub label: Option<String>,
}

/// The response to `GET /setup`: whether the server still has to be set up.
#[derive(Debug, Clone, Serialize, Deserialize, TS, ToSchema)]
pub struct SetupState {
    /// True until there is an administrator who can sign in.
    pub needed: bool,
    /// True once any account exists; its owner can sign in even if there is no administrator.
    pub accounts: bool,
}

/// The response to a sign-in.
#[derive(Clone, Serialize, Deserialize, TS, ToSchema)]
pub struct Session {
    /// For `Authorization: Bearer`, and for the password field of an MQTT CONNECT. Shown only once.
    pub token: String,
    /// The account that is signed in.
    pub account: Account,
}

/// An account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct Account {
    /// The account's name.
    #[ts(type = "string")]
    #[schema(value_type = String)]
    pub name: Name,
    /// Whether the account is an administrator: it may create accounts and manage every room.
    pub admin: bool,
}

/// The body of `POST /accounts`, with which an administrator creates an account.
#[derive(Clone, Serialize, Deserialize, TS, ToSchema)]
pub struct NewAccount {
    /// The new account's name.
    pub username: String,
    /// The initial password.
    pub password: String,
    /// Whether the account is an administrator: it may create accounts and manage every room.
    #[serde(default)]
    #[ts(optional, as = "Option<bool>")]
    pub admin: bool,
}

/// The body of `POST /account/password`, which changes the caller's own password and ends all other sign-ins.
#[derive(Clone, Serialize, Deserialize, TS, ToSchema)]
pub struct ChangePassword {
    /// The current password.
    pub current: String,
    /// The new password.
    pub new: String,
}
