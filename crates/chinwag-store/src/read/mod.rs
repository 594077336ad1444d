//! Reads, by subject.

pub mod accounts;
pub mod changes;
pub mod followers;
pub mod history;
pub mod log;
pub mod media;
pub mod messages;
pub mod previews;
pub mod servers;
pub mod sessions;
