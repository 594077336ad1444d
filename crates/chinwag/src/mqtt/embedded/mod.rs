//! The chat, as the handler that the embedded broker calls.

pub mod announce;
mod presence;
mod sessions;

use std::sync::{Arc, OnceLock};

use chinwag_broker::{
    Broker, Client, Connect, Disposition, Handler, Identity, LogEntry, LogHead, Message, Origin, Outcome,
    PublishResult, Qos, Refusal, SessionChange, SessionKey, SessionState,
};
use chinwag_protocol::inbox::InboxNote;
use chinwag_protocol::{ErrorCode, Reason, Refused, Send, limits, topic};
use tokio::sync::oneshot;

use self::sessions::{from_stored, to_write};
use crate::access;
use crate::accounts::Accounts;
use crate::accounts::credential::Credential;
use crate::accounts::sign_in::{self, SignedIn};
use crate::chat::Chat;
use crate::directory::Directory;
use crate::meaning::{self, Meaning, Source};
use crate::messages;
use crate::store::{AccountId, Acted, Action, BROKER_KEY, SessionWrite, Sessions};

/// The embedded broker's handler.
#[derive(Clone)]
pub struct Embedded {
    chat: Arc<Chat>,
    accounts: Arc<Accounts>,
    broker: Arc<OnceLock<Broker<Embedded>>>,
}

fn id(account: u64) -> AccountId {
    AccountId(account as i64)
}

/// The credential number that stands for the account's password; no token has it.
const PASSWORD: u64 = u64::MAX;

/// Returns the broker's identity for an account that has signed in; `None` if the account does not exist.
pub fn identity(directory: &Directory, SignedIn { account, credential }: SignedIn) -> Option<Identity> {
    let (number, generation) = match credential {
        Credential::Password { generation } => (PASSWORD, generation),
        Credential::Key { generation } => (BROKER_KEY as u64, generation as u64),
        Credential::Token(token) => (token as u64, 0),
    };
    let credential = chinwag_broker::Credential { number, generation };
    let name = directory.name_of(account)?;
    Some(Identity { account: account.0 as u64, name: name.shared(), credential })
}

/// Returns the account and credential behind a broker's identity.
pub fn signed_in(identity: &Identity) -> SignedIn {
    let chinwag_broker::Credential { number, generation } = identity.credential;
    let credential = match number as i64 {
        _ if number == PASSWORD => Credential::Password { generation },
        BROKER_KEY => Credential::Key { generation: generation as i64 },
        token => Credential::Token(token),
    };
    SignedIn { account: id(identity.account), credential }
}

/// Converts a refusal to MQTT: the reason code that fits the packet, as reason string the error code and the detail, and
/// as user properties the parameters.
fn refusal(refused: &Refused, code: fn(ErrorCode) -> u8) -> Refusal {
    let properties = refused.params.iter().map(|(name, value)| (name.into(), value.to_string().into()));
    Refusal { code: code(refused.code), reason: refused.to_string().into(), properties: properties.collect() }
}

/// Whether to leave a message unacknowledged. In MQTT 3.1.1 every acknowledgement means success, so a message that may
/// well succeed when it is resent gets none.
fn goes_unanswered(client: &Client, message: &Message, refused: &Refused) -> bool {
    !client.v5 && message.qos != Qos::AtMostOnce && refused.code.is_for_now()
}

impl Embedded {
    /// Creates the handler and the broker around it.
    pub fn start(chat: Arc<Chat>, accounts: Arc<Accounts>, config: chinwag_broker::Config) -> Broker<Self> {
        let cell = Arc::new(OnceLock::new());
        let broker = Broker::new(Arc::new(Self { chat, accounts, broker: Arc::clone(&cell) }), config);
        cell.get_or_init(|| broker).clone()
    }

    /// Checks that the client's credential is still valid.
    fn check_again(&self, client: &Client) -> Result<(), Refused> {
        let SignedIn { account, credential } = signed_in(&client.identity);
        credential.check(&self.chat.directory, account)
    }

    fn tell(&self, account: AccountId, note: &InboxNote) {
        if let (Some(broker), Some(name)) = (self.broker.get(), self.chat.directory.name_of(account)) {
            broker.publish(messages::note(&name, note));
        }
    }

    /// Returns the answer to a refused PUBLISH, and sends a note to the inbox for clients without reason codes (MQTT
    /// 3.1.1).
    fn refuse(&self, client: &Client, message: &Message, refused: &Refused) -> Refusal {
        if !client.v5 {
            self.tell_refused(client, &message.topic, Send::key_of(&message.payload), refused.clone());
        }
        refusal(refused, ErrorCode::publish_code)
    }

