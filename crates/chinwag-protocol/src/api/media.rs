//! Uploads.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

use crate::event::Attachment;
use crate::id::MediaId;

/// The response to `POST /media`: the upload as it appears as an attachment.
pub type Media = Attachment;

/// The body of `POST /media/addresses`, which asks for signed addresses of uploads.
#[derive(Debug, Clone, Serialize, Deserialize, TS, ToSchema)]
pub struct MediaIds {
    /// The ids of the uploads, at most 100.
    #[ts(type = "string[]")]
    #[schema(value_type = Vec<String>, max_items = 100)]
    pub ids: Vec<MediaId>,
}

/// The response to `POST /media/addresses`: addresses that need neither a token nor the cookie.
#[derive(Clone, Serialize, Deserialize, TS, ToSchema)]
pub struct MediaAddresses {
    /// For each upload's id its path on this server, with its query. An upload that does not exist or that the caller
    /// may not read is left out.
    pub addresses: BTreeMap<String, String>,
    /// The time from which on they are refused, RFC 3339.
    pub expires_at: String,
}
