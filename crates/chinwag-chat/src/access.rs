//! Access control: pure queries to the directory. A grant for a room is a [`Permit`] for one act. Only this file can
//! create permits, and nothing is written to a room's log without one. A permit reflects the state when it was granted:
//! the transaction that writes checks it again against the state at that time.

use std::sync::Arc;

use chinwag_protocol::topic::Topic;
use chinwag_protocol::verb::{Delete, Edit, React};
use chinwag_protocol::{ErrorCode, Name, Reason, Refused, RoomId};

use crate::directory::{AccountEntry, Directory, RoomEntry};
use crate::store::{
    AccountId, AccountState, Act, Change, ChangeRoom, Join, Leave, Permission, Right, RoomKey, Say,
};

/// Proof that an account was allowed one act in a room: this act, with all its parameters.
#[derive(Clone)]
pub struct Permit<A> {
    account: AccountId,
    room: RoomKey,
    act: A,
    /// Granted by the operator of the server; not checked against the rules.
    operator: bool,
    /// The directory against which it is checked again.
    directory: Arc<Directory>,
}

impl<A: std::fmt::Debug> std::fmt::Debug for Permit<A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { account, room, act, operator, .. } = self;
        let mut shown = f.debug_struct("Permit");
        shown
            .field("account", account)
            .field("room", room)
            .field("act", act)
            .field("operator", operator)
            .finish()
    }
}

impl<A: Rule> Permit<A> {
    fn holds(&self, standing: &Standing, author: Option<AccountId>) -> Result<(), Refused> {
        if standing.deleted {
            return Err(hidden(standing.topic.as_str()));
        }
        if self.operator {
            return Ok(());
        }
        if !standing.active {
            return Err(Reason::AccountDisabled.into());
        }
        self.act.check(self.account, standing, author)
    }
}

impl<A: Rule> Right for Permit<A> {
    fn account(&self) -> AccountId {
        self.account
    }

    fn room(&self) -> RoomKey {
        self.room
    }

    fn by_operator(&self) -> bool {
        self.operator
    }

    fn check(&self, changes: &[Change], author: Option<AccountId>) -> Result<(), Refused> {
        let (room, account) = (self.room, self.account);
        let entry = self.directory.with_account(account, |entry| (entry.admin, entry.state));
        let standing = self.directory.with_room_key(room, |room| Standing::of(room, account, entry));
        let standing = match standing {
            Some(standing) => standing,
            // A room that is not in the directory yet; the operator may know of it.
            None if self.operator => return Ok(()),
            None => return Err(Reason::RoomGone.into()),
        };
        self.holds(
            &changes.iter().fold(standing, |standing, change| standing.after(change, room, account)),
            author,
        )
    }
}

impl<A: Rule + Act> Permission for Permit<A> {
    type Act = A;

    fn act(&self) -> &A {
        &self.act
    }
}

/// The state that decides about an act in a room: the properties of the room, and one account's role in it.
#[derive(Debug, Clone)]
pub struct Standing {
    topic: RoomId,
    private: bool,
    /// `None`: not a member. `Some(true)`: an owner.
    owner: Option<bool>,
    admin: bool,
    /// Whether the account may be used.
    active: bool,
    /// Whether the room is deleted.
    deleted: bool,
}

impl Standing {
    /// Takes the state from the directory. `account` is `None` if it does not exist.
    pub fn of(room: &RoomEntry, id: AccountId, account: Option<(bool, AccountState)>) -> Self {
        let owner = room.members.get(&id).map(|member| member.owner);
        let (admin, state) = account.unwrap_or((false, AccountState::Deleted));
        let active = state == AccountState::Active;
        Self { topic: room.topic.clone(), private: room.private, owner, admin, active, deleted: false }
    }

    /// Applies a change that the directory does not have yet.
    pub fn after(mut self, change: &Change, here: RoomKey, me: AccountId) -> Self {
        match change {
            Change::Joined { room, account, member, .. } if (*room, *account) == (here, me) => {
                self.owner = Some(member.owner);
            }
            Change::Left { room, account, .. } if (*room, *account) == (here, me) => self.owner = None,
            Change::RoomChanged { room, private, .. } if *room == here => self.private = *private,
            Change::RoomDeleted { room, .. } if *room == here => self.deleted = true,
            Change::AccountState { account, state } if *account == me => {
                self.active = *state == AccountState::Active;
            }
            Change::AccountDeleted { account, .. } if *account == me => self.active = false,
            _ => {}
        }
        self
    }

