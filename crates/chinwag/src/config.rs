//! Settings: flag, then environment, then file, then default.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Args;
use ipnet::IpNet;
use serde::Deserialize;

use crate::http::proxies::Proxies;
use crate::mqtt::access::AccessChoice;
use crate::mqtt::access::broker_api::BrokerApi;
use crate::mqtt::access::hooks::Secret;
use crate::mqtt::external::url::{BrokerConfig, BrokerUrl};
use crate::store::Database;
use crate::tls::TlsFiles;

/// Where the data is. Every command takes it.
#[derive(Debug, Clone, Default, Args)]
pub struct DataArgs {
    /// The data folder
    #[arg(long, env = "CHINWAG_DATA", value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// The database, sqlite:FILE or postgres://USER:PASSWORD@HOST/NAME [default: chinwag.db in the data folder]
    #[arg(long, env = "CHINWAG_DATABASE", value_name = "URL")]
    pub database: Option<String>,
    /// A file with settings: TOML, the flags' names as keys
    #[arg(long, env = "CHINWAG_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// What `serve` takes.
#[derive(Debug, Clone, Default, Args)]
pub struct ServeArgs {
    /// Where the data is.
    #[command(flatten)]
    pub data: DataArgs,
    /// Where uploaded files are, file:///FOLDER or s3://BUCKET/PREFIX [default: media in the data folder]
    #[arg(long, env = "CHINWAG_MEDIA", value_name = "URL")]
    pub media: Option<String>,
    /// Web client, HTTP, and MQTT over WebSocket at /mqtt [default: 127.0.0.1:8080]
    #[arg(long, env = "CHINWAG_HTTP", value_name = "ADDR")]
    pub http: Option<SocketAddr>,
    /// MQTT over TCP [default: 127.0.0.1:1883]
    #[arg(long, env = "CHINWAG_MQTT", value_name = "ADDR")]
    pub mqtt: Option<SocketAddr>,
    /// MQTT over WebSocket [default: 127.0.0.1:8083]
    #[arg(long, env = "CHINWAG_WS", value_name = "ADDR")]
    pub ws: Option<SocketAddr>,
    /// A certificate and its chain, PEM: also serve TLS. Read again when it changes
    #[arg(long, env = "CHINWAG_TLS_CERT", value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,
    /// The certificate's private key, PEM
    #[arg(long, env = "CHINWAG_TLS_KEY", value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
    /// Authorities, PEM: clients may show certificates that these vouch for
    #[arg(long, env = "CHINWAG_TLS_CLIENT_CA", value_name = "FILE", requires = "tls_cert")]
    pub tls_client_ca: Option<PathBuf>,
    /// With TLS: web client, HTTP, and MQTT over WebSocket at /mqtt [default: 127.0.0.1:8443]
    #[arg(long, env = "CHINWAG_HTTPS", value_name = "ADDR")]
    pub https: Option<SocketAddr>,
    /// With TLS: MQTT over TLS [default: 127.0.0.1:8883]
    #[arg(long, env = "CHINWAG_MQTTS", value_name = "ADDR")]
    pub mqtts: Option<SocketAddr>,
    /// With TLS: MQTT over WebSocket over TLS [default: 127.0.0.1:8084]
    #[arg(long, env = "CHINWAG_WSS", value_name = "ADDR")]
    pub wss: Option<SocketAddr>,
    /// An MQTT 5 broker of your own instead of the embedded one: mqtt://USER:PASSWORD@HOST:PORT, mqtts://, ws://, wss://
    #[arg(long, env = "CHINWAG_BROKER", value_name = "URL", hide_env_values = true)]
    pub broker: Option<String>,
    /// The authority, PEM, that vouches for that broker's certificate [default: the system's]
    #[arg(long, env = "CHINWAG_BROKER_CA", value_name = "FILE", requires = "broker")]
    pub broker_ca: Option<PathBuf>,
    /// The ws:// or wss:// URL at which browsers reach that broker
    #[arg(long, env = "CHINWAG_BROKER_WEBSOCKET", value_name = "URL")]
    pub broker_websocket: Option<String>,
    /// Proxies whose X-Forwarded-For is believed: addresses or networks, as in 127.0.0.1/32,10.0.0.0/8
    #[arg(long, env = "CHINWAG_TRUSTED_PROXIES", value_name = "NETWORKS", value_delimiter = ',')]
    pub trusted_proxies: Option<Vec<IpNet>>,
    /// How that broker learns who may do what [default: auto]
    #[arg(long, env = "CHINWAG_BROKER_ACCESS", value_name = "auto|dynsec|hooks")]
    pub broker_access: Option<AccessChoice>,
    /// What that broker proves itself with at /broker/authenticate and /broker/authorize, at least 32 characters
    /// [default: made once, in the file broker-secret of the data folder]
    #[arg(long, env = "CHINWAG_BROKER_SECRET", value_name = "SECRET", hide_env_values = true)]
    pub broker_secret: Option<String>,
    /// A file with that secret
    #[arg(long, env = "CHINWAG_BROKER_SECRET_FILE", value_name = "FILE", conflicts_with = "broker_secret")]
    pub broker_secret_file: Option<PathBuf>,
    /// That broker's HTTP API, to end live subscriptions: emqx+http://KEY:SECRET@HOST:18083, rmqtt+http://:TOKEN@HOST:6060
    #[arg(long, env = "CHINWAG_BROKER_API", value_name = "URL", hide_env_values = true)]
    pub broker_api: Option<String>,
    /// Rate limits; sizes and access stay [default: on]
    #[arg(long, env = "CHINWAG_LIMITS", value_name = "on|off")]
    pub limits: Option<Switch>,
}

/// On or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Switch {
    /// On.
    On,
    /// Off.
    Off,
}

