//! Configuration of a broker.

use std::time::Duration;

use crate::Limits;

/// Settings of a broker. The defaults are suitable for production.
#[derive(Debug, Clone)]
pub struct Config {
    /// Resource limits for clients.
    pub limits: Limits,
    /// The keep-alive in seconds imposed on MQTT 5 clients that ask for a longer one or none [MQTT-3.1.2-21]; `None`
    /// accepts the client's.
    pub server_keep_alive: Option<u16>,
    /// Whether RETAIN is honored on publishes from clients. Otherwise they are routed without it, and only
    /// [`Broker::publish`](crate::Broker::publish) retains messages.
    pub retain_from_clients: bool,
    /// The Response Information for MQTT 5 clients that request it [MQTT-3.1.2-28].
    pub response_information: Option<String>,
    /// How often changed persistent sessions (mostly cursors that moved) are saved, all in one call.
    pub save_interval: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            server_keep_alive: None,
            retain_from_clients: false,
            response_information: None,
            save_interval: Duration::from_secs(1),
        }
    }
}
