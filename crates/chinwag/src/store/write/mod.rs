//! Everything that can be written, and how: each write checks first and changes only when nothing stands
//! against it, so that a refused one leaves no trace in the transaction it shares with others.

pub(crate) mod accounts;
mod media;
mod rooms;
mod sessions;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use bytes::Bytes;
use chinwag_protocol::{
    Attachment, ErrorCode, Event, EventBody, Name, Refused, RoomId, Send, api::ChangeRoom,
};

use super::change::{AccountId, AccountState, Change, RoomKey, TokenHash};
use super::committer::Committed;
use super::messages::{NewMessage, event_json, stored};
use super::sql::{NewEvent, Param, Tx};
use super::{StoreError, StoredEvent};
use crate::access::{self, Act, Join, Leave, Permit, Standing, TakePart};
use crate::directory::Directory;

/// A room to be made.
#[derive(Debug, Clone)]
pub struct NewRoomRow {
    /// Its id.
    pub topic: RoomId,
    /// The title to show.
    pub title: String,
    /// What it is for.
    pub purpose: String,
    /// Only members see it.
    pub private: bool,
}

/// An upload.
#[derive(Debug, Clone)]
pub struct NewMedia {
    /// Who uploaded it.
    pub account: AccountId,
    /// What it will be shown as.
    pub media: Attachment,
}

/// A persistent MQTT session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRow {
    /// Where it stands, JSON.
    pub state: String,
    /// Seconds it is kept once its client has left; `u32::MAX` is for ever.
    pub expiry: u32,
    /// When its client left, seconds since 1970; `None` while it is connected.
    pub left_at: Option<i64>,
}

/// A persistent MQTT session as it is now, or `None` to forget it.
#[derive(Debug, Clone)]
pub struct SessionWrite {
    /// Whose.
    pub account: AccountId,
    /// The client id.
    pub client_id: String,
    /// What is kept.
    pub state: Option<SessionRow>,
}

/// Where somebody's read cursor in a room is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct CursorMove {
    /// The room.
    pub room: RoomKey,
    /// Whose.
    pub account: AccountId,
    /// The last event they have read.
    pub seq: u64,
}

/// What a token is for. The two are counted apart.
#[derive(Debug, Clone, Copy)]
pub enum TokenKind {
    /// A device or a program: it lasts until it is revoked.
    Device,
    /// A sign-in: where there are too many, the one used longest ago ends, but never the one that asks.
    SignIn {
        /// The token that the request was authenticated with.
        asking: Option<i64>,
    },
}

/// Where a message's `msg_id` comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// From the sender: what was sent with it before is the same message.
    Given,
    /// The server has just made it: there is no need to look whether it has been sent before.
    Made,
    /// Likewise, but the client may have sent the message before; then it was stored with another key of ours.
    Resent,
}

