//! `/broker`: where the caller's MQTT clients connect; and, for an external broker, who may connect to it and what they
//! may do there.

use std::net::IpAddr;
use std::sync::Arc;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use chinwag_broker::host;
use chinwag_external::External;
use chinwag_external::access::hooks;
use chinwag_protocol::{ErrorCode, Reason, Refused, api};
use serde::{Deserialize, Serialize};

use super::Http;
use super::answer::{Answer, Failed, Json, ok};
use super::body::Body;
use super::caller::{Caller, Peer, bearer};
use crate::accounts::broker_access::AccessKind;
use crate::accounts::sign_in;
use crate::mqtt::Mqtt;
use crate::rates::Whose;

/// Where to connect by MQTT, and what the broker supports.
#[utoipa::path(get, path = "/broker", tag = "accounts",
    responses((status = 200, body = api::BrokerInfo)))]
pub async fn info(
    State(http): State<Http>,
    caller: Caller,
    headers: HeaderMap,
) -> Answer<Json<api::BrokerInfo>> {
    let username = caller.account.name;
    let addresses = http.public.for_request(&headers);
    match &http.mqtt {
        Mqtt::Embedded(_) => {
            let (url, password) = (None, None);
            ok(api::BrokerInfo { url, addresses, username, password, wildcards: true, stored_on_ack: true })
        }
        Mqtt::External(external) => {
            let url = external.websocket().ok_or(Reason::BrokerAddress)?;
            // An external broker does not know the server's cookie.
            let password = http.app.accounts.keys.current(http.app.directory(), caller.account.id);
            let wildcards = AccessKind::of(&http.app.store).await? == Some(AccessKind::Dynsec);
            ok(api::BrokerInfo {
                url: Some(url),
                addresses,
                username,
                password,
                wildcards,
                stored_on_ack: false,
            })
        }
    }
}

/// A broker's question when a client connects: the fields of the templates for EMQX and RMQTT in `deploy/`.
#[derive(Deserialize)]
pub struct Authenticate {
    #[serde(default)]
    username: Option<String>,
    #[serde(default)]
    password: Option<String>,
    #[serde(default)]
    clientid: Option<String>,
    /// The client's address.
    #[serde(default)]
    peerhost: Option<String>,
}

/// A broker's question when a client publishes or subscribes.
#[derive(Deserialize)]
pub struct Authorize {
    #[serde(default)]
    username: Option<String>,
    #[serde(default)]
    clientid: Option<String>,
    /// The proof from the response to the connection's authentication, returned by EMQX.
    #[serde(default)]
    proof: Option<String>,
    #[serde(alias = "access")]
    action: Action,
    topic: String,
}

/// The action; RMQTT sends it as a number.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Action {
    #[serde(alias = "2")]
    Publish,
    #[serde(alias = "1")]
    Subscribe,
}

/// The response, in the form both brokers understand.
#[derive(Serialize)]
pub struct Verdict {
    result: &'static str,
    /// EMQX's name for it.
    is_superuser: bool,
    /// RMQTT's name for it.
    superuser: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    acl: Vec<hooks::Rule>,
    /// Stored by EMQX with the connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    client_attrs: Option<Attributes>,
}

/// The attributes that EMQX stores with a connection.
#[derive(Serialize)]
struct Attributes {
    proof: String,
}

impl Verdict {
    fn new(allow: bool) -> Self {
        let result = if allow { "allow" } else { "deny" };
        Self { result, is_superuser: false, superuser: false, acl: Vec::new(), client_attrs: None }
    }

    /// Allows a client to connect.
    fn connected(http: &Http, username: &str, client_id: &str) -> Self {
        let proof = hooks::proof(&http.app.accounts.keys, username, client_id);
        Self { client_attrs: Some(Attributes { proof }), ..Self::new(true) }
    }
}

/// The broker that sends the request, authenticated by its secret. Other callers learn nothing, and are rate-limited
/// after a few attempts.
pub struct Asking {
    external: Arc<External>,
    address: IpAddr,
}

impl FromRequestParts<Http> for Asking {
    type Rejection = Failed;