    fn member(&self) -> Result<(), Refused> {
        match (self.owner, self.private) {
            (Some(_), _) => Ok(()),
            (None, true) => Err(hidden(self.topic.as_str())),
            (None, false) => Err(Reason::NotMember { room: self.topic.as_str() }.into()),
        }
    }

    fn owner(&self) -> Result<(), Refused> {
        if self.topic.is_direct() {
            // An administrator, too, can only see a direct conversation as a member.
            self.member()?;
            return Err(Reason::DirectChange.into());
        }
        match self.owner {
            Some(true) => Ok(()),
            _ if self.admin => Ok(()),
            None if self.private => Err(hidden(self.topic.as_str())),
            _ => Err(Reason::NotOwner { room: self.topic.as_str() }.into()),
        }
    }
}

/// The permission rule of an act.
pub trait Rule: std::fmt::Debug + Send + Sync + 'static {
    /// Checks that `who` may perform the act, given this state. `author` is the sender of the message that the act is
    /// about; `None` if it is about no message, or the sender is not known yet.
    fn check(&self, who: AccountId, standing: &Standing, author: Option<AccountId>) -> Result<(), Refused>;
}

/// Sending a message: every member.
impl Rule for Say {
    fn check(&self, _: AccountId, standing: &Standing, _: Option<AccountId>) -> Result<(), Refused> {
        standing.member()
    }
}

/// Editing a message: its sender, while they are a member.
impl Rule for Edit {
    fn check(&self, who: AccountId, standing: &Standing, author: Option<AccountId>) -> Result<(), Refused> {
        standing.member()?;
        match author {
            Some(author) if author != who => Err(Reason::NotSender.into()),
            _ => Ok(()),
        }
    }
}

/// Deleting a message: its sender, while they are a member, and owners and administrators.
impl Rule for Delete {
    fn check(&self, who: AccountId, standing: &Standing, author: Option<AccountId>) -> Result<(), Refused> {
        if standing.owner().is_ok() {
            return Ok(());
        }
        standing.member()?;
        match author {
            Some(author) if author != who => Err(Reason::NotSenderOrOwner.into()),
            _ => Ok(()),
        }
    }
}

/// Reacting to a message: every member.
impl Rule for React {
    fn check(&self, _: AccountId, standing: &Standing, _: Option<AccountId>) -> Result<(), Refused> {
        standing.member()
    }
}

/// Adding a member. Everybody may join a public room. Members of a public room and owners of a private one may add
/// others, and administrators may add others to any room.
impl Rule for Join {
    fn check(&self, who: AccountId, standing: &Standing, _: Option<AccountId>) -> Result<(), Refused> {
        if self.whom != who {
            return if standing.private || standing.owner.is_none() { standing.owner() } else { Ok(()) };
        }
        if standing.private { standing.member() } else { Ok(()) }
    }
}

/// Ending a membership. Everybody may leave; owners and administrators may remove others.
impl Rule for Leave {
    fn check(&self, who: AccountId, standing: &Standing, _: Option<AccountId>) -> Result<(), Refused> {
        if self.whom != who {
            return standing.owner();
        }
        standing.member()?;
        if standing.topic.is_direct() {
            return Err(Reason::DirectLeave.into());
        }
        Ok(())
    }
}

/// Changing title, purpose and privacy: owners and administrators.
impl Rule for ChangeRoom {
    fn check(&self, _: AccountId, standing: &Standing, _: Option<AccountId>) -> Result<(), Refused> {
        standing.owner()
    }
}

fn hidden(topic: &str) -> Refused {
    if let Some((a, b)) = topic.strip_prefix("dm/").and_then(|pair| pair.split_once('/'))
        && a > b
        && !b.contains('/')
    {
        return Reason::DirectUnsorted { room: &format!("dm/{b}/{a}") }.into();
    }
    Reason::NoRoom { room: topic }.into()
}

/// Returns the refusal for a room that does not exist for `account`. For a direct conversation of that account it says
/// what is missing.
pub fn missing(directory: &Directory, account: AccountId, topic: &str) -> Refused {
    let pair = topic.parse().ok().and_then(|room: RoomId| room.direct_pair());
    let (Some((a, b)), Some(me)) = (pair, directory.name_of(account)) else { return hidden(topic) };
    let other = match (me == a, me == b) {
        (true, _) => b,
        (_, true) => a,
        _ => return hidden(topic),
    };
    let name = other.as_str();
    match directory.id_named(name) {
        Some(_) => Reason::NoConversation { name }.into(),
        None => Reason::NoAccount { name }.into(),
    }
}

