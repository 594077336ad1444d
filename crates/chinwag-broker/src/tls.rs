//! TLS configuration whose certificate can be replaced while the broker runs.

use std::sync::Arc;

use parking_lot::RwLock;

/// A TLS configuration shared by listeners. A replacement also applies to clones; existing connections keep the old
/// one.
#[derive(Clone)]
pub struct TlsConfig {
    current: Arc<RwLock<Arc<rustls::ServerConfig>>>,
}

impl TlsConfig {
    /// Wraps a configuration, which also decides whether client certificates are requested.
    pub fn new(config: Arc<rustls::ServerConfig>) -> Self {
        Self { current: Arc::new(RwLock::new(config)) }
    }

    /// Replaces the configuration for new connections.
    pub fn replace(&self, config: Arc<rustls::ServerConfig>) {
        *self.current.write() = config;
    }

    /// Returns the configuration for new connections.
    pub fn current(&self) -> Arc<rustls::ServerConfig> {
        Arc::clone(&self.current.read())
    }
}