    /// Sends a note about a refused PUBLISH, unless there were too many like it.
    fn tell_refused(&self, client: &Client, topic: &str, msg_id: Option<String>, refused: Refused) {
        let account = id(client.identity.account);
        let note = InboxNote::refused(refused, topic, msg_id);
        if let Some(note) = self.chat.refusals.note(account, note) {
            self.tell(account, &note);
        }
    }

    /// Commits the action; the outcome follows once it is on disk.
    async fn commit(&self, client: &Client, message: Message, action: Action) -> Outcome {
        let (answer, outcome) = oneshot::channel::<PublishResult>();
        let (embedded, client) = (self.clone(), client.clone());
        let reply = move |result: Result<Acted, Refused>| {
            let result = match result {
                Ok(Acted { event: Some(event), repeat: false }) => {
                    if let Some(broker) = embedded.broker.get() {
                        broker.sent_by(&client, &event.topic, event.seq);
                    }
                    Ok(Disposition::Taken)
                }
                Ok(_) => Ok(Disposition::Taken),
                Err(refused) => {
                    embedded.chat.refusals.count(refused.code);
                    if goes_unanswered(&client, &message, &refused) {
                        return;
                    }
                    Err(embedded.refuse(&client, &message, &refused))
                }
            };
            let _ = answer.send(result);
        };
        self.chat.store.submit_action(action, Box::new(reply)).await;
        Outcome::Later(outcome)
    }
}

impl Handler for Embedded {
    async fn connect(&self, connect: Connect) -> Result<Identity, Refusal> {
        let signed_in = async {
            if let Some(transport) = &connect.transport
                && connect.password.is_none()
                && connect.username.as_deref().is_none_or(|name| name == &*transport.name)
            {
                let signed_in = signed_in(transport);
                signed_in.credential.check(&self.chat.directory, signed_in.account)?;
                return Ok(signed_in);
            }
            let secret = connect.password.as_deref().and_then(|password| std::str::from_utf8(password).ok());
            let (Some(username), Some(secret)) = (connect.username.as_deref(), secret) else {
                return Err(Reason::NoCredentials.into());
            };
            sign_in::sign_in(&self.accounts, connect.address.ip(), username, secret).await
        };
        let signed_in = signed_in.await.map_err(|refused| refusal(&refused, ErrorCode::reason_code))?;
        if !self.chat.directory.is_active(signed_in.account) {
            return Err(refusal(&sign_in::disabled(), ErrorCode::reason_code));
        }
        identity(&self.chat.directory, signed_in)
            .ok_or_else(|| refusal(&Reason::SignInEnded.into(), ErrorCode::reason_code))
    }

    async fn subscribe(&self, client: &Client, filter: &str) -> Result<(), Refusal> {
        access::subscribe(&self.chat.directory, id(client.identity.account), filter)
            .map_err(|refused| refusal(&refused, ErrorCode::subscribe_code))
    }

    fn subscribed(&self, client: &Client, filters: &[Arc<str>]) {
        let me = id(client.identity.account);
        let Some(name) = self.chat.directory.name_of(me) else { return };
        let inbox = topic::inbox(&name);
        if filters.iter().any(|filter| topic::covers(filter, &inbox)) {
            let rooms = self.chat.directory.rooms_of(me, |room| Some((room.topic.clone(), room.last_seq())));
            let heads = InboxNote::Heads { rooms: rooms.into_iter().collect() };
            if let Some(broker) = self.broker.get() {
                broker.publish_to(client.identity.account, messages::note(&name, &heads));
            }
        }
    }

    async fn publish(&self, client: &Client, message: Message, origin: Origin) -> Outcome {
        if let Err(refused) = self.check_again(client) {
            // The client is about to be disconnected. Its will is not published either: a revoked credential can
            // publish nothing. An MQTT 3.1.1 client gets no acknowledgement, because it would mean success.
            let refused = refusal(&refused, ErrorCode::publish_code);
            return if client.v5 { Outcome::Now(Err(refused)) } else { Outcome::Later(oneshot::channel().1) };
        }
        let me = id(client.identity.account);
        let source = match origin {
            Origin::Packet { id: packet, dup } => Source::Client { id: &client.client_id, packet, dup },
            Origin::Will => Source::Will,
        };
        match meaning::of(&self.chat, me, &message.topic, &message.payload, source).await {
            Ok(Meaning::Store(action)) => self.commit(client, message, action).await,
            Ok(Meaning::Publish(message)) => Outcome::Now(Ok(Disposition::Route(Box::new(message)))),
            Ok(Meaning::Nothing) => Outcome::Now(Ok(Disposition::Taken)),
            Err(refused) => {
                self.chat.refusals.count(refused.code);
                if goes_unanswered(client, &message, &refused) {
                    return Outcome::Later(oneshot::channel().1);
                }
                Outcome::Now(Err(self.refuse(client, &message, &refused)))
            }
        }
    }

