//! Starts the server, connects its parts and stops it.

use std::fs::File;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use chinwag_broker::{Broker, TlsConfig};
use chinwag_external::External;
use chinwag_external::access::AccessChoice;
use chinwag_external::access::hooks::Secret;
use chinwag_protocol::limits;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_util::task::TaskTracker;

use crate::accounts::setup;
use crate::app::App;
use crate::config::{Config, DataConfig};
use crate::http::public::{PublicAddresses, PublicUrl};
use crate::http::{self, Http};
use crate::live::Live;
use crate::media::{Place, Quota};
use crate::mqtt::embedded::{Embedded, announce};
use crate::mqtt::{Mqtt, commits, cursors};
use crate::serving::Serving;
use crate::store::{AllSessionsLeft, Committed, Role, Store, StoreError};
use crate::supervisor::Supervisor;
use crate::{housekeeping, tls};

/// How long MQTT clients get to finish at shutdown.
const GRACE: Duration = Duration::from_secs(5);
/// The delay between attempts to reach an unavailable database at startup.
const RETRY: Duration = Duration::from_millis(500);
/// How often the wait for the database is logged.
const TELL: Duration = Duration::from_secs(60);

/// The addresses the server listens on.
#[derive(Debug, Clone, Copy)]
pub struct Addresses {
    /// Plain HTTP.
    pub http: SocketAddr,
    /// HTTPS, if there is a certificate.
    pub https: Option<SocketAddr>,
    /// The unauthenticated metrics listener, if configured.
    pub metrics: Option<SocketAddr>,
    /// The embedded broker's addresses, if it is in use.
    pub broker: Option<BrokerAddresses>,
}

/// The embedded broker's addresses.
#[derive(Debug, Clone, Copy)]
pub struct BrokerAddresses {
    /// MQTT over TCP.
    pub mqtt: SocketAddr,
    /// MQTT over WebSocket.
    pub ws: SocketAddr,
    /// MQTT and WebSocket over TLS, if there is a certificate.
    pub tls: Option<[SocketAddr; 2]>,
}

/// A running server.
pub struct Running {
    /// The addresses it listens on.
    pub addresses: Addresses,
    /// The URL at which browsers reach it from outside, if configured.
    pub public_url: Option<PublicUrl>,
    /// The secret of the setup link, as long as no administrator can sign in.
    pub setup: Option<String>,
    /// The database, in a form to show to people.
    pub database: String,
    app: Arc<App>,
    mqtt: Mqtt,
    supervisor: Supervisor,
    http: TaskTracker,
    background: TaskTracker,
    // Held while the server runs, so that a second server cannot start on the same folder.
    _lock: File,
}

/// The application on a database, and the receiver of everything committed from then on.
pub type Opened = (Arc<App>, mpsc::Receiver<Committed>);

/// Opens the database next to a server that may be running on it; used by the command line's other commands. Creates
/// nothing, unless `create` is set: then the data folder and the database.
pub async fn open_beside(data: &DataConfig, create: bool) -> anyhow::Result<Opened> {
    let data = data.clone();
    tokio::task::spawn_blocking(move || {
        let database = &data.database;
        if create {
            make_folder(&data.folder)?;
        } else if !database.exists().with_context(|| format!("cannot open the database {database:?}"))? {
            bail!(
                "there is no Chinwag database at {database:?}. Specify the server's database with --data DIR or \
                 --database URL; chinwag serve creates a new one"
            );
        }
        let live = Arc::<Live>::default();
        let opened = Store::open(database.clone(), live.clone());
        let (store, commits) = opened.with_context(|| format!("cannot open the database {database:?}"))?;
        Ok((Arc::new(App::new(store, live, Place::nowhere(), Quota::new(None), true)?), commits))
    })
    .await?
}

/// Opens the database in order to serve it, waiting while it is unavailable.
async fn open(Config { data, limits, media_quota, .. }: &Config) -> anyhow::Result<Opened> {
    make_folder(&data.folder)?;
    let mut waiting = Waiting::default();
    let live = Arc::<Live>::default();
    let (store, commits) = loop {
        let (database, live) = (data.database.clone(), live.clone());
        let is_new = tokio::task::spawn_blocking(move || {
            let is_new = !database.exists()?;
            Store::open(database, live).map(|opened| (opened, is_new))
        });
        match is_new.await? {
            Ok((opened, is_new)) => {
                if is_new {
                    tracing::info!(database = ?data.database, "a new database was created");
                }
                break opened;
            }
            Err(StoreError::Unavailable(why)) if data.database.is_remote() => waiting.on(data, &why).await,
            Err(error) => {
                let context = format!("cannot open the database {:?}", data.database);
                return Err(anyhow::Error::from(error).context(context));
            }
        }
    };
    let folder = data.folder.join("media");
    let url = data.media.clone();
    let media = tokio::task::spawn_blocking(move || Place::open(url.as_deref(), &folder)).await??;
    Ok((Arc::new(App::new(store, live, media, Quota::new(*media_quota), *limits)?), commits))
}

