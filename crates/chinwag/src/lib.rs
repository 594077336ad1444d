//! Chinwag's server: chat on MQTT, whole.

pub mod access;
pub mod accounts;
pub mod app;
pub mod chat;
pub mod cli;
pub mod config;
pub mod cursors;
pub mod directory;
pub mod housekeeping;
pub mod http;
pub mod live;
pub mod logging;
pub mod media;
pub mod metrics;
pub mod mqtt;
pub mod presence;
pub mod rates;
pub mod server;
pub mod serving;
pub mod shares;
mod supervisor;
pub mod tls;

pub use chinwag_store as store;
pub use chinwag_store::clock;
