//! The server process under test: start, query, kill, restart.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use regex_lite::Regex;
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, Command};

use crate::{DEADLINE, Http, Mosquitto, Mqtt, Options, Rmqtt, Version, eventually, free_addresses};

/// A user with an account.
#[derive(Debug, Clone)]
pub struct Person {
    /// Their name.
    pub name: String,
    /// Their password.
    pub password: String,
    /// A valid access token.
    pub token: String,
}

/// An external broker that a server uses.
#[derive(Debug, Clone)]
pub struct Beside {
    /// MQTT over TCP.
    pub mqtt: SocketAddr,
    /// MQTT over WebSocket.
    pub ws: SocketAddr,
    /// The value of `--broker`.
    pub url: String,
}

/// User name and password of the server on an unreachable broker.
pub const AWAY: (&str, &str) = ("chinwag", "the-password-of-the-server");

/// The secret that a broker sends with its hook requests to the server.
const BROKER_SECRET: &str = "a-secret-between-broker-and-server";

/// A running server with its data in a temporary folder.
pub struct Server {
    /// HTTP address.
    pub http: SocketAddr,
    /// MQTT over TCP: the embedded broker, or the external one.
    pub mqtt: SocketAddr,
    /// MQTT over WebSocket: the embedded broker, or the external one.
    pub ws: SocketAddr,
    /// The external broker, if any.
    pub broker: Option<Beside>,
    /// The Mosquitto that this test started as the external broker, if any.
    pub mosquitto: Option<Arc<Mosquitto>>,
    /// The RMQTT cluster that this test started as the external broker, if any.
    pub rmqtt: Option<Arc<Rmqtt>>,
    /// Time from the start of the process until it printed its last address.
    pub took: Duration,
    folder: TempDir,
    extra: Vec<String>,
    log_level: Option<String>,
    child: Child,
    printed: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Starts on free ports with an empty data folder and without rate limits, which tests would exceed.
    pub async fn start() -> Result<Self> {
        Self::start_with(&["--limits", "off"]).await
    }

    /// Starts a Mosquitto, and a server that uses it.
    pub async fn start_beside_mosquitto() -> Result<Self> {
        let mosquitto = Arc::new(Mosquitto::start().await?);
        let mut server = Self::start_beside(mosquitto.beside(), &[]).await?;
        server.mosquitto = Some(mosquitto);
        Ok(server)
    }

    /// Starts three RMQTT nodes, and a server that uses the first; test clients connect to the last.
    pub async fn start_beside_rmqtt() -> Result<Self> {
        // The nodes need the server's HTTP address for their hooks before the server runs.
        let addresses = free_addresses()?;
        let cluster = Rmqtt::start(3, addresses[0], BROKER_SECRET).await?;
        let last = cluster.nodes.last().context("a node")?;
        let broker = Beside { mqtt: last.mqtt, ws: last.ws, ..cluster.beside() };
        let arguments = cluster.arguments();
        let arguments = ["--limits", "off"].into_iter().chain(arguments.iter().map(String::as_str));
        let arguments: Vec<_> = arguments.collect();
        let mut server = Self::launch(fresh_folder()?, &arguments, Some(broker), addresses).await?;
        server.until_it_reaches_the_broker().await?;
        server.rmqtt = Some(Arc::new(cluster));
        Ok(server)
    }

    /// Returns whether the broker grants wildcard subscriptions over several rooms.
    pub fn grants_wildcards(&self) -> bool {
        self.rmqtt.is_none()
    }

    /// Starts with this external broker, without rate limits.
    pub async fn start_beside(broker: Beside, extra: &[&str]) -> Result<Self> {
        let arguments = [&["--limits", "off"], extra].concat();
        let mut server = Self::launch(fresh_folder()?, &arguments, Some(broker), free_addresses()?).await?;
        server.until_it_reaches_the_broker().await?;
        Ok(server)
    }

    /// Starts with this external broker, without waiting until the server is ready.
    pub async fn start_beside_unready(broker: Beside, extra: &[&str]) -> Result<Self> {
        Self::launch(fresh_folder()?, extra, Some(broker), free_addresses()?).await
    }