    async fn from_request_parts(parts: &mut Parts, http: &Http) -> Result<Self, Failed> {
        const WHO: &str = "the broker";
        let refused =
            || Refused::new(ErrorCode::NotAuthenticated, "only the broker may ask this, with its secret");
        let address = parts.extensions.get::<Peer>().ok_or(Failed(ErrorCode::Internal.into()))?.0.ip();
        let shown = parts.headers.get(header::AUTHORIZATION).and_then(bearer);
        let Mqtt::External(external) = &http.mqtt else { return Err(Failed(refused())) };
        match (&external.config().secret, shown) {
            (Some(secret), Some(shown)) if secret.is(shown) => {
                Ok(Self { external: Arc::clone(external), address })
            }
            _ => {
                // Only wrong secrets are rate-limited, so that other programs at the broker's address cannot lock it
                // out.
                http.app
                    .accounts
                    .rates
                    .password(host(address), Whose::Name(WHO.to_owned()))
                    .map_err(Failed)?;
                tracing::warn!(%address, "a request about the broker's clients had a wrong secret; if it came from the broker, configure it with the one in --broker-secret or in the file broker-secret of the data folder");
                Err(Failed(refused()))
            }
        }
    }
}

/// Whether a client may connect; for the broker. The password may be an access token or the account's key.
#[utoipa::path(post, path = "/broker/authenticate", tag = "operation", request_body = Object,
    responses((status = 200, description = "`result` is `allow` or `deny`", body = Object)))]
pub async fn authenticate(
    State(http): State<Http>,
    Asking { external, address }: Asking,
    Body(asked): Body<Authenticate>,
) -> Answer<Json<Verdict>> {
    let username = asked.username.unwrap_or_default();
    let password = asked.password.unwrap_or_default();
    let client_id = asked.clientid.unwrap_or_default();
    if let Some((user, secret)) = &external.config().url.credentials
        && username == *user
    {
        // An account with the server's user name must not be taken for the server.
        let right = verify_slices_are_equal(password.as_bytes(), secret.as_bytes()).is_ok();
        return ok(if right {
            Verdict {
                is_superuser: true,
                superuser: true,
                ..Verdict::connected(&http, &username, &client_id)
            }
        } else {
            Verdict::new(false)
        });
    }
    // The refusal is sent with status 200, because brokers take any other status for "ask the next authenticator".
    if !hooks::client_id_is_free(&client_id) {
        tracing::info!(name = %username, %client_id, "the broker's client is refused: its client id has a character that URLs or topics cannot contain, or belongs to a server");
        return ok(Verdict::new(false));
    }
    let from = asked.peerhost.and_then(|address| address.parse().ok()).unwrap_or(address);
    let signed_in = sign_in::sign_in(&http.app.accounts, from, &username, &password).await;
    let account = signed_in.ok().and_then(|signed_in| http.app.directory().name_of(signed_in.account));
    ok(match account {
        Some(name) if name.as_str() == username => {
            Verdict { acl: hooks::standing_rules(&name), ..Verdict::connected(&http, &username, &client_id) }
        }
        Some(name) => {
            tracing::info!(%username, "the broker's client is refused: it must connect as {name}, in this spelling");
            Verdict::new(false)
        }
        None => Verdict::new(false),
    })
}

/// Whether a client may publish or subscribe to a topic; for the broker.
#[utoipa::path(post, path = "/broker/authorize", tag = "operation", request_body = Object,
    responses((status = 200, description = "`result` is `allow` or `deny`", body = Object)))]
pub async fn authorize(
    State(http): State<Http>,
    Asking { external, .. }: Asking,
    Body(asked): Body<Authorize>,
) -> Answer<Json<Verdict>> {
    let username = asked.username.unwrap_or_default();
    let client_id = asked.clientid.unwrap_or_default();
    let proof = asked.proof.as_deref();
    if (proof.is_some() || external.config().proves_clients())
        && !hooks::is_authenticated(&http.app.accounts.keys, &username, &client_id, proof.unwrap_or_default())
    {
        return ok(Verdict::new(false));
    }
    if username == external.config().url.user() {
        return ok(Verdict::new(true));
    }
    let directory = http.app.directory();
    let allowed = hooks::account(directory, &username).is_some_and(|(id, name)| match asked.action {
        Action::Publish => hooks::may_publish(&name, &asked.topic),
        Action::Subscribe => hooks::may_subscribe(directory, id, &asked.topic),
    });
    ok(Verdict::new(allowed))
}
