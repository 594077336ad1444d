//! The seam between the broker and whatever embeds it: who may connect, what they may do,
//! and where the topics live that are backed by a log.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::oneshot;

/// Who a connection belongs to, as [`Handler::connect`] decided. Two accounts with the same client id have
/// two sessions; a takeover happens only within one account.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Identity {
    /// The embedder's number for the account; cheap to compare and to look up at every delivery.
    pub account: u64,
    /// The account's name, for logs and for the embedder.
    pub name: Arc<str>,
    /// What it was proved with.
    pub credential: Credential,
}

/// What an [`Identity`] was proved with, in the embedder's own numbering. The broker only carries it, so that the
/// embedder can ask for each connection whether its proof still holds: in [`Handler::connected`] and in
/// [`Broker::kick_where`](crate::Broker::kick_where).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Credential {
    /// Which credential of the account.
    pub number: u64,
    /// Which edition of it, where it can be replaced.
    pub generation: u64,
}

/// A live connection, as the handler sees it.
#[derive(Debug, Clone)]
pub struct Client {
    /// Whose it is.
    pub identity: Identity,
    /// The client id in use: the client's own, or the one the broker assigned.
    pub client_id: Arc<str>,
    /// Unique to this connection for the broker's lifetime.
    pub connection: u64,
    /// MQTT 5.0 rather than 3.1.1.
    pub v5: bool,
    /// The peer.
    pub address: SocketAddr,
}

/// What a CONNECT says about who is there.
#[derive(Debug, Clone)]
pub struct Connect {
    /// The peer.
    pub address: SocketAddr,
    /// As sent; may be empty.
    pub client_id: String,
    /// The user name field.
    pub username: Option<String>,
    /// The password field. Never logged.
    pub password: Option<Bytes>,
    /// What the transport already proved, e.g. an account known from the HTTP upgrade's cookie, or a TLS
    /// client certificate's subject.
    pub transport: Option<Identity>,
    /// The client certificate that TLS verified, as DER.
    pub certificate: Option<Bytes>,
}

/// A topic name with a payload, on its way in or out.
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
    /// The payload is UTF-8 text.
    pub payload_is_utf8: bool,
    /// Seconds until the message is of no use.
    pub message_expiry: Option<u32>,
    /// MIME type.
    pub content_type: Option<Arc<str>>,
    /// Where an answer goes.
    pub response_topic: Option<Arc<str>>,
    /// Which request an answer belongs to.
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

/// A refusal: an MQTT 5 reason code and the words for it (Reason String). 3.1.1 clients get the nearest
/// their version has; where it has none, an acknowledgement without effect.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason} ({code:#04x})")]
pub struct Refusal {
    /// An MQTT 5 reason code of 0x80 or more that fits the packet it answers.
    pub code: u8,
    /// What to do about it, for people.
    pub reason: Arc<str>,
}

/// How a PUBLISH came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// In a packet of its client's.
    Packet {
        /// Its packet id; 0 at QoS 0.
        id: u16,
        /// The client says (DUP) that it may have sent it before. What the broker itself recognises as received
        /// before, a QoS 2 packet id without its PUBREL, is never handed on.
        dup: bool,
    },
    /// As a will.
    Will,
}

/// What became of a PUBLISH.
pub type PublishResult = Result<Disposition, Refusal>;

/// An accepted PUBLISH is either routed by the broker or was taken as something else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Disposition {
    /// Route this to the subscribers of its topic, as what the client published: the message as it came, or another.
    Route(Box<Message>),
    /// The embedder has it (it became a log entry, say); acknowledge, and route nothing.
    Taken,
}

/// The answer to a PUBLISH, now or later.
#[derive(Debug)]
pub enum Outcome {
    /// Decided.
    Now(PublishResult),
    /// Decided when the sender speaks. The broker reads on. A dropped sender is a refusal (0x83); a 3.1.1 client,
    /// which an acknowledgement would tell the contrary, is hung up on instead, so that it sends it again.
    Later(oneshot::Receiver<PublishResult>),
}

