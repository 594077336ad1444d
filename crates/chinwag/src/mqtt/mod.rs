//! The seam to the broker.
//!
//! **Promises.** What was committed is announced, and nothing else: each event on its room's topic, in the order of
//! `seq`; to whom it concerns, notes in their inbox; presence, retained. Whoever may no longer read something stops
//! receiving it within a second. What a client sends is acknowledged once it is on disk: by the broker itself where
//! it is ours, by a note in the inbox where it is not.

pub mod commits;
pub mod cursors;
pub mod embedded;

use std::sync::Arc;
use std::time::Duration;

use chinwag_broker::{Broker, Message};
use chinwag_external::External;
use chinwag_protocol::Refused;

use crate::directory::Directory;
use crate::store::Committed;
use embedded::{Embedded, announce};

/// The broker that the clients are on.
#[derive(Clone)]
pub enum Mqtt {
    /// Ours, in this process.
    Embedded(Broker<Embedded>),
    /// Another program's, with which we speak as a client.
    External(Arc<External>),
}

impl Mqtt {
    /// Announces what was committed. Never waits for a client.
    pub fn announce(&self, directory: &Directory, committed: Committed) {
        match self {
            Self::Embedded(broker) => announce::announce(directory, broker, &committed),
            Self::External(external) => external.committed(committed),
        }
    }

    /// Tells what has no log, and is of little use later. Never waits for anybody.
    pub fn tell(&self, message: Message) {
        match self {
            Self::Embedded(broker) => broker.publish(message),
            Self::External(external) => external.tell(message),
        }
    }

    /// Can clients and we reach each other?
    pub fn ready(&self) -> Result<(), Refused> {
        match self {
            Self::Embedded(_) => Ok(()),
            Self::External(external) => external.ready(),
        }
    }

    /// Takes nothing more from clients; what was taken is finished.
    pub async fn shutdown(&self, grace: Duration) {
        match self {
            Self::Embedded(broker) => broker.shutdown(grace).await,
            Self::External(external) => external.stop_taking(grace).await,
        }
    }

    /// Announces the last of what was committed.
    pub async fn finish(&self, grace: Duration) {
        match self {
            Self::Embedded(_) => {}
            Self::External(external) => external.stop_announcing(grace).await,
        }
    }
}
