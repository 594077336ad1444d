//! The servers under test; each run starts a new one.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use tempfile::TempDir;

use crate::wire::{self, Version};

/// The kinds of server.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// Chinwag's release binary.
    Chinwag(PathBuf),
    /// Mosquitto's binary.
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
    /// Its process id.
    pub pid: u32,
    /// The MQTT version to speak with it.
    pub version: Version,
    accounts: Vec<(String, String)>,
    child: Option<Child>,
    _folder: TempDir,
}

impl Target {
    /// Starts a server in a new folder under `work`, with this number of rooms for the load.
    pub fn start(kind: &Kind, version: Version, work: &Path, rooms: usize) -> Result<Self> {
        std::fs::create_dir_all(work)?;
        let folder = TempDir::new_in(work)?;
        match kind {
            Kind::Chinwag(binary) => chinwag(binary, version, folder, rooms),
            Kind::Mosquitto(binary) => {
                // Another process may take a free port first; then try again with other ports.
                drop(folder);
                let fresh = || mosquitto(binary, version, TempDir::new_in(work)?);
                fresh().or_else(|_| fresh()).or_else(|_| fresh())
            }
            Kind::Running(mqtt, pid) => Ok(Self {
                mqtt: *mqtt,
                ws: None,
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
        room(number)
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

/// Returns the topic of a room.
pub fn room(number: usize) -> String {
    format!("bench/{number}")
}

/// Number of accounts, which the load's connections share in rotation.
const ACCOUNTS: usize = 10;

fn chinwag(binary: &Path, version: Version, folder: TempDir, rooms: usize) -> Result<Target> {
    let place = ["--data".to_owned(), folder.path().join("data").display().to_string()];
    // The server creates the database; the commands need an existing one.
    let running = serve(binary, &place, &[], &folder.path().join("log"))?;
    let mqtt = running.mqtt.context("no MQTT address")?;
    let pid = running.child.id();
    let child = Some(running.child);
    let mut target = Target { mqtt, ws: running.ws, pid, version, accounts: vec![], child, _folder: folder };
    populate(binary, &place, rooms)?;
    target.accounts = tokens(binary, &place)?;
    Ok(target)
}

/// A Chinwag server that has printed its addresses.
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

/// Creates the accounts, and rooms of which all of them are members.
pub fn populate(binary: &Path, place: &[String], rooms: usize) -> Result<()> {
    for name in names() {
        cli(binary, place, &["user", "add", &name, "--password-stdin"], "a password for a benchmark")?;
    }
    for number in 0..rooms {
        let topic = room(number);
        cli(binary, place, &["room", "add", &topic], "")?;
        let mut join = vec!["room".to_owned(), "join".to_owned(), topic];
        join.extend(names());
        cli(binary, place, &join.iter().map(String::as_str).collect::<Vec<_>>(), "")?;
    }
    Ok(())
}

/// Returns the accounts' names and access tokens.
pub fn tokens(binary: &Path, place: &[String]) -> Result<Vec<(String, String)>> {
    let token = |name: String| Ok((name.clone(), cli(binary, place, &["token", &name], "")?));
    names().map(token).collect()
}

fn names() -> impl Iterator<Item = String> {
    (0..ACCOUNTS).map(|number| format!("load{number}"))
}

/// Reads the addresses that the server prints: HTTP, and with the embedded broker MQTT and WebSocket.
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

fn cli(binary: &Path, place: &[String], arguments: &[&str], input: &str) -> Result<String> {
    let mut child = Command::new(binary)
        .args(arguments)
        .args(place)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    child.stdin.take().context("its input")?.write_all(input.as_bytes())?;
    let output = child.wait_with_output()?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "chinwag {arguments:?} failed: {errors}");
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

fn mosquitto(binary: &Path, version: Version, folder: TempDir) -> Result<Target> {
    let [mqtt, ws] = free_ports()?;
    // Unlimited queues and a large window, so that the load does not make it drop messages.
    let settings = format!(
        "listener {} 127.0.0.1\nlistener {} 127.0.0.1\nprotocol websockets\nallow_anonymous true\n\
         persistence false\nset_tcp_nodelay true\nmax_inflight_messages 1000\nmax_queued_messages 0\n\
         log_dest none\n",
        mqtt.port(),
        ws.port()
    );
    let child = mosquitto_with(binary, &settings, folder.path(), &[mqtt, ws])?;
    let pid = child.id();
    Ok(Target { mqtt, ws: Some(ws), pid, version, accounts: vec![], child: Some(child), _folder: folder })
}

/// Starts Mosquitto with these settings and waits until it listens on all these addresses.
pub fn mosquitto_with(
    binary: &Path,
    settings: &str,
    folder: &Path,
    listens_on: &[SocketAddr],
) -> Result<Child> {
    let config = folder.join("mosquitto.conf");
    std::fs::write(&config, settings)?;
    let mut child = Command::new(binary)
        .arg("-c")
        .arg(&config)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .with_context(|| format!("starting {}", binary.display()))?;
    let start = Instant::now();
    while listens_on.iter().any(|address| TcpStream::connect(address).is_err()) {
        if start.elapsed() > Duration::from_secs(5) {
            // Fails if it has exited by itself already.
            let _ = child.kill();
            let _ = child.wait();
            bail!("mosquitto does not listen on {listens_on:?}");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(child)
}

/// Returns two free ports.
pub fn free_ports() -> Result<[SocketAddr; 2]> {
    // Both are bound at the same time, or the second could equal the first.
    let (one, two) = (TcpListener::bind("127.0.0.1:0")?, TcpListener::bind("127.0.0.1:0")?);
    Ok([one.local_addr()?, two.local_addr()?])
}
