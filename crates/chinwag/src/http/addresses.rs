//! `/media/addresses`: signed addresses of uploads.

use std::sync::Arc;

use axum::extract::State;
use chinwag_protocol::{ErrorCode, Refused, api, limits};

use super::answer::{Answer, Json, ok};
use super::body::Body;
use super::caller::Caller;
use crate::clock::rfc3339;
use crate::media::Media;

/// Returns addresses at which the caller's uploads and those in the caller's rooms can be fetched without a token, for
/// about an hour. They end earlier if the token of this request is revoked.
#[utoipa::path(post, path = "/media/addresses", tag = "media", request_body = api::MediaIds,
    responses((status = 200, body = api::MediaAddresses)))]
pub async fn create(
    State(media): State<Arc<Media>>,
    caller: Caller,
    Body(asked): Body<api::MediaIds>,
) -> Answer<Json<api::MediaAddresses>> {
    let most = limits::MEDIA_ADDRESSES;
    if asked.ids.len() > most {
        let detail =
            format!("one request can ask for the addresses of {most} uploads; ask again for the others");
        return Err(Refused::new(ErrorCode::BadRequest, detail).into());
    }
    let (addresses, expires) = media.addresses(caller.signed_in(), &asked.ids).await?;
    ok(api::MediaAddresses { addresses, expires_at: rfc3339(expires) })
}
