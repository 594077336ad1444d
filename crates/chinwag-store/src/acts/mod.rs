//! The acts, one file each: the checks and the changes.

pub mod delete;
pub mod edit;
pub mod membership;
pub mod react;
pub mod room;
pub mod say;
mod target;
