//! The shapes of installation under test, and the faults for each.

use clap::ValueEnum;

use crate::fault::{Between, Fault, Role, Trouble};

/// A shape of installation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Shape {
    /// One server with the embedded broker and SQLite.
    Embedded,
    /// Three servers with PostgreSQL and Mosquitto.
    Mosquitto,
    /// Three servers with PostgreSQL and an RMQTT cluster of three nodes.
    Rmqtt,
}

impl Shape {
    /// The shapes that need only packages of the distribution.
    pub const ORDINARY: [Self; 2] = [Self::Embedded, Self::Mosquitto];

    /// Returns the title for the report.
    pub fn title(self) -> &'static str {
        match self {
            Self::Embedded => "One server: its own broker, SQLite",
            Self::Mosquitto => "Three servers: Mosquitto, PostgreSQL",
            Self::Rmqtt => "Three servers: an RMQTT cluster of three nodes, PostgreSQL",
        }
    }

    /// Returns whether the broker is embedded: then a PUBACK means stored, and subscribers must not miss any event.
    pub fn has_its_own_broker(self) -> bool {
        self == Self::Embedded
    }

    /// Returns whether a session that is present still has its subscriptions. A session that moves between RMQTT nodes
    /// sometimes loses them.
    pub fn keeps_subscriptions(self) -> bool {
        self != Self::Rmqtt
    }

    /// Returns the faults for this shape; `short`: only the most informative ones.
    pub fn faults(self, short: bool) -> Vec<Fault> {
        use Fault::{FreezeServer, FullDisk, KillServer, Network, RestartBroker, RestartDatabase, SlowDisk};
        use Trouble::{Cut, Frozen, Rough};
        match (self, short) {
            (Self::Embedded, true) => vec![KillServer(Role::First), FullDisk],
            (Self::Embedded, false) => vec![
                KillServer(Role::First),
                FreezeServer(Role::First),
                SlowDisk,
                FullDisk,
                Network(Between::Clients, Cut),
                Network(Between::Clients, Frozen),
                Network(Between::Clients, Rough),
            ],
            (_, true) => vec![
                KillServer(Role::First),
                RestartDatabase,
                RestartBroker,
                Network(Between::Broker, Cut),
                Network(Between::Database, Cut),
            ],
            (_, false) => vec![
                KillServer(Role::First),
                KillServer(Role::Other),
                FreezeServer(Role::First),
                RestartDatabase,
                FullDisk,
                RestartBroker,
                Network(Between::Broker, Cut),
                Network(Between::Broker, Frozen),
                Network(Between::Database, Cut),
                Network(Between::Database, Frozen),
                Network(Between::All, Rough),
                Network(Between::Clients, Cut),
                Network(Between::Clients, Rough),
            ],
        }
    }
}
