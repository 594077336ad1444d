//! The stacks under test, on the same PostgreSQL and the same Mosquitto.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use chinwag_journeys::Postgres;
use tempfile::TempDir;

use crate::mosquitto;
use crate::populate::{self, ACCOUNTS, Contents};
use crate::process;
use crate::server;
use crate::wire::{self, Frame, Version};

/// Number of rooms that the load uses.
const ROOMS: usize = 10;

/// A stack under test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Node, Express, `mqtt` and `pg`, with Mosquitto.
    Node,
    /// This number of Chinwag servers with Mosquitto.
    Beside(usize),
    /// One Chinwag server with the embedded broker.
    Alone,
}

impl Kind {
    /// All stacks; the first is the baseline.
    pub const ALL: [Self; 5] = [Self::Node, Self::Beside(1), Self::Beside(2), Self::Beside(3), Self::Alone];

    /// Returns the title for the report.
    pub fn title(self) -> String {
        match self {
            Self::Node => "Node, Express, mqtt, pg".into(),
            Self::Beside(count) => format!("Chinwag servers: {count}"),
            Self::Alone => "Chinwag servers: 1, embedded broker".into(),
        }
    }
}

/// The account with which Chinwag connects to Mosquitto, whose dynamic-security plugin it configures.
const BROKER_USER: &str = "chinwag";
const BROKER_PASSWORD: &str = "the-brokers-password";
/// Paths where distributions install that plugin.
const PLUGINS: [&str; 3] = [
    "/usr/lib/x86_64-linux-gnu/mosquitto_dynamic_security.so",
    "/usr/lib/aarch64-linux-gnu/mosquitto_dynamic_security.so",
    "/usr/lib/mosquitto_dynamic_security.so",
];

/// Mosquitto with two listeners: one with access control for Chinwag and its clients, and an open one for Node.
struct Mosquitto {
    checked: SocketAddr,
    open: SocketAddr,
    child: Child,
}

impl Mosquitto {
    fn start(binary: &Path, folder: &Path) -> Result<Self> {
        let [checked, open] = mosquitto::free_ports()?;
        let rules = folder.join("dynamic-security.json");
        let init = Command::new("mosquitto_ctrl")
            .args(["dynsec", "init"])
            .arg(&rules)
            .args([BROKER_USER, BROKER_PASSWORD])
            .output()
            .context("mosquitto_ctrl")?;
        ensure!(init.status.success(), "dynsec init: {}", String::from_utf8_lossy(&init.stderr));
        let plugin = PLUGINS.iter().find(|plugin| Path::new(plugin).exists());
        let settings = format!(
            "user root\nper_listener_settings true\nset_tcp_nodelay true\nmax_inflight_messages 1000\n\
             max_queued_messages 0\nlog_dest none\nlistener {} 127.0.0.1\nallow_anonymous false\nplugin {}\n\
             plugin_opt_config_file {}\nlistener {} 127.0.0.1\nallow_anonymous true\n",
            checked.port(),
            plugin.context("Mosquitto's dynamic-security plugin is missing")?,
            rules.display(),
            open.port(),
        );
        let child = mosquitto::start_with(binary, &settings, folder, &[checked, open])?;
        Ok(Self { checked, open, child })
    }
}

impl Drop for Mosquitto {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What the stacks share, and the paths of their programs.
pub struct Engines {
    postgres: Postgres,
    mosquitto: Mosquitto,
    chinwag: PathBuf,
    node: PathBuf,
    folder: TempDir,
    database: Database,
    /// A separate database: a server with the embedded broker must not find tasks for an external broker in its
    /// database.
    database_alone: Database,
    node_database: String,
}

/// A Chinwag database with accounts and rooms.
struct Database {
    place: Vec<String>,
    /// Names and tokens.
    accounts: Vec<(String, String)>,
}

impl Engines {
    /// Starts the database and the broker, and creates the accounts and rooms.
    pub fn start(chinwag: &Path, mosquitto: &Path, node: &Path, work: &Path) -> Result<Self> {
        std::fs::create_dir_all(work)?;
        let folder = TempDir::new_in(work)?;
        // Acknowledged data must be on disk, as in production.
        let postgres = Postgres::start_with(&["fsync=on", "shared_buffers=128MB", "max_connections=200"])?;
        let mosquitto = Mosquitto::start(mosquitto, folder.path())?;
        let make = |name: &str, extra: &[String]| -> Result<Database> {
            let data = folder.path().join(name).display().to_string();
            let place = ["--data".to_owned(), data, "--database".to_owned(), postgres.database()?].to_vec();
            // A server creates the database and the broker credentials; the broker knows those once the server has
            // connected to it.
            let running = server::serve(chinwag, &place, extra, &folder.path().join("log"))?;
            let mqtt = running.mqtt.unwrap_or(mosquitto.checked);
            let contents = Contents { accounts: ACCOUNTS, rooms: ROOMS };
            let accounts = populate::populate(chinwag, &place, running.http, contents)
                .and_then(|accounts| until_accepted(mqtt, &accounts).map(|()| accounts));
            end(running.child);
            Ok(Database { place, accounts: accounts? })
        };
        let database = make("data", &beside(&mosquitto))?;
        let database_alone = make("data-alone", &[])?;
        let node_database = postgres.database()?;
        let (chinwag, node) = (chinwag.to_owned(), node.to_owned());
        Ok(Self { postgres, mosquitto, chinwag, node, folder, database, database_alone, node_database })
    }

