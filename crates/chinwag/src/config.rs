//! Settings, in order of precedence: flag, environment variable, file, systemd credential, default. All are declared
//! once, as command line arguments; a file changes their defaults (`config/file.rs`).

pub mod file;
pub mod values;

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::{Context, bail};
use chinwag_external::access::AccessChoice;
use chinwag_external::access::broker_api::BrokerApi;
use chinwag_external::access::hooks::Secret;
use chinwag_external::url::{BrokerConfig, BrokerUrl};
use clap::Args;
use ipnet::IpNet;

use crate::http::cors::{Origin, Origins};
use crate::http::proxies::Proxies;
use crate::http::public::PublicUrl;
use crate::store::Database;
use crate::tls::TlsFiles;
use values::{address, network, size};

/// The location of the data. Every command accepts these options.
#[derive(Debug, Clone, Default, Args)]
pub struct DataArgs {
    /// The data folder [default: chinwag-data]
    #[arg(long, env = "CHINWAG_DATA", value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// The database: sqlite:FILE or postgres://USER:PASSWORD@HOST/NAME, with special characters %-encoded (p@ss is
    /// p%40ss); without a password PGPASSWORD is used [default: chinwag.db in the data folder]
    #[arg(long, env = "CHINWAG_DATABASE", value_name = "URL", hide_env_values = true)]
    pub database: Option<String>,
    /// Where uploaded files are stored: file:///FOLDER or s3://BUCKET/PREFIX [default: media in the data folder]
    #[arg(long, env = "CHINWAG_MEDIA", value_name = "URL")]
    pub media: Option<String>,
    /// A TOML file with settings. Its keys are the names of serve's flags: tls-cert or tls_cert
    #[arg(long, env = "CHINWAG_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// The options of `serve`.
#[derive(Debug, Clone, Default, Args)]
pub struct ServeArgs {
    /// The location of the data.
    #[command(flatten)]
    pub data: DataArgs,
    /// The maximum size of all uploads together, as in 500MiB, 20GiB or 1TiB [default: no limit]
    #[arg(long, env = "CHINWAG_MEDIA_QUOTA", value_name = "SIZE", value_parser = size)]
    pub media_quota: Option<u64>,
    /// Web client, HTTP, and MQTT over WebSocket at /mqtt: 127.0.0.1:8080, 0.0.0.0:8080 (all IPv4 addresses),
    /// [::]:8080 [default: 127.0.0.1:8080]
    #[arg(long, env = "CHINWAG_HTTP", value_name = "ADDR", value_parser = address)]
    pub http: Option<SocketAddr>,
    /// MQTT over TCP [default: 127.0.0.1:1883]
    #[arg(long, env = "CHINWAG_MQTT", value_name = "ADDR", value_parser = address)]
    pub mqtt: Option<SocketAddr>,
    /// MQTT over WebSocket [default: 127.0.0.1:8083]
    #[arg(long, env = "CHINWAG_WS", value_name = "ADDR", value_parser = address)]
    pub ws: Option<SocketAddr>,
    /// /metrics, /healthz and /readyz for monitoring, open to everyone who can reach the address [default: none]
    #[arg(long, env = "CHINWAG_METRICS", value_name = "ADDR", value_parser = address)]
    pub metrics: Option<SocketAddr>,
    /// A certificate and its chain, PEM: also serve TLS. Reloaded when it changes
    #[arg(long, env = "CHINWAG_TLS_CERT", value_name = "FILE")]
    pub tls_cert: Option<PathBuf>,
    /// The certificate's private key, PEM
    #[arg(long, env = "CHINWAG_TLS_KEY", value_name = "FILE")]
    pub tls_key: Option<PathBuf>,
    /// CA certificates, PEM: a client that presents a certificate must have it from one of these authorities
    #[arg(long, env = "CHINWAG_TLS_CLIENT_CA", value_name = "FILE")]
    pub tls_client_ca: Option<PathBuf>,
    /// With TLS: web client, HTTP, and MQTT over WebSocket at /mqtt [default: 127.0.0.1:8443]
    #[arg(long, env = "CHINWAG_HTTPS", value_name = "ADDR", value_parser = address)]
    pub https: Option<SocketAddr>,
    /// With TLS: MQTT over TLS [default: 127.0.0.1:8883]
    #[arg(long, env = "CHINWAG_MQTTS", value_name = "ADDR", value_parser = address)]
    pub mqtts: Option<SocketAddr>,
    /// With TLS: MQTT over WebSocket over TLS [default: 127.0.0.1:8084]
    #[arg(long, env = "CHINWAG_WSS", value_name = "ADDR", value_parser = address)]
    pub wss: Option<SocketAddr>,
    /// An MQTT 5 broker of your own instead of the embedded one: mqtt://USER:PASSWORD@HOST:PORT, mqtts://, ws://, wss://
    #[arg(long, env = "CHINWAG_BROKER", value_name = "URL", hide_env_values = true)]
    pub broker: Option<String>,
    /// The CA certificate, PEM, that has signed that broker's certificate [default: the system's CAs]
    #[arg(long, env = "CHINWAG_BROKER_CA", value_name = "FILE")]
    pub broker_ca: Option<PathBuf>,
    /// The ws:// or wss:// URL at which browsers reach that broker
    #[arg(long, env = "CHINWAG_BROKER_WEBSOCKET", value_name = "URL")]
    pub broker_websocket: Option<String>,
    /// Proxies whose X-Forwarded-For is trusted: addresses or networks, as in 127.0.0.1,10.0.0.0/8
    #[arg(long, env = "CHINWAG_TRUSTED_PROXIES", value_name = "NETWORKS", value_delimiter = ',', value_parser = network)]
    pub trusted_proxies: Option<Vec<IpNet>>,
    /// How that broker learns who may do what; `open` accepts a broker that lets everyone do everything [default: auto]
    #[arg(long, env = "CHINWAG_BROKER_ACCESS", value_name = "auto|dynsec|hooks|open")]
    pub broker_access: Option<AccessChoice>,
    /// The secret with which that broker authenticates at /broker/authenticate and /broker/authorize, at least 32
    /// characters [default: generated once, in the file broker-secret of the data folder]
    #[arg(long, env = "CHINWAG_BROKER_SECRET", value_name = "SECRET", hide_env_values = true)]
    pub broker_secret: Option<String>,
    /// A file with that secret
    #[arg(long, env = "CHINWAG_BROKER_SECRET_FILE", value_name = "FILE")]
    pub broker_secret_file: Option<PathBuf>,
    /// That broker's HTTP API, to end live subscriptions: emqx+http://KEY:SECRET@HOST:18083, rmqtt+http://:TOKEN@HOST:6060
    #[arg(long, env = "CHINWAG_BROKER_API", value_name = "URL", hide_env_values = true)]
    pub broker_api: Option<String>,
    /// Where browsers reach this server from outside, as in https://example.org/chat/, behind a proxy
    #[arg(long, env = "CHINWAG_PUBLIC_URL", value_name = "URL", value_parser = PublicUrl::parse)]
    pub public_url: Option<PublicUrl>,
    /// Where devices reach the broker from outside, as in mqtts://chat.example.org:8883, if not at this server's own
    /// ports under the name that the browser uses
    #[arg(long, env = "CHINWAG_PUBLIC_MQTT", value_name = "URLS", value_delimiter = ',', value_parser = public_mqtt)]
    pub public_mqtt: Option<Vec<String>>,
    /// Other origins whose pages may use the API with an access token, as in https://app.example; repeat it for
    /// several [default: none]
    #[arg(long, env = "CHINWAG_ALLOW_ORIGIN", value_name = "ORIGIN", value_delimiter = ',', value_parser = Origin::parse)]
    pub allow_origin: Option<Vec<Origin>>,
    /// Rate limits; sizes and access checks stay [default: on]
    #[arg(long, env = "CHINWAG_LIMITS", value_name = "on|off")]
    pub limits: Option<Switch>,
}

/// On or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Switch {
    /// On.
    #[value(alias = "true")]
    On,
    /// Off.
    #[value(alias = "false")]
    Off,
}

