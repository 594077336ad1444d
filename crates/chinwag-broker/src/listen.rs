//! Listeners: accepting connections, TLS and WebSocket handshakes.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tracing::Level;

use crate::connection::{Arrival, serve};
use crate::core::Core;
use crate::gate::Place;
use crate::refusals::Who;
use crate::transport::upgrade;
use crate::{Handler, Identity, RefusedPacket, TlsConfig};

/// Delay after accepting failed (usually for lack of file descriptors).
const PAUSE: Duration = Duration::from_millis(50);

/// TCP keepalive: how long a connection may be silent before it is probed, the interval between probes, and how many
/// unanswered probes end it. A peer that lost power is noticed after two minutes, even if its MQTT keep-alive is 0.
const PROBE_AFTER: Duration = Duration::from_secs(60);
const PROBE_EVERY: Duration = Duration::from_secs(15);
const PROBES: u32 = 4;

/// Sets the options of an accepted connection: `TCP_NODELAY`, so that small writes are sent at once, and
/// `SO_KEEPALIVE`, so that a peer that vanished is noticed.
pub fn tune(stream: &TcpStream) {
    let keepalive =
        TcpKeepalive::new().with_time(PROBE_AFTER).with_interval(PROBE_EVERY).with_retries(PROBES);
    let tuned = stream.set_nodelay(true).and(SockRef::from(stream).set_tcp_keepalive(&keepalive));
    if let Err(error) = tuned {
        // Most likely the peer has already disconnected. Otherwise the connection works without these options.
        tracing::debug!(%error, "a connection's options could not be set");
    }
}

const TOO_MANY: &str = "too many connections, from this address or in total";

/// The protocol layers of a listener.
#[derive(Clone)]
pub(crate) struct Port {
    pub tls: Option<TlsConfig>,
    pub websocket: bool,
}

/// Accepts connections until the broker stops.
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
            refused(&core, address, 0x97, TOO_MANY);
            continue;
        };
        tune(&stream);
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

/// Counts and logs a connection refused before its client is known.
fn refused<H: Handler>(core: &Core<H>, address: SocketAddr, code: u8, reason: &str) {
    core.counters.refused.fetch_add(1, Ordering::Relaxed);
    let who = Who { address, account: "", client_id: "" };
    let level = if code == 0x80 { Level::DEBUG } else { Level::INFO };
    core.refusals.note(RefusedPacket::Connect, level, who, code, reason);
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
        refused(&core, arrival.address, 0x80, "no TLS handshake");
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
    let limits = &core.config.limits;
    let place = &mut arrival.place;
    let upgrading = upgrade(&mut stream, |bytes| place.hold(bytes, limits.incoming_total));
    let Ok(Some(early)) = Box::pin(timeout(limits.connect_timeout, upgrading)).await else {
        refused(&core, arrival.address, 0x80, "the WebSocket handshake failed");
        return;
    };
    arrival.early = early;
    arrival.ws = Some(Box::default());
    serve(core, stream, arrival).await;
}

/// Serves a stream accepted by the embedder, which has also answered the upgrade if it is a WebSocket.
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
        refused(&core, address, 0x97, TOO_MANY);
        return;
    };
    let ws = websocket.then(Box::default);
    let arrival = Arrival { identity, ws, ..arrival(address, place) };
    serve(core, stream, arrival).await;
}