    /// Starts a stack.
    pub fn stack(&self, kind: Kind) -> Result<Stack<'_>> {
        let mut stack =
            Stack { engines: self, kind, servers: vec![], http: vec![], mqtt: self.mosquitto.checked };
        match kind {
            Kind::Node => {
                let (child, http) = self.node()?;
                stack.servers.push(child);
                stack.http.push(http);
                stack.mqtt = self.mosquitto.open;
            }
            Kind::Beside(count) => {
                for number in 0..count {
                    let mut place = self.database.place.clone();
                    place[1] = format!("{}-{number}", place[1]);
                    let log = self.folder.path().join(format!("log-{number}"));
                    let running = server::serve(&self.chinwag, &place, &beside(&self.mosquitto), &log)?;
                    stack.servers.push(running.child);
                    stack.http.push(running.http);
                }
            }
            Kind::Alone => {
                let log = self.folder.path().join("log");
                let running = server::serve(&self.chinwag, &self.database_alone.place, &[], &log)?;
                stack.servers.push(running.child);
                stack.http.push(running.http);
                stack.mqtt = running.mqtt.context("no MQTT address")?;
            }
        }
        Ok(stack)
    }

    fn node(&self) -> Result<(Child, SocketAddr)> {
        let mut child = Command::new("node")
            .arg(&self.node)
            .env("NODE_ENV", "production")
            .env("DATABASE_URL", &self.node_database)
            .env("MQTT_URL", format!("mqtt://{}", self.mosquitto.open))
            .env("PORT", "0")
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(self.folder.path().join("node-log"))?)
            .spawn()
            .context("starting node")?;
        let output = child.stdout.take().context("its output")?;
        let line = BufReader::new(output).lines().next();
        let address = match line {
            Some(Ok(line)) => line.strip_prefix("ready: http://").and_then(|address| address.parse().ok()),
            _ => None,
        };
        if address.is_none() {
            let _ = child.kill();
            let _ = child.wait();
        }
        let log = || std::fs::read_to_string(self.folder.path().join("node-log")).unwrap_or_default();
        Ok((child, address.with_context(|| format!("node did not become ready: {}", log()))?))
    }
}

/// A running stack.
pub struct Stack<'a> {
    engines: &'a Engines,
    kind: Kind,
    servers: Vec<Child>,
    http: Vec<SocketAddr>,
    mqtt: SocketAddr,
}

impl Stack<'_> {
    /// Returns the server address for connection `number`; the servers are used in rotation.
    pub fn http(&self, number: usize) -> SocketAddr {
        self.http[number % self.http.len()]
    }

    /// Returns the broker address for listeners.
    pub fn mqtt(&self) -> SocketAddr {
        self.mqtt
    }

    /// Returns the number of rooms.
    pub fn rooms(&self) -> usize {
        ROOMS
    }

    /// Returns the room of connection or listener `number`.
    pub fn room(&self, number: usize) -> String {
        populate::room(number % ROOMS)
    }

    fn account(&self, number: usize) -> Option<&(String, String)> {
        let accounts = match self.kind {
            Kind::Node => return None,
            Kind::Beside(_) => &self.engines.database.accounts,
            Kind::Alone => &self.engines.database_alone.accounts,
        };
        Some(&accounts[number % accounts.len()])
    }

    /// Returns the access token of connection `number`, if the stack has accounts.
    pub fn token(&self, number: usize) -> Option<&str> {
        self.account(number).map(|(_, token)| token.as_str())
    }

    /// Returns the CONNECT packet of listener `number`.
    pub fn connect_packet(&self, number: usize) -> Result<Vec<u8>> {
        let (name, token) = self.account(number).map_or(("", ""), |(name, token)| (name, token));
        wire::connect(Version::V3, &format!("listener-{number}"), name, token)
    }

    /// Returns the CPU time used so far by the servers, the external broker, the database and this generator.
    pub fn cpu(&self) -> Result<[Duration; 4]> {
        let servers: Result<Duration> = self.servers.iter().map(|child| process::cpu(child.id())).sum();
        let broker = process::cpu(self.engines.mosquitto.child.id())?;
        let database = process::cpu_of_family(self.engines.postgres.pid().context("PostgreSQL is down")?)?;
        Ok([servers?, broker, database, process::cpu(std::process::id())?])
    }
}

impl Drop for Stack<'_> {
    fn drop(&mut self) {
        self.servers.drain(..).for_each(end);
    }
}

/// Returns the broker arguments for a server that uses Mosquitto.
fn beside(mosquitto: &Mosquitto) -> Vec<String> {
    let url = format!("mqtt://{BROKER_USER}:{BROKER_PASSWORD}@{}", mosquitto.checked);
    vec!["--broker".to_owned(), url]
}

/// Waits until the broker accepts all these accounts.
fn until_accepted(mqtt: SocketAddr, accounts: &[(String, String)]) -> Result<()> {
    let start = Instant::now();
    for (name, token) in accounts {
        let hello = wire::connect(Version::V3, "probe", name, token)?;
        let accepted = || -> Result<bool> {
            let mut stream = TcpStream::connect(mqtt)?;
            stream.set_read_timeout(Some(Duration::from_secs(5)))?;
            stream.write_all(&hello)?;
            let mut answer = [0; 4];
            stream.read_exact(&mut answer)?;
            Ok(matches!(wire::frame(Version::V3, &answer)?, Some((Frame::ConnAck(0), _))))
        };
        while !matches!(accepted(), Ok(true)) {
            ensure!(start.elapsed() < Duration::from_secs(20), "the broker does not let {name} in");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
    Ok(())
}

/// Sends SIGTERM, and kills the process if it does not exit within five seconds.
fn end(mut child: Child) {
    // Fails if it has exited by itself already.
    if let Some(pid) = rustix::process::Pid::from_raw(child.id().cast_signed()) {
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
    }
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(5) {
        if !matches!(child.try_wait(), Ok(None)) {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    let _ = child.kill();
    let _ = child.wait();
}