/// The file's side of the settings.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    data: Option<PathBuf>,
    database: Option<String>,
    media: Option<String>,
    http: Option<SocketAddr>,
    mqtt: Option<SocketAddr>,
    ws: Option<SocketAddr>,
    tls_cert: Option<PathBuf>,
    tls_key: Option<PathBuf>,
    tls_client_ca: Option<PathBuf>,
    https: Option<SocketAddr>,
    mqtts: Option<SocketAddr>,
    wss: Option<SocketAddr>,
    broker: Option<String>,
    broker_ca: Option<PathBuf>,
    broker_websocket: Option<String>,
    trusted_proxies: Option<Vec<IpNet>>,
    broker_access: Option<AccessChoice>,
    broker_secret: Option<String>,
    broker_secret_file: Option<PathBuf>,
    broker_api: Option<String>,
    limits: Option<Switch>,
}

/// Where the data is, settled.
#[derive(Debug, Clone)]
pub struct DataConfig {
    /// The data folder.
    pub folder: PathBuf,
    /// The database.
    pub database: Database,
    /// Where uploaded files are, if not in the data folder.
    pub media: Option<String>,
}

/// Everything `serve` needs, settled.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where the data is.
    pub data: DataConfig,
    /// HTTP.
    pub http: SocketAddr,
    /// MQTT over TCP.
    pub mqtt: SocketAddr,
    /// MQTT over WebSocket.
    pub ws: SocketAddr,
    /// TLS beside them, where there is a certificate.
    pub tls: Option<TlsListeners>,
    /// The broker, where it is not the embedded one.
    pub broker: Option<BrokerConfig>,
    /// Whose word is taken for where an HTTP request comes from.
    pub proxies: Proxies,
    /// Whether the rate limits hold.
    pub limits: bool,
}

/// What is served with TLS.
#[derive(Debug, Clone)]
pub struct TlsListeners {
    /// The certificate.
    pub files: TlsFiles,
    /// HTTP.
    pub https: SocketAddr,
    /// MQTT over TCP.
    pub mqtts: SocketAddr,
    /// MQTT over WebSocket.
    pub wss: SocketAddr,
}