/// One thing to write.
#[expect(missing_docs, reason = "a variant's words cover its fields")]
#[derive(Debug)]
pub enum Write {
    /// A message in a room. `send.msg_id` is set; `key` says by whom.
    Message { permit: Permit<TakePart>, send: Send, key: Key },
    /// An account, in the room `general` from the start. `first` insists that no administrator can sign in yet.
    AddAccount { name: Name, password: Option<String>, admin: bool, first: bool },
    /// Another password; every token but `keep` is revoked.
    SetPassword { account: AccountId, password: String, keep: Option<i64> },
    /// Whether an account may be used. Without `last_too`, the last administrator stays.
    SetState { account: AccountId, state: AccountState, last_too: bool },
    /// The end of an account: all but its messages and its place in direct conversations. Likewise.
    DeleteAccount { account: AccountId, last_too: bool },
    /// A sign-in or an access token.
    AddToken { account: AccountId, hash: TokenHash, label: String, kind: TokenKind },
    /// The end of a token.
    RevokeToken { account: AccountId, token: i64 },
    /// Tokens that were used, for their owner to see.
    TokensUsed(Vec<i64>),
    /// A room and its first members. Where `by` is given, its log tells of it.
    AddRoom { room: NewRoomRow, by: Option<AccountId>, members: Vec<(AccountId, bool)> },
    /// The end of a room and of everything in it.
    DeleteRoom { room: RoomKey },
    /// Another title, purpose or privacy.
    ChangeRoom { permit: Permit<access::ChangeRoom>, change: ChangeRoom },
    /// A membership.
    Join { permit: Permit<Join> },
    /// The end of a membership.
    Leave { permit: Permit<Leave> },
    /// Read cursors of members; each only moves forward, and never beyond the end of the log.
    Read(Vec<CursorMove>),
    /// An upload: first of size 0, before its file is written, then as it has arrived. Until then nobody sees it.
    AddMedia(NewMedia),
    /// Uploads that no message names; those that one does by now stay.
    ForgetMedia(Vec<String>),
    /// When people were last there.
    LastSeen(Vec<(AccountId, i64)>),
    /// MQTT session states, all or none.
    Sessions(Vec<SessionWrite>),
    /// Whoever still seemed connected has left: the process that held their connections is gone.
    AllSessionsLeft,
    /// The end of sessions whose time has passed.
    EndSessions,
    /// Asks every server to confirm that it has taken up what was committed before.
    Ask,
    /// This server confirms it.
    Confirm { server: Arc<str>, question: i64 },
    /// How far rooms' logs have been published; it only moves forward.
    Published(Vec<(RoomKey, u64)>),
    /// What is stored up to now counts as published.
    PublishFromHere,
    /// What all servers agree on; `None` to forget it.
    Set { key: &'static str, value: Option<String> },
    /// The same, unless there is a value already.
    SetOnce { key: &'static str, value: String },
}

impl Write {
    fn as_message(&self) -> Option<NewMessage<'_>> {
        match self {
            Self::Message { permit, send, key } => Some(NewMessage { permit: *permit, send, origin: *key }),
            _ => None,
        }
    }
}

impl Write {
    /// What kind of write this is, for the log.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Message { .. } => "message",
            Self::AddAccount { .. } => "new account",
            Self::SetPassword { .. } => "password",
            Self::SetState { .. } | Self::DeleteAccount { .. } => "state of an account",
            Self::AddToken { .. } => "new token",
            Self::RevokeToken { .. } => "token revoked",
            Self::TokensUsed(_) => "tokens used",
            Self::AddRoom { .. } => "new room",
            Self::DeleteRoom { .. } => "end of a room",
            Self::ChangeRoom { .. } => "room changed",
            Self::Join { .. } => "join",
            Self::Leave { .. } => "leave",
            Self::Read(_) => "read cursors",
            Self::AddMedia(_) => "upload",
            Self::ForgetMedia(_) => "uploads removed",
            Self::LastSeen(_) => "last seen",
            Self::Sessions(_) => "MQTT sessions",
            Self::AllSessionsLeft | Self::EndSessions => "ends of MQTT sessions",
            Self::Ask | Self::Confirm { .. } => "word between servers",
            Self::Published(_) | Self::PublishFromHere => "published",
            Self::Set { .. } | Self::SetOnce { .. } => "setting",
        }
    }

    fn is_done_by_one_server_at_a_time(&self) -> bool {
        matches!(
            self,
            Self::AddAccount { .. }
                | Self::SetPassword { .. }
                | Self::SetState { .. }
                | Self::DeleteAccount { .. }
                | Self::DeleteRoom { .. }
                | Self::Ask
                | Self::AddToken { .. }
                | Self::RevokeToken { .. }
                // These touch the same rows as the others: one server at a time, so that none blocks another.
                | Self::TokensUsed(_)
                | Self::LastSeen(_)
                | Self::AddRoom { .. }
                | Self::ChangeRoom { .. }
                | Self::Join { .. }
                | Self::Leave { .. }
        )
    }

    /// The members whose rows it changes or deletes.
    fn touches_members(&self) -> Vec<(RoomKey, AccountId)> {
        match self {
            Self::Leave { permit } => vec![(permit.room(), permit.act().whom)],
            Self::Read(cursors) => cursors.iter().map(|cursor| (cursor.room, cursor.account)).collect(),
            _ => Vec::new(),
        }
    }

    /// The room to whose log it will add.
    fn lengthens(&self) -> Option<RoomKey> {
        match self {
            Self::Message { permit, .. } => Some(permit.room()),
            Self::ChangeRoom { permit, .. } => Some(permit.room()),
            Self::Join { permit } => Some(permit.room()),
            Self::Leave { permit } => Some(permit.room()),
            _ => None,
        }
    }
}