    fn refused(&self, client: &Client, topic: &str, refusal: &Refusal) {
        if client.v5 {
            return;
        }
        let detail = refusal.reason.to_string();
        let refused = match refusal.code {
            0x90 => Refused::new(ErrorCode::TopicInvalid, detail),
            _ => Refused { detail, ..Reason::Packet { limit: limits::PACKET_BYTES }.into() },
        };
        self.tell_refused(client, topic, None, refused);
    }

    fn may_read(&self, account: u64, topic: &str) -> bool {
        access::may_read(&self.chat.directory, id(account), topic)
    }

    fn readers(&self, topic: &str) -> Option<Arc<[u64]>> {
        let directory = &self.chat.directory;
        let Some(rest) = topic.strip_prefix("users/") else { return Some(directory.member_ids(topic)) };
        let (name, rest) = rest.split_once('/')?;
        match rest.split_once('/') {
            None if rest == "presence" => {
                let told = directory.id_named(name).map(|id| directory.presence_of(id)).unwrap_or_default();
                Some(told.into_iter().map(|id| id.0 as u64).collect())
            }
            None if rest == "inbox" => {
                Some(directory.account_named(name).map(|entry| entry.id.0 as u64).into_iter().collect())
            }
            Some(("activity", room)) => Some(directory.member_ids(room)),
            _ => None,
        }
    }

    fn retained(
        &self,
        account: u64,
        filter: &str,
        after: Option<&str>,
        count: usize,
    ) -> Option<Vec<Message>> {
        Some(presence::retained(&self.chat, id(account), filter, after, count))
    }

    fn connected(&self, client: &Client) -> Result<(), Refusal> {
        self.check_again(client).map_err(|refused| refusal(&refused, ErrorCode::reason_code))?;
        if let Credential::Token(token) = signed_in(&client.identity).credential {
            self.accounts.used_tokens.connected(token);
        }
        self.chat.presence.connected(id(client.identity.account));
        Ok(())
    }

    fn disconnected(&self, client: &Client) {
        if let Credential::Token(token) = signed_in(&client.identity).credential {
            self.accounts.used_tokens.disconnected(token);
        }
        self.chat.presence.disconnected(id(client.identity.account));
    }

    fn logs(&self, account: u64, filter: &str) -> Vec<LogHead> {
        let account = id(account);
        self.chat.directory.rooms_of(account, |room| {
            let member = room.members.get(&account)?;
            topic::covers(filter, room.topic.as_str()).then(|| LogHead {
                topic: room.topic.shared(),
                head: room.last_seq(),
                first: member.joined_seq,
            })
        })
    }

    async fn read_log(&self, topic: &str, after: u64, max_bytes: usize) -> Result<Vec<LogEntry>, Refusal> {
        let Some(room) = self.chat.directory.with_room(topic, |room| room.key) else {
            return Ok(Vec::new());
        };
        // A page is bounded by its bytes; the count only keeps it from holding very many tiny events.
        let events = self.chat.store.reader().events(room, after, 1_000, max_bytes).await;
        let events = events.map_err(|error| refusal(&error.into(), ErrorCode::reason_code))?;
        Ok(events.iter().map(messages::log_entry).collect())
    }

    async fn load_session(&self, key: &SessionKey) -> Result<Option<SessionState>, Refusal> {
        let stored = self.chat.store.reader().session(id(key.account), key.client_id.to_string()).await;
        let stored = stored.map_err(|error| refusal(&error.into(), ErrorCode::reason_code))?;
        Ok(stored.and_then(|stored| from_stored(&self.chat.directory, stored)))
    }

    async fn may_begin_session(&self, account: u64, held: usize, unsaved: usize) -> Result<(), Refusal> {
        let stored = self.chat.store.reader().sessions_of(id(account)).await;
        let stored = stored.map_err(|error| refusal(&error.into(), ErrorCode::reason_code))?;
        if held.max(stored + unsaved) <= limits::SESSIONS_PER_ACCOUNT {
            return Ok(());
        }
        let reason = Reason::Sessions { limit: limits::SESSIONS_PER_ACCOUNT };
        Err(refusal(&reason.into(), ErrorCode::reason_code))
    }

    async fn save_sessions(&self, changes: Vec<(SessionKey, Option<SessionChange>)>) -> Result<(), Refusal> {
        let write = |(key, change): (SessionKey, Option<SessionChange>)| SessionWrite {
            account: id(key.account),
            client_id: key.client_id.to_string(),
            change: change.map(|change| to_write(&self.chat.directory, change)),
        };
        let write = Sessions(changes.into_iter().map(write).collect());
        self.chat
            .store
            .write(write)
            .await
            .map(drop)
            .map_err(|refused| refusal(&refused, ErrorCode::reason_code))
    }
}
