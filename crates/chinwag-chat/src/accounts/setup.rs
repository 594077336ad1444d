//! The first start: whoever has the link that the server printed can create the administrator's account.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use chinwag_protocol::{Reason, Refused, api};

use super::Accounts;
use super::tokens;
use crate::store::AccountId;

/// The link's secret, generated at each start. It is only valid while setup is [`needed`].
pub struct SetupToken(String);

impl SetupToken {
    /// Generates a new secret.
    pub fn new() -> Result<Self, Refused> {
        tokens::random_secret().map(Self)
    }

    /// Returns the secret.
    pub fn secret(&self) -> &str {
        &self.0
    }
}

/// Returns whether setup is needed: as long as no administrator can sign in, whatever other accounts there are.
pub fn needed(accounts: &Accounts) -> bool {
    !accounts.directory.has_administrator()
}

/// Creates the administrator's account; checks the setup token.
pub async fn set_up(accounts: &Accounts, request: api::Setup) -> Result<AccountId, Refused> {
    if !needed(accounts) {
        return Err(Reason::Administrator.into());
    }
    if verify_slices_are_equal(accounts.setup.secret().as_bytes(), request.token.as_bytes()).is_err() {
        return Err(Reason::SetupLink.into());
    }
    super::add(accounts, &request.username, Some(request.password), true, true).await
}