fn read_file(path: Option<&Path>) -> anyhow::Result<File> {
    let Some(path) = path else { return Ok(File::default()) };
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("cannot read the settings in {}", path.display()))?;
    toml::from_str(&text).with_context(|| format!("the settings in {} are not understood", path.display()))
}

fn data(args: DataArgs, file: &mut File) -> anyhow::Result<DataConfig> {
    let folder = args.data.or(file.data.take()).unwrap_or_else(|| "chinwag-data".into());
    let url = args.database.or(file.database.take());
    let url = url.unwrap_or_else(|| format!("sqlite:{}", folder.join("chinwag.db").display()));
    let database = Database::parse(&url)?;
    Ok(DataConfig { folder, database, media: file.media.take() })
}

fn websocket(url: Option<String>) -> anyhow::Result<Option<String>> {
    if let Some(url) = &url {
        let url = BrokerUrl::parse(url).context("the broker's URL for browsers")?;
        if !url.is_websocket() || url.credentials.is_some() {
            bail!("the broker's URL for browsers is ws:// or wss://, without user and password");
        }
    }
    Ok(url)
}

/// The broker's secret: as it stands, or in a file.
fn secret(secret: Option<String>, file: Option<PathBuf>) -> anyhow::Result<Option<Secret>> {
    let secret = match (secret, file) {
        (Some(secret), _) => secret,
        (None, Some(file)) => std::fs::read_to_string(&file)
            .with_context(|| format!("cannot read the broker's secret in {}", file.display()))?,
        (None, None) => return Ok(None),
    };
    Secret::new(&secret).map(Some)
}

impl DataArgs {
    /// Settles where the data is.
    pub fn settle(self) -> anyhow::Result<DataConfig> {
        // Other commands may share the server's file; its other settings are not theirs.
        let mut file = read_file(self.config.as_deref())?;
        data(self, &mut file)
    }
}

impl ServeArgs {
    /// Settles everything.
    pub fn settle(self) -> anyhow::Result<Config> {
        let mut file = read_file(self.data.config.as_deref())?;
        file.media = self.media.or(file.media);
        let local = |port| SocketAddr::from(([127, 0, 0, 1], port));
        let client_ca = self.tls_client_ca.or(file.tls_client_ca.take());
        let tls = match (self.tls_cert.or(file.tls_cert.take()), self.tls_key.or(file.tls_key.take())) {
            (Some(certificate), Some(key)) => Some(TlsListeners {
                files: TlsFiles { certificate, key, client_ca },
                https: self.https.or(file.https).unwrap_or(local(8443)),
                mqtts: self.mqtts.or(file.mqtts).unwrap_or(local(8883)),
                wss: self.wss.or(file.wss).unwrap_or(local(8084)),
            }),
            (None, None) => None,
            _ => bail!("TLS takes both a certificate (tls_cert) and its key (tls_key)"),
        };
        let broker = match self.broker.or(file.broker.take()) {
            None => None,
            Some(url) => Some(BrokerConfig {
                url: BrokerUrl::parse(&url)?,
                ca: self.broker_ca.or(file.broker_ca.take()),
                websocket: websocket(self.broker_websocket.or(file.broker_websocket.take()))?,
                access: self.broker_access.or(file.broker_access).unwrap_or_default(),
                secret: secret(
                    self.broker_secret.or(file.broker_secret.take()),
                    self.broker_secret_file.or(file.broker_secret_file.take()),
                )?,
                api: self
                    .broker_api
                    .or(file.broker_api.take())
                    .map(|url| BrokerApi::parse(&url))
                    .transpose()?,
            }),
        };
        Ok(Config {
            broker,
            data: data(self.data, &mut file)?,
            http: self.http.or(file.http).unwrap_or(local(8080)),
            mqtt: self.mqtt.or(file.mqtt).unwrap_or(local(1883)),
            ws: self.ws.or(file.ws).unwrap_or(local(8083)),
            tls,
            proxies: Proxies::new(&self.trusted_proxies.or(file.trusted_proxies.take()).unwrap_or_default()),
            limits: self.limits.or(file.limits) != Some(Switch::Off),
        })
    }
}
