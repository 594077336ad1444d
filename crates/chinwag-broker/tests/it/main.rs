//! Black-box tests of the broker, over real sockets on free ports, with packets encoded and decoded by the protocol
//! library. Each test names the statements of the standard that it verifies (those of MQTT 5.0 unless marked 3.1.1).

#![expect(clippy::unwrap_used, reason = "in a test's helpers too, what cannot be is the test's end")]

mod acks;
mod common;
mod connect;
mod flow;
mod limits;
mod log_model;
mod log_sessions;
mod malformed;
mod publish;
mod replace;
mod sessions;
mod sizes;
mod strings;
mod subscribe;
mod time;
mod tls;
mod websocket;
mod wills;
