//! `chinwag serve`.

use std::io::Write;
use std::pin::pin;
use std::time::Duration;

use anyhow::Context;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::signal::unix::{SignalKind, signal};

use super::usable;
use crate::config::ServeArgs;
use crate::server::{self, BrokerAddresses, Running};

/// The number of file descriptors to request where the system sets no limit.
const DESCRIPTORS: u64 = 1_048_576;
/// Descriptors not counted as available to connections: for the database, listeners and uploads.
const RESERVED: u64 = 64;
/// How long an orderly shutdown may take after an essential task has ended.
const ENDING: Duration = Duration::from_secs(20);

/// Runs the server until it receives a signal or fails.
pub async fn run(args: ServeArgs) -> anyhow::Result<()> {
    let config = usable(args.settle())?;
    raise_descriptors();
    // Installed before readiness is announced and while waiting for the database, so that a signal always ends the
    // server in order.
    let mut signal = pin!(first_signal()?);
    let running = tokio::select! {
        running = server::start(config) => running?,
        () = &mut signal => {
            tracing::info!("stopped before it was ready");
            return Ok(());
        }
    };
    announce(&running).context("cannot write to standard output")?;
    let failed = tokio::select! {
        () = signal => None,
        why = running.failed() => Some(why),
    };
    tracing::info!("stopping: finishing what was accepted");
    let Some(why) = failed else {
        running.stop().await;
        return Ok(());
    };
    // The remaining tasks may wait forever for the one that has ended.
    if tokio::time::timeout(ENDING, running.stop()).await.is_err() {
        tracing::warn!("some tasks did not stop in time");
    }
    Err(anyhow::anyhow!(why))
}

/// Raises the limit of file descriptors as far as the system allows, often far above the initial limit: every
/// connection needs one.
fn raise_descriptors() {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let most = maximum.unwrap_or(DESCRIPTORS).min(DESCRIPTORS);
    let mut now = current.unwrap_or(most);
    if now < most {
        match setrlimit(Resource::Nofile, Rlimit { current: Some(most), maximum }) {
            Ok(()) => now = most,
            Err(error) => tracing::warn!(%error, "the limit of file descriptors cannot be raised"),
        }
    }
    let connections = now.saturating_sub(RESERVED);
    tracing::info!(descriptors = now, "file descriptors for about {connections} connections");
}

fn announce(running: &Running) -> std::io::Result<()> {
    let addresses = running.addresses;
    let mut out = std::io::stdout().lock();
    writeln!(out, "Chinwag is ready:")?;
    writeln!(out, "  web and HTTP   http://{}", addresses.http)?;
    match &addresses.broker {
        Some(BrokerAddresses { mqtt, ws, .. }) => {
            writeln!(out, "  MQTT           mqtt://{mqtt}")?;
            writeln!(out, "  MQTT over WS   ws://{ws}/mqtt")?;
        }
        None => writeln!(out, "  MQTT broker    {}", running.broker())?,
    }
    let broker_tls = addresses.broker.and_then(|broker| broker.tls);
    match (addresses.https, broker_tls) {
        (Some(https), Some([mqtts, wss])) => {
            writeln!(out, "  with TLS       https://{https}  mqtts://{mqtts}  wss://{wss}/mqtt")?;
        }
        (Some(https), None) => writeln!(out, "  with TLS       https://{https}")?,
        (None, _) => {}
    }
    writeln!(out, "  data           {}", running.database)?;
    if let Some(metrics) = addresses.metrics {
        writeln!(out, "  metrics        http://{metrics}/metrics")?;
    }
    let public = running.public_url.as_ref();
    if let Some(public) = public {
        writeln!(out, "  from outside   {public}")?;
    }
    if let Some(secret) = &running.setup {
        let own = || match addresses.https {
            Some(https) => format!("https://{https}/"),
            None => format!("http://{}/", addresses.http),
        };
        let base = public.map_or_else(own, ToString::to_string);
        writeln!(out, "There is no administrator yet. Create the administrator's account with this link:")?;
        writeln!(out, "  {base}setup#{secret}")?;
    }
    out.flush()
}

/// Installs the handlers; the future resolves at the first signal that asks the server to end. SIGHUP is one of them:
/// there is nothing to reload, since certificates are watched anyway, and a closing terminal sends it.
fn first_signal() -> anyhow::Result<impl Future<Output = ()>> {
    let listen = |kind| signal(kind).context("cannot listen for signals");
    let mut terminate = listen(SignalKind::terminate())?;
    let mut interrupt = listen(SignalKind::interrupt())?;
    let mut hang_up = listen(SignalKind::hangup())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            _ = hang_up.recv() => {}
        }
    })
}
