//! What people do in rooms, one file a verb. Each asks [`access`](crate::access) first, and what it wants
//! written goes to the committer with the permit it got.

pub mod direct;
pub mod history;
pub mod members;
pub mod people;
pub mod read;
pub mod rooms;
pub mod send;
pub mod typing;
