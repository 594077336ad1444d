//! Who and what on a broker that is not ours: how it learns who may connect and what each may do there.
//!
//! The rules are the same on each. A member publishes under their own `users/{me}/` only, and there only what the
//! protocol has; only the server publishes in rooms, in inboxes, and presence; everybody receives their own rooms,
//! what is typed there and, in small ones, read, the presence of those they share a direct conversation or a small room
//! with, and their own inbox.

pub mod broker_api;
pub mod dynsec;
pub mod hooks;

/// Which way the operator has chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum AccessChoice {
    /// The plugin where it answers, hooks where it does not.
    #[default]
    Auto,
    /// Mosquitto's dynamic-security plugin.
    Dynsec,
    /// HTTP hooks.
    Hooks,
    /// Nobody is kept from anything; for trying things out.
    Open,
}
