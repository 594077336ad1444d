//! Writes other than appending to rooms' logs, by subject.

pub mod accounts;
pub mod cursors;
pub mod followers;
pub mod media;
pub mod rooms;
pub mod sessions;
pub mod settings;
pub mod tokens;
