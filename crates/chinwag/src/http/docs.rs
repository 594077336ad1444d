//! `/openapi.json`, and `/docs`: the same to read and try, with every file out of the binary.

use std::sync::{Arc, LazyLock};

use axum::body::Bytes;
use axum::extract::Path;
use axum::http::header;
use axum::response::{IntoResponse, Redirect};

use super::answer::Answer;
use super::{nowhere, openapi};

static OPENAPI: LazyLock<Bytes> = LazyLock::new(|| openapi::document().to_json().unwrap_or_default().into());
static SWAGGER: LazyLock<Arc<utoipa_swagger_ui::Config<'static>>> =
    LazyLock::new(|| Arc::new(utoipa_swagger_ui::Config::from("/openapi.json")));

/// The OpenAPI document.
pub async fn document() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], OPENAPI.clone())
}

/// To the documentation's page.
pub async fn index() -> Redirect {
    Redirect::permanent("/docs/index.html")
}

/// A file of the documentation.
pub async fn file(Path(file): Path<String>) -> Answer<axum::response::Response> {
    match utoipa_swagger_ui::serve(&file, Arc::clone(&SWAGGER)) {
        Ok(Some(found)) => {
            Ok(([(header::CONTENT_TYPE, found.content_type)], found.bytes.into_owned()).into_response())
        }
        Ok(None) => Err(nowhere(&format!("/docs/{file}"))),
        Err(error) => {
            tracing::error!(%error, "the documentation cannot be served");
            Err(super::answer::Failed(chinwag_protocol::ErrorCode::Internal.into()))
        }
    }
}
