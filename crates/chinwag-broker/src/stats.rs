//! Counters and gauges for an embedder's metrics.

/// Counters since the broker's start, and current gauges.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stats {
    /// Current connections that have completed CONNECT.
    pub connections: u64,
    /// Connections accepted since the start.
    pub accepted: u64,
    /// Connections refused: limits, bad CONNECT, authentication.
    pub refused: u64,
    /// Sessions in memory, connected or not.
    pub sessions: u64,
    /// Subscriptions of sessions in memory.
    pub subscriptions: u64,
    /// Retained messages stored by the broker.
    pub retained: u64,
    /// PUBLISH packets received.
    pub received: u64,
    /// PUBLISH packets put into outgoing buffers.
    pub delivered: u64,
    /// Messages not delivered because a buffer or a queue was full (QoS 0, or topics without a log).
    pub dropped: u64,
    /// Messages skipped for a client because they exceed its Maximum Packet Size.
    pub skipped: u64,
    /// Bytes waiting to be written to all connections.
    pub buffered_bytes: u64,
}

/// The kinds of packets that the broker refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusedPacket {
    /// A connection, at CONNECT or before it.
    Connect,
    /// A PUBLISH.
    Publish,
    /// One filter of a SUBSCRIBE.
    Subscribe,
    /// An established connection that the broker ended.
    Disconnect,
}

impl RefusedPacket {
    pub(crate) const ALL: [Self; 4] = [Self::Connect, Self::Publish, Self::Subscribe, Self::Disconnect];

    /// Returns the name for metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Publish => "publish",
            Self::Subscribe => "subscribe",
            Self::Disconnect => "disconnect",
        }
    }

    /// Returns the description for the log.
    pub(crate) fn what(self) -> &'static str {
        match self {
            Self::Connect => "CONNECT refused",
            Self::Publish => "PUBLISH refused",
            Self::Subscribe => "SUBSCRIBE refused",
            Self::Disconnect => "connection ended",
        }
    }
}

/// The number of refusals of one kind of packet for one reason since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefusalCount {
    /// The kind of packet that was refused.
    pub packet: RefusedPacket,
    /// The MQTT 5 reason code, even if the client uses 3.1.1; 0x80 if the reason is not known more precisely.
    pub code: u8,
    /// The number of refusals.
    pub count: u64,
}
