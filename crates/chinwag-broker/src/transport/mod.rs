//! The transports below MQTT: a plain TCP or TLS stream, or WebSocket frames.

mod handshake;
mod ws;

pub use handshake::answer_upgrade;
pub(crate) use handshake::upgrade;
pub(crate) use ws::{HEADER_ROOM, Ws, put_header};
