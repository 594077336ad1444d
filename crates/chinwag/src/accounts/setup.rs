//! The first start: whoever holds the link that the server printed makes the administrator's account.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use chinwag_protocol::{ErrorCode, Refused, api};

use super::tokens;
use crate::app::App;
use crate::store::AccountId;

/// The one-time secret; there is one only while there are no accounts.
pub struct SetupToken(Option<String>);

impl SetupToken {
    /// A new secret, if `needed`.
    pub fn new(needed: bool) -> Result<Self, Refused> {
        Ok(Self(if needed { Some(tokens::random_secret()?) } else { None }))
    }

    /// The secret.
    pub fn secret(&self) -> Option<&str> {
        self.0.as_deref()
    }
}

/// Is the first account still to be made?
pub fn needed(app: &App) -> bool {
    app.directory().is_empty()
}

/// Makes the administrator's account.
pub async fn set_up(app: &App, request: api::Setup) -> Result<AccountId, Refused> {
    if !needed(app) {
        return Err(Refused::new(
            ErrorCode::AlreadyExists,
            "the first account has been made already; sign in",
        ));
    }
    let right = app
        .setup
        .secret()
        .is_some_and(|secret| verify_slices_are_equal(secret.as_bytes(), request.token.as_bytes()).is_ok());
    if !right {
        let detail = "the link is not the one the server printed at its last start; look at its output again";
        return Err(Refused::new(ErrorCode::NotAuthorized, detail));
    }
    super::add(app, &request.username, Some(request.password), true, true).await
}
