//! The limits the broker enforces, and their defaults.

use std::time::Duration;

/// Resource limits per client, per address, per account and in total.
///
/// The defaults suit a public server for a few thousand people; each can be changed on its own.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Connections in total. A connection beyond the limit is closed before anything is read from it.
    pub connections: usize,
    /// Connections from one address (an IPv6 /64 counts as one). `usize::MAX` disables the limit.
    pub connections_per_address: usize,
    /// Time to receive a whole CONNECT, from when the client can send its first byte (after TLS, after an HTTP
    /// upgrade). Also the limit for a TLS or WebSocket handshake.
    pub connect_timeout: Duration,
    /// Largest packet a client may send, in bytes including the fixed header; announced to MQTT 5 clients.
    pub packet_size: u32,
    /// Largest oversized PUBLISH, in bytes, that is skipped, acknowledged and passed to
    /// [`Handler::refused`](crate::Handler::refused) if it comes from a 3.1.1 client, which cannot be told
    /// `packet_size`. A larger one ends the connection.
    pub skipped_size: u32,
    /// Largest CONNECT, in bytes. Lower than `packet_size` because unauthenticated clients may send it.
    pub connect_size: u32,
    /// Longest client identifier, in bytes.
    pub client_id_length: usize,
    /// Longest topic name or filter, in bytes.
    pub topic_length: usize,
    /// Maximum number of levels of a topic name.
    pub topic_levels: usize,
    /// Maximum number of levels of a subscription's filter. If the embedder's topics have fewer levels, set it to the
    /// most levels a filter that matches any of them can have.
    pub filter_levels: usize,
    /// Filters in one SUBSCRIBE; a packet with more is refused as a whole.
    pub filters_per_packet: usize,
    /// Subscriptions of one session.
    pub subscriptions: usize,
    /// Subscriptions of one account, over all its sessions in memory. A stored session that would exceed this is
    /// refused.
    pub subscriptions_per_account: usize,
    /// Filters per second that one connection may subscribe to or unsubscribe from, on average; beyond this rate the
    /// connection is read more slowly.
    pub subscribe_rate: u32,
    /// Filters allowed in a burst before `subscribe_rate` slows the connection down.
    pub subscribe_burst: u32,
    /// Unacknowledged QoS 1 and 2 publishes from a client to the broker (Receive Maximum). A 3.1.1 client cannot be
    /// told this limit; the broker stops reading from it instead.
    pub receive_maximum: u16,
    /// Unacknowledged QoS 1 and 2 publishes from the broker to a client, even if the client's Receive Maximum is
    /// higher.
    pub inflight: u16,
    /// Topic aliases a client may use, and the most the broker uses in the other direction.
    pub topic_aliases: u16,
    /// Publishes per second of one connection, on average; beyond this rate the connection is read more slowly.
    pub publish_rate: u32,
    /// Publishes allowed in a burst before `publish_rate` slows the connection down.
    pub publish_burst: u32,
    /// Authentication failures from one address within a minute before its next attempts are delayed.
    pub auth_failures_per_address: u32,
    /// Authentication failures for one user name from one address within a minute, likewise. Failures from other
    /// addresses never delay the account's owner.
    pub auth_failures_per_account: u32,
    /// Bytes waiting to be written to one connection; anything more stays in its log, is queued, or is dropped.
    pub buffer_per_connection: usize,
    /// Bytes waiting to be written to all connections.
    pub buffer_total: usize,
    /// Bytes of incomplete or waiting incoming packets, over all connections; beyond this, connections that send large
    /// packets are closed.
    pub incoming_total: usize,
    /// Bytes of recent log entries cached for subscribers that are slightly behind; older entries are read from the
    /// log.
    pub recent_bytes: usize,
    /// QoS 1 and 2 messages of topics without a log that are queued in memory for one session.
    pub queued_messages: usize,
    /// Bytes of such queued messages for one session.
    pub queued_bytes: usize,
    /// Persistent sessions kept in memory while their clients are offline; beyond this, the session whose client has
    /// been away longest is dropped from memory (its stored state is kept).
    pub offline_sessions: usize,
    /// Retained messages in memory.
    pub retained_messages: usize,
    /// Longest session expiry granted, in seconds; `u32::MAX` means no limit.
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
    /// Disables the *rate* limits and the limit on connections per address, for benchmarks; size limits stay.
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
