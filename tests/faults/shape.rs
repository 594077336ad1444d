//! The shapes of installation that are broken, and what can break in each.

use clap::ValueEnum;

use crate::fault::{Between, Fault, Role, Trouble};

/// A shape of installation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Shape {
    /// One server with its own broker, on SQLite.
    Embedded,
    /// Three servers on PostgreSQL beside Mosquitto.
    Mosquitto,
    /// Three servers on PostgreSQL beside three nodes of RMQTT.
    Rmqtt,
}

impl Shape {
    /// Those that need nothing but what a distribution has.
    pub const ORDINARY: [Self; 2] = [Self::Embedded, Self::Mosquitto];

    /// For people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Embedded => "One server: its own broker, SQLite",
            Self::Mosquitto => "Three servers: Mosquitto, PostgreSQL",
            Self::Rmqtt => "Three servers: an RMQTT cluster of three nodes, PostgreSQL",
        }
    }

    /// PUBACK means stored, and nobody who listens can miss anything.
    pub fn has_its_own_broker(self) -> bool {
        self == Self::Embedded
    }

    /// A session that the broker says it has still has its subscriptions. One that moves between RMQTT's nodes has
    /// them most of the time.
    pub fn keeps_subscriptions(self) -> bool {
        self != Self::Rmqtt
    }

    /// What can go wrong in it; `short`: the few that say most.
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
