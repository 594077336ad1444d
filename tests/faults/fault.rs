//! The faults, and how they are injected and repaired.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use chinwag_journeys::{Proxy, Weather};
use rustix::process::Signal;
use tokio::process::{Child, Command};

use crate::world::World;

/// A fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// No fault: the load alone, as a baseline.
    None,
    /// A server is killed, and restarted later.
    KillServer(Role),
    /// A server is stopped (SIGSTOP) and continued (SIGCONT).
    FreezeServer(Role),
    /// Every fsync takes a long time.
    SlowDisk,
    /// The disk with the data is full to the last byte.
    FullDisk,
    /// The database crashes, and is restarted later.
    RestartDatabase,
    /// The broker, or one node of it, crashes, and is restarted later.
    RestartBroker,
    /// A network connection fails or degrades.
    Network(Between, Trouble),
}

/// The affected server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The only one, or the leader, which publishes what all servers commit.
    First,
    /// A server other than the first.
    Other,
}

/// The affected connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Between {
    /// Between clients and everything they connect to.
    Clients,
    /// Between the leader and the broker.
    Broker,
    /// Between the leader and the database.
    Database,
    /// Between all servers and both the broker and the database.
    All,
}

/// What happens to the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// Connections are reset and refused.
    Cut,
    /// Nothing is forwarded, and neither end gets an error.
    Frozen,
    /// Packets are delayed, and some are lost and retransmitted.
    Rough,
}

/// Microseconds by which a slow disk delays each fsync.
const SLOW_DISK: u32 = 150_000;

impl Fault {
    /// Returns the name for the report and for `--only`.
    pub fn name(self) -> String {
        let server = |role| if role == Role::First { "the first server" } else { "another server" };
        match self {
            Self::None => "no fault".into(),
            Self::KillServer(role) => format!("kill -9 {}", server(role)),
            Self::FreezeServer(role) => format!("freeze {}", server(role)),
            Self::SlowDisk => "slow disk, 150 ms a write".into(),
            Self::FullDisk => "full disk".into(),
            Self::RestartDatabase => "crash of the database".into(),
            Self::RestartBroker => "crash of the broker, or a node".into(),
            Self::Network(between, trouble) => {
                let between = match between {
                    Between::Clients => "clients",
                    Between::Broker => "first server – broker",
                    Between::Database => "first server – database",
                    Between::All => "all servers – both",
                };
                match trouble {
                    Trouble::Cut => format!("cut: {between}"),
                    Trouble::Frozen => format!("frozen: {between}"),
                    Trouble::Rough => format!("30 ms, 5 % lost: {between}"),
                }
            }
        }
    }

    /// Returns how long the fault lasts.
    fn lasts(self) -> Duration {
        Duration::from_millis(match self {
            Self::KillServer(_) => 300,
            Self::None | Self::FullDisk | Self::RestartDatabase | Self::RestartBroker => 1000,
            Self::FreezeServer(_) | Self::SlowDisk => 2000,
            // Longer than any client's timeout.
            Self::Network(_, Trouble::Frozen) => 8000,
            Self::Network(_, Trouble::Cut | Trouble::Rough) => 2000,
        })
    }

    /// Injects the fault, waits, and repairs it.
    pub async fn strike(self, world: &mut World) -> Result<()> {
        match self {
            Self::None => self.pass().await,
            Self::KillServer(role) => {
                let server = world.find(role).await?;
                world.server(server).kill().await?;
                self.pass().await;
                world.server(server).start_again().await?;
            }
            Self::FreezeServer(role) => {
                let server = world.find(role).await?;
                world.server(server).signal(Signal::STOP)?;
                self.pass().await;
                world.server(server).signal(Signal::CONT)?;
            }
            Self::SlowDisk => {
                let server = world.find(Role::First).await?;
                let slow = slow_down(world.server(server).pid().context("it has ended")?).await?;
                self.pass().await;
                speed_up(slow).await?;
            }
            Self::FullDisk => {
                world.disk().context("no disk")?.fill()?;
                self.pass().await;
                world.disk().context("no disk")?.free()?;
                if let Ok(database) = world.database() {
                    // PostgreSQL shuts down if it cannot write its log; someone must then restart it after freeing
                    // space.
                    database.up_again().await?;
                }
            }
            Self::RestartDatabase => {
                let database = world.database()?;
                database.down()?;
                self.pass().await;
                database.up()?;
            }
            Self::RestartBroker => {
                world.here().broker_down().await?;
                self.pass().await;
                world.here().broker_up().await?;
            }
            Self::Network(between, trouble) => {
                let first = world.find(Role::First).await?;
                self.weather(&world.proxies(between, first), trouble).await;
            }
        }
        Ok(())
    }

    async fn pass(self) {
        tokio::time::sleep(self.lasts()).await;
    }

    async fn weather(self, proxies: &[&Proxy], trouble: Trouble) {
        let weather = match trouble {
            Trouble::Cut => Weather::Cut,
            Trouble::Frozen => Weather::Frozen,
            Trouble::Rough => Weather::Rough { late: Duration::from_millis(30), lost: 0.05 },
        };
        proxies.iter().for_each(|proxy| proxy.set(weather));
        self.pass().await;
        proxies.iter().for_each(|proxy| proxy.set(Weather::Fair));
    }
}

/// Delays every fsync and fdatasync of a process with strace.
async fn slow_down(pid: u32) -> Result<Child> {
    let mut strace = Command::new("strace")
        .args(["--quiet=all", "-o", "/dev/null", "-f", "-e", "trace=fsync,fdatasync", "-e"])
        .arg(format!("inject=fsync,fdatasync:delay_enter={SLOW_DISK}"))
        .args(["-p", &pid.to_string()])
        .kill_on_drop(true)
        .spawn()
        .context("strace is not installed")?;
    let status = format!("/proc/{pid}/status");
    chinwag_journeys::eventually("strace has taken hold", async || {
        let traced = std::fs::read_to_string(&status).unwrap_or_default();
        !traced.lines().any(|line| line == "TracerPid:\t0")
    })
    .await;
    ensure!(strace.try_wait()?.is_none(), "strace ended by itself");
    Ok(strace)
}

async fn speed_up(mut strace: Child) -> Result<()> {
    let pid = strace.id().and_then(|pid| rustix::process::Pid::from_raw(pid.cast_signed()));
    rustix::process::kill_process(pid.context("strace ended by itself")?, Signal::INT)?;
    strace.wait().await?;
    Ok(())
}
