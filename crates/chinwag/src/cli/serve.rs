//! `chinwag serve`.

use std::io::Write;

use anyhow::Context;
use tokio::signal::unix::{SignalKind, signal};

use crate::config::ServeArgs;
use crate::server::{self, BrokerAddresses, Running};

/// Runs the server until a signal ends it.
pub async fn run(args: ServeArgs) -> anyhow::Result<()> {
    let running = server::start(args.settle()?).await?;
    // Before anybody reads that it is ready: from then on a signal ends it in order.
    let signal = first_signal()?;
    announce(&running).context("cannot write to standard output")?;
    let failed = tokio::select! {
        () = signal => None,
        why = running.failed() => Some(why),
    };
    tracing::info!("stopping: what was accepted is being finished");
    running.stop().await;
    failed.map_or(Ok(()), |why| Err(anyhow::anyhow!(why)))
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
    if let Some(secret) = &running.setup {
        writeln!(out, "Nobody is here yet. Make the first account, an administrator's, with this link:")?;
        writeln!(out, "  http://{}/setup#{secret}", addresses.http)?;
    }
    out.flush()
}

/// Listens from now on; ends with the first signal that asks the server to end.
fn first_signal() -> anyhow::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for signals")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for signals")?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