/// The resolved location of the data.
#[derive(Debug, Clone)]
pub struct DataConfig {
    /// The data folder.
    pub folder: PathBuf,
    /// The database.
    pub database: Database,
    /// The URL of the storage for uploads, if it is not the data folder.
    pub media: Option<String>,
}

/// The resolved settings of `serve`.
#[derive(Debug, Clone)]
pub struct Config {
    /// The location of the data.
    pub data: DataConfig,
    /// The maximum size of all uploads together, in bytes.
    pub media_quota: Option<u64>,
    /// The address for HTTP.
    pub http: SocketAddr,
    /// MQTT over TCP.
    pub mqtt: SocketAddr,
    /// MQTT over WebSocket.
    pub ws: SocketAddr,
    /// The address for unauthenticated metrics, if any.
    pub metrics: Option<SocketAddr>,
    /// The TLS listeners, if there is a certificate.
    pub tls: Option<TlsListeners>,
    /// The external broker, if it replaces the embedded one.
    pub broker: Option<BrokerConfig>,
    /// The proxies trusted to say where an HTTP request comes from.
    pub proxies: Proxies,
    /// The URL at which browsers reach this server from outside.
    pub public_url: Option<PublicUrl>,
    /// The URLs at which devices reach the broker from outside; if empty, they are derived from the listeners.
    pub public_mqtt: Vec<String>,
    /// The other origins whose pages may use the API.
    pub origins: Origins,
    /// Whether the rate limits are enforced.
    pub limits: bool,
}

/// The certificate and the listeners that use it.
#[derive(Debug, Clone)]
pub struct TlsListeners {
    /// The certificate and key files.
    pub files: TlsFiles,
    /// The address for HTTPS.
    pub https: SocketAddr,
    /// MQTT over TCP.
    pub mqtts: SocketAddr,
    /// MQTT over WebSocket.
    pub wss: SocketAddr,
}

