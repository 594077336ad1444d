//! `/tokens`: access tokens for devices and programs.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use chinwag_protocol::{ErrorCode, Refused, api};
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::answer::{Answer, Json, created, ok};
use super::body::{Body, not_for_others};
use super::caller::Caller;
use crate::accounts::{Accounts, tokens};

/// Lists the caller's tokens and sign-ins, without their secrets.
#[utoipa::path(get, path = "/tokens", tag = "accounts", responses((status = 200, body = api::Tokens)))]
pub async fn list(State(accounts): State<Arc<Accounts>>, caller: Caller) -> Answer<Json<api::Tokens>> {
    ok(api::Tokens { tokens: tokens::list(&accounts, caller.account.id, Some(caller.token())).await? })
}

/// The request for a new token, with fields by which clients may try to choose another account.
#[derive(Deserialize)]
pub struct Asked {
    #[serde(flatten)]
    new: api::NewToken,
    account: Option<IgnoredAny>,
    username: Option<IgnoredAny>,
}

/// Creates a token. Its secret is shown only once.
#[utoipa::path(post, path = "/tokens", tag = "accounts", request_body = api::NewToken,
    responses((status = 201, body = api::CreatedToken)))]
pub async fn create(
    State(accounts): State<Arc<Accounts>>,
    caller: Caller,
    Body(Asked { new, account, username }): Body<Asked>,
) -> Answer<Json<api::CreatedToken>> {
    not_for_others("account", account)?;
    not_for_others("username", username)?;
    created(tokens::create(&accounts, caller.account.id, &new.label).await?)
}

/// Revokes a token; connections that use it are closed.
#[utoipa::path(delete, path = "/tokens/{id}", tag = "accounts", params(("id" = u64, Path)),
    responses((status = 204)))]
pub async fn revoke(
    State(accounts): State<Arc<Accounts>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Answer<StatusCode> {
    let token = id.parse().map_err(|_| Refused::new(ErrorCode::NotFound, "a token's id is a number"))?;
    tokens::revoke(&accounts, caller.account.id, token).await?;
    Ok(StatusCode::NO_CONTENT)
}