    /// Starts with an external broker that is unreachable.
    pub async fn start_without_broker(extra: &[&str]) -> Result<Self> {
        // Nobody listens on the discard port.
        let nowhere: SocketAddr = "127.0.0.1:9".parse()?;
        let (user, password) = AWAY;
        let url = format!("mqtt://{user}:{password}@{nowhere}");
        let broker = Beside { mqtt: nowhere, ws: nowhere, url };
        Self::launch(fresh_folder()?, extra, Some(broker), free_addresses()?).await
    }

    /// Starts on port 0, so that the system chooses the ports. Don't restart this server: another program may have
    /// taken a port in the meantime.
    pub async fn start_anywhere() -> Result<Self> {
        let anywhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self::launch(fresh_folder()?, &["--limits", "off"], None, [anywhere; 3]).await
    }

    /// Starts with these arguments instead of `--limits off`.
    pub async fn start_with(extra: &[&str]) -> Result<Self> {
        Self::start_in(fresh_folder()?, extra).await
    }

    /// Like [`Server::start_with`], in this folder: the data goes to `data` in it, the log to `log`.
    pub async fn start_in(folder: TempDir, extra: &[&str]) -> Result<Self> {
        Self::launch(folder, extra, None, free_addresses()?).await
    }

    /// Starts with this value of `CHINWAG_LOG`, without rate limits.
    pub async fn start_logging(level: &str) -> Result<Self> {
        let (folder, addresses) = (fresh_folder()?, free_addresses()?);
        Self::launch_logging(folder, &["--limits", "off"], None, addresses, Some(level)).await
    }

    async fn launch(
        folder: TempDir,
        extra: &[&str],
        broker: Option<Beside>,
        addresses: [SocketAddr; 3],
    ) -> Result<Self> {
        Self::launch_logging(folder, extra, broker, addresses, None).await
    }

    async fn launch_logging(
        folder: TempDir,
        extra: &[&str],
        broker: Option<Beside>,
        addresses: [SocketAddr; 3],
        log_level: Option<&str>,
    ) -> Result<Self> {
        let mut extra: Vec<_> = extra.iter().map(|&argument| argument.to_owned()).collect();
        if let Some(Beside { url, ws, .. }) = &broker {
            let websocket = format!("ws://{ws}/mqtt");
            extra.extend(["--broker".to_owned(), url.clone(), "--broker-websocket".to_owned(), websocket]);
        }
        let began = Instant::now();
        let (child, printed) = spawn(folder.path(), addresses, &extra, log_level)?;
        let [http, mqtt, ws] = addresses;
        let mut server = Self {
            http,
            mqtt,
            ws,
            broker,
            mosquitto: None,
            rmqtt: None,
            took: Duration::ZERO,
            folder,
            extra,
            log_level: log_level.map(str::to_owned),
            child,
            printed,
        };
        server.wait_until_ready(began).await?;
        Ok(server)
    }

    async fn wait_until_ready(&mut self, began: Instant) -> Result<()> {
        let address = Regex::new(r"\b(http|mqtt|ws)://(127\.0\.0\.1:\d+)")?;
        let mut http = None;
        let (mut mqtt, mut ws) = self.broker.as_ref().map(|broker| (broker.mqtt, broker.ws)).unzip();
        while http.is_none() || mqtt.is_none() || ws.is_none() {
            if let Some(status) = self.child.try_wait()? {
                anyhow::bail!("it ended with {status} before it was ready:\n{}", self.log());
            }
            ensure!(began.elapsed() < DEADLINE, "not ready within {DEADLINE:?}:\n{}", self.log());
            tokio::time::sleep(Duration::from_millis(2)).await;
            for line in self.printed().iter().filter(|line| !line.trim_start().starts_with("metrics")) {
                for found in address.captures_iter(line) {
                    let slot = match &found[1] {
                        "http" => &mut http,
                        "mqtt" => &mut mqtt,
                        _ => &mut ws,
                    };
                    *slot = Some(found[2].parse::<SocketAddr>()?);
                }
            }
        }
        self.took = began.elapsed();
        self.http = http.context("HTTP address")?;
        self.mqtt = mqtt.context("MQTT address")?;
        self.ws = ws.context("WebSocket address")?;
        Ok(())
    }

