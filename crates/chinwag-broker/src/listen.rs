//! Listeners: accepting, TLS, the WebSocket handshake.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use crate::connection::{Arrival, serve};
use crate::core::Core;
use crate::gate::Place;
use crate::transport::upgrade;
use crate::{Handler, Identity, TlsConfig};

/// How long to wait after accepting failed (out of file descriptors, mostly).
const PAUSE: Duration = Duration::from_millis(50);

/// How bytes on a listener are to be read.
#[derive(Clone)]
pub(crate) struct Port {
    pub tls: Option<TlsConfig>,
    pub websocket: bool,
}

/// Accepts until the broker stops.
pub(crate) async fn accept<H: Handler>(core: Arc<Core<H>>, listener: TcpListener, port: Port) {
    let mut stopping = core.stopping.subscribe();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stopping.wait_for(|stopping| *stopping) => return,
        };
        let (stream, address) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "accepting failed");
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        let Some(place) = core.gate.enter(address.ip(), &core.config.limits) else {
            core.counters.refused.fetch_add(1, Ordering::Relaxed);
            continue;
        };
        // What is written is written whole; waiting for more would only delay it.
        let _ = stream.set_nodelay(true);
        let core = Arc::clone(&core);
        match &port.tls {
            None if !port.websocket => {
                tokio::spawn(serve(core, stream, arrival(address, place)));
            }
            None => {
                tokio::spawn(handshake(core, stream, arrival(address, place)));
            }
            Some(tls) => {
                let acceptor = TlsAcceptor::from(tls.current());
                let websocket = port.websocket;
                tokio::spawn(secure(core, stream, acceptor, websocket, arrival(address, place)));
            }
        }
    }
}

fn arrival(address: SocketAddr, place: Place) -> Arrival {
    Arrival { address, identity: None, certificate: None, ws: None, early: Vec::new(), place }
}

async fn secure<H: Handler>(
    core: Arc<Core<H>>,
    stream: TcpStream,
    acceptor: TlsAcceptor,
    websocket: bool,
    mut arrival: Arrival,
) {
    let wait = core.config.limits.connect_timeout;
    let Ok(Ok(stream)) = timeout(wait, Box::pin(acceptor.accept(stream))).await else {
        core.counters.refused.fetch_add(1, Ordering::Relaxed);
        return;
    };
    let certificates = stream.get_ref().1.peer_certificates().unwrap_or_default();
    arrival.certificate = certificates.first().map(|certificate| Bytes::copy_from_slice(certificate));
    if websocket {
        handshake(core, stream, arrival).await;
    } else {
        serve(core, stream, arrival).await;
    }
}

async fn handshake<H: Handler, S>(core: Arc<Core<H>>, mut stream: S, mut arrival: Arrival)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let wait = core.config.limits.connect_timeout;
    let Ok(Some(early)) = Box::pin(timeout(wait, upgrade(&mut stream))).await else {
        core.counters.refused.fetch_add(1, Ordering::Relaxed);
        return;
    };
    arrival.early = early;
    arrival.ws = Some(Box::default());
    serve(core, stream, arrival).await;
}

/// Serves a stream that was accepted elsewhere; a WebSocket's upgrade was answered there, too.
pub(crate) async fn accepted<H: Handler, S>(
    core: Arc<Core<H>>,
    stream: S,
    address: SocketAddr,
    identity: Option<Identity>,
    websocket: bool,
) where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let Some(place) = core.gate.enter(address.ip(), &core.config.limits) else {
        core.counters.refused.fetch_add(1, Ordering::Relaxed);
        return;
    };
    let ws = websocket.then(Box::default);
    let arrival = Arrival { identity, ws, ..arrival(address, place) };
    serve(core, stream, arrival).await;
}