/// Parses a broker URL for devices and returns it with its port and path written out.
fn public_mqtt(text: &str) -> Result<String, String> {
    let url = BrokerUrl::parse(text.trim()).ok().filter(|url| url.credentials.is_none());
    url.map(|url| url.to_string()).ok_or_else(|| {
        "an address for devices must be mqtts://HOST:PORT, mqtt://, wss://HOST:PORT/mqtt or ws://".into()
    })
}

fn local(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}

/// Returns the flags that were given, joined by commas.
fn given(flags: &[(&'static str, bool)]) -> Option<String> {
    let given: Vec<_> = flags.iter().filter(|(_, given)| *given).map(|(flag, _)| *flag).collect();
    (!given.is_empty()).then(|| given.join(", "))
}

fn websocket(url: Option<String>) -> anyhow::Result<Option<String>> {
    if let Some(url) = &url {
        let url = BrokerUrl::parse(url).context("--broker-websocket")?;
        if !url.is_websocket() || url.credentials.is_some() {
            bail!("--broker-websocket must be ws://HOST/PATH or wss://HOST/PATH, without user and password");
        }
    }
    Ok(url)
}

/// Returns the broker's secret, given directly or in a file.
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
    /// Resolves where the data is, applying defaults. Fails for an invalid database URL.
    pub fn settle(self) -> anyhow::Result<DataConfig> {
        let folder = self.data.unwrap_or_else(|| "chinwag-data".into());
        let folder = std::path::absolute(&folder).unwrap_or(folder);
        let url = self.database.unwrap_or_else(|| format!("sqlite:{}", folder.join("chinwag.db").display()));
        let database = Database::parse(&url).context("--database")?;
        Ok(DataConfig { folder, database, media: self.media })
    }
}

impl ServeArgs {
    /// Resolves all settings, applying defaults. Fails for invalid or contradictory ones.
    pub fn settle(self) -> anyhow::Result<Config> {
        let tls = self.tls()?;
        let broker = self.broker()?;
        Ok(Config {
            broker,
            tls,
            data: self.data.settle()?,
            media_quota: self.media_quota,
            http: self.http.unwrap_or(local(8080)),
            mqtt: self.mqtt.unwrap_or(local(1883)),
            ws: self.ws.unwrap_or(local(8083)),
            metrics: self.metrics,
            proxies: Proxies::new(&self.trusted_proxies.unwrap_or_default()),
            public_url: self.public_url,
            public_mqtt: self.public_mqtt.unwrap_or_default(),
            origins: Origins::new(self.allow_origin.unwrap_or_default()),
            limits: self.limits != Some(Switch::Off),
        })
    }

    fn tls(&self) -> anyhow::Result<Option<TlsListeners>> {
        let needs_it = [
            ("--https", self.https.is_some()),
            ("--mqtts", self.mqtts.is_some()),
            ("--wss", self.wss.is_some()),
            ("--tls-client-ca", self.tls_client_ca.is_some()),
        ];
        match (&self.tls_cert, &self.tls_key) {
            (Some(certificate), Some(key)) => Ok(Some(TlsListeners {
                files: TlsFiles {
                    certificate: certificate.clone(),
                    key: key.clone(),
                    client_ca: self.tls_client_ca.clone(),
                },
                https: self.https.unwrap_or(local(8443)),
                mqtts: self.mqtts.unwrap_or(local(8883)),
                wss: self.wss.unwrap_or(local(8084)),
            })),
            (None, None) => match given(&needs_it) {
                Some(flags) => {
                    bail!("{flags}: TLS needs a certificate; set --tls-cert FILE and --tls-key FILE (PEM)")
                }
                None => Ok(None),
            },
            (Some(_), None) => bail!("--tls-cert needs the certificate's private key too: --tls-key FILE"),
            (None, Some(_)) => bail!("--tls-key needs the certificate too: --tls-cert FILE"),
        }
    }

    fn broker(&self) -> anyhow::Result<Option<BrokerConfig>> {
        let needs_it = [
            ("--broker-ca", self.broker_ca.is_some()),
            ("--broker-websocket", self.broker_websocket.is_some()),
            ("--broker-access", self.broker_access.is_some()),
            ("--broker-secret", self.broker_secret.is_some()),
            ("--broker-secret-file", self.broker_secret_file.is_some()),
            ("--broker-api", self.broker_api.is_some()),
        ];
        let Some(url) = &self.broker else {
            return match given(&needs_it) {
                Some(flags) => bail!(
                    "{flags}: there is no broker of your own; specify it with --broker mqtt://USER:PASSWORD@HOST:PORT"
                ),
                None => Ok(None),
            };
        };
        Ok(Some(BrokerConfig {
            url: BrokerUrl::parse(url).context("--broker")?,
            ca: self.broker_ca.clone(),
            websocket: websocket(self.broker_websocket.clone())?,
            access: self.broker_access.unwrap_or_default(),
            secret: secret(self.broker_secret.clone(), self.broker_secret_file.clone())?,
            api: self.broker_api.as_deref().map(BrokerApi::parse).transpose().context("--broker-api")?,
        }))
    }
}