/// Waits between attempts to reach a database, and logs that from time to time.
#[derive(Default)]
struct Waiting(Option<Instant>);

impl Waiting {
    async fn on(&mut self, data: &DataConfig, why: &str) {
        if self.0.is_none_or(|told| told.elapsed() >= TELL) {
            tracing::warn!(database = ?data.database, why, "the database is unreachable; waiting for it");
            self.0 = Some(Instant::now());
        }
        tokio::time::sleep(RETRY).await;
    }
}

/// Creates the data folder, accessible to its owner only, because its contents are private.
pub(crate) fn make_folder(folder: &Path) -> anyhow::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).with_context(|| format!("cannot create the data folder {}", folder.display()))
}

pub(crate) fn lock(data: &DataConfig) -> anyhow::Result<File> {
    make_folder(&data.folder)?;
    let path = data.folder.join("lock");
    let file = File::create(&path).with_context(|| format!("cannot write in {}", data.folder.display()))?;
    let taken = || {
        format!(
            "another server runs on {}; stop it, or use another folder with --data",
            data.folder.display()
        )
    };
    file.try_lock().with_context(taken)?;
    Ok(file)
}

async fn listen(what: &str, address: SocketAddr) -> anyhow::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind(address).await.with_context(|| {
        format!(
            "cannot listen on {address} for {what}; if it is in use, choose another address with --{what} ADDR"
        )
    })?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

/// Starts a server. It accepts connections by the time this returns.
pub async fn start(config: Config) -> anyhow::Result<Running> {
    let lock = lock(&config.data)?;
    let (http, http_address) = listen("http", config.http).await?;
    let https = match &config.tls {
        Some(tls) => Some((listen("https", tls.https).await?, TlsConfig::new(tls.files.load()?))),
        None => None,
    };
    let metrics = match config.metrics {
        Some(address) => Some(listen("metrics", address).await?),
        None => None,
    };
    let listeners = match config.broker {
        None => Some(BrokerListeners::bind(&config).await?),
        Some(_) => None,
    };
    let addresses = Addresses {
        http: http_address,
        https: https.as_ref().map(|((_, address), _)| *address),
        metrics: metrics.as_ref().map(|(_, address)| *address),
        broker: listeners.as_ref().map(|listeners| listeners.addresses),
    };

    let public = Arc::new(public_addresses(&config, &addresses));

    let (app, commits) = open(&config).await?;
    let role = if config.broker.is_some() { Role::AmongOthers } else { Role::Alone };
    let right = Serving::begin(&app.store, role).await?;
    app.media.clean().context("cannot clean the folder for uploads")?;
    app.media.count().await.context("cannot count what was uploaded")?;
    let (supervisor, http_tasks, background) =
        (Supervisor::default(), TaskTracker::new(), TaskTracker::new());
    let store = app.store.clone();
    supervisor.run(&background, "the writer of the database", async move { store.ended().await });
    let tls = https.as_ref().map(|(_, tls)| tls.clone());
    supervisor.run(&background, "the link to other servers", housekeeping::meet(app.store.clone()));
    let mqtt = match (config.broker, listeners) {
        (Some(mut broker), _) => {
            let id = server_id(&config.data)?;
            if broker.secret.is_none() && broker.access != AccessChoice::Dynsec {
                broker.secret = Some(Secret::made(&app.store, &config.data.folder).await?);
            }
            let (chat, keys) = (Arc::clone(&app.chat), Arc::clone(&app.accounts.keys));
            let external = External::start(chat, keys, broker, id, |on, what, task| {
                supervisor.run_out(on, what, task);
            })
            .await;
            Mqtt::External(external.context("the database")?)
        }
        (None, listeners) => {
            chinwag_external::end(&app.store).await.context("the database")?;
            app.store.write(AllSessionsLeft).await.context("the database")?;
            let (chat, accounts) = (Arc::clone(&app.chat), Arc::clone(&app.accounts));
            let broker = Embedded::start(chat, accounts, broker_config(config.limits));
            app.live.begin(broker.clone());
            if let Some(listeners) = listeners {
                listeners.serve(&broker, tls.as_ref(), &supervisor, &background);
            }
            let presence = announce::run_presence(Arc::clone(&app.chat), broker.clone());
            supervisor.run(&background, "presence", presence);
            Mqtt::Embedded(broker)
        }
    };
    keep_going(&app, &mqtt, commits, &supervisor, &background);
    let superseded = supervisor.clone();
    supervisor.run(&background, "the right to serve", async move { superseded.fail(right.keep().await) });
    let folder = config.data.folder.as_path().into();
    let shared =
        Http { app: Arc::clone(&app), mqtt: mqtt.clone(), public, origins: config.origins.clone(), folder };
    let serving = http::serve::Serving {
        router: http::routes(shared.clone()),
        proxies: config.proxies.clone(),
        places: http::serve::Places::new(config.limits),
        stop: supervisor.stop.clone(),
    };
    if let (Some(((https, _), tls)), Some(config)) = (https, &config.tls) {
        supervisor.run(
            &background,
            "watching the certificate",
            tls::watch(config.files.clone(), tls.clone()),
        );
        supervisor.run_out(&http_tasks, "HTTPS", http::serve::serve(https, Some(tls), serving.clone()));
    }
    if let Some((listener, _)) = metrics {
        let router = http::metrics::routes(shared);
        let places = http::serve::Places::new(config.limits);
        let serving = http::serve::Serving { router, places, ..serving.clone() };
        supervisor.run_out(&http_tasks, "metrics", http::serve::serve(listener, None, serving));
    }
    supervisor.run_out(&http_tasks, "HTTP", http::serve::serve(http, None, serving));
    if let Mqtt::External(external) = &mqtt {
        // Only now, because a broker with hooks asks this server whether to let it connect.
        external.settle().await;
    }

    let setup = setup::needed(&app.accounts).then(|| app.accounts.setup.secret().to_owned());
    let database = format!("{:?}", config.data.database);
    Ok(Running {
        addresses,
        public_url: config.public_url,
        setup,
        database,
        app,
        mqtt,
        supervisor,
        http: http_tasks,
        background,
        _lock: lock,
    })
}

