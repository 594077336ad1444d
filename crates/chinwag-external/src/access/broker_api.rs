//! The HTTP API of a broker that uses the hooks. Such a broker asks only once, when a client subscribes. So
//! subscriptions that are no longer permitted, and connections with a revoked key, are ended over this API.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use chinwag_chat::directory::Directory;
use chinwag_protocol::{Name, limits};
use chinwag_store::{AccountId, Change};
use parking_lot::Mutex;
use reqwest::{Client, Method, StatusCode, Url};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::hooks;

/// How long the API may take to answer.
const ANSWER: Duration = Duration::from_secs(5);
/// The delay before a failed request is retried.
const RETRY: Duration = Duration::from_secs(1);
/// The number of clients on a page.
const PAGE: usize = 1_000;

/// The product that provides the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flavour {
    Emqx,
    Rmqtt,
}

/// The address of the API, with its credentials.
#[derive(Clone)]
pub struct BrokerApi {
    flavour: Flavour,
    /// The URLs of the nodes to ask; one is enough for EMQX.
    bases: Vec<Url>,
    user: String,
    secret: String,
}

impl std::fmt::Debug for BrokerApi {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} {:?}", self.flavour, self.bases.iter().map(Url::as_str).collect::<Vec<_>>())
    }
}

/// A client as either broker lists it.
#[derive(Debug, Deserialize)]
struct Listed {
    clientid: String,
    #[serde(default)]
    username: Option<String>,
}

#[derive(Debug, Deserialize)]
struct ListedSubscription {
    topic: String,
}

