//! `/openapi.json`: generated from the handlers and the protocol crate's types, and completed here.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use axum::body::Bytes;
use axum::http::StatusCode;
use chinwag_protocol::Verb;
use chinwag_protocol::verb::HttpForm;
use serde_json::{Value, json};
use utoipa::openapi::path::{HttpMethod, Operation};
use utoipa::openapi::schema::{Discriminator, Object, OneOf, Schema};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{Content, Ref, RefOr, Response};
use utoipa::{Modify, OpenApi};

use super::caller::COOKIE;
use super::verbs;

static DOCUMENT: LazyLock<Bytes> = LazyLock::new(|| Document::openapi().to_json().unwrap_or_default().into());

/// Returns the OpenAPI document; `/docs/` renders it.
pub fn document() -> Bytes {
    DOCUMENT.clone()
}

#[derive(OpenApi)]
#[openapi(
    info(title = "Chinwag", description = "Real-time chat on MQTT. A room is a topic; MQTT is in /asyncapi.json."),
    servers((url = ".")),
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
        super::media::upload, super::media::download, super::addresses::create,
        super::health::alive, super::health::ready, super::metrics::show,
    )
)]
struct Document;

/// Adds what applies to every operation: how to sign in, what an error looks like, how to write a room's id.
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
        name_events(&mut components.schemas);
        add_verbs(document);
        for (path, item) in &mut document.paths.paths {
            let operations = [
                ("get", &mut item.get),
                ("post", &mut item.post),
                ("put", &mut item.put),
                ("patch", &mut item.patch),
                ("delete", &mut item.delete),
            ];
            for (method, operation) in operations {
                if let Some(operation) = operation {
                    operation.operation_id = Some(operation_id(method, path));
                    complete(operation);
                }
            }
        }
    }
}

/// Adds the operations of the verbs in the protocol crate's list.
fn add_verbs(document: &mut utoipa::openapi::OpenApi) {
    for (verb, form) in verbs::forms() {
        // This cannot fail: `operation` returns valid OpenAPI, parsed here by the library that defines the type.
        let Ok(operation) = serde_json::from_value::<Operation>(operation(verb, form)) else { continue };
        let method = match form.method {
            "PUT" => HttpMethod::Put,
            "PATCH" => HttpMethod::Patch,
            "DELETE" => HttpMethod::Delete,
            _ => HttpMethod::Post,
        };
        document.paths.add_path_operation(form.path, vec![method], operation);
    }
}

fn operation(verb: Verb, form: &HttpForm) -> Value {
    let mut schema = verb.payload_schema();
    let required: Vec<String> = serde_json::from_value(schema["required"].clone()).unwrap_or_default();
    let mut parameters =
        vec![json!({ "name": "topic", "in": "path", "required": true, "schema": { "type": "string" } })];
    for (name, member) in form.query {
        parameters.push(json!({
            "name": name, "in": "query", "required": required.iter().any(|required| required == member),
            "description": schema["properties"][member]["description"], "schema": schema["properties"][member],
        }));
    }
    let said =
        form.query.iter().map(|(_, member)| *member).chain(form.says.iter().map(|(member, _)| *member));
    let said: Vec<&str> = said.collect();
    if let Some(properties) = schema["properties"].as_object_mut() {
        properties.retain(|member, _| !said.contains(&member.as_str()));
    }
    schema["required"] = required.into_iter().filter(|member| !said.contains(&member.as_str())).collect();
    let mut operation = json!({
        "tags": ["messages"], "summary": verb.does(), "parameters": parameters, "responses": {
            "204": { "description": "Done, or there was nothing to change" },
        },
    });
    if verb.event().is_some() {
        operation["responses"]["200"] = json!({
            "description": "The event that it created, now or earlier",
            "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Event" } } },
        });
    }
    if form.body {
        operation["requestBody"] =
            json!({ "required": true, "content": { "application/json": { "schema": schema } } });
    }
    operation
}

/// Derives a unique id from method and path: `get_rooms`, `patch_rooms_by_topic`.
fn operation_id(method: &str, path: &str) -> String {
    let words = path.split('/').filter(|word| !word.is_empty()).map(|word| {
        match word.strip_prefix('{').and_then(|word| word.strip_suffix('}')) {
            Some(parameter) => format!("by_{parameter}"),
            None => word.replace(['.', '-'], "_"),
        }
    });
    std::iter::once(method.to_owned()).chain(words).collect::<Vec<_>>().join("_")
}

/// Gives each type of event a schema of its own, with `type` as the discriminator. The generated schema says "all of
/// these fields and one of those sets", which client generators do not understand.
fn name_events(schemas: &mut BTreeMap<String, RefOr<Schema>>) {
    let (Some(RefOr::T(Schema::AllOf(event))), Some(RefOr::T(Schema::OneOf(bodies)))) =
        (schemas.get("Event").cloned(), schemas.remove("EventBody"))
    else {
        return;
    };
    let common = event.items.iter().find_map(|item| match item {
        RefOr::T(Schema::Object(common)) => Some(common.clone()),
        _ => None,
    });
    let Some(common) = common else { return };
    let (mut one_of, mut mapping) = (OneOf::new(), BTreeMap::new());
    one_of.description = event.description;
    for body in bodies.items {
        let RefOr::T(Schema::Object(body)) = body else { continue };
        let Some(kind) = kind(&body) else { continue };
        let name = format!("{}{}Event", kind[..1].to_uppercase(), &kind[1..]);
        let mut whole = common.clone();
        whole.description = body.description;
        whole.required.extend(body.required);
        whole.properties.extend(body.properties);
        one_of.items.push(Ref::from_schema_name(&name).into());
        mapping.insert(kind, format!("#/components/schemas/{name}"));
        schemas.insert(name, whole.into());
    }
    let mut discriminator = Discriminator::new("type");
    discriminator.mapping = mapping;
    one_of.discriminator = Some(discriminator);
    schemas.insert("Event".into(), RefOr::T(Schema::OneOf(one_of)));
}

/// Returns the value of a body's `type`.
fn kind(body: &Object) -> Option<String> {
    let Some(RefOr::T(Schema::Object(kind))) = body.properties.get("type") else { return None };
    kind.enum_values.as_ref()?.first()?.as_str().map(str::to_owned)
}

fn complete(operation: &mut Operation) {
    let problem = Content::new(Some(Ref::from_schema_name("Problem")));
    let refusal = Response::builder()
        .description("A refusal, with the status of its code")
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
            parameter.description = Some("A room's id; slashes may be escaped (%2F)".into());
        }
    }
}