    async fn until_it_reaches_the_broker(&mut self) -> Result<()> {
        let began = Instant::now();
        while self.as_stranger().get("/readyz").await?.0 != 200 {
            ensure!(began.elapsed() < DEADLINE, "the broker is not reached:\n{}", self.log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    /// Returns the lines printed on standard output so far.
    pub fn printed(&self) -> Vec<String> {
        self.printed.lock().map(|lines| lines.clone()).unwrap_or_default()
    }

    /// Fetches the metrics.
    pub async fn metrics(&self) -> Result<String> {
        let find = || self.printed().into_iter().find(|line| line.trim_start().starts_with("metrics"));
        eventually("the metrics' address is printed", async || find().is_some()).await;
        let line = find().context("the metrics' address")?;
        let url = line.split_whitespace().last().context("its end")?;
        Ok(reqwest::get(url).await?.error_for_status()?.text().await?)
    }

    /// Returns the log.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// Returns the data folder.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Returns the process id while the process runs.
    pub fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        let pid = i32::try_from(self.pid().context("it has ended already")?)?;
        Ok(kill_process(Pid::from_raw(pid).context("a process id")?, signal)?)
    }

    /// Kills the process as a power cut would (SIGKILL).
    pub async fn kill(&mut self) -> Result<()> {
        Ok(self.child.kill().await?)
    }

    /// Sends SIGTERM and waits until the process exits.
    pub async fn stop(&mut self) -> Result<ExitStatus> {
        self.signal(Signal::TERM)?;
        Ok(tokio::time::timeout(DEADLINE, self.child.wait()).await.context("it does not end")??)
    }

    /// Waits until the process exits by itself.
    pub async fn wait(&mut self) -> Result<ExitStatus> {
        Ok(self.child.wait().await?)
    }

    /// Restarts it on the same ports and data.
    pub async fn start_again(&mut self) -> Result<()> {
        let began = Instant::now();
        let addresses = [self.http, self.mqtt, self.ws];
        let level = self.log_level.as_deref();
        (self.child, self.printed) = spawn(self.folder.path(), addresses, &self.extra, level)?;
        self.wait_until_ready(began).await?;
        if self.broker.is_some() { self.until_it_reaches_the_broker().await } else { Ok(()) }
    }

    /// Sets the arguments for the next restart.
    pub fn set_arguments(&mut self, extra: &[&str]) {
        self.extra = extra.iter().map(|&argument| argument.to_owned()).collect();
    }

    /// Runs a command of the binary on the same data while the server runs.
    pub async fn command(&self, arguments: &[&str], input: &str) -> Result<Output> {
        let mut command = Command::new(binary());
        // The command must use the same database as the server.
        if let Some(place) = self.extra.iter().position(|argument| argument == "--database") {
            command.env("CHINWAG_DATABASE", self.extra.get(place + 1).context("--database URL")?);
        }
        let mut child = command
            .args(arguments)
            .arg("--data")
            .arg(self.data())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let mut stdin = child.stdin.take().context("its input")?;
        // A command that reads nothing may have closed its input already.
        let _ = stdin.write_all(input.as_bytes()).await;
        drop(stdin);
        Ok(child.wait_with_output().await?)
    }

    /// Like [`Server::command`], but a failure is an error; returns standard output.
    pub async fn cli(&self, arguments: &[&str], input: &str) -> Result<String> {
        let output = self.command(arguments, input).await?;
        ensure!(
            output.status.success(),
            "chinwag {arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    }

    /// Creates an account with the command line.
    pub async fn person(&self, name: &str) -> Result<Person> {
        self.account(name, &[]).await
    }

    /// Creates an administrator account with the command line.
    pub async fn admin(&self, name: &str) -> Result<Person> {
        self.account(name, &["--admin"]).await
    }

    async fn account(&self, name: &str, extra: &[&str]) -> Result<Person> {
        let password = format!("the password of {name}");
        let mut add = vec!["user", "add", name, "--password-stdin"];
        add.extend(extra);
        self.cli(&add, &password).await?;
        let token = self.cli(&["token", name], "").await?;
        let person = Person { name: name.to_owned(), password, token };
        // The server notices another process's writes after a short delay.
        let http = self.as_person(&person);
        eventually(&format!("the server knows {name}'s token"), async || {
            http.get("/rooms").await.is_ok_and(|(status, _)| status == 200)
        })
        .await;
        if self.broker.is_some() {
            self.until_broker_knows(&person, "general").await?;
        }
        Ok(person)
    }

    /// Creates a room with these members with the command line.
    pub async fn room(&self, topic: &str, extra: &[&str], members: &[&Person]) -> Result<()> {
        let mut add = vec!["room", "add", topic];
        add.extend(extra);
        self.cli(&add, "").await?;
        let mut join = vec!["room", "join", topic];
        join.extend(members.iter().map(|person| person.name.as_str()));
        self.cli(&join, "").await?;
        for member in members {
            let http = self.as_person(member);
            eventually(&format!("{} is in {topic}", member.name), async || {
                http.get(&format!("/messages/{topic}")).await.is_ok_and(|(status, _)| status == 200)
            })
            .await;
            if self.broker.is_some() {
                self.until_broker_knows(member, topic).await?;
            }
        }
        Ok(())
    }

    /// Waits until the broker grants this user a subscription to the room.
    pub async fn until_broker_knows(&self, person: &Person, topic: &str) -> Result<()> {
        let options = Options::new(Version::V5, "probe");
        eventually(&format!("{} in {topic} on the broker", person.name), async || {
            let Ok(mut client) = Mqtt::connect(self.mqtt, person, &options).await else { return false };
            let granted = client.subscribe(topic, 1).await.is_ok_and(|(code, _)| code == 1);
            granted && client.disconnect().await.is_ok()
        })
        .await;
        Ok(())
    }

    /// Returns an HTTP client with this user's token.
    pub fn as_person(&self, person: &Person) -> Http {
        Http::new(self.http, Some(&person.token))
    }

    /// Returns an HTTP client without a token.
    pub fn as_stranger(&self) -> Http {
        Http::new(self.http, None)
    }

    /// Returns the resident memory in bytes.
    pub fn resident(&self) -> Result<u64> {
        self.status("VmRSS:")
    }

    /// Returns the most resident memory that it ever had, in bytes.
    pub fn peak_resident(&self) -> Result<u64> {
        self.status("VmHWM:")
    }

    fn status(&self, name: &'static str) -> Result<u64> {
        let pid = self.pid().context("it has ended")?;
        let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix(name)).context(name)?;
        Ok(line.trim().trim_end_matches(" kB").parse::<u64>()? * 1024)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = self.log();
            let tail: Vec<_> = log.lines().rev().take(60).collect();
            eprintln!("--- the server's log, its end ---");
            tail.iter().rev().for_each(|line| eprintln!("{line}"));
        }
    }
}

/// Returns the path in `CHINWAG_BIN`, or that of the binary cargo has built next to this test.
pub fn binary() -> PathBuf {
    if let Some(path) = std::env::var_os("CHINWAG_BIN") {
        return path.into();
    }
    let test = std::env::current_exe().unwrap_or_default();
    let profile = test.ancestors().nth(2).unwrap_or(Path::new("target/debug"));
    profile.join("chinwag")
}

fn fresh_folder() -> Result<TempDir> {
    Ok(tempfile::Builder::new().prefix("chinwag-").tempdir()?)
}

type Printed = Arc<Mutex<Vec<String>>>;

fn spawn(
    folder: &Path,
    [http, mqtt, ws]: [SocketAddr; 3],
    extra: &[String],
    log_level: Option<&str>,
) -> Result<(Child, Printed)> {
    let log = std::fs::OpenOptions::new().create(true).append(true).open(folder.join("log"))?;
    let mut child = Command::new(binary())
        .arg("serve")
        .arg("--data")
        .arg(folder.join("data"))
        .args(["--metrics", "127.0.0.1:0"])
        .args(["--http", &http.to_string(), "--mqtt", &mqtt.to_string(), "--ws", &ws.to_string()])
        .args(extra)
        .envs(log_level.map(|level| ("CHINWAG_LOG", level)))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(log)
        .kill_on_drop(true)
        .spawn()
        .with_context(|| {
            format!("starting {}: build it first (cargo build -p chinwag)", binary().display())
        })?;
    let mut lines = BufReader::new(child.stdout.take().context("its output")?).lines();
    let printed = Printed::default();
    let keep = Arc::clone(&printed);
    tokio::spawn(async move {
        while let Ok(Some(line)) = lines.next_line().await {
            if let Ok(mut lines) = keep.lock() {
                lines.push(line);
            }
        }
    });
    Ok((child, printed))
}
