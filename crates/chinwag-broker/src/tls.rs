//! TLS whose certificate can be changed while the broker runs.

use std::sync::Arc;

use parking_lot::RwLock;

/// A TLS configuration shared by listeners. Clones see a replacement too; connections made before keep theirs.
#[derive(Clone)]
pub struct TlsConfig {
    current: Arc<RwLock<Arc<rustls::ServerConfig>>>,
}

impl TlsConfig {
    /// Wraps a configuration; client certificates are its business.
    pub fn new(config: Arc<rustls::ServerConfig>) -> Self {
        Self { current: Arc::new(RwLock::new(config)) }
    }

    /// From now on new connections get `config`.
    pub fn replace(&self, config: Arc<rustls::ServerConfig>) {
        *self.current.write() = config;
    }

    /// What new connections get.
    pub fn current(&self) -> Arc<rustls::ServerConfig> {
        Arc::clone(&self.current.read())
    }
}
