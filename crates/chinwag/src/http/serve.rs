//! The HTTP listener.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue};
use chinwag_broker::TlsConfig;
use hyper::body::Incoming;
use hyper::server::conn::http1::Builder;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;
use tower_http::set_header::SetRequestHeaderLayer;

use super::caller::Peer;
use super::proxies::Proxies;

/// HTTP connections at a time; beyond it, newcomers wait to be accepted. WebSockets count with the broker.
const CONNECTIONS: usize = 4_096;
/// From connecting to the end of a request's head.
const HEAD_TIMEOUT: Duration = Duration::from_secs(15);
/// What requests under way get when the server stops.
const GRACE: Duration = Duration::from_secs(5);

/// What every connection is served with.
#[derive(Clone)]
pub struct Serving {
    /// What answers.
    pub router: Router,
    /// Whom to believe about where a request comes from.
    pub proxies: Proxies,
    /// The server ends.
    pub stop: CancellationToken,
}

/// Serves until it is to stop.
pub async fn serve(listener: TcpListener, tls: Option<TlsConfig>, mut serving: Serving) {
    if tls.is_some() {
        serving.router = serving.router.layer(secure());
    }
    let stop = serving.stop.clone();
    let connections = TaskTracker::new();
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { break };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => break,
        };
        match accepted {
            Ok((stream, address)) => {
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
            // Out of file descriptors, most likely: accepting again at once would only spin.
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

/// Says that a request came over TLS, as a proxy that ended the TLS would say it.
fn secure() -> SetRequestHeaderLayer<HeaderValue> {
    let proto = HeaderName::from_static("x-forwarded-proto");
    SetRequestHeaderLayer::overriding(proto, HeaderValue::from_static("https"))
}

async fn connection(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    peer: SocketAddr,
    Serving { router, proxies, stop }: Serving,
) {
    let service = hyper::service::service_fn(move |mut request: Request<Incoming>| {
        let client = proxies.client(peer, request.headers());
        request.extensions_mut().insert(Peer(client));
        router.clone().oneshot(request)
    });
    let mut builder = Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT).max_buf_size(64 * 1024);
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
