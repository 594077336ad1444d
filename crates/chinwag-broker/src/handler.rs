//! The interface between the broker and its embedder: who may connect, what clients may do, and the logs behind
//! logged topics.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::oneshot;

/// The account a connection belongs to, as decided by [`Handler::connect`]. Two accounts that use the same client id
/// have separate sessions; a takeover happens only within one account.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Identity {
    /// The embedder's number for the account. Compared and looked up at every delivery.
    pub account: u64,
    /// The account's name, for logs and for the embedder.
    pub name: Arc<str>,
    /// The credential the client authenticated with.
    pub credential: Credential,
}

/// The credential behind an [`Identity`], in the embedder's own numbering. The broker only stores it, so that the
/// embedder can check for each connection whether the credential is still valid: in [`Handler::connected`] and in
/// [`Broker::kick_where`](crate::Broker::kick_where).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Credential {
    /// Number of the credential within the account.
    pub number: u64,
    /// Version of the credential, where it can be replaced.
    pub generation: u64,
}

/// A live connection, as the handler sees it.
#[derive(Debug, Clone)]
pub struct Client {
    /// The account the client belongs to.
    pub identity: Identity,
    /// The client id in use: chosen by the client or assigned by the broker.
    pub client_id: Arc<str>,
    /// Unique to this connection for the broker's lifetime.
    pub connection: u64,
    /// Whether the client uses MQTT 5.0 rather than 3.1.1.
    pub v5: bool,
    /// Address of the peer.
    pub address: SocketAddr,
}

/// The contents of a CONNECT that identify the client.
#[derive(Debug, Clone)]
pub struct Connect {
    /// Address of the peer.
    pub address: SocketAddr,
    /// The client id as sent; may be empty.
    pub client_id: String,
    /// The user name field.
    pub username: Option<String>,
    /// The password field. Never logged.
    pub password: Option<Bytes>,
    /// The identity the transport has already established, e.g. from a cookie of the HTTP upgrade or the subject of a
    /// TLS client certificate.
    pub transport: Option<Identity>,
    /// The client certificate that TLS verified, as DER.
    pub certificate: Option<Bytes>,
}

/// A message, incoming or outgoing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Message {
    /// The topic name.
    pub topic: Arc<str>,
    /// The payload.
    pub payload: Bytes,
    /// 0, 1 or 2.
    pub qos: Qos,
    /// The RETAIN flag.
    pub retain: bool,
    /// The MQTT 5 properties that travel with a message.
    pub properties: Properties,
}

/// Properties of a PUBLISH that are forwarded unaltered [MQTT-3.3.2-4, -15, -16, -17, -20].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Properties {
    /// Whether the payload is UTF-8 text.
    pub payload_is_utf8: bool,
    /// Seconds until the message expires.
    pub message_expiry: Option<u32>,
    /// MIME type.
    pub content_type: Option<Arc<str>>,
    /// The topic for responses to this message.
    pub response_topic: Option<Arc<str>>,
    /// Data that lets the receiver of a response match it to its request.
    pub correlation_data: Option<Bytes>,
    /// Name-value pairs, in order.
    pub user: Vec<(Arc<str>, Arc<str>)>,
}

/// Quality of service.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Qos {
    /// At most once.
    #[default]
    AtMostOnce = 0,
    /// At least once.
    AtLeastOnce = 1,
    /// Exactly once.
    ExactlyOnce = 2,
}

impl Qos {
    pub(crate) fn from_bits(bits: u8) -> Option<Self> {
        match bits {
            0 => Some(Self::AtMostOnce),
            1 => Some(Self::AtLeastOnce),
            2 => Some(Self::ExactlyOnce),
            _ => None,
        }
    }
}

