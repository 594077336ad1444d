#![doc = include_str!("../README.md")]

mod alarms;
mod broker;
mod clock;
mod codec;
mod config;
mod connection;
mod core;
mod encode;
mod gate;
mod handler;
mod limits;
mod listen;
mod logs;
mod pace;
mod refusals;
mod retained;
mod route;
mod router;
mod saver;
mod session;
mod stats;
mod tls;
mod topic;
mod transport;
mod upkeep;

pub use broker::Broker;
pub use config::Config;
pub use gate::host;
pub use handler::*;
pub use limits::Limits;
pub use listen::tune;
pub use stats::{RefusalCount, RefusedPacket, Stats};
pub use tls::TlsConfig;
pub use transport::answer_upgrade;