/// A log that a subscription covers.
#[derive(Debug, Clone)]
pub struct LogHead {
    /// The topic the log is published on.
    pub topic: Arc<str>,
    /// The offset of its last entry; 0 when empty.
    pub head: u64,
    /// The first offset this account may claim without having been subscribed before: where a resumed
    /// session starts that has no cursor for this log yet (a room joined while away).
    pub first: u64,
}

/// One entry of a log.
#[derive(Debug, Clone)]
pub struct LogEntry {
    /// Its place: 1, 2, 3 …
    pub offset: u64,
    /// What subscribers get; `message.topic` is the log's topic, `qos` the highest to deliver with.
    pub message: Message,
}

/// What of a persistent session outlives the process: no message, only where it stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SessionState {
    /// Everything but the cursors.
    pub header: SessionHeader,
    /// Per logged topic, the offset up to which everything is acknowledged.
    pub cursors: Vec<(Arc<str>, u64)>,
}

/// A session's state without its cursors: it changes rarely, and they with every acknowledgement.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct SessionHeader {
    /// Seconds it outlives its connection; `u32::MAX` is for ever [MQTT-3.1.2-11.2].
    pub expiry: u32,
    /// When its client left, in seconds since 1970; `None` while it has a connection. Once `expiry` has passed
    /// since then, the state is of no use to anyone.
    pub left: Option<u64>,
    /// The subscriptions, as the broker encodes them; opaque to the embedder.
    pub subscriptions: Vec<u8>,
    /// Packet ids of received QoS 2 publishes whose PUBREL is outstanding.
    pub received: Vec<u16>,
}

/// What has changed of a session since it was last saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionChange {
    /// The new header; `None` if it is unchanged.
    pub header: Option<SessionHeader>,
    /// The cursors that moved or were added.
    pub cursors: Vec<(Arc<str>, u64)>,
    /// `cursors` has all there are; others that are stored are to be removed.
    pub all_cursors: bool,
}

impl SessionChange {
    /// Makes the change to a stored state, for embedders that keep states whole.
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

/// The name of a persistent session.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SessionKey {
    /// Whose.
    pub account: u64,
    /// The client id.
    pub client_id: Arc<str>,
}

