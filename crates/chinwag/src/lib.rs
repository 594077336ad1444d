//! The Chinwag server: chat on MQTT.

pub mod app;
pub mod cli;
pub mod config;
pub mod housekeeping;
pub mod http;
pub mod live;
pub mod logging;
pub mod media;
pub mod metrics;
pub mod mqtt;
pub mod server;
pub mod serving;
pub mod shares;
mod supervisor;
pub mod tls;

pub use chinwag_chat::{access, accounts, chat, cursors, directory, meaning, messages, presence, rates};
pub use chinwag_store as store;
pub use chinwag_store::clock;
