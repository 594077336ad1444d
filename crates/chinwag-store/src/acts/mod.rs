//! What people do in rooms, one file each: what it checks, and what it changes.

pub mod delete;
pub mod edit;
pub mod membership;
pub mod react;
pub mod room;
pub mod say;
mod target;