impl BrokerApi {
    /// Parses `emqx+http://KEY:SECRET@HOST:18083` or `rmqtt+http://:TOKEN@HOST:6060`, or several separated by commas;
    /// https too.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        const FORM: &str = "the broker's API must be emqx+http://KEY:SECRET@HOST:18083 or \
                            rmqtt+http://:TOKEN@HOST:6060 (or +https); separate several nodes with commas";
        let mut found: Option<Self> = None;
        for part in text.split(',').map(str::trim) {
            let (flavour, url) = match part.split_once('+') {
                Some(("emqx", url)) => (Flavour::Emqx, url),
                Some(("rmqtt", url)) => (Flavour::Rmqtt, url),
                _ => bail!(FORM),
            };
            let mut url: Url = url.parse().ok().context(FORM)?;
            ensure!(matches!(url.scheme(), "http" | "https") && url.has_host(), FORM);
            let decode =
                |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
            let (user, secret) = (decode(url.username()), decode(url.password().unwrap_or_default()));
            ensure!(url.set_username("").is_ok() && url.set_password(None).is_ok(), FORM);
            url.set_path(match flavour {
                Flavour::Emqx => "/api/v5/",
                Flavour::Rmqtt => "/api/v1/",
            });
            let api = found.get_or_insert_with(|| Self { flavour, bases: Vec::new(), user, secret });
            ensure!(api.flavour == flavour, FORM);
            api.bases.push(url);
        }
        found.context(FORM)
    }

    /// Whether the broker is EMQX.
    pub fn is_emqx(&self) -> bool {
        self.flavour == Flavour::Emqx
    }

    /// Whether the API lists this connected client. Fails if the API does not accept the credentials.
    pub async fn lists(&self, username: &str, client_id: &str) -> anyhow::Result<bool> {
        let listed = self.clients(&http_client()?, Some(username)).await?;
        Ok(listed.iter().any(|listed| listed.clientid == client_id))
    }

    /// Sends a request to one node; `path` contains unescaped path segments.
    async fn ask(
        &self,
        client: &Client,
        base: &Url,
        method: Method,
        path: &[&str],
        query: &[(&str, &str)],
        body: Option<&Value>,
    ) -> anyhow::Result<(StatusCode, Vec<u8>)> {
        let mut url = base.clone();
        url.path_segments_mut().ok().context("the API's URL")?.pop_if_empty().extend(path);
        let mut request = client.request(method, url).timeout(ANSWER).query(query);
        request = match self.flavour {
            Flavour::Emqx => request.basic_auth(&self.user, Some(&self.secret)),
            Flavour::Rmqtt if self.secret.is_empty() => request,
            Flavour::Rmqtt => request.bearer_auth(&self.secret),
        };
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await.context("the broker's API")?;
        let status = answer.status();
        ensure!(
            !matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN),
            "the broker's API rejects the credentials: {status}"
        );
        Ok((status, answer.bytes().await.context("the broker's API")?.to_vec()))
    }

    /// Sends a request to one node after another until one succeeds.
    async fn ask_any(
        &self,
        client: &Client,
        method: Method,
        path: &[&str],
        query: &[(&str, &str)],
        body: Option<&Value>,
    ) -> anyhow::Result<(StatusCode, Vec<u8>)> {
        let mut last = Err(anyhow::anyhow!("the broker's API has no address"));
        for base in &self.bases {
            let answer = self.ask(client, base, method.clone(), path, query, body).await;
            match &answer {
                Ok((status, _)) if status.is_success() => return answer,
                // Another node may know the client.
                Ok(_) => last = answer,
                Err(_) if last.is_ok() => {}
                Err(_) => last = answer,
            }
        }
        last
    }

    async fn list<T: DeserializeOwned>(
        &self,
        client: &Client,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> anyhow::Result<Vec<T>> {
        let (status, body) = self.ask_any(client, Method::GET, path, query, None).await?;
        if status == StatusCode::NOT_FOUND {
            return Ok(Vec::new());
        }
        ensure!(status.is_success(), "the broker's API returned {status} for {path:?}");
        let mut value: Value = serde_json::from_slice(&body).context("the broker's API")?;
        if value["data"].is_array() {
            value = value["data"].take();
        }
        serde_json::from_value(value).context("the broker's API")
    }

    async fn clients(&self, client: &Client, username: Option<&str>) -> anyhow::Result<Vec<Listed>> {
        let (mut all, size) = (Vec::new(), PAGE.to_string());
        for page in 1.. {
            let page = page.to_string();
            let mut query: Vec<(&str, &str)> = username.map(|name| ("username", name)).into_iter().collect();
            match self.flavour {
                Flavour::Emqx => query.extend([("limit", size.as_str()), ("page", page.as_str())]),
                // RMQTT has no pages, only its own limit.
                Flavour::Rmqtt => {}
            }
            let listed: Vec<Listed> = self.list(client, &["clients"], &query).await?;
            let last = listed.len() < PAGE || self.flavour == Flavour::Rmqtt;
            all.extend(listed);
            if last {
                break;
            }
        }
        Ok(all)
    }

    async fn subscriptions(&self, client: &Client, client_id: &str) -> anyhow::Result<Vec<String>> {
        let path: &[&str] = match self.flavour {
            Flavour::Emqx => &["clients", client_id, "subscriptions"],
            Flavour::Rmqtt => &["subscriptions", client_id],
        };
        let listed: Vec<ListedSubscription> = self.list(client, path, &[]).await?;
        Ok(listed.into_iter().map(|subscription| subscription.topic).collect())
    }

    async fn unsubscribe(&self, client: &Client, client_id: &str, topics: &[String]) -> anyhow::Result<()> {
        match self.flavour {
            Flavour::Emqx => {
                let body = topics.iter().map(|topic| json!({"topic": topic})).collect();
                let path = ["clients", client_id, "unsubscribe", "bulk"];
                let (status, _) = self.ask_any(client, Method::POST, &path, &[], Some(&body)).await?;
                ensure!(status.is_success(), "the broker's API returned {status} for an unsubscription");
            }
            Flavour::Rmqtt => {
                for topic in topics {
                    let body = json!({"clientid": client_id, "topic": topic});
                    let path = ["mqtt", "unsubscribe"];
                    let (status, _) = self.ask_any(client, Method::POST, &path, &[], Some(&body)).await?;
                    ensure!(status.is_success(), "the broker's API returned {status} for an unsubscription");
                }
            }
        }
        Ok(())
    }

    /// Ends a client's connection and session; it is no error if they no longer exist.
    async fn kick(&self, client: &Client, client_id: &str) -> anyhow::Result<()> {
        let (status, _) = match self.flavour {
            // The id is in the body, because ids such as `..` cannot be in a path.
            Flavour::Emqx => {
                let path = ["clients", "kickout", "bulk"];
                self.ask_any(client, Method::POST, &path, &[], Some(&json!([client_id]))).await?
            }
            Flavour::Rmqtt => {
                self.ask_any(client, Method::DELETE, &["clients", client_id], &[], None).await?
            }
        };
        ensure!(
            status.is_success() || status == StatusCode::NOT_FOUND,
            "the broker's API returned {status} for closing a connection"
        );
        Ok(())
    }

    /// Ends a client's subscriptions that the account may no longer have.
    async fn review(
        &self,
        client: &Client,
        directory: &Directory,
        me: AccountId,
        client_id: &str,
    ) -> anyhow::Result<()> {
        if !hooks::client_id_is_free(client_id) {
            // An earlier version let it in; its subscriptions cannot be addressed.
            return self.kick(client, client_id).await;
        }
        let held = self.subscriptions(client, client_id).await?;
        let void = held.into_iter().filter(|filter| !hooks::may_subscribe(directory, me, filter));
        let void: Vec<_> = void.collect();
        if void.is_empty() {
            return Ok(());
        }
        if let Err(error) = self.unsubscribe(client, client_id, &void).await {
            // RMQTT cannot end subscriptions of a disconnected client; ending its session ends them too.
            tracing::debug!(client_id, "{error:#}");
            return self.kick(client, client_id).await;
        }
        Ok(())
    }
}

fn http_client() -> anyhow::Result<Client> {
    Client::builder().user_agent("Chinwag").build().context("the broker's API")
}

/// The pending work on accounts' clients.
#[derive(Debug, Default)]
struct ToDo {
    kick: BTreeSet<AccountId>,
    review: BTreeSet<AccountId>,
    /// Accounts to review after the others.
    later: BTreeSet<AccountId>,
    everything: bool,
}

impl ToDo {
    fn add(&mut self, other: Self) {
        self.kick.extend(other.kick);
        self.review.extend(other.review);
        self.later.extend(other.later);
        self.everything |= other.everything;
    }
}