/// What the broker asks of its embedder. Every method may be called from any task; none may block the
/// thread; the synchronous ones are on the hot path and should cost well under a microsecond.
///
/// The broker promises:
///
/// 1. [`Handler::publish`] is called for one client's PUBLISHes in the order they arrived, one call at a
///    time; the *outcomes* may be resolved later and in any order, and the acknowledgements still leave in
///    order. A client may have many publishes waiting; its other traffic goes on meanwhile.
/// 2. Nothing is delivered to a client that [`Handler::may_read`] refuses at that moment.
/// 3. Entries of a logged topic reach each QoS 1 or 2 subscriber in `offset` order, each at least once,
///    without holes; what a subscriber can't take now is read again from the log, never queued in memory.
/// 4. Once [`Broker::replace`](crate::Broker::replace) has returned, the old content of an entry is sent to nobody.
///
/// The embedder promises: offsets of one log count 1, 2, 3 … without holes, and an entry is readable through
/// [`Handler::read_log`] before it is passed to [`Broker::publish_log`](crate::Broker::publish_log). Its place never
/// changes. Its content may be replaced once: in the log first, then by [`Broker::replace`](crate::Broker::replace).
pub trait Handler: Send + Sync + 'static {
    /// Who is this? Called once per connection, before anything else.
    fn connect(&self, connect: Connect) -> impl Future<Output = Result<Identity, Refusal>> + Send;

    /// May this client subscribe to this filter? A wildcard that covers more than the client may read is
    /// granted: [`Handler::may_read`] is asked at each delivery.
    fn subscribe(&self, client: &Client, filter: &str) -> impl Future<Output = Result<(), Refusal>> + Send;

    /// What a SUBSCRIBE was granted is in force: its SUBACK is on the way, and what is published from now on
    /// follows it. Called once for all filters of a packet.
    fn subscribed(&self, client: &Client, filters: &[Arc<str>]) {
        let _ = (client, filters);
    }

    /// Takes a PUBLISH (or a will, whose client may already be gone). Awaiting is for back-pressure
    /// only: until it returns, nothing more is read from this client, and its keep-alive does not run. If the
    /// connection ends first, the future is dropped and the PUBLISH was never accepted; a will's is never dropped, so
    /// it must not wait. What takes a commit is answered with [`Outcome::Later`].
    fn publish(
        &self,
        client: &Client,
        message: Message,
        origin: Origin,
    ) -> impl Future<Output = Outcome> + Send;

    /// The broker itself refused a PUBLISH of this client, and [`Handler::publish`] is not asked: its topic is too long
    /// (0x90), or it is larger than it may be (0x95). A place to tell a 3.1.1 client, to whom the acknowledgement says
    /// nothing.
    fn refused(&self, client: &Client, topic: &str, refusal: &Refusal) {
        let _ = (client, topic, refusal);
    }

    /// May this account read this topic, now?
    fn may_read(&self, account: u64, topic: &str) -> bool;

    /// Who may read this topic, where the embedder can list them cheaply (a room's members): the broker then
    /// looks for wildcard subscriptions among these accounts only, so that a publish costs what its readers
    /// cost, not what everyone who subscribed to `#` costs. `None`: ask [`Handler::may_read`] of each.
    fn readers(&self, topic: &str) -> Option<Arc<[u64]>> {
        let _ = topic;
        None
    }

    /// Retained messages, where the embedder knows them itself: those that `filter` covers and `account` may read, of
    /// topics that come after `after` in an order of the embedder's, at most `count` of them. Asked until there are
    /// fewer. What is told this way is published without RETAIN, and the broker keeps nothing of it; so a subscription
    /// costs what its owner may read, and not what everybody has ever retained. `None`: the broker keeps what is published with RETAIN.
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

    /// A session began on this connection. Called before the CONNACK leaves, and when
    /// [`Broker::kick_where`](crate::Broker::kick_where) can already find the connection. So an embedder that asks here
    /// once more whether the credential holds misses no revocation: an earlier one is seen here, a later one finds the
    /// connection. `Err` refuses the CONNECT; then [`Handler::disconnected`] is not called.
    fn connected(&self, client: &Client) -> Result<(), Refusal> {
        let _ = client;
        Ok(())
    }

    /// A connection that was [`Handler::connected`] is gone; the will, if any, has been or will be published by the
    /// broker.
    fn disconnected(&self, client: &Client) {
        let _ = client;
    }

    /// The logs that `filter` covers and `account` may read. None by default; whoever has some implements
    /// [`Handler::read_log`], too.
    fn logs(&self, account: u64, filter: &str) -> Vec<LogHead> {
        let _ = (account, filter);
        Vec::new()
    }

    /// Up to about `max_bytes` of payload (at least one entry, if there is one) of `topic`'s log after
    /// `after`, in order.
    fn read_log(
        &self,
        topic: &str,
        after: u64,
        max_bytes: usize,
    ) -> impl Future<Output = Result<Vec<LogEntry>, Refusal>> + Send {
        let _ = (topic, after, max_bytes);
        async { Ok(Vec::new()) }
    }

    /// The stored state of a persistent session, if there is one. `Err` when storage fails: CONNECT is
    /// refused with 0x88 rather than pretending there was no session. By default nothing is stored, and sessions end
    /// with the process.
    fn load_session(
        &self,
        key: &SessionKey,
    ) -> impl Future<Output = Result<Option<SessionState>, Refusal>> + Send {
        let _ = key;
        async { Ok(None) }
    }

    /// May this account have one more persistent session? Asked as a new one begins; `Err` refuses the CONNECT. It
    /// is counted already among the account's `held` in memory, and among the `unsaved` of these, which have not been
    /// passed to [`Handler::save_sessions`] yet.
    fn may_begin_session(
        &self,
        account: u64,
        held: usize,
        unsaved: usize,
    ) -> impl Future<Output = Result<(), Refusal>> + Send {
        let _ = (account, held, unsaved);
        async { Ok(()) }
    }

    /// Stores what changed of sessions (`Some`; the first change of a session has all of it) or removes them (`None`), all
    /// or none; durable when it returns. After an error, the next change of each of them has all of it again.
    fn save_sessions(
        &self,
        changes: Vec<(SessionKey, Option<SessionChange>)>,
    ) -> impl Future<Output = Result<(), Refusal>> + Send {
        let _ = changes;
        async { Ok(()) }
    }
}
