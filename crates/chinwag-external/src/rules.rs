//! The broker's access rules, kept in step with the directory by the leader.

use std::sync::Arc;

use anyhow::Context;
use chinwag_chat::accounts::broker_access::AccessKind;
use chinwag_store::Change;
use rumqttc::QoS;
use tokio::sync::mpsc;

use super::Shared;
use super::link::Link;
use crate::access::AccessChoice;
use crate::access::broker_api::Reviewer;
use crate::access::dynsec::{self, Control, Dynsec};

/// The topic of the plugin's responses, to be passed to [`Rules::find`] as `answers`.
pub const ANSWERS: &str = dynsec::RESPONSES;

/// How the broker learns who may do what.
pub enum Rules {
    /// This server configures the broker's plugin.
    Dynsec(Box<Dynsec>),
    /// The broker asks this server; live subscriptions are ended over its API, if configured.
    Hooks(Option<Reviewer>),
}

impl Rules {
    /// Determines the kind of access control, over `link`. `answers` receives the messages on [`ANSWERS`], to which
    /// this function subscribes.
    pub async fn find(
        shared: &Arc<Shared>,
        link: &Arc<Link>,
        answers: mpsc::Receiver<Vec<u8>>,
    ) -> anyhow::Result<Self> {
        let choice = shared.config.access;
        let plugin = match choice {
            AccessChoice::Hooks | AccessChoice::Open => None,
            AccessChoice::Auto => match Self::dynsec(shared, link, answers).await {
                Ok(dynsec) => Some(dynsec),
                Err(error) => {
                    tracing::debug!("no dynamic-security plugin: {error:#}");
                    None
                }
            },
            AccessChoice::Dynsec => Some(Self::dynsec(shared, link, answers).await?),
        };
        let (rules, kind) = match plugin {
            Some(mut dynsec) => {
                AccessKind::note(&shared.chat.store, Some(AccessKind::Dynsec)).await?;
                dynsec.equip().await.context("the broker's access rules")?;
                (Self::Dynsec(Box::new(dynsec)), AccessKind::Dynsec)
            }
            None => {
                let api = shared.config.api.clone();
                let reviewer =
                    api.map(|api| Reviewer::start(Arc::clone(&shared.chat.directory), api)).transpose()?;
                (Self::Hooks(reviewer), AccessKind::Hooks)
            }
        };
        AccessKind::note(&shared.chat.store, Some(kind)).await?;
        Ok(rules)
    }

    async fn dynsec(
        shared: &Shared,
        link: &Arc<Link>,
        answers: mpsc::Receiver<Vec<u8>>,
    ) -> anyhow::Result<Dynsec> {
        const ADMINISTRATOR: &str =
            "the broker's user must be an administrator of its dynamic-security plugin";
        link.subscribe(&[(ANSWERS, QoS::AtLeastOnce)]).await.context(ADMINISTRATOR)?;
        let user = shared.config.url.user().to_owned();
        let (directory, keys) = (Arc::clone(&shared.chat.directory), Arc::clone(&shared.keys));
        let mut dynsec = Dynsec::new(Control::new(Arc::clone(link), answers), user, directory, keys);
        anyhow::ensure!(
            dynsec.answers().await,
            "the dynamic-security plugin does not respond; {ADMINISTRATOR}"
        );
        Ok(dynsec)
    }

    /// Returns a description for the log.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Dynsec(_) => "dynamic-security plugin",
            Self::Hooks(Some(_)) => "HTTP hooks, with its API",
            Self::Hooks(None) => "HTTP hooks",
        }
    }

    /// Corrects all rules, whatever they were before.
    pub async fn reconcile(&mut self) -> anyhow::Result<()> {
        match self {
            Self::Dynsec(dynsec) => dynsec.reconcile().await.context("the broker's access rules"),
            Self::Hooks(reviewer) => {
                reviewer.iter().for_each(Reviewer::everything);
                Ok(())
            }
        }
    }

    /// Applies changes that the directory already contains.
    pub async fn apply(&mut self, changes: &[Change]) -> anyhow::Result<()> {
        match self {
            Self::Dynsec(dynsec) => dynsec.apply(changes).await.context("the broker's access rules"),
            Self::Hooks(reviewer) => {
                reviewer.iter().for_each(|reviewer| reviewer.follow(changes));
                Ok(())
            }
        }
    }
}
