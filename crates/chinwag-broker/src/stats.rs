//! Numbers for an embedder's metrics.

/// Counters since the broker's start, and gauges of now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stats {
    /// Connections now that finished CONNECT.
    pub connections: u64,
    /// Connections accepted since the start.
    pub accepted: u64,
    /// Connections refused: limits, bad CONNECT, authentication.
    pub refused: u64,
    /// Sessions in memory, connected or not.
    pub sessions: u64,
    /// Subscriptions in memory.
    pub subscriptions: u64,
    /// Retained messages.
    pub retained: u64,
    /// PUBLISH packets received.
    pub received: u64,
    /// PUBLISH packets put into outgoing buffers.
    pub delivered: u64,
    /// Messages not delivered because a buffer or a queue was full (QoS 0, or topics without a log).
    pub dropped: u64,
    /// Messages that were skipped for a client because they are larger than it takes (Maximum Packet Size).
    pub skipped: u64,
    /// Bytes waiting to be written to all connections.
    pub buffered_bytes: u64,
}

/// What was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusedPacket {
    /// A connection, at CONNECT or before it.
    Connect,
    /// A PUBLISH.
    Publish,
    /// One filter of a SUBSCRIBE.
    Subscribe,
    /// A connection that had begun was ended by the broker.
    Disconnect,
}

impl RefusedPacket {
    pub(crate) const ALL: [Self; 4] = [Self::Connect, Self::Publish, Self::Subscribe, Self::Disconnect];

    /// A word for metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Publish => "publish",
            Self::Subscribe => "subscribe",
            Self::Disconnect => "disconnect",
        }
    }

    /// Words for the log.
    pub(crate) fn what(self) -> &'static str {
        match self {
            Self::Connect => "CONNECT refused",
            Self::Publish => "PUBLISH refused",
            Self::Subscribe => "SUBSCRIBE refused",
            Self::Disconnect => "connection ended",
        }
    }
}

/// How often something was refused for one reason since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefusalCount {
    /// What was refused.
    pub packet: RefusedPacket,
    /// The MQTT 5 reason code, also where the client speaks 3.1.1; 0x80 where no more is known.
    pub code: u8,
    /// How often.
    pub count: u64,
}
