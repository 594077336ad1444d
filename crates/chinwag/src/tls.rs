//! TLS from PEM files, reloaded when they change, so that a renewed certificate needs no restart.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use anyhow::{Context, bail};
use chinwag_broker::TlsConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio::time::{MissedTickBehavior, interval};

/// How often the files are checked for changes.
const LOOK: Duration = Duration::from_secs(5);

/// The paths of the certificate and its key.
#[derive(Debug, Clone)]
pub struct TlsFiles {
    /// The certificate and its chain, PEM.
    pub certificate: PathBuf,
    /// Its private key, PEM.
    pub key: PathBuf,
    /// Optional CA certificates, PEM: a client that presents a certificate must have it from one of these.
    pub client_ca: Option<PathBuf>,
}

impl TlsFiles {
    /// Reads the files. Fails if one cannot be read or if certificate and key do not match.
    pub fn load(&self) -> anyhow::Result<Arc<ServerConfig>> {
        let chain = certificates(&self.certificate)?;
        let key = PrivateKeyDer::from_pem_file(&self.key)
            .with_context(|| format!("cannot read a private key in {}", self.key.display()))?;
        let provider = Arc::new(aws_lc_rs::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()?;
        let builder = match &self.client_ca {
            None => builder.with_no_client_auth(),
            Some(path) => {
                let mut roots = RootCertStore::empty();
                for certificate in certificates(path)? {
                    roots.add(certificate).with_context(|| format!("a certificate in {}", path.display()))?;
                }
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
                builder.with_client_cert_verifier(verifier.allow_unauthenticated().build()?)
            }
        };
        let config =
            builder.with_single_cert(chain, key).context("the certificate and the key do not match")?;
        Ok(Arc::new(config))
    }

    fn stamp(&self) -> Vec<Option<SystemTime>> {
        let files = [Some(&self.certificate), Some(&self.key), self.client_ca.as_ref()];
        let modified = |path: &PathBuf| std::fs::metadata(path).and_then(|metadata| metadata.modified()).ok();
        files.into_iter().flatten().map(modified).collect()
    }
}

fn certificates(path: &Path) -> anyhow::Result<Vec<CertificateDer<'static>>> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_file_iter(path)
        .with_context(|| format!("cannot read certificates in {}", path.display()))?
        .collect();
    let found = found.with_context(|| format!("the certificates in {} are not valid", path.display()))?;
    if found.is_empty() {
        bail!("there is no certificate in {}", path.display());
    }
    Ok(found)
}

/// Reloads the files when they change. An unusable change is logged, and the previous certificate stays in use.
pub async fn watch(files: TlsFiles, tls: TlsConfig) {
    let mut seen = files.stamp();
    let mut ticks = interval(LOOK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let now = files.stamp();
        if now == seen {
            continue;
        }
        match files.load() {
            Ok(config) => {
                tls.replace(config);
                seen = now;
                tracing::info!("the certificate was reloaded");
            }
            // Key and certificate may be replaced one after the other: `seen` is unchanged, so loading is retried.
            Err(error) => tracing::warn!("the changed certificate is not used: {error:#}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_fit_are_loaded_and_others_say_why() {
        let folder = std::env::temp_dir().join(format!("chinwag-tls-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let pair = |name: &str| {
            let made = rcgen::generate_simple_self_signed(vec!["localhost".into()]).unwrap();
            let (certificate, key) = (folder.join(format!("{name}.crt")), folder.join(format!("{name}.key")));
            std::fs::write(&certificate, made.cert.pem()).unwrap();
            std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
            (certificate, key)
        };
        let ((certificate, key), (other, other_key)) = (pair("one"), pair("other"));
        let files = TlsFiles { certificate, key, client_ca: Some(other) };
        files.load().unwrap();
        let error = TlsFiles { key: other_key, ..files.clone() }.load().unwrap_err();
        assert!(format!("{error:#}").contains("do not match"), "{error:#}");
        let error = TlsFiles { key: files.certificate.clone(), ..files }.load().unwrap_err();
        assert!(format!("{error:#}").contains("private key"), "{error:#}");
        std::fs::remove_dir_all(folder).unwrap();
    }
}
