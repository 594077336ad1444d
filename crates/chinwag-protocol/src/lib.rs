//! Chinwag's client contract as types: names, topics, events, requests, errors and limits.
//!
//! Everything that a client may rely on is defined here and only here; the web client's TypeScript is generated from
//! this crate (`cargo run -p chinwag-protocol --example typescript`). The crate does no I/O.

pub mod api;
pub mod character;
pub mod emoji;
pub mod event;
pub mod id;
pub mod inbox;
pub mod limits;
pub mod mention;
pub mod name;
pub mod params;
pub mod problem;
pub mod reason;
pub mod text;
pub mod topic;
pub mod typescript;
pub mod verb;

pub use event::{Attachment, Event, EventBody, Quote};
pub use id::MediaId;
pub use name::{InvalidName, Name, RoomId};
pub use params::Params;
pub use problem::{ErrorCode, Problem, Refused};
pub use reason::Reason;
pub use verb::{Send, Verb};
