//! How an external broker enforces access. This determines the credentials that clients use, so all servers and the
//! command line read it from a setting in the database.

use chinwag_protocol::Refused;

use crate::store::{Set, Store};

/// The key of the setting.
const SETTING: &str = "broker_access";

/// The mechanism by which the broker enforces access.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccessKind {
    /// The server configures Mosquitto's dynamic-security plugin.
    Dynsec,
    /// The broker calls the server's HTTP hooks.
    Hooks,
}

impl AccessKind {
    fn word(self) -> &'static str {
        match self {
            Self::Dynsec => "dynsec",
            Self::Hooks => "hooks",
        }
    }

    /// Returns the mechanism; `None` if the broker is the embedded one, or the mechanism is not known yet.
    pub async fn of(store: &Store) -> Result<Option<Self>, Refused> {
        let setting = store.reader().setting(SETTING).await?;
        Ok([Self::Dynsec, Self::Hooks].into_iter().find(|kind| setting.as_deref() == Some(kind.word())))
    }

    /// Stores the mechanism in the setting.
    pub async fn note(store: &Store, kind: Option<Self>) -> Result<(), Refused> {
        if Self::of(store).await? != kind {
            let value = kind.map(|kind| kind.word().to_owned());
            store.write(Set { key: SETTING, value }).await?;
        }
        Ok(())
    }
}
