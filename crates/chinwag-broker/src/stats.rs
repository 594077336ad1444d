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
    /// Bytes waiting to be written to all connections.
    pub buffered_bytes: u64,
}
