//! Debian's Mosquitto on free ports, either with its dynamic-security plugin as configured by
//! `mosquitto_ctrl dynsec init`, or open to everybody.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::{Beside, DEADLINE, Mqtt, Options, Person, Version, free_addresses};

/// Paths where distributions install the plugin.
const PLUGINS: [&str; 4] = [
    "/usr/lib/x86_64-linux-gnu/mosquitto_dynamic_security.so",
    "/usr/lib/aarch64-linux-gnu/mosquitto_dynamic_security.so",
    "/usr/lib/mosquitto_dynamic_security.so",
    "/usr/local/lib/mosquitto_dynamic_security.so",
];
/// The plugin's administrator, as which Chinwag connects.
const USER: &str = "chinwag";
const PASSWORD: &str = "a password for the broker";

/// A Mosquitto broker.
pub struct Mosquitto {
    /// MQTT over TCP.
    pub mqtt: SocketAddr,
    /// MQTT over WebSocket.
    pub ws: SocketAddr,
    /// MQTT over TLS; the certificate is signed by [`Mosquitto::authority`].
    pub mqtts: SocketAddr,
    /// MQTT over WebSocket over TLS, with the same certificate.
    pub wss: SocketAddr,
    folder: TempDir,
    running: Mutex<Option<Child>>,
}

impl Mosquitto {
    /// Starts a broker with the plugin.
    pub async fn start() -> Result<Self> {
        let broker = Self::prepare()?;
        let rules = broker.folder.path().join("dynamic-security.json");
        let init = Command::new("mosquitto_ctrl")
            .args(["dynsec", "init"])
            .arg(&rules)
            .args([USER, PASSWORD])
            .output()
            .await
            .context("mosquitto_ctrl is missing: apt-get install mosquitto")?;
        ensure!(init.status.success(), "dynsec init: {}", String::from_utf8_lossy(&init.stderr));
        let plugin = PLUGINS.iter().find(|plugin| Path::new(plugin).exists());
        let plugin = plugin.context("Mosquitto's dynamic-security plugin is missing")?;
        let rules = rules.display();
        broker
            .started(&format!("allow_anonymous false\nplugin {plugin}\nplugin_opt_config_file {rules}\n"))
            .await
    }

    /// Starts a broker without access control.
    pub async fn start_open() -> Result<Self> {
        Self::prepare()?.started("allow_anonymous true\n").await
    }

    /// Starts a broker without access control and with a bridge: it forwards what is published on `topic` to a server
    /// as `person`, and queues it while the server is down.
    pub async fn start_bridge(server: SocketAddr, person: &Person, topic: &str) -> Result<Self> {
        let Person { name, token, .. } = person;
        Self::start_open_with(&format!(
            "connection bridge\naddress {server}\nremote_username {name}\n\
             remote_password {token}\nremote_clientid bridge\nbridge_protocol_version mqttv311\n\
             try_private false\nnotifications false\ncleansession false\nrestart_timeout 1\n\
             topic {topic} out 1\n"
        ))
        .await
    }

    /// Starts a broker without access control and with additional settings, for example a bridge.
    pub async fn start_open_with(settings: &str) -> Result<Self> {
        Self::prepare()?.started(&format!("allow_anonymous true\n{settings}")).await
    }

    fn prepare() -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("chinwag-mosquitto-").tempdir()?;
        let [mqtt, ws, mqtts, wss] = free_addresses()?;
        certificates(folder.path(), &mqtts.ip().to_string())?;
        Ok(Self { mqtt, ws, mqtts, wss, folder, running: Mutex::default() })
    }

    async fn started(self, access: &str) -> Result<Self> {
        let folder = self.folder.path().display();
        let mut settings = format!(
            "user root\npersistence true\npersistence_location {folder}/\nlog_dest stderr\n\
             max_queued_messages 100000\n{access}"
        );
        let listeners = [
            (self.mqtt, false, false),
            (self.ws, true, false),
            (self.mqtts, false, true),
            (self.wss, true, true),
        ];
        for (address, websocket, tls) in listeners {
            settings.push_str(&format!("listener {} {}\n", address.port(), address.ip()));
            if websocket {
                settings.push_str("protocol websockets\n");
            }
            if tls {
                settings.push_str(&format!("certfile {folder}/certificate.pem\nkeyfile {folder}/key.pem\n"));
            }
        }
        std::fs::write(self.folder.path().join("mosquitto.conf"), settings)?;
        self.up().await?;
        Ok(self)
    }

    /// Returns the path of the certificate authority (PEM) that signed its certificate.
    pub fn authority(&self) -> PathBuf {
        self.folder.path().join("authority.pem")
    }

    /// Restarts it after [`Mosquitto::down`], on the same ports.
    pub async fn up(&self) -> Result<()> {
        let log = self.folder.path().join("log");
        let log = std::fs::OpenOptions::new().create(true).append(true).open(log)?;
        let child = Command::new(program())
            .arg("-c")
            .arg(self.folder.path().join("mosquitto.conf"))
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .context("mosquitto is missing: apt-get install mosquitto")?;
        self.keep(Some(child));
        let began = Instant::now();
        let options = Options::new(Version::V5, "probe");
        while !Mqtt::try_connect(self.mqtt, USER, PASSWORD, &options)
            .await
            .is_ok_and(|client| client.connected.code == 0)
        {
            ensure!(began.elapsed() < DEADLINE, "Mosquitto does not answer: {}", self.log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    /// Kills it as a power cut would.
    pub async fn down(&self) -> Result<()> {
        let child = self.keep(None);
        Ok(child.context("it runs no more")?.kill().await?)
    }

    fn keep(&self, child: Option<Child>) -> Option<Child> {
        let mut running = self.running.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        std::mem::replace(&mut *running, child)
    }

    /// Returns the broker settings for a server that uses it.
    pub fn beside(&self) -> Beside {
        self.beside_over("mqtt", self.mqtt)
    }

    /// Like [`Mosquitto::beside`], with this scheme and address in the URL.
    pub fn beside_over(&self, scheme: &str, address: SocketAddr) -> Beside {
        let password = PASSWORD.replace(' ', "%20");
        Beside { mqtt: self.mqtt, ws: self.ws, url: format!("{scheme}://{USER}:{password}@{address}") }
    }

    /// Returns its log.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

/// Writes a certificate for `host`, its key, and the certificate authority that signed it.
fn certificates(folder: &Path, host: &str) -> Result<()> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;
    let key = KeyPair::generate()?;
    let certificate = CertificateParams::new(vec![host.to_owned()])?.signed_by(&key, &authority)?;
    std::fs::write(folder.join("authority.pem"), authority.pem())?;
    std::fs::write(folder.join("certificate.pem"), certificate.pem())?;
    Ok(std::fs::write(folder.join("key.pem"), key.serialize_pem())?)
}

/// Debian installs it in `/usr/sbin`, which is only in root's PATH.
fn program() -> PathBuf {
    let debian = Path::new("/usr/sbin/mosquitto");
    if debian.exists() { debian.to_owned() } else { "mosquitto".into() }
}
