//! `/session`: sign in, show the signed-in account, sign out.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse;
use chinwag_protocol::{Reason, Refused, api};

use super::answer::{Answer, Json, ok};
use super::body::Body;
use super::caller::{Caller, Peer, set_cookie};
use crate::accounts::broker_access::AccessKind;
use crate::accounts::credential::Credential;
use crate::accounts::sign_in::{self, log_refused};
use crate::accounts::{Accounts, tokens};
use crate::store::AccountId;

/// Creates a sign-in: returns the session for the response and the token for the web client's cookie. The two tokens
/// differ if the broker accepts only the account's key: the session then has that key, which does not belong in a
/// cookie.
pub(super) async fn session(
    accounts: &Accounts,
    account: AccountId,
    label: Option<&str>,
    asking: Option<Credential>,
) -> Result<(api::Session, String), Refused> {
    let entry = accounts.directory.account(account).ok_or(Reason::SignInEnded)?;
    let cookie = tokens::sign_in(accounts, account, label, asking).await?.token;
    let token = match AccessKind::of(&accounts.store).await? {
        Some(AccessKind::Dynsec) => tokens::create(accounts, account, "sign-in").await?.token,
        _ => cookie.clone(),
    };
    Ok((api::Session { token, account: api::Account { name: entry.name, admin: entry.admin } }, cookie))
}

/// Signs in: returns a token, and sets the web client's cookie.
#[utoipa::path(post, path = "/session", tag = "accounts", security(()), request_body = api::SignIn,
    responses((status = 201, body = api::Session)))]
pub async fn sign_in(
    State(accounts): State<Arc<Accounts>>,
    Extension(Peer(address)): Extension<Peer>,
    headers: HeaderMap,
    Body(request): Body<api::SignIn>,
) -> Answer<impl IntoResponse> {
    let signed_in = sign_in::sign_in(&accounts, address.ip(), &request.username, &request.password)
        .await
        .inspect_err(|refused| log_refused(&accounts, address.ip(), &request.username, refused))?;
    let label = request.label.as_deref();
    let (session, cookie) = session(&accounts, signed_in.account, label, Some(signed_in.credential)).await?;
    let cookie = set_cookie(&headers, Some(&cookie));
    Ok(([(header::SET_COOKIE, cookie)], Json(StatusCode::CREATED, session)))
}

/// Returns the signed-in account.
#[utoipa::path(get, path = "/session", tag = "accounts",
    responses((status = 200, body = api::Account)))]
pub async fn who(caller: Caller) -> Answer<Json<api::Account>> {
    ok(api::Account { name: caller.account.name, admin: caller.account.admin })
}

/// Signs out: revokes the token.
#[utoipa::path(delete, path = "/session", tag = "accounts", responses((status = 204)))]
pub async fn sign_out(
    State(accounts): State<Arc<Accounts>>,
    headers: HeaderMap,
    caller: Caller,
) -> Answer<impl IntoResponse> {
    tokens::revoke(&accounts, caller.account.id, caller.token()).await?;
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, set_cookie(&headers, None))]))
}
