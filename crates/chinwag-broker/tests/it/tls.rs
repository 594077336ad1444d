//! TLS: replacing the certificate at run time, and client certificates.

use std::sync::Arc;

use chinwag_broker::{Broker, TlsConfig};
use mqtt_protocol_core::mqtt::packet::Qos;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsConnector;

use crate::common::*;

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority() -> Authority {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

fn issue(authority: &Authority, name: &str) -> (CertificateDer<'static>, PrivateKeyDer<'static>) {
    let key = KeyPair::generate().unwrap();
    let certificate =
        CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&key, authority).unwrap();
    (certificate.der().clone(), PrivateKeyDer::Pkcs8(key.serialize_der().into()))
}

fn roots(authority: &Authority) -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add(authority.der().clone()).unwrap();
    roots
}

fn server(authority: &Authority, clients: Option<&Authority>) -> Arc<ServerConfig> {
    let (certificate, key) = issue(authority, "localhost");
    let builder = ServerConfig::builder();
    let builder = match clients {
        None => builder.with_no_client_auth(),
        Some(clients) => {
            let verifier = WebPkiClientVerifier::builder(Arc::new(roots(clients))).allow_unauthenticated();
            builder.with_client_cert_verifier(verifier.build().unwrap())
        }
    };
    Arc::new(builder.with_single_cert(vec![certificate], key).unwrap())
}

async fn connect(
    address: std::net::SocketAddr,
    trusted: &Authority,
    identity: Option<(CertificateDer<'static>, PrivateKeyDer<'static>)>,
) -> std::io::Result<Client> {
    let builder = ClientConfig::builder().with_root_certificates(roots(trusted));
    let config = match identity {
        None => builder.with_no_client_auth(),
        Some((certificate, key)) => builder.with_client_auth_cert(vec![certificate], key).unwrap(),
    };
    let stream = TcpStream::connect(address).await?;
    let name = ServerName::try_from("localhost").unwrap();
    Ok(Client::over(TlsConnector::from(Arc::new(config)).connect(name, stream).await?, true))
}

/// A certificate replaced at run time applies to new connections; existing ones continue. A client certificate is
/// passed to the handler.
#[tokio::test]
async fn certificates_change_while_running() {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let (first, second, people) = (authority(), authority(), authority());
    let tls = TlsConfig::new(server(&first, None));
    let handler: Arc<Memory> = Arc::default();
    let broker = Broker::new(Arc::clone(&handler), open());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (serving, shared) = (broker.clone(), tls.clone());
    tokio::spawn(async move { serving.serve_tls(listener, shared).await });

    let mut old = connect(address, &first, None).await.unwrap();
    assert!(matches!(old.hello(id("old")).await, Packet::Connack { code: 0, .. }));
    assert!(connect(address, &second, None).await.is_err());
    tls.replace(server(&second, Some(&people)));
    assert!(connect(address, &first, None).await.is_err());
    let mut new = connect(address, &second, Some(issue(&people, "ana"))).await.unwrap();
    assert!(matches!(new.hello(id("new")).await, Packet::Connack { code: 0, .. }));
    assert_eq!(handler.0.lock().certificates.len(), 1);
    let mut anonymous = connect(address, &second, None).await.unwrap();
    assert!(matches!(anonymous.hello(id("anonymous")).await, Packet::Connack { code: 0, .. }));
    old.subscribe(&[("a", Qos::AtMostOnce)]).await;
    let long = "x".repeat(300_000);
    new.say("a", &long, Qos::AtMostOnce, 0).await;
    assert_eq!(old.message().await.payload, long);
    // A connection without TLS is dropped on a TLS port.
    let mut plain = Client::open(address).await;
    plain.send(&id("plain").bytes()).await;
    while let Ok(true) = plain_closed(&mut plain).await {}
}

/// Reads once; returns false when the broker has closed the connection. Before that it sends a TLS alert, which is not
/// MQTT.
async fn plain_closed(client: &mut Client) -> std::io::Result<bool> {
    let mut buffer = [0; 256];
    Ok(tokio::io::AsyncReadExt::read(&mut client.stream, &mut buffer).await? > 0)
}
