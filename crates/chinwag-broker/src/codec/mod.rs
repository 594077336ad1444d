//! Encoding and decoding of packets. Only this module (and the tests) uses the protocol library.
//!
//! The rest of the broker uses the same packet types for both versions.

mod connect;
mod fields;
mod incoming;
mod outgoing;
mod packets;
mod publish;

pub(crate) use connect::{claims_v5, decode_connect};
pub(crate) use incoming::{Frame, Oversized, decode, frame, oversized};
pub(crate) use outgoing::{
    Connack, Words, ack, connack, connack_refused, disconnect, pingresp, suback, unsuback,
};
pub(crate) use packets::{Connect, Packet, Publish, Subscribe, SubscribeItem, Unsubscribe, Will};

/// A reason code that ends the connection, and its explanation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub code: u8,
    pub reason: &'static str,
}

impl Fault {
    pub(crate) const fn new(code: u8, reason: &'static str) -> Self {
        Self { code, reason }
    }

    pub(crate) const fn malformed(reason: &'static str) -> Self {
        Self::new(0x81, reason)
    }

    pub(crate) const fn protocol(reason: &'static str) -> Self {
        Self::new(0x82, reason)
    }
}

/// The four packets that acknowledge a PUBLISH; the numbers are their packet types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ack {
    Puback = 4,
    Pubrec = 5,
    Pubrel = 6,
    Pubcomp = 7,
}
