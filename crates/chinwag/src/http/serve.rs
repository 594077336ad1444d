//! The HTTP listener.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, Response, StatusCode};
use axum::response::IntoResponse;
use chinwag_broker::{TlsConfig, host};
use chinwag_protocol::Reason;
use hyper::body::Incoming;
use hyper::server::conn::http1::Builder;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;
use tower_http::set_header::SetRequestHeaderLayer;

use super::answer::Failed;
use super::caller::Peer;
use super::origin::check_once;
use super::pace::{HEAD_TIMEOUT, Holding, Paced, Requests, Timely};
use super::proxies::Proxies;
use crate::shares::{Share, Shares};

/// The maximum number of HTTP connections; further ones are closed unread. Upgraded WebSockets count with the broker.
const CONNECTIONS: usize = 4_096;
/// Bytes of request bodies held in memory, except uploads, which are streamed to storage.
const BODIES_TOTAL: usize = 64 << 20;
/// Bytes that every body may hold in memory, however much the others hold.
const BODY_ALWAYS: usize = 4 << 10;
/// How long a connection may wait for its next request. Longer than the idle timeouts of brokers, proxies and load
/// balancers, so that they close idle connections, and no request arrives on a connection that is just being closed.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// The size in bytes of the read buffer: limits a request's head, and how much of an unread body is buffered.
const READ_BUFFER: usize = 32 << 10;
/// How long requests in progress may go on at shutdown.
const GRACE: Duration = Duration::from_secs(5);

/// The settings and shared state that every connection is served with.
#[derive(Clone)]
pub struct Serving {
    /// The routes.
    pub router: Router,
    /// The proxies trusted to say where a request comes from.
    pub proxies: Proxies,
    /// The limits that clients share.
    pub places: Places,
    /// Cancelled when the server stops.
    pub stop: CancellationToken,
}

/// The limits that clients of all HTTP listeners share, counted by host.
#[derive(Clone)]
pub struct Places {
    connections: Arc<Shares<IpAddr>>,
    /// Requests through a trusted proxy, counted by the client's host, because their connections are the proxy's.
    proxied: Arc<Shares<IpAddr>>,
    bodies: Arc<Shares<IpAddr>>,
}

impl Places {
    /// Creates the limits. If `fair`, no host gets more than a quarter of what is left.
    pub fn new(fair: bool) -> Self {
        Self {
            connections: Shares::new(CONNECTIONS, fair),
            proxied: Shares::new(CONNECTIONS, fair),
            bodies: Shares::new(BODIES_TOTAL, fair),
        }
    }
}

/// The limit that a request's body counts against.
#[derive(Clone)]
pub struct BodyPlace {
    bodies: Arc<Shares<IpAddr>>,
    host: IpAddr,
}

impl BodyPlace {
    /// Returns the memory allowance for a body, which can grow.
    pub fn room(&self) -> BodyRoom {
        BodyRoom { share: self.bodies.nothing(Some(self.host)), has: BODY_ALWAYS }
    }
}

/// A body's memory allowance.
pub struct BodyRoom {
    share: Share<IpAddr>,
    has: usize,
}

impl BodyRoom {
    /// Extends the allowance to `bytes` in total; returns whether there is room.
    pub fn fits(&mut self, bytes: usize) -> bool {
        let more = bytes.saturating_sub(self.has);
        self.has += more;
        more == 0 || self.share.grow(more)
    }
}

/// Serves connections until the server stops, then lets requests in progress finish.
pub async fn serve(listener: TcpListener, tls: Option<TlsConfig>, mut serving: Serving) {
    if tls.is_some() {
        serving.router = serving.router.layer(secure());
    }
    let stop = serving.stop.clone();
    let connections = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => break,
        };
        match accepted {
            Ok((stream, address)) => {
                // A trusted proxy's connections carry many clients, so its requests are counted one by one instead.
                let whose = (!serving.proxies.trusts(address.ip())).then(|| host(address.ip()));
                let Some(place) = serving.places.connections.take(whose) else {
                    tracing::debug!(%address, "too many HTTP connections, from this address or in total");
                    continue;
                };
                chinwag_broker::tune(&stream);
                let (tls, serving) = (tls.clone(), serving.clone());
                connections.spawn(async move {
                    match tls {
                        None => connection(stream, address, serving).await,
                        Some(tls) => over_tls(stream, &tls, address, serving).await,
                    }
                    drop(place);
                });
            }
            // Most likely out of file descriptors: accepting again at once would only busy-loop.
            Err(error) => {
                tracing::warn!(%error, "an HTTP connection cannot be accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
    drop(listener);
    connections.close();
    if tokio::time::timeout(GRACE, connections.wait()).await.is_err() {
        tracing::warn!("some HTTP requests were cut off");
    }
}

async fn over_tls(stream: TcpStream, tls: &TlsConfig, peer: SocketAddr, serving: Serving) {
    let handshake = TlsAcceptor::from(tls.current()).accept(stream);
    match tokio::time::timeout(HEAD_TIMEOUT, handshake).await {
        Ok(Ok(stream)) => connection(stream, peer, serving).await,
        Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
        Err(_) => tracing::debug!("a TLS handshake took too long"),
    }
}

/// Marks requests as received over TLS, with the header that a TLS-terminating proxy would set.
fn secure() -> SetRequestHeaderLayer<HeaderValue> {
    let proto = HeaderName::from_static("x-forwarded-proto");
    SetRequestHeaderLayer::overriding(proto, HeaderValue::from_static("https"))
}

async fn connection(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    peer: SocketAddr,
    serving: Serving,
) {
    let requests = Arc::<Requests>::default();
    let stop = serving.stop.clone();
    let stream = Paced::new(stream, Arc::clone(&requests));
    let service = hyper::service::service_fn(move |request| {
        answer(request, peer, serving.clone(), Arc::clone(&requests))
    });
    let mut builder = Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(KEEP_ALIVE).max_buf_size(READ_BUFFER);
    let mut serving = pin!(builder.serve_connection(TokioIo::new(stream), service).with_upgrades());
    let ended = tokio::select! {
        ended = serving.as_mut() => ended,
        () = stop.cancelled() => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "an HTTP connection ended");
    }
}

async fn answer(
    request: Request<Incoming>,
    peer: SocketAddr,
    Serving { router, proxies, places, .. }: Serving,
    requests: Arc<Requests>,
) -> Result<Response<Body>, Infallible> {
    let under_way = requests.begin();
    if let Err(refused) = check_once(request.version(), request.headers()) {
        return Ok(Failed(refused).into_response());
    }
    let client = proxies.client(peer, request.headers());
    let host = host(client.ip());
    let place = if proxies.trusts(peer.ip()) {
        let place = places.proxied.take(Some(host));
        if place.is_none() {
            return Ok(Failed::from(Reason::RequestsAtOnce).into_response());
        }
        place
    } else {
        None
    };
    let mut request = request.map(|body| Body::new(Timely::new(body)));
    request.extensions_mut().insert(Peer(client));
    request.extensions_mut().insert(BodyPlace { bodies: places.bodies, host });
    let response = router.oneshot(request).await?;
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        requests.upgraded();
    }
    Ok(response.map(|body| Body::new(Holding::new(body, (under_way, place)))))
}
