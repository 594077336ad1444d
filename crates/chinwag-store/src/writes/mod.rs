//! What is written beside rooms' logs, by what it is about.

pub mod accounts;
pub mod cursors;
pub mod followers;
pub mod media;
pub mod rooms;
pub mod sessions;
pub mod settings;
pub mod tokens;
