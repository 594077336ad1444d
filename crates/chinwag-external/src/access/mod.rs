//! Access control on an external broker: how it learns who may connect and what each may do there.
//!
//! The rules are the same for every broker. A member publishes only under their own `users/{me}/`, and there only what
//! the protocol defines. Only the server publishes in rooms and inboxes, and presence. A member receives their own
//! rooms, who types in them and, in small ones, the read cursors; the presence of those with whom they share a direct
//! conversation or a small room; and their own inbox.

pub mod broker_api;
pub mod dynsec;
pub mod hooks;

/// The configured kind of access control.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum AccessChoice {
    /// The plugin if it answers, otherwise hooks.
    #[default]
    Auto,
    /// Mosquitto's dynamic-security plugin.
    Dynsec,
    /// HTTP hooks.
    Hooks,
    /// No access control; for trying things out.
    Open,
}
