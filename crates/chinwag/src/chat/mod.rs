//! What people do in rooms, one file each: `verbs.rs` lists what is done by MQTT and HTTP alike. Each asks [`access`](crate::access) first, and what it wants
//! written goes to the committer with the permit it got.

pub mod direct;
pub mod history;
pub mod members;
pub mod notes;
pub mod people;
pub mod read;
pub mod rooms;
pub mod send;
pub mod typing;
pub mod verbs;
pub mod way;