/// What became of it.
#[expect(missing_docs, reason = "a variant's words cover its fields")]
#[derive(Debug, Clone)]
pub enum Written {
    /// A message as stored; `repeat` when it had been before.
    Message { event: StoredEvent, repeat: bool },
    /// A new account's number.
    Account(AccountId),
    /// A new token's number.
    Token(i64),
    /// A new room's number.
    Room(RoomKey),
    /// The number of a question.
    Asked(i64),
    /// The cursors that have moved, as they are now.
    Read(Vec<CursorMove>),
    /// Done; or there was nothing to do.
    Done,
}

/// What became of one write: done, or refused without a trace.
pub(super) type Outcome = Result<Written, Refused>;

/// A database's failure ends the transaction; a refusal ends only this write.
pub(super) type Applied = Result<Outcome, StoreError>;

/// What writes need beside each other.
pub(super) struct Scribe<'a> {
    pub tx: &'a mut dyn Tx,
    /// Milliseconds since 1970.
    pub now: i64,
    /// Names of accounts that have written; they never change.
    pub names: &'a mut HashMap<AccountId, Name>,
    /// The last row of `changes` that is followed; `None` until this transaction writes there itself.
    pub followed: &'a mut Option<i64>,
    /// The last row of `changes` that was followed before.
    pub followed_before: i64,
    /// Accounts, rooms and members as the last commit of this server left them.
    pub directory: &'a Directory,
    /// Up to which seq of a room's log we know all that was changed: nobody else had written there since.
    pub known_heads: &'a HashMap<RoomKey, u64>,
    /// What others have changed is followed before anything is written. Set where it turns out that it must be.
    pub follow_first: &'a mut bool,
    /// Messages are looked up before they are written. Without, the database refuses one that it has already, and
    /// with it the transaction.
    pub look_first: bool,
    /// What has come of the transaction so far.
    pub committed: &'a mut Committed,
    /// What it has left so far, to be recognised by.
    pub trace: &'a mut Option<Trace>,
}

/// The last thing that a transaction has written and nobody else could have: where it is, so is all the rest.
/// (PostgreSQL could be asked for the end of a transaction by its number; but after a crash of the database, numbers
/// that it had not written down are given again.)
#[derive(Debug)]
pub(super) enum Trace {
    /// An event.
    Event(RoomKey, u64, Bytes),
    /// A row of `changes`.
    Change(i64, String),
}

impl Trace {
    /// Is it in the database?
    pub fn is_there(&self, tx: &mut dyn Tx) -> Result<bool, StoreError> {
        let (found, body) = match self {
            Self::Event(room, seq, body) => {
                let sql = "SELECT body FROM events WHERE room = $1 AND seq = $2";
                (tx.first(sql, &[Param::Int(room.0), Param::seq(*seq)], |row| row.text(0))?, &body[..])
            }
            Self::Change(id, body) => {
                let sql = "SELECT body FROM changes WHERE id = $1";
                (tx.first(sql, &[Param::Int(*id)], |row| row.text(0))?, body.as_bytes())
            }
        };
        Ok(found.is_some_and(|found| found.as_bytes() == body))
    }
}

macro_rules! refuse {
    ($code:ident, $($words:tt)*) => {
        return Ok(Err(chinwag_protocol::Refused::new(chinwag_protocol::ErrorCode::$code, format!($($words)*))))
    };
}
use refuse;

/// Goes on only where a permit still holds.
macro_rules! allowed {
    ($scribe:expr, $permit:expr) => {
        if let Err(refused) = $scribe.may($permit) {
            return Ok(Err(refused));
        }
    };
}
use allowed;

