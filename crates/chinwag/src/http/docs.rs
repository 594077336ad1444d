//! `/openapi.json`, and `/docs`: the same to read and try, with every file out of the binary.

use std::sync::{Arc, LazyLock};

use axum::body::Bytes;
use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect};
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{Content, Ref, RefOr, Response};
use utoipa::{Modify, OpenApi};

use super::answer::Answer;
use super::caller::COOKIE;
use super::nowhere;

#[derive(OpenApi)]
#[openapi(
    info(title = "Chinwag", description = "Real-time chat on MQTT. A room is a topic; MQTT is in /asyncapi.json."),
    modifiers(&Everywhere),
    components(schemas(chinwag_protocol::Problem)),
    paths(
        super::setup::state, super::setup::set_up,
        super::session::sign_in, super::session::who, super::session::sign_out,
        super::accounts::create, super::accounts::change_password,
        super::broker::info, super::broker::authenticate, super::broker::authorize,
        super::tokens::list, super::tokens::create, super::tokens::revoke,
        super::people::list,
        super::rooms::list, super::rooms::create, super::rooms::show, super::rooms::change, super::rooms::direct,
        super::members::list, super::members::add, super::members::remove,
        super::messages::send, super::messages::list, super::messages::events,
        super::read::mark,
        super::media::upload, super::media::download,
        super::health::alive, super::health::ready, super::metrics::show,
    )
)]
struct Document;

/// What is true of every operation, said once: how to sign in, what a refusal looks like, how to write a room.
struct Everywhere;

impl Modify for Everywhere {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let token = SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build());
        let cookie = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new(COOKIE)));
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("token", token);
        components.add_security_scheme("cookie", cookie);
        let either = ["token", "cookie"].map(|scheme| SecurityRequirement::new(scheme, Vec::<String>::new()));
        document.security = Some(either.into());
        for path in document.paths.paths.values_mut() {
            let operations = [&mut path.get, &mut path.post, &mut path.patch, &mut path.delete];
            operations.into_iter().flatten().for_each(complete);
        }
    }
}

fn complete(operation: &mut Operation) {
    let problem = Content::new(Some(Ref::from_schema_name("Problem")));
    let refusal = Response::builder()
        .description("A refusal, with the status that its code has")
        .content("application/problem+json", problem)
        .build();
    for (status, answer) in &mut operation.responses.responses {
        let status = status.parse().ok().and_then(|status| StatusCode::from_u16(status).ok());
        if let (RefOr::T(answer), Some(status)) = (answer, status)
            && answer.description.is_empty()
        {
            answer.description = status.canonical_reason().unwrap_or_default().to_owned();
        }
    }
    operation.responses.responses.insert("default".into(), refusal.into());
    for parameter in operation.parameters.iter_mut().flatten() {
        if let RefOr::T(parameter) = parameter
            && parameter.name == "topic"
        {
            parameter.description = Some("A room's id; its slashes as they are, or escaped (%2F)".into());
        }
    }
}

static OPENAPI: LazyLock<Bytes> = LazyLock::new(|| Document::openapi().to_json().unwrap_or_default().into());
static SWAGGER: LazyLock<Arc<utoipa_swagger_ui::Config<'static>>> =
    LazyLock::new(|| Arc::new(utoipa_swagger_ui::Config::from("/openapi.json")));

/// The OpenAPI document.
pub async fn openapi() -> impl IntoResponse {
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
