//! How a broker that is not ours learns who may connect and what each may do there. It decides what clients sign in
//! with, so all servers and the command line know it, from a setting in the database.

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