impl Scribe<'_> {
    /// Does writes in their order; one outcome for each. Messages that follow each other go together.
    pub fn apply_all(&mut self, writes: &[&Write]) -> Result<Vec<Outcome>, StoreError> {
        self.lock(writes)?;
        let mut outcomes = Vec::with_capacity(writes.len());
        while let Some(write) = writes.get(outcomes.len()) {
            let messages: Vec<_> =
                writes[outcomes.len()..].iter().map_while(|write| write.as_message()).collect();
            if messages.is_empty() {
                outcomes.push(self.apply(write)?);
            } else {
                outcomes.extend(self.messages(&messages)?);
            }
        }
        // Members' rows last, and in one order: a server that waits for another's holds nothing it could want.
        for (write, outcome) in writes.iter().zip(&mut outcomes) {
            if let Write::Read(cursors) = write {
                *outcome = self.read(cursors)?;
            }
        }
        Ok(outcomes)
    }

    /// What this batch will need for itself, in the order in which every server takes it.
    fn lock(&mut self, writes: &[&Write]) -> Result<(), StoreError> {
        if *self.follow_first || writes.iter().any(|write| write.is_done_by_one_server_at_a_time()) {
            self.enter_changes()?;
        }
        // One run of messages locks its rooms itself, with one statement less.
        if writes.iter().any(|write| write.as_message().is_none()) {
            let rooms: BTreeSet<RoomKey> = writes.iter().filter_map(|write| write.lengthens()).collect();
            if rooms.len() > 1 {
                self.tx.lock_rooms(&rooms.into_iter().collect::<Vec<_>>())?;
            }
        }
        if writes.iter().any(|write| matches!(write, Write::Leave { .. })) {
            let members: BTreeSet<_> = writes.iter().flat_map(|write| write.touches_members()).collect();
            self.tx.lock_members(&members.into_iter().collect::<Vec<_>>())?;
        }
        Ok(())
    }

    fn apply(&mut self, write: &Write) -> Applied {
        match write {
            Write::Message { .. } => Ok(Err(ErrorCode::Internal.into())),
            Write::AddAccount { name, password, admin, first } => {
                self.add_account(name, password.as_deref(), *admin, *first)
            }
            Write::SetPassword { account, password, keep } => self.set_password(*account, password, *keep),
            Write::SetState { account, state, last_too } => self.set_state(*account, *state, *last_too),
            Write::DeleteAccount { account, last_too } => self.delete_account(*account, *last_too),
            Write::DeleteRoom { room } => self.delete_room(*room),
            Write::Ask => self.ask(),
            Write::Confirm { server, question } => self.confirm(server, *question),
            Write::AddToken { account, hash, label, kind } => self.add_token(*account, hash, label, *kind),
            Write::RevokeToken { account, token } => self.revoke_token(*account, *token),
            Write::TokensUsed(tokens) => self.tokens_used(tokens),
            Write::AddRoom { room, by, members } => self.add_room(room, *by, members),
            Write::ChangeRoom { permit, change } => self.change_room(*permit, change),
            Write::Join { permit } => self.join(*permit),
            Write::Leave { permit } => self.leave(*permit),
            // Done at the end, by `apply_all`.
            Write::Read(_) => Ok(Ok(Written::Done)),
            Write::AddMedia(media) => self.add_media(media),
            Write::ForgetMedia(ids) => self.forget_media(ids),
            Write::LastSeen(seen) => self.last_seen(seen),
            Write::Sessions(sessions) => self.sessions(sessions),
            Write::AllSessionsLeft => self.all_sessions_left(),
            Write::EndSessions => self.end_sessions(),
            Write::Published(rooms) => self.published(rooms),
            Write::PublishFromHere => self.publish_from_here(),
            Write::Set { key, value } => self.set(key, value.as_deref()),
            Write::SetOnce { key, value } => self.set_once(key, value),
        }
    }

    /// Does a permit still hold, after all that was changed before, in this transaction too?
    pub(in crate::store) fn may<A: Act>(&self, permit: Permit<A>) -> Outcome {
        let (room, account) = (permit.room(), permit.account());
        let entry = self.directory.with_account(account, |entry| (entry.admin, entry.state));
        let standing = self.directory.with_room_key(room, |room| Standing::of(room, account, entry));
        let standing = match standing {
            Some(standing) => standing,
            // A room that the directory does not have yet; whoever operates the server may know of it.
            None if permit.by_operator() => return Ok(Written::Done),
            None => return Err(ErrorCode::NotFound.into()),
        };
        let changed = self.committed.changes.iter();
        permit.check(&changed.fold(standing, |standing, change| standing.after(change, room, account)))?;
        Ok(Written::Done)
    }

    /// Somebody else may have changed who may write to a room. If there is anything that we do not know yet, nothing is
    /// decided before it is known: the transaction is tried again, and begins with following it.
    pub(in crate::store) fn others_wrote(&mut self) -> Result<(), StoreError> {
        let changes = "SELECT 1 FROM changes WHERE id > $1 LIMIT 1";
        if self.followed.is_none() && self.tx.exists(changes, &[Param::Int(self.followed_before)])? {
            *self.follow_first = true;
            return Err(StoreError::Conflict("others have changed who is in a room".into()));
        }
        Ok(())
    }

    /// Gives an event that is no message its place in the room's log.
    fn append(
        &mut self,
        room: RoomKey,
        sender: AccountId,
        body: EventBody,
    ) -> Result<StoredEvent, StoreError> {
        let taken = self.tx.lengthen(&[(room, 1)], false)?.pop();
        let (_, seq, topic) = taken.ok_or_else(|| StoreError::Other(format!("there is no room {room:?}")))?;
        let event = Event { seq, topic, sender: self.name(sender)?, sent_at: self.sent_at(), body };
        let (json, kind) = (event_json(&event)?, event.body.kind());
        self.tx.insert_events(&[NewEvent { room, seq, kind, sender, msg_id: None, body: &json }])?;
        let stored = stored(room, &event, json);
        *self.trace = Some(Trace::Event(room, seq, stored.body.clone()));
        self.change(Change::Event { room, seq })?;
        self.committed.events.push(stored.clone());
        Ok(stored)
    }

    pub(in crate::store) fn sent_at(&self) -> String {
        crate::clock::rfc3339(self.now)
    }

    pub(in crate::store) fn name(&mut self, account: AccountId) -> Result<Name, StoreError> {
        if let Some(name) = self.names.get(&account) {
            return Ok(name.clone());
        }
        let name: Name = known(self.tx.one(
            "SELECT name FROM accounts WHERE id = $1",
            &[Param::Int(account.0)],
            |row| row.text(0),
        )?)?;
        self.names.insert(account, name.clone());
        Ok(name)
    }

    /// From here to the commit nobody else writes to `changes`: what others did before is followed first, and no
    /// row of theirs can come between ours.
    pub(in crate::store) fn enter_changes(&mut self) -> Result<(), StoreError> {
        if self.followed.is_none() {
            self.tx.lock_changes()?;
            let reached = super::committer::follow(self.tx, self.followed_before, self.committed)?;
            *self.followed = Some(reached);
        }
        Ok(())
    }

    pub(in crate::store) fn change(&mut self, change: Change) -> Result<(), StoreError> {
        let body = serde_json::to_string(&change).map_err(|error| StoreError::Other(error.to_string()))?;
        self.enter_changes()?;
        let id = self.tx.one(
            "INSERT INTO changes (body) VALUES ($1) RETURNING id",
            &[Param::Text(&body)],
            |row| row.int(0),
        )?;
        *self.followed = Some(id);
        *self.trace = Some(Trace::Change(id, body));
        self.committed.changes.push(change);
        Ok(())
    }
}

pub(super) fn parse<T: serde::de::DeserializeOwned>(json: &str) -> Result<T, StoreError> {
    serde_json::from_str(json)
        .map_err(|error| StoreError::Other(format!("a stored row is not what it was: {error}")))
}

/// A name or id that was checked when it was stored.
pub(super) fn known<T: std::str::FromStr<Err: std::fmt::Display>>(text: String) -> Result<T, StoreError> {
    text.parse().map_err(|error| StoreError::Other(format!("{text:?} in the database: {error}")))
}
