//! Who and what on a broker that is not ours: how it learns who may connect and what each may do there.
//!
//! The rules are the same on each. A member publishes under their own `users/{me}/` only, and there only what the
//! protocol has; only the server publishes in rooms, in inboxes, and presence; everybody receives their own rooms,
//! what is typed there and, in small ones, read, the presence of those they share a direct conversation or a small room
//! with, and their own inbox.

pub mod broker_api;
pub mod dynsec;
pub mod hooks;

use chinwag_protocol::Refused;

use crate::store::{Set, Store};

/// The setting that tells all servers, and the command line, which way it is.
const SETTING: &str = "broker_access";

/// How the broker learns it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccessKind {
    /// Mosquitto's dynamic-security plugin is told.
    Dynsec,
    /// The broker asks us over HTTP.
    Hooks,
}

impl AccessKind {
    fn word(self) -> &'static str {
        match self {
            Self::Dynsec => "dynsec",
            Self::Hooks => "hooks",
        }
    }

    /// Which it is; `None`: the broker is ours, or it is not known yet.
    pub async fn of(store: &Store) -> Result<Option<Self>, Refused> {
        let setting = store.reader().setting(SETTING).await?;
        Ok([Self::Dynsec, Self::Hooks].into_iter().find(|kind| setting.as_deref() == Some(kind.word())))
    }

    /// Notes which it is.
    pub async fn note(store: &Store, kind: Option<Self>) -> Result<(), Refused> {
        if Self::of(store).await? != kind {
            let value = kind.map(|kind| kind.word().to_owned());
            store.write(Set { key: SETTING, value }).await?;
        }
        Ok(())
    }
}

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