/// Does the work in the background until dropped; failed requests are retried.
pub struct Reviewer {
    to_do: Arc<Mutex<ToDo>>,
    wake: Arc<Notify>,
    directory: Arc<Directory>,
    _stop: DropGuard,
}

impl Reviewer {
    /// Starts the background task, which uses `api`.
    pub fn start(directory: Arc<Directory>, api: BrokerApi) -> anyhow::Result<Self> {
        let client = http_client()?;
        let (to_do, wake, stop) =
            (Arc::<Mutex<ToDo>>::default(), Arc::<Notify>::default(), CancellationToken::new());
        let work = work(Arc::clone(&directory), api, client, Arc::clone(&to_do), Arc::clone(&wake));
        let stopped = stop.clone();
        tokio::spawn(async move {
            tokio::select! {
                () = work => {}
                () = stopped.cancelled() => {}
            }
        });
        Ok(Self { to_do, wake, directory, _stop: stop.drop_guard() })
    }

    /// Schedules a review of all clients.
    pub fn everything(&self) {
        self.to_do.lock().everything = true;
        self.wake.notify_one();
    }

    /// Schedules the work that follows from changes that the directory already contains.
    pub fn follow(&self, changes: &[Change]) {
        let mut to_do = self.to_do.lock();
        for change in changes {
            match change {
                Change::Left { room, account, .. } => {
                    to_do.review.insert(*account);
                    // The remaining members may no longer see the leaving member's presence, unless by another room.
                    let told = self
                        .directory
                        .with_room_key(*room, |room| room.tells_presence().then(|| room.members.clone()));
                    let gone = self.directory.name_of(*account);
                    let sees = |id| {
                        gone.as_ref().is_some_and(|name| self.directory.sees_presence(id, name.as_str()))
                    };
                    to_do
                        .later
                        .extend(told.flatten().unwrap_or_default().into_keys().filter(|id| !sees(*id)));
                }
                Change::Joined { room, .. } => {
                    // A room that is no longer small publishes less to its members than they have subscribed to.
                    let grown = self.directory.with_room_key(*room, |room| {
                        let count = room.members.len();
                        let grew_beyond = |most: usize| count > most && count - most <= changes.len();
                        let grown =
                            grew_beyond(limits::PRESENCE_MEMBERS) || grew_beyond(limits::CURSOR_MEMBERS);
                        grown.then(|| room.members.clone())
                    });
                    to_do.later.extend(grown.flatten().unwrap_or_default().into_keys());
                }
                Change::TokenRevoked { account, superfluous: false, .. }
                | Change::PasswordChanged { account, .. }
                | Change::AccountState { account, .. } => {
                    to_do.kick.insert(*account);
                }
                _ => {}
            }
        }
        drop(to_do);
        self.wake.notify_one();
    }
}

async fn work(
    directory: Arc<Directory>,
    api: BrokerApi,
    client: Client,
    to_do: Arc<Mutex<ToDo>>,
    wake: Arc<Notify>,
) {
    loop {
        let now = std::mem::take(&mut *to_do.lock());
        let ToDo { kick, review, later, everything } = &now;
        if kick.is_empty() && review.is_empty() && later.is_empty() && !everything {
            wake.notified().await;
            continue;
        }
        if let Err(error) = work_off(&directory, &api, &client, &now).await {
            tracing::warn!("cannot end subscriptions on the broker; trying again: {error:#}");
            to_do.lock().add(now);
            tokio::time::sleep(RETRY).await;
        }
    }
}

/// Does as much of the work as possible; returns the last error. A failure with one client does not stop the work on
/// others.
async fn work_off(directory: &Directory, api: &BrokerApi, client: &Client, now: &ToDo) -> anyhow::Result<()> {
    let mut outcome = Ok(());
    let mut note = |done: anyhow::Result<()>| {
        if done.is_err() {
            outcome = done;
        }
    };
    // Revoked keys first.
    for account in &now.kick {
        match of_account(directory, api, client, *account).await {
            Ok(listed) => {
                for listed in listed {
                    note(api.kick(client, &listed.clientid).await);
                }
            }
            Err(error) => note(Err(error)),
        }
    }
    for account in now.review.iter().chain(&now.later) {
        match of_account(directory, api, client, *account).await {
            Ok(listed) => {
                for listed in listed {
                    note(api.review(client, directory, *account, &listed.clientid).await);
                }
            }
            Err(error) => note(Err(error)),
        }
    }
    if now.everything {
        for listed in api.clients(client, None).await? {
            let account = listed.username.and_then(|name| hooks::account(directory, &name));
            if let Some((account, _)) = account {
                note(api.review(client, directory, account, &listed.clientid).await);
            }
        }
    }
    outcome
}

async fn of_account(
    directory: &Directory,
    api: &BrokerApi,
    client: &Client,
    account: AccountId,
) -> anyhow::Result<Vec<Listed>> {
    let name: Option<Name> = directory.name_of(account);
    match name {
        Some(name) => api.clients(client, Some(name.as_str())).await,
        None => Ok(Vec::new()),
    }
}