/// A refusal: an MQTT 5 reason code and a Reason String. 3.1.1 clients get the nearest code of their version; where
/// there is none, the packet is acknowledged but has no effect.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason} ({code:#04x})")]
pub struct Refusal {
    /// An MQTT 5 reason code of 0x80 or more that fits the packet it answers.
    pub code: u8,
    /// A human-readable explanation of what to do about it.
    pub reason: Arc<str>,
    /// User properties for programs, in order: MQTT strings, so without U+0000.
    pub properties: Vec<(Arc<str>, Arc<str>)>,
}

impl Refusal {
    /// Creates a refusal without user properties.
    pub fn new(code: u8, reason: impl Into<Arc<str>>) -> Self {
        Self { code, reason: reason.into(), properties: Vec::new() }
    }
}

/// How a PUBLISH reached the broker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// In a PUBLISH packet from the client.
    Packet {
        /// The packet id; 0 at QoS 0.
        id: u16,
        /// The DUP flag: the client may have sent this message before. Duplicates that the broker recognizes itself (a
        /// QoS 2 packet id whose PUBREL is outstanding) are never passed to the handler.
        dup: bool,
    },
    /// As a will message.
    Will,
}

/// The result of handling a PUBLISH.
pub type PublishResult = Result<Disposition, Refusal>;

/// What happens to an accepted PUBLISH.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Disposition {
    /// The broker routes this message to the subscribers of its topic, as published by the client. It may differ from
    /// the message received.
    Route(Box<Message>),
    /// The embedder has handled the message (e.g. appended it to a log); the broker acknowledges it and routes nothing.
    Taken,
}

/// The handler's answer to a PUBLISH, immediate or deferred.
#[derive(Debug)]
pub enum Outcome {
    /// Already decided.
    Now(PublishResult),
    /// Decided when the channel's sender sends the result. Meanwhile the broker keeps reading from the client. Dropping
    /// the sender refuses the PUBLISH (0x83). A 3.1.1 acknowledgement cannot express that, so a 3.1.1 client is
    /// disconnected instead and will send the PUBLISH again.
    Later(oneshot::Receiver<PublishResult>),
}

/// A log that a subscription covers.
#[derive(Debug, Clone)]
pub struct LogHead {
    /// The topic the log is published on.
    pub topic: Arc<str>,
    /// The offset of its last entry; 0 when empty.
    pub head: u64,
    /// The first offset this account may read without having been subscribed before: where a resumed session starts if
    /// it has no cursor for this log yet (e.g. the account joined the room while the client was offline).
    pub first: u64,
}

/// One entry of a log.
#[derive(Debug, Clone)]
pub struct LogEntry {
    /// The entry's position in the log: 1, 2, 3 …
    pub offset: u64,
    /// The message subscribers receive; `message.topic` is the log's topic, `qos` the highest QoS to deliver with.
    pub message: Message,
}

/// The stored part of a persistent session: subscriptions and cursors, but no messages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SessionState {
    /// Everything but the cursors.
    pub header: SessionHeader,
    /// For each logged topic, the offset up to which everything is acknowledged.
    pub cursors: Vec<(Arc<str>, u64)>,
}

/// A session's state without its cursors. It changes rarely; cursors change with every acknowledgement.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct SessionHeader {
    /// Seconds the session outlives its connection; `u32::MAX` means it never expires [MQTT-3.1.2-11.2].
    pub expiry: u32,
    /// When the client disconnected, in seconds since 1970; `None` while it is connected. Once `expiry` seconds have
    /// passed since then, the state may be deleted.
    pub left: Option<u64>,
    /// The subscriptions, as the broker encodes them; opaque to the embedder.
    pub subscriptions: Vec<u8>,
    /// Packet ids of received QoS 2 publishes whose PUBREL is outstanding.
    pub received: Vec<u16>,
}

/// What has changed in a session since it was last saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionChange {
    /// The new header; `None` if it is unchanged.
    pub header: Option<SessionHeader>,
    /// The cursors that moved or were added.
    pub cursors: Vec<(Arc<str>, u64)>,
    /// Whether `cursors` is the complete list: other stored cursors are to be deleted.
    pub all_cursors: bool,
}

