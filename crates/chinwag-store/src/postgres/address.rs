//! The address of a PostgreSQL server, its TLS settings, and sessions with it.

use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;

use percent_encoding::percent_decode_str;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio::time::timeout;
use tokio_postgres::config::SslMode;
use tokio_postgres::{AsyncMessage, Client, Notification};
use tokio_postgres_rustls::MakeRustlsConnect;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use crate::error::StoreError;

/// Timeout for establishing a usable session.
const CONNECTING: Duration = Duration::from_secs(5);
/// Settings of every session. A commit is on disk when it is acknowledged, even if the role or database is configured
/// otherwise. And the server soon drops a client that is gone, with its locks. (A Chinwag server that is cut off or
/// hangs in a transaction blocks all others that write to the same rooms.)
const SETTINGS: &str = "
    SET idle_in_transaction_session_timeout = '3s';
    SET client_connection_check_interval = '2s';
    SET tcp_keepalives_idle = 3;
    SET tcp_keepalives_interval = 2;
    SET tcp_keepalives_count = 3;
    SET tcp_user_timeout = '10s';
    SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'";

/// Hint for the usual mistake in a URL.
const ENCODE: &str =
    "special characters in user, password and name must be %-encoded: p@ss:w/rd is p%40ss%3Aw%2Frd";

/// A PostgreSQL server and a database on it.
pub struct Address {
    config: tokio_postgres::Config,
    tls: MakeRustlsConnect,
}

/// A session. It ends when this is dropped.
pub struct Session {
    /// The client that sends statements.
    pub client: Client,
    closed: CancellationToken,
    _driver: AbortOnDropHandle<()>,
}

impl Session {
    /// Returns when the connection has ended.
    pub async fn closed(&self) {
        self.closed.cancelled().await;
    }
}

/// How strictly the server is authenticated, as with the `sslmode` of PostgreSQL's own clients.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Trust {
    /// Any server is accepted.
    Anybody,
    /// Its certificate must be signed by a trusted authority.
    Vouched,
    /// The certificate must also be for the requested host.
    Full,
}

impl Address {
    /// Parses `postgres://USER:PASSWORD@HOST:PORT/NAME?sslmode=…&sslrootcert=FILE`.
    pub fn parse(url: &str) -> Result<Self, StoreError> {
        let wrong = |why: String| StoreError::Other(format!("the database's URL: {why}"));
        let (base, query) = url.split_once('?').unwrap_or((url, ""));
        let (mut mode, mut authorities, mut rest) = (None, None, Vec::new());
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=') {
                Some(("sslmode", value)) => mode = Some(value),
                Some(("sslrootcert", value)) => {
                    authorities = Some(percent_decode_str(value).decode_utf8_lossy())
                }
                _ => rest.push(pair),
            }
        }
        let plain = if rest.is_empty() { base.to_owned() } else { format!("{base}?{}", rest.join("&")) };
        let mut config: tokio_postgres::Config =
            plain.parse().map_err(|error: tokio_postgres::Error| wrong(format!("{error}; {ENCODE}")))?;
        if config.get_password().is_none()
            && let Some(password) = std::env::var_os("PGPASSWORD")
        {
            config.password(password.as_encoded_bytes());
        }
        let (ssl, trust) = match (mode.unwrap_or("prefer"), &authorities) {
            ("disable", _) => (SslMode::Disable, Trust::Anybody),
            ("prefer", None) => (SslMode::Prefer, Trust::Anybody),
            ("require", None) => (SslMode::Require, Trust::Anybody),
            ("prefer" | "require", Some(_)) | ("verify-ca", _) => (SslMode::Require, Trust::Vouched),
            ("verify-full", _) => (SslMode::Require, Trust::Full),
            (other, _) => {
                return Err(wrong(format!(
                    "sslmode must be disable, prefer, require, verify-ca or verify-full, not {other}"
                )));
            }
        };
        config.ssl_mode(ssl).connect_timeout(CONNECTING);
        config.keepalives_idle(Duration::from_secs(3)).keepalives_interval(Duration::from_secs(2));
        config.keepalives_retries(3).tcp_user_timeout(Duration::from_secs(10));
        let tls = MakeRustlsConnect::new(client_config(trust, authorities.as_deref()).map_err(wrong)?);
        Ok(Self { config, tls })
    }

    /// Formats the address without user and password.
    pub fn shown(&self) -> String {
        let hosts: Vec<String> = self
            .config
            .get_hosts()
            .iter()
            .map(|host| match host {
                tokio_postgres::config::Host::Tcp(host) => host.clone(),
                #[cfg(unix)]
                tokio_postgres::config::Host::Unix(path) => path.display().to_string(),
            })
            .collect();
        let ports = self.config.get_ports().iter().map(|port| format!(":{port}")).collect::<String>();
        format!("postgres://{}{ports}/{}", hosts.join(","), self.config.get_dbname().unwrap_or_default())
    }

    /// Connects with `name` as the application name. Notifications are passed to `heard`.
    pub async fn connect(
        &self,
        name: &str,
        mut heard: impl FnMut(Notification) + Send + 'static,
    ) -> Result<Session, StoreError> {
        let mut config = self.config.clone();
        config.application_name(name);
        let connecting = async {
            let (client, mut connection) = config.connect(self.tls.clone()).await?;
            let closed = CancellationToken::new();
            let tell = closed.clone().drop_guard();
            let driver = tokio::spawn(async move {
                let _tell = tell;
                while let Some(message) = poll_fn(|context| connection.poll_message(context)).await {
                    match message {
                        Ok(AsyncMessage::Notification(notification)) => heard(notification),
                        Ok(_) => {}
                        Err(error) => {
                            tracing::debug!(%error, "a connection to the database ended");
                            break;
                        }
                    }
                }
            });
            let session = Session { client, closed, _driver: AbortOnDropHandle::new(driver) };
            session.client.batch_execute(SETTINGS).await?;
            Ok::<_, StoreError>(session)
        };
        timeout(CONNECTING, connecting).await.unwrap_or_else(|_| Err(no_answer(CONNECTING)))
    }
}

