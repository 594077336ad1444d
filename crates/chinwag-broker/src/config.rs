//! What an embedder may choose.

use std::time::Duration;

use crate::Limits;

/// How a broker behaves. The default is made for production.
#[derive(Debug, Clone)]
pub struct Config {
    /// What clients may cost.
    pub limits: Limits,
    /// The keep-alive imposed on MQTT 5 clients [MQTT-3.1.2-21]; `None` leaves it to them.
    pub server_keep_alive: Option<u16>,
    /// Whether RETAIN on a client's own publish means something. Otherwise it is routed without, and only
    /// [`Broker::publish`](crate::Broker::publish) retains.
    pub retain_from_clients: bool,
    /// What an MQTT 5 client gets as Response Information when it asks for it [MQTT-3.1.2-28].
    pub response_information: Option<String>,
    /// How often the cursors of persistent sessions that moved are saved, all in one call.
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
