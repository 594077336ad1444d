//! `/setup`: creation of the administrator's account.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use chinwag_protocol::api;

use super::answer::{Answer, Json, ok};
use super::assets;
use super::body::Body;
use super::caller::set_cookie;
use super::nowhere;
use super::session::session;
use crate::accounts::{Accounts, setup};

/// Whether an administrator's account has yet to be created. Browsers that follow the printed link get the web client.
#[utoipa::path(get, path = "/setup", tag = "accounts", security(()),
    responses((status = 200, body = api::SetupState)))]
pub async fn state(
    State(accounts): State<Arc<Accounts>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Answer<Response> {
    if assets::wants_page(&headers) {
        return assets::page(&method, &headers).ok_or_else(|| nowhere(uri.path()));
    }
    let needed = setup::needed(&accounts);
    let accounts = !accounts.directory.is_empty();
    Ok(ok(api::SetupState { needed, accounts })?.into_response())
}

/// Creates the administrator's account, authorized by the printed link's secret, and signs in.
#[utoipa::path(post, path = "/setup", tag = "accounts", security(()), request_body = api::Setup,
    responses((status = 201, body = api::Session)))]
pub async fn set_up(
    State(accounts): State<Arc<Accounts>>,
    headers: HeaderMap,
    Body(request): Body<api::Setup>,
) -> Answer<impl IntoResponse> {
    let label = request.label.clone();
    let account = setup::set_up(&accounts, request).await?;
    let (session, cookie) = session(&accounts, account, label.as_deref(), None).await?;
    let cookie = set_cookie(&headers, Some(&cookie));
    Ok(([(header::SET_COOKIE, cookie)], Json(StatusCode::CREATED, session)))
}