/// Checks that an account may perform an act; returns the permit.
pub fn ask<A: Rule>(
    directory: &Arc<Directory>,
    account: AccountId,
    topic: &str,
    act: A,
) -> Result<Permit<A>, Refused> {
    let Some(room) = directory.with_room(topic, |room| room.key) else {
        return Err(missing(directory, account, topic));
    };
    let permit = Permit { account, room, act, operator: false, directory: Arc::clone(directory) };
    permit.check(&[], None)?;
    Ok(permit)
}

/// Checks that an account may read, be shown typing and keep a read cursor in a room, as every member may. Returns the
/// room.
pub fn take_part(directory: &Directory, account: AccountId, topic: &RoomId) -> Result<RoomKey, Refused> {
    let entry = directory.with_account(account, |entry| (entry.admin, entry.state));
    let answer = directory.with_room(topic.as_str(), |room| {
        let standing = Standing::of(room, account, entry);
        if !standing.active {
            return Err(Reason::AccountDisabled.into());
        }
        standing.member().map(|()| room.key)
    });
    answer.unwrap_or_else(|| Err(missing(directory, account, topic.as_str())))
}

/// Returns a permit for any act in the name of `account`, for the operator at the server's command line.
pub fn operator<A: Rule>(directory: &Arc<Directory>, account: AccountId, room: RoomKey, act: A) -> Permit<A> {
    Permit { account, room, act, operator: true, directory: Arc::clone(directory) }
}

/// Checks that an account may manage accounts.
pub fn administer(account: &AccountEntry) -> Result<(), Refused> {
    if account.admin { Ok(()) } else { Err(Reason::NotAdministrator.into()) }
}

/// Returns whether an account may read an exact topic over MQTT now. Called for every delivery, so it avoids
/// allocations.
pub fn may_read(directory: &Directory, account: AccountId, topic: &str) -> bool {
    let Some(rest) = topic.strip_prefix("users/") else { return directory.is_member(topic, account) };
    let Some((name, rest)) = rest.split_once('/') else { return false };
    match rest.split_once('/') {
        None if rest == "presence" => directory.sees_presence(account, name),
        None if rest == "inbox" => directory.name_of(account).is_some_and(|me| me.as_str() == name),
        Some(("activity", room)) => directory.is_member(room, account),
        _ => false,
    }
}

/// Checks that an account may subscribe. Wildcards are granted to everybody: only messages that pass [`may_read`] are
/// delivered through them.
pub fn subscribe(directory: &Directory, account: AccountId, filter: &str) -> Result<(), Refused> {
    if filter.starts_with('$') {
        return Err(Refused::new(ErrorCode::NotAuthorized, "topics that begin with '$' are not available"));
    }
    if filter.contains(['#', '+']) {
        return Ok(());
    }
    match Topic::parse(filter)? {
        Topic::Room(room) => take_part(directory, account, &room).map(drop),
        Topic::Activity(_, room) => take_part(directory, account, &room).map(drop),
        Topic::Verb(..) | Topic::Device(..) => Err(Refused::new(
            ErrorCode::NotAuthorized,
            "only the server can read that topic; subscribe to the room, or to users/{name}/activity/{room}",
        )),
        Topic::Presence(_) | Topic::Inbox(_) if may_read(directory, account, filter) => Ok(()),
        Topic::Inbox(_) => Err(Refused::new(ErrorCode::NotAuthorized, "only its owner can read an inbox")),
        Topic::Presence(name) => {
            let detail = format!(
                "you share neither a direct conversation nor a small room with {name}; if you share a large room, GET \
                 /people has their presence"
            );
            Err(Refused::new(ErrorCode::NotAuthorized, detail))
        }
    }
}

/// Checks that an account may publish under `users/{name}/`: only its owner may.
pub fn own(me: &Name, name: &Name) -> Result<(), Refused> {
    if me == name {
        return Ok(());
    }
    Err(Refused::new(
        ErrorCode::NotAuthorized,
        format!("you are {me}; topics under users/{name}/ are for {name} only"),
    ))
}
