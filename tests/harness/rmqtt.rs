//! A real RMQTT cluster on loopback with the configuration shipped in `deploy/rmqtt`; only addresses, folders and the
//! secret are replaced.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::{Beside, DEADLINE, Mqtt, Options, Version, free_addresses};

/// User name of Chinwag's own connection.
const USER: &str = "chinwag";
/// The placeholder for every secret in the shipped files.
const PLACEHOLDER: &str = "CHANGE-ME";

/// A node.
pub struct Node {
    /// MQTT over TCP.
    pub mqtt: SocketAddr,
    /// MQTT over WebSocket.
    pub ws: SocketAddr,
    /// Its HTTP API.
    pub api: SocketAddr,
    grpc: SocketAddr,
    raft: SocketAddr,
    child: Option<Child>,
}

/// An RMQTT cluster.
pub struct Rmqtt {
    /// Its nodes.
    pub nodes: Vec<Node>,
    secret: String,
    folder: TempDir,
}

impl Rmqtt {
    /// Starts the nodes. `hooks` is the address where they send their hook requests to Chinwag, which need not run yet.
    /// Returns when each node accepts Chinwag's own connection.
    pub async fn start(nodes: usize, hooks: SocketAddr, secret: &str) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("chinwag-rmqtt-").tempdir()?;
        let mut cluster = Self { nodes: Vec::new(), secret: secret.to_owned(), folder };
        for _ in 0..nodes {
            let [mqtt, ws, api, grpc, raft] = free_addresses()?;
            cluster.nodes.push(Node { mqtt, ws, api, grpc, raft, child: None });
        }
        for number in 0..nodes {
            cluster.write_settings(number, hooks)?;
        }
        for number in 0..nodes {
            cluster.spawn(number)?;
        }
        for number in 0..nodes {
            cluster.until_it_answers(number).await?;
        }
        Ok(cluster)
    }

    /// Returns the broker settings for a server that uses the first node.
    pub fn beside(&self) -> Beside {
        let Node { mqtt, ws, .. } = self.nodes[0];
        Beside { mqtt, ws, url: format!("mqtt://{USER}:{}@{mqtt}", self.secret) }
    }

    /// Returns the other broker arguments for Chinwag.
    pub fn arguments(&self) -> Vec<String> {
        let apis = self.nodes.iter().map(|node| format!("rmqtt+http://:{}@{}", self.secret, node.api));
        let api = apis.collect::<Vec<_>>().join(",");
        let arguments = ["--broker-access", "hooks", "--broker-secret", &self.secret, "--broker-api", &api];
        arguments.map(str::to_owned).to_vec()
    }

    /// Kills a node as a power cut would.
    pub async fn kill(&mut self, number: usize) -> Result<()> {
        let child = self.nodes[number].child.take();
        child.context("it has ended already")?.kill().await.context("killing a node")
    }

    /// Restarts a node.
    pub async fn start_again(&mut self, number: usize) -> Result<()> {
        self.spawn(number)?;
        self.until_it_answers(number).await
    }

    /// Returns the log of a node.
    pub fn log(&self, number: usize) -> String {
        std::fs::read_to_string(self.home(number).join("log.txt")).unwrap_or_default()
    }

    fn home(&self, number: usize) -> PathBuf {
        self.folder.path().join(format!("node{}", number + 1))
    }

    /// Writes the shipped files with this node's addresses.
    fn write_settings(&self, number: usize, hooks: SocketAddr) -> Result<()> {
        let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/rmqtt");
        let (home, node) = (self.home(number), &self.nodes[number]);
        std::fs::create_dir_all(home.join("plugins"))?;
        let mut replacements = vec![
            ("0.0.0.0:5363".to_owned(), node.grpc.to_string()),
            ("0.0.0.0:1883".to_owned(), node.mqtt.to_string()),
            ("0.0.0.0:8083".to_owned(), node.ws.to_string()),
            ("0.0.0.0:6060".to_owned(), node.api.to_string()),
            ("http://chinwag:8080".to_owned(), format!("http://{hooks}")),
            (PLACEHOLDER.to_owned(), self.secret.clone()),
            ("/var/lib/rmqtt".to_owned(), home.join("lib").display().to_string()),
            ("/var/log/rmqtt".to_owned(), home.join("log").display().to_string()),
        ];
        for (other, node) in self.nodes.iter().enumerate() {
            replacements.push((format!("rmqtt{}:5363", other + 1), node.grpc.to_string()));
            replacements.push((format!("rmqtt{}:6003", other + 1), node.raft.to_string()));
        }
        let plugins = std::fs::read_dir(shipped.join("plugins"))?.collect::<Result<Vec<_>, _>>()?;
        let mut files = vec![(shipped.join("rmqtt.toml"), home.join("rmqtt.toml"))];
        files.extend(plugins.iter().map(|file| (file.path(), home.join("plugins").join(file.file_name()))));
        for (from, to) in files {
            let text = std::fs::read_to_string(&from).with_context(|| from.display().to_string())?;
            let text = replacements.iter().fold(text, |text, (from, to)| text.replace(from, to));
            std::fs::write(to, text)?;
        }
        Ok(())
    }

    fn spawn(&mut self, number: usize) -> Result<()> {
        let home = self.home(number);
        let log = std::fs::OpenOptions::new().create(true).append(true).open(home.join("log.txt"))?;
        let program = program()?;
        let child = Command::new(&program)
            .args(["-f", "rmqtt.toml", "--id", &(number + 1).to_string()])
            .current_dir(&home)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("starting {}", program.display()))?;
        self.nodes[number].child = Some(child);
        Ok(())
    }

    async fn until_it_answers(&mut self, number: usize) -> Result<()> {
        let began = std::time::Instant::now();
        loop {
            let node = &mut self.nodes[number];
            let options = Options::new(Version::V5, &format!("probe-{number}"));
            let probe = Mqtt::try_connect(node.mqtt, USER, &self.secret, &options).await;
            let ended = node.child.as_mut().context("not started")?.try_wait()?;
            match probe {
                Ok(client) if client.connected.code == 0 => return client.disconnect().await,
                _ if ended.is_none() && began.elapsed() < DEADLINE => {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                refused => {
                    let refused = refused.map(|client| client.connected);
                    anyhow::bail!("node {}: {refused:?}, {ended:?}\n{}", number + 1, self.log(number));
                }
            }
        }
    }
}

/// Returns the path in `RMQTTD`, or the path where `scripts/rmqttd` installs it.
fn program() -> Result<PathBuf> {
    if let Some(path) = std::env::var_os("RMQTTD") {
        return Ok(path.into());
    }
    let program = crate::server::binary();
    let target = program.ancestors().nth(2).context("where the binary is")?;
    let program = target.join("tools/bin/rmqttd");
    ensure!(program.exists(), "{} is missing: run scripts/rmqttd", program.display());
    Ok(program)
}