/// Returns the error for a database that has not answered for this long.
pub fn no_answer(after: Duration) -> StoreError {
    StoreError::Unavailable(format!("no response within {after:?}"))
}

fn client_config(trust: Trust, authorities: Option<&str>) -> Result<ClientConfig, String> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    if trust == Trust::Anybody {
        let verifier = Arc::new(Lenient { inner: None, provider });
        return Ok(builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth());
    }
    let roots = Arc::new(roots(authorities)?);
    let inner = WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(&provider))
        .build()
        .map_err(|error| error.to_string())?;
    let config = if trust == Trust::Full {
        builder.with_webpki_verifier(inner)
    } else {
        builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Lenient { inner: Some(inner), provider }))
    };
    Ok(config.with_no_client_auth())
}

fn roots(authorities: Option<&str>) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    let found = match authorities {
        None | Some("system") => rustls_native_certs::load_native_certs().certs,
        Some(path) => CertificateDer::pem_file_iter(path)
            .and_then(Iterator::collect)
            .map_err(|error| format!("cannot read certificates in {path}: {error}"))?,
    };
    roots.add_parsable_certificates(found);
    if roots.is_empty() {
        return Err("there is no trusted certificate; set sslrootcert=FILE".into());
    }
    Ok(roots)
}

/// Accepts any certificate, or with `inner` any that is signed by a trusted authority, whatever host it is for.
#[derive(Debug)]
struct Lenient {
    inner: Option<Arc<WebPkiServerVerifier>>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Lenient {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        stapled: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let Some(inner) = &self.inner else { return Ok(ServerCertVerified::assertion()) };
        match inner.verify_server_cert(certificate, others, name, stapled, now) {
            Err(rustls::Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => Ok(ServerCertVerified::assertion()),
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_url_says_how_much_to_trust() {
        for good in ["", "?sslmode=require", "?sslmode=disable&connect_timeout=3"] {
            Address::parse(&format!("postgres://a:b@db.example/chat{good}")).unwrap();
        }
        let shown = Address::parse("postgres://ana:secret@db.example:5433/chat").unwrap().shown();
        assert_eq!(shown, "postgres://db.example:5433/chat");
        for bad in ["?sslmode=maybe", "?sslmode=verify-full&sslrootcert=%2Fnowhere", "?unknown=1"] {
            assert!(Address::parse(&format!("postgres://db.example/chat{bad}")).is_err(), "{bad}");
        }
    }
}
