//! `/accounts` and `/account`: create accounts, change the caller's own.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use chinwag_protocol::{ErrorCode, api};

use super::answer::{Answer, Json, created};
use super::body::Body;
use super::caller::{Caller, Peer};
use crate::access;
use crate::accounts::sign_in::log_refused;
use crate::accounts::{self, Accounts};

/// Creates an account. For administrators.
#[utoipa::path(post, path = "/accounts", tag = "accounts", request_body = api::NewAccount,
    responses((status = 201, body = api::Account)))]
pub async fn create(
    State(accounts): State<Arc<Accounts>>,
    caller: Caller,
    Body(new): Body<api::NewAccount>,
) -> Answer<Json<api::Account>> {
    access::administer(&caller.account)?;
    let account = accounts::add(&accounts, &new.username, Some(new.password), new.admin, false).await?;
    let name =
        accounts.directory.name_of(account).ok_or(chinwag_protocol::Refused::from(ErrorCode::Internal))?;
    created(api::Account { name, admin: new.admin })
}

/// Changes the caller's password; revokes all other sign-ins and tokens of the account.
#[utoipa::path(post, path = "/account/password", tag = "accounts", request_body = api::ChangePassword,
    responses((status = 204)))]
pub async fn change_password(
    State(accounts): State<Arc<Accounts>>,
    Extension(Peer(address)): Extension<Peer>,
    caller: Caller,
    Body(change): Body<api::ChangePassword>,
) -> Answer<StatusCode> {
    let (account, token) = (caller.account.id, caller.token());
    accounts::change_password(&accounts, address.ip(), account, &change.current, &change.new, Some(token))
        .await
        .inspect_err(|refused| log_refused(&accounts, address.ip(), caller.account.name.as_str(), refused))?;
    Ok(StatusCode::NO_CONTENT)
}
