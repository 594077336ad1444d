//! Every limit the broker enforces: its name, what it bounds, its default.

use std::time::Duration;

/// What one client, one address, one account and all of them together may cost.
///
/// A default bears a public server for a few thousand people; each can be changed on its own.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Connections in all. One too many is closed before it is read.
    pub connections: usize,
    /// Connections from one address (an IPv6 /64 counts as one). `usize::MAX` lifts it.
    pub connections_per_address: usize,
    /// Time from the first byte possible (after TLS, after an HTTP upgrade) to a whole CONNECT, and for a
    /// TLS or WebSocket handshake likewise.
    pub connect_timeout: Duration,
    /// Largest packet a client may send, fixed header included; MQTT 5 clients are told.
    pub packet_size: u32,
    /// Largest PUBLISH of a 3.1.1 client, which can't be told `packet_size`, that is read over, acknowledged and refused
    /// by [`Handler::refused`](crate::Handler::refused); with a larger one the connection ends.
    pub skipped_size: u32,
    /// Largest CONNECT, which anyone may send.
    pub connect_size: u32,
    /// Longest client identifier, in bytes.
    pub client_id_length: usize,
    /// Longest topic name or filter, in bytes.
    pub topic_length: usize,
    /// Most levels of a topic name or filter.
    pub topic_levels: usize,
    /// Most levels of a subscription's filter. An embedder whose topics have fewer sets it to the most that can match.
    pub filter_levels: usize,
    /// Filters one SUBSCRIBE may have; a packet with more is refused whole.
    pub filters_per_packet: usize,
    /// Subscriptions of one session.
    pub subscriptions: usize,
    /// Subscriptions of all sessions in memory of one account. A stored session that would bring more is refused.
    pub subscriptions_per_account: usize,
    /// Filters per second that one connection may subscribe to or unsubscribe from, on average; beyond it the
    /// connection is read more slowly.
    pub subscribe_rate: u32,
    /// Filters that may come at once before `subscribe_rate` slows the connection down.
    pub subscribe_burst: u32,
    /// Unacknowledged QoS 1 and 2 publishes a client may have towards the broker (Receive Maximum); a
    /// 3.1.1 client, which can't be told, is simply read no further.
    pub receive_maximum: u16,
    /// Unacknowledged QoS 1 and 2 publishes the broker has towards a client, whatever more it allows.
    pub inflight: u16,
    /// Topic aliases a client may use, and the most the broker uses towards it.
    pub topic_aliases: u16,
    /// Publishes per second of one connection, on average; beyond it the connection is read more slowly.
    pub publish_rate: u32,
    /// Publishes that may come at once before `publish_rate` slows the connection down.
    pub publish_burst: u32,
    /// Authentication failures of one address within a minute before its next tries are slowed down.
    pub auth_failures_per_address: u32,
    /// Authentication failures for one user name from one address within a minute, likewise. A failure
    /// elsewhere never slows down the account's owner.
    pub auth_failures_per_account: u32,
    /// Bytes waiting to be written to one connection; what is more stays in its log, or is skipped.
    pub buffer_per_connection: usize,
    /// Bytes waiting to be written to all connections.
    pub buffer_total: usize,
    /// Bytes of packets that have come in part, or wait for their turn, of all connections; beyond it those who
    /// send large ones are cut off.
    pub incoming_total: usize,
    /// Bytes of recent log entries kept in memory for readers who are a little behind; the rest is read
    /// from the log.
    pub recent_bytes: usize,
    /// QoS 1 and 2 messages of topics without a log that wait in memory for one session.
    pub queued_messages: usize,
    /// Bytes of such messages for one session.
    pub queued_bytes: usize,
    /// Persistent sessions kept in memory while their clients are away; beyond it the one longest away is
    /// dropped from memory (what was saved of it stays saved).
    pub offline_sessions: usize,
    /// Retained messages.
    pub retained_messages: usize,
    /// Longest session expiry granted, in seconds; `u32::MAX` is for ever.
    pub session_expiry: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 200_000,
            connections_per_address: 1_000,
            connect_timeout: Duration::from_secs(10),
            packet_size: 1 << 20,
            skipped_size: 1 << 20,
            connect_size: 128 << 10,
            client_id_length: 256,
            topic_length: 1_024,
            topic_levels: 32,
            filter_levels: 32,
            filters_per_packet: 256,
            subscriptions: 1_000,
            subscriptions_per_account: 5_000,
            subscribe_rate: 100,
            subscribe_burst: 2_000,
            receive_maximum: 256,
            inflight: 256,
            topic_aliases: 32,
            publish_rate: 200,
            publish_burst: 1_000,
            auth_failures_per_address: 20,
            auth_failures_per_account: 5,
            buffer_per_connection: 256 << 10,
            buffer_total: 1 << 30,
            incoming_total: 256 << 20,
            recent_bytes: 8 << 20,
            queued_messages: 1_000,
            queued_bytes: 1 << 20,
            offline_sessions: 100_000,
            retained_messages: 1_000_000,
            session_expiry: u32::MAX,
        }
    }
}

impl Limits {
    /// Lifts the limits on *rates* and on how many connections one address has, for benchmarks; sizes stay.
    #[must_use]
    pub fn rates_off(mut self) -> Self {
        self.connections_per_address = usize::MAX;
        self.publish_rate = u32::MAX;
        self.publish_burst = u32::MAX;
        self.subscribe_rate = u32::MAX;
        self.auth_failures_per_address = u32::MAX;
        self.auth_failures_per_account = u32::MAX;
        self
    }
}
