//! The servers under test; each run starts a new one.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};
use tempfile::TempDir;

use crate::mosquitto;
use crate::populate::{self, Contents};
use crate::wire::{self, Version};

/// The kinds of server.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// Chinwag's release binary.
    Chinwag(PathBuf),
    /// That broker.
    Mosquitto(PathBuf),
    /// An open broker that is already running: its address and process id.
    Running(SocketAddr, u32),
}

/// A running server.
pub struct Target {
    /// MQTT over TCP.
    pub mqtt: SocketAddr,
    /// MQTT over WebSocket at `/mqtt`, if it has that.
    pub ws: Option<SocketAddr>,
    /// HTTP, if it is Chinwag.
    pub http: Option<SocketAddr>,
    /// Its process.
    pub pid: u32,
    /// The MQTT version to speak with it.
    pub version: Version,
    /// The names and access tokens of Chinwag's accounts.
    pub accounts: Vec<(String, String)>,
    child: Option<Child>,
    _folder: TempDir,
}

impl Target {
    /// Starts a server in a fresh folder under `work`; if it is Chinwag, with these contents.
    pub fn start(kind: &Kind, version: Version, work: &Path, contents: Contents) -> Result<Self> {
        std::fs::create_dir_all(work)?;
        let folder = TempDir::new_in(work)?;
        match kind {
            Kind::Chinwag(binary) => chinwag(binary, version, folder, contents),
            Kind::Mosquitto(binary) => {
                // Another process may take a free port first; then try again with other ports.
                drop(folder);
                let fresh = || open_mosquitto(binary, version, TempDir::new_in(work)?);
                fresh().or_else(|_| fresh()).or_else(|_| fresh())
            }
            Kind::Running(mqtt, pid) => Ok(Self {
                mqtt: *mqtt,
                ws: None,
                http: None,
                pid: *pid,
                version,
                accounts: vec![],
                child: None,
                _folder: folder,
            }),
        }
    }

    /// Returns the topic of a room.
    pub fn room(&self, number: usize) -> String {
        populate::room(number)
    }

    /// Returns the CONNECT packet of connection number `id`.
    pub fn connect_packet(&self, id: usize) -> Result<Vec<u8>> {
        let (name, token) = match self.accounts.as_slice() {
            [] => ("", ""),
            accounts => {
                let (name, token) = &accounts[id % accounts.len()];
                (name.as_str(), token.as_str())
            }
        };
        wire::connect(self.version, &format!("bench-{id}"), name, token)
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            // Fails if it has exited by itself already.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn chinwag(binary: &Path, version: Version, folder: TempDir, contents: Contents) -> Result<Target> {
    let place = ["--data".to_owned(), folder.path().join("data").display().to_string()];
    // The server creates the database; the commands need an existing one.
    let running = serve(binary, &place, &[], &folder.path().join("log"))?;
    let mut target = Target {
        mqtt: running.mqtt.context("no MQTT address")?,
        ws: running.ws,
        http: Some(running.http),
        pid: running.child.id(),
        version,
        accounts: vec![],
        child: Some(running.child),
        _folder: folder,
    };
    target.accounts = populate::populate(binary, &place, running.http, contents)?;
    Ok(target)
}

fn open_mosquitto(binary: &Path, version: Version, folder: TempDir) -> Result<Target> {
    let (child, [mqtt, ws]) = mosquitto::start(binary, folder.path())?;
    let pid = child.id();
    Ok(Target {
        mqtt,
        ws: Some(ws),
        http: None,
        pid,
        version,
        accounts: vec![],
        child: Some(child),
        _folder: folder,
    })
}

/// A server of ours that has said where it listens.
pub struct Running {
    /// Its process, which the owner must end.
    pub child: Child,
    /// HTTP address.
    pub http: SocketAddr,
    /// MQTT over TCP, with the embedded broker.
    pub mqtt: Option<SocketAddr>,
    /// MQTT over WebSocket, with the embedded broker.
    pub ws: Option<SocketAddr>,
}

/// Starts a server on free ports without rate limits; `place` holds the arguments that locate its data.
pub fn serve(binary: &Path, place: &[String], extra: &[String], log: &Path) -> Result<Running> {
    let mut child = Command::new(binary)
        .args(["serve", "--limits", "off", "--http", "127.0.0.1:0", "--mqtt", "127.0.0.1:0", "--ws"])
        .arg("127.0.0.1:0")
        .args(place)
        .args(extra)
        .stdout(Stdio::piped())
        .stderr(std::fs::File::create(log)?)
        .spawn()
        .with_context(|| format!("starting {}", binary.display()))?;
    let output = child.stdout.take().context("its output")?;
    match ready(output) {
        Ok([http, mqtt, ws]) => Ok(Running { child, http: http.context("no HTTP address")?, mqtt, ws }),
        Err(error) => {
            let _ = child.kill();
            let _ = child.wait();
            Err(error.context(std::fs::read_to_string(log).unwrap_or_default()))
        }
    }
}

/// Reads what the server prints: its address for HTTP, and for MQTT and WebSocket where it is its own broker.
fn ready(output: impl std::io::Read + Send + 'static) -> Result<[Option<SocketAddr>; 3]> {
    let pattern = regex_lite::Regex::new(r"\b(http|mqtt|ws)://(127\.0\.0\.1:\d+)")?;
    let mut found = [None; 3];
    let mut lines = BufReader::new(output).lines();
    loop {
        let line = lines.next().context("it ended before it was ready")??;
        // Ignore the address of an external broker.
        let elsewhere = line.trim_start().starts_with("MQTT broker");
        if let Some(address) = pattern.captures(&line).filter(|_| !elsewhere) {
            let which = ["http", "mqtt", "ws"].iter().position(|scheme| *scheme == &address[1]);
            found[which.context("no such scheme")?].get_or_insert(address[2].parse()?);
        }
        // These lines come last.
        if elsewhere || found[2].is_some() {
            break;
        }
    }
    // Keep reading, because a server blocks when the pipe is full.
    std::thread::spawn(move || lines.for_each(drop));
    Ok(found)
}