/// Starts the background tasks that run as long as the server does, whichever broker it uses.
fn keep_going(
    app: &App,
    mqtt: &Mqtt,
    commits: mpsc::Receiver<Committed>,
    supervisor: &Supervisor,
    background: &TaskTracker,
) {
    let App { chat, accounts, media, times, .. } = app;
    let (unused, times) = (Arc::clone(media), Arc::clone(times));
    let delivery = commits::run(Arc::clone(chat), unused, times, mqtt.clone(), commits);
    supervisor.run_out(background, "delivery", delivery);
    let noting = housekeeping::note_last_seen(Arc::clone(chat));
    supervisor.run(background, "noting who was there", noting);
    supervisor.run(background, "read cursors", cursors::run(Arc::clone(chat), mqtt.clone()));
    let follow = housekeeping::follow(Arc::clone(chat), Arc::clone(media));
    supervisor.run(background, "following other processes", follow);
    let sweep = housekeeping::sweep(Arc::clone(chat), Arc::clone(accounts), Arc::clone(media));
    supervisor.run(background, "housekeeping", sweep);
}

/// Returns the addresses at which browsers reach this server and devices reach the broker: the configured ones, this
/// server's own ports, or the external broker's URL.
fn public_addresses(config: &Config, addresses: &Addresses) -> PublicAddresses {
    let mut public = PublicAddresses {
        url: config.public_url.clone(),
        configured: config.public_mqtt.clone(),
        listeners: Vec::new(),
    };
    if let Some(BrokerAddresses { mqtt, ws, tls }) = addresses.broker {
        let plain = [("mqtt", mqtt, ""), ("ws", ws, "/mqtt")];
        let tls = tls.map(|[mqtts, wss]| [("mqtts", mqtts, ""), ("wss", wss, "/mqtt")]);
        public.listeners = tls.into_iter().flatten().chain(plain).collect();
    } else if let Some(broker) = &config.broker
        && public.configured.is_empty()
    {
        public.configured = vec![broker.url.to_string()];
    }
    public
}

/// Returns this server's id among the servers on the database: generated once, kept in the data folder.
fn server_id(data: &DataConfig) -> anyhow::Result<String> {
    let path = data.folder.join("server-id");
    if let Ok(id) = std::fs::read_to_string(&path)
        && let Ok(id) = id.trim().parse::<uuid::Uuid>()
    {
        return Ok(id.simple().to_string());
    }
    let id = uuid::Uuid::new_v4().simple().to_string();
    std::fs::write(&path, &id).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(id)
}

/// The embedded broker's listeners.
struct BrokerListeners {
    addresses: BrokerAddresses,
    mqtt: TcpListener,
    ws: TcpListener,
    tls: Option<[TcpListener; 2]>,
}

