//! The interface to the broker.
//!
//! **Promises.** Exactly what was committed is announced: each event on its room's topic, in the order of `seq`; notes
//! in the inboxes of the accounts concerned; presence, retained. A client that may no longer read something stops
//! receiving it within a second. What a client sends is acknowledged once it is on disk: by the broker itself if it is
//! the embedded one, by a note in the inbox otherwise.

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

/// The broker that the clients are connected to.
#[derive(Clone)]
pub enum Mqtt {
    /// The broker in this process.
    Embedded(Broker<Embedded>),
    /// An external broker, to which this server connects as a client.
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

    /// Publishes a message that is in no log and soon outdated. Never waits for a client.
    pub fn tell(&self, message: Message) {
        match self {
            Self::Embedded(broker) => broker.publish(message),
            Self::External(external) => external.tell(message),
        }
    }

    /// Checks that clients and server can reach each other through the broker.
    pub fn ready(&self) -> Result<(), Refused> {
        match self {
            Self::Embedded(_) => Ok(()),
            Self::External(external) => external.ready(),
        }
    }

    /// Stops accepting messages from clients, and finishes those already accepted.
    pub async fn shutdown(&self, grace: Duration) {
        match self {
            Self::Embedded(broker) => broker.shutdown(grace).await,
            Self::External(external) => external.stop_taking(grace).await,
        }
    }

    /// Announces the remaining commits.
    pub async fn finish(&self, grace: Duration) {
        match self {
            Self::Embedded(_) => {}
            Self::External(external) => external.stop_announcing(grace).await,
        }
    }
}