impl SessionChange {
    /// Applies the change to a stored state, for embedders that keep it in one piece.
    pub fn apply(self, state: &mut SessionState) {
        if let Some(header) = self.header {
            state.header = header;
        }
        if self.all_cursors {
            state.cursors.clear();
        }
        for (topic, offset) in self.cursors {
            match state.cursors.iter_mut().find(|(known, _)| *known == topic) {
                Some((_, known)) => *known = offset,
                None => state.cursors.push((topic, offset)),
            }
        }
    }
}

/// The key of a persistent session.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SessionKey {
    /// The account that owns the session.
    pub account: u64,
    /// The client id.
    pub client_id: Arc<str>,
}

/// The callbacks an embedder implements. Every method may be called from any task, and none may block the thread. The
/// synchronous ones are on the hot path and should take well under a microsecond.
///
/// The broker promises:
///
/// 1. [`Handler::publish`] is called for one client's PUBLISHes in the order they arrived, one call at a time. The
///    *outcomes* may be resolved later and in any order; the acknowledgements are still sent in order. A client may
///    have many publishes pending while its other traffic continues.
/// 2. Nothing is delivered to a client that [`Handler::may_read`] refuses at that moment.
/// 3. Entries of a logged topic reach each QoS 1 or 2 subscriber in `offset` order, each at least once, without gaps.
///    Entries a subscriber cannot receive yet are read from the log later, never queued in memory.
/// 4. Once [`Broker::replace`](crate::Broker::replace) has returned, the old content of an entry is not sent to anyone.
///
/// The embedder promises: the offsets of a log are 1, 2, 3 … without gaps, and an entry can be read through
/// [`Handler::read_log`] before it is passed to [`Broker::publish_log`](crate::Broker::publish_log). An entry's offset
/// never changes. Its content may be replaced once: in the log first, then through
/// [`Broker::replace`](crate::Broker::replace).
pub trait Handler: Send + Sync + 'static {
    /// Authenticates a client. Called once per connection, before any other method.
    fn connect(&self, connect: Connect) -> impl Future<Output = Result<Identity, Refusal>> + Send;

    /// Decides whether this client may subscribe to this filter. A wildcard filter that covers more than the client may
    /// read can be granted: [`Handler::may_read`] is checked at each delivery.
    fn subscribe(&self, client: &Client, filter: &str) -> impl Future<Output = Result<(), Refusal>> + Send;

    /// Called when the subscriptions granted for a SUBSCRIBE are in force: the SUBACK is already queued, and messages
    /// published from now on are delivered after it. Called once for all granted filters of the packet.
    fn subscribed(&self, client: &Client, filters: &[Arc<str>]) {
        let _ = (client, filters);
    }

    /// Handles a PUBLISH, or a will (whose client may already be disconnected). Await only for back-pressure: until
    /// this returns, nothing more is read from the client, and its keep-alive timeout is suspended. If the connection
    /// ends first, the future is dropped and the PUBLISH counts as never accepted. The future for a will is never
    /// dropped, so it must not wait. If the answer depends on a commit, return [`Outcome::Later`].
    fn publish(
        &self,
        client: &Client,
        message: Message,
        origin: Origin,
    ) -> impl Future<Output = Outcome> + Send;

    /// Called when the broker itself refuses a PUBLISH without calling [`Handler::publish`]: its topic is too long
    /// (0x90), the packet is too large (0x95) or the payload is not the UTF-8 it claims to be (0x99). Use it to notify
    /// a 3.1.1 client, whose acknowledgement cannot carry a refusal.
    fn refused(&self, client: &Client, topic: &str, refusal: &Refusal) {
        let _ = (client, topic, refusal);
    }

    /// Returns whether this account may read this topic now.
    fn may_read(&self, account: u64, topic: &str) -> bool;

    /// Returns the accounts that may read this topic, if the embedder can list them cheaply (e.g. a room's members).
    /// The broker then looks for wildcard subscriptions of these accounts only, so that the cost of a publish depends
    /// on the number of readers, not on how many clients subscribe to `#`. With `None`, the broker calls
    /// [`Handler::may_read`] for each subscriber.
    fn readers(&self, topic: &str) -> Option<Arc<[u64]>> {
        let _ = topic;
        None
    }

    /// Returns retained messages, if the embedder stores them itself: at most `count` messages that `filter` covers and
    /// `account` may read, of topics that follow `after` in an order chosen by the embedder. Called until it returns
    /// fewer than `count`. The embedder publishes such messages without RETAIN, and the broker does not store them; the
    /// cost of a subscription then depends on what its account may read, not on the total number of retained messages.
    /// With `None`, the broker uses its own store of messages published with RETAIN.
    fn retained(
        &self,
        account: u64,
        filter: &str,
        after: Option<&str>,
        count: usize,
    ) -> Option<Vec<Message>> {
        let _ = (account, filter, after, count);
        None
    }

    /// Called when a session has begun on this connection, before the CONNACK is sent.
    /// [`Broker::kick_where`](crate::Broker::kick_where) already finds the connection, so an embedder that checks the
    /// credential again here misses no revocation: an earlier one is seen here, and a later one finds the connection.
    /// `Err` refuses the CONNECT; [`Handler::disconnected`] is not called then.
    fn connected(&self, client: &Client) -> Result<(), Refusal> {
        let _ = client;
        Ok(())
    }

    /// Called when a connection that was passed to [`Handler::connected`] has ended. The broker has published its will,
    /// if any, or will do so.
    fn disconnected(&self, client: &Client) {
        let _ = client;
    }

    /// Returns the logs that `filter` covers and `account` may read; none by default. An embedder with logs must also
    /// implement [`Handler::read_log`].
    fn logs(&self, account: u64, filter: &str) -> Vec<LogHead> {
        let _ = (account, filter);
        Vec::new()
    }

    /// Reads entries of `topic`'s log after offset `after`, in order: up to about `max_bytes` of payload, but at least
    /// one entry if there is any.
    fn read_log(
        &self,
        topic: &str,
        after: u64,
        max_bytes: usize,
    ) -> impl Future<Output = Result<Vec<LogEntry>, Refusal>> + Send {
        let _ = (topic, after, max_bytes);
        async { Ok(Vec::new()) }
    }

    /// Returns the stored state of a persistent session, if there is one. If storage fails, return `Err`: the CONNECT
    /// is then refused with 0x88, rather than treated as if there were no session. By default nothing is stored, and
    /// sessions end with the process.
    fn load_session(
        &self,
        key: &SessionKey,
    ) -> impl Future<Output = Result<Option<SessionState>, Refusal>> + Send {
        let _ = key;
        async { Ok(None) }
    }

    /// Decides whether this account may have another persistent session. Called when a new one begins; `Err` refuses
    /// the CONNECT. The new session is already included in `held`, the account's persistent sessions in memory, and in
    /// `unsaved`, those of them not yet passed to [`Handler::save_sessions`].
    fn may_begin_session(
        &self,
        account: u64,
        held: usize,
        unsaved: usize,
    ) -> impl Future<Output = Result<(), Refusal>> + Send {
        let _ = (account, held, unsaved);
        async { Ok(()) }
    }

    /// Stores changes of sessions (`Some`) or deletes sessions (`None`), all or none of them. Must not return before this
    /// is durable. The first change of a session is complete, and so is the next one after an error.
    fn save_sessions(
        &self,
        changes: Vec<(SessionKey, Option<SessionChange>)>,
    ) -> impl Future<Output = Result<(), Refusal>> + Send {
        let _ = changes;
        async { Ok(()) }
    }
}