impl BrokerListeners {
    async fn bind(config: &Config) -> anyhow::Result<Self> {
        let (mqtt, mqtt_address) = listen("mqtt", config.mqtt).await?;
        let (ws, ws_address) = listen("ws", config.ws).await?;
        let (mut tls, mut tls_addresses) = (None, None);
        if let Some(config) = &config.tls {
            let (mqtts, mqtts_address) = listen("mqtts", config.mqtts).await?;
            let (wss, wss_address) = listen("wss", config.wss).await?;
            (tls, tls_addresses) = (Some([mqtts, wss]), Some([mqtts_address, wss_address]));
        }
        let addresses = BrokerAddresses { mqtt: mqtt_address, ws: ws_address, tls: tls_addresses };
        Ok(Self { addresses, mqtt, ws, tls })
    }

    fn serve(
        self,
        broker: &Broker<Embedded>,
        tls: Option<&TlsConfig>,
        supervisor: &Supervisor,
        background: &TaskTracker,
    ) {
        let Self { mqtt, ws, tls: with_tls, .. } = self;
        let (tcp, over_ws) = (broker.clone(), broker.clone());
        supervisor.run(background, "MQTT", async move { tcp.serve_tcp(mqtt).await });
        supervisor.run(background, "WebSocket", async move { over_ws.serve_ws(ws).await });
        if let (Some([mqtts, wss]), Some(tls)) = (with_tls, tls) {
            let (tcp, over_ws, mqtt_tls, ws_tls) = (broker.clone(), broker.clone(), tls.clone(), tls.clone());
            supervisor.run(background, "MQTT over TLS", async move { tcp.serve_tls(mqtts, mqtt_tls).await });
            supervisor.run(
                background,
                "WebSocket over TLS",
                async move { over_ws.serve_wss(wss, ws_tls).await },
            );
        }
    }
}

fn broker_config(rates: bool) -> chinwag_broker::Config {
    let defaults = chinwag_broker::Limits::default();
    let sized = chinwag_broker::Limits {
        packet_size: limits::PACKET_BYTES as u32,
        filter_levels: limits::FILTER_LEVELS,
        filters_per_packet: limits::FILTERS_PER_PACKET,
        subscriptions: limits::SUBSCRIPTIONS_PER_SESSION,
        subscriptions_per_account: limits::SUBSCRIPTIONS_PER_ACCOUNT,
        ..defaults
    };
    let limits = if rates { sized } else { sized.rates_off() };
    chinwag_broker::Config { limits, ..chinwag_broker::Config::default() }
}

impl Running {
    /// Describes the broker: which one it is, and whether it is reachable.
    pub fn broker(&self) -> String {
        match &self.mqtt {
            Mqtt::Embedded(_) => "embedded".to_owned(),
            Mqtt::External(external) => {
                let there = if external.ready().is_ok() { "" } else { " (unreachable for now; see the log)" };
                format!("{}{there}", external.config().url)
            }
        }
    }

    /// Waits until the server must stop and returns the reason: another server has taken over its database, or an
    /// essential task has ended.
    pub async fn failed(&self) -> String {
        self.supervisor.failed().await
    }

    /// Shuts down: refuses new clients, notifies connected ones, and commits everything that was accepted.
    pub async fn stop(self) {
        self.mqtt.shutdown(GRACE).await;
        self.supervisor.stop.cancel();
        // HTTP requests in progress may be waiting for their account's cursors to be stored.
        self.app.chat.cursors.store(&self.app.store).await;
        self.http.close();
        self.http.wait().await;
        self.mqtt.finish(GRACE).await;
        housekeeping::note_present(&self.app.chat, &self.app.accounts).await;
        self.app.chat.cursors.store(&self.app.store).await;
        self.app.store.leave_others().await;
        self.app.store.stop().await;
        self.background.close();
        self.background.wait().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ServeArgs;

    #[tokio::test(flavor = "multi_thread")]
    async fn a_server_that_cannot_write_any_more_ends() {
        let folder = tempfile::tempdir().unwrap();
        let any = Some(([127, 0, 0, 1], 0).into());
        let mut args = ServeArgs { http: any, mqtt: any, ws: any, ..ServeArgs::default() };
        args.data.data = Some(folder.path().to_owned());
        let running = start(args.settle().unwrap()).await.unwrap();
        assert!(running.app.store.takes_writes().await.is_ok());
        // The reply callback runs on the writer's thread.
        let set = crate::store::Set { key: "a", value: None };
        running.app.store.submit(set, Box::new(|_| panic!("on purpose"))).await;
        // The tasks that wait for the writer end with it, and their end may be noticed first.
        let why = running.failed().await;
        assert!(
            ["the writer of the database ended", "delivery ended"].iter().any(|it| why.starts_with(it)),
            "{why}"
        );
        assert!(running.app.store.takes_writes().await.is_err());
        running.stop().await;
    }
}
