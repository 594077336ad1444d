//! A PostgreSQL server for tests, in its own folder, on loopback. It runs only while its standard input is open, so it
//! ends with the process that started it, even if that process is killed.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use crate::{DEADLINE, free_addresses};

/// Runs the program `$0` with its arguments until standard input ends; then sends it SIGQUIT, an immediate shutdown.
const WHILE_WANTED: &str = r#""$0" "$@" & server=$!; cat >/dev/null; kill -QUIT $server 2>/dev/null; wait"#;

static NUMBER: AtomicU32 = AtomicU32::new(0);
static SHARED: Mutex<Weak<Postgres>> = Mutex::new(Weak::new());

/// A PostgreSQL server.
pub struct Postgres {
    programs: PathBuf,
    folder: PathBuf,
    port: u16,
    settings: Vec<String>,
    running: Mutex<Option<Child>>,
}

impl Postgres {
    /// Creates and starts a server.
    pub fn start() -> Result<Self> {
        Self::start_with(&[])
    }

    /// Creates and starts a server with settings such as `max_connections=20`.
    pub fn start_with(settings: &[&str]) -> Result<Self> {
        let folder = std::env::temp_dir().join(format!("chinwag-postgres-{:016x}", fastrand::u64(..)));
        Self::start_in(folder, settings)
    }

    /// Like [`Postgres::start_with`], with the data in `folder`, which must not exist yet.
    pub fn start_in(folder: PathBuf, settings: &[&str]) -> Result<Self> {
        let programs =
            programs().context("PostgreSQL's server is not installed: apt-get install postgresql")?;
        let [address] = free_addresses()?;
        let settings = settings.iter().map(|&setting| setting.to_owned()).collect();
        let server = Self { programs, folder, port: address.port(), settings, running: Mutex::default() };
        let folder = server.folder.display().to_string();
        server.run("initdb", &["-D", &folder, "-U", "chinwag", "-A", "trust", "--no-sync"])?;
        server.up()?;
        Ok(server)
    }

    /// Returns a server that the tests of this process share; it stops when the last of them drops it.
    pub fn shared() -> Result<Arc<Self>> {
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(server) = shared.upgrade() {
            return Ok(server);
        }
        let server = Arc::new(Self::start()?);
        *shared = Arc::downgrade(&server);
        Ok(server)
    }

    /// Returns its port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns its data folder, where a TLS certificate for it belongs too.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Restarts it after [`Postgres::down`]; returns when it accepts connections.
    pub fn up(&self) -> Result<()> {
        let log =
            std::fs::OpenOptions::new().create(true).append(true).open(self.folder.with_extension("log"))?;
        let mut command = self.command(Path::new("sh"));
        command.args(["-c", WHILE_WANTED]).arg(self.programs.join("postgres"));
        command.arg("-D").arg(&self.folder).args(["-p", &self.port.to_string()]);
        // fsync off: these tests do not simulate a crash of the machine.
        for setting in ["listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off"] {
            command.args(["-c", setting]);
        }
        for setting in &self.settings {
            command.args(["-c", setting]);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(log);
        let mut child = command.spawn().context("PostgreSQL cannot be started")?;
        let began = Instant::now();
        while self.run("pg_isready", &["-q", "-h", "127.0.0.1", "-p", &self.port.to_string()]).is_err() {
            ensure!(child.try_wait()?.is_none(), "PostgreSQL ended: {}", self.log());
            ensure!(began.elapsed() < DEADLINE, "PostgreSQL does not answer: {}", self.log());
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        *self.running.lock().unwrap_or_else(PoisonError::into_inner) = Some(child);
        Ok(())
    }

    /// Shuts it down immediately, as a crash would.
    pub fn down(&self) -> Result<()> {
        let child = self.running.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(mut child) = child {
            drop(child.stdin.take());
            child.wait()?;
        }
        Ok(())
    }

    /// Restarts it if it has exited by itself, or does so within 2.5 seconds.
    pub async fn up_again(&self) -> Result<()> {
        for _ in 0..50 {
            if self.sql("postgres", "SELECT 1").is_ok() {
                return Ok(());
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        self.down()?;
        self.up()
    }

    /// Returns the process id of the ancestor of all its processes, while it runs.
    pub fn pid(&self) -> Option<u32> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(Child::id)
    }

    /// Returns its log.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.with_extension("log")).unwrap_or_default()
    }

    /// Creates an empty database; returns its URL.
    pub fn database(&self) -> Result<String> {
        let name = format!("test_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        self.sql("postgres", &format!("CREATE DATABASE {name}"))?;
        Ok(self.url(&name))
    }

    /// Returns the URL of a database.
    pub fn url(&self, name: &str) -> String {
        format!("postgres://chinwag@127.0.0.1:{}/{name}", self.port)
    }

    /// Runs a statement in a database; returns the output of `psql`.
    pub fn sql(&self, database: &str, statement: &str) -> Result<String> {
        let psql = self.programs.join("psql");
        let output =
            Command::new(psql).args(["-X", "-A", "-t", "-c", statement]).arg(self.url(database)).output()?;
        ensure!(output.status.success(), "{statement}: {}", String::from_utf8_lossy(&output.stderr));
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    }

    /// Runs as user `postgres` if the tests run as root, because PostgreSQL refuses to run as root.
    fn command(&self, program: &Path) -> Command {
        if !rustix::process::geteuid().is_root() {
            return Command::new(program);
        }
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--"]).arg(program).current_dir("/");
        command
    }

    fn run(&self, program: &str, arguments: &[&str]) -> Result<()> {
        let output = self.command(&self.programs.join(program)).args(arguments).output()?;
        ensure!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
        Ok(())
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let _ = self.down();
        let _ = std::fs::remove_dir_all(&self.folder);
        let _ = std::fs::remove_file(self.folder.with_extension("log"));
    }
}

/// Returns the folder with the programs of the newest installed server.
fn programs() -> Option<PathBuf> {
    let version = |path: &PathBuf| -> Option<u32> { path.parent()?.file_name()?.to_str()?.parse().ok() };
    let debian = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = debian.map(|entry| entry.path().join("bin")).max_by_key(version);
    let asked = || Some(Command::new("pg_config").arg("--bindir").output().ok()?.stdout);
    let elsewhere = || Some(PathBuf::from(String::from_utf8(asked()?).ok()?.trim()));
    newest.or_else(elsewhere).filter(|programs| programs.join("initdb").exists())
}
