//! May they? Pure questions to the directory. A yes about a room is a [`Permit`] for one act, which only this file can
//! make and without which nothing is written to a room's log. A permit says what held when it was given: the
//! transaction that writes asks the same question again, of what holds then.

use chinwag_protocol::{ErrorCode, Name, Refused, RoomId, topic::Topic};

use crate::directory::{AccountEntry, Directory, RoomEntry};
use crate::store::{AccountId, AccountState, Change, DISABLED, RoomKey};

/// Proof that an account was allowed one act in a room.
#[derive(Debug, Clone, Copy)]
pub struct Permit<A> {
    account: AccountId,
    room: RoomKey,
    act: A,
    /// Given by whoever operates the server; nothing is asked again.
    operator: bool,
}

impl<A: Act> Permit<A> {
    /// Who may.
    pub fn account(self) -> AccountId {
        self.account
    }
    /// Where.
    pub fn room(self) -> RoomKey {
        self.room
    }
    /// What.
    pub fn act(self) -> A {
        self.act
    }
    /// Was it given by whoever operates the server?
    pub fn by_operator(self) -> bool {
        self.operator
    }
    /// Does it still hold where the room stands so?
    pub fn check(self, standing: &Standing) -> Result<(), Refused> {
        if standing.deleted {
            return Err(hidden(standing.topic.as_str()));
        }
        if self.operator {
            return Ok(());
        }
        if !standing.active {
            return Err(refused(DISABLED));
        }
        self.act.check(self.account, standing)
    }
}

/// What decides about an act in a room: what the room is, and what one account is in it.
#[derive(Debug, Clone)]
pub struct Standing {
    topic: RoomId,
    private: bool,
    /// `None`: no member. `Some(true)`: an owner.
    owner: Option<bool>,
    admin: bool,
    /// The account may be used.
    active: bool,
    /// The room is deleted.
    deleted: bool,
}

impl Standing {
    /// As the directory has it. `account` is `None` where there is none.
    pub fn of(room: &RoomEntry, id: AccountId, account: Option<(bool, AccountState)>) -> Self {
        let owner = room.members.get(&id).map(|member| member.owner);
        let (admin, state) = account.unwrap_or((false, AccountState::Deleted));
        let active = state == AccountState::Active;
        Self { topic: room.topic.clone(), private: room.private, owner, admin, active, deleted: false }
    }

    /// After a change that the directory does not have yet.
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
            (None, false) => Err(refused(format!("you are not in {}; join it first", self.topic))),
        }
    }

    fn owner(&self) -> Result<(), Refused> {
        if self.topic.is_direct() {
            // Also an administrator learns of one only as a member.
            self.member()?;
            return Err(refused("a direct conversation stays as it is"));
        }
        match self.owner {
            Some(true) => Ok(()),
            _ if self.admin => Ok(()),
            None if self.private => Err(hidden(self.topic.as_str())),
            _ => Err(refused(format!("only an owner of {} or an administrator may do that", self.topic))),
        }
    }
}

/// Something that is done in a room, and who may do it.
pub trait Act: Copy + std::fmt::Debug {
    /// May `who`, where the room stands so?
    fn check(self, who: AccountId, standing: &Standing) -> Result<(), Refused>;
}

/// Say something, be seen typing, read and keep a read cursor: every member.
#[derive(Debug, Clone, Copy)]
pub struct TakePart;

impl Act for TakePart {
    fn check(self, _: AccountId, standing: &Standing) -> Result<(), Refused> {
        standing.member()
    }
}

/// Make somebody a member. Oneself: of every public room. Others: members of a public room; owners of a private one.
#[derive(Debug, Clone, Copy)]
pub struct Join {
    /// Whom.
    pub whom: AccountId,
}

impl Act for Join {
    fn check(self, who: AccountId, standing: &Standing) -> Result<(), Refused> {
        if self.whom != who {
            return if standing.private || standing.owner.is_none() { standing.owner() } else { Ok(()) };
        }
        if standing.private { standing.member() } else { Ok(()) }
    }
}

/// End somebody's membership: their own everybody, others' an owner.
#[derive(Debug, Clone, Copy)]
pub struct Leave {
    /// Whose.
    pub whom: AccountId,
}

impl Act for Leave {
    fn check(self, who: AccountId, standing: &Standing) -> Result<(), Refused> {
        if self.whom != who {
            return standing.owner();
        }
        standing.member()?;
        if standing.topic.is_direct() {
            return Err(refused("a direct conversation cannot be left"));
        }
        Ok(())
    }
}

/// Change title, purpose and privacy: owners.
#[derive(Debug, Clone, Copy)]
pub struct ChangeRoom;

impl Act for ChangeRoom {
    fn check(self, _: AccountId, standing: &Standing) -> Result<(), Refused> {
        standing.owner()
    }
}

fn refused(detail: impl Into<String>) -> Refused {
    Refused::new(ErrorCode::NotAuthorized, detail)
}

fn hidden(topic: &str) -> Refused {
    if let Some((a, b)) = topic.strip_prefix("dm/").and_then(|pair| pair.split_once('/'))
        && a > b
        && !b.contains('/')
    {
        let detail = format!("names stand in order in a direct conversation: write dm/{b}/{a}");
        return Refused::new(ErrorCode::NotFound, detail);
    }
    Refused::new(ErrorCode::NotFound, format!("there is no room {topic} that you can see"))
}

/// The refusal where there is no such room for `account`. Of a direct conversation of theirs it says what is missing.
pub fn missing(directory: &Directory, account: AccountId, topic: &str) -> Refused {
    let pair = topic.parse().ok().and_then(|room: RoomId| room.direct_pair());
    let (Some((a, b)), Some(me)) = (pair, directory.name_of(account)) else { return hidden(topic) };
    let other = match (me == a, me == b) {
        (true, _) => b,
        (_, true) => a,
        _ => return hidden(topic),
    };
    let detail = match directory.id_named(other.as_str()) {
        Some(_) => format!("you have no conversation with {other} yet; say something there to begin it"),
        None => format!("there is nobody called {other}"),
    };
    Refused::new(ErrorCode::NotFound, detail)
}

/// May they? The permit, or why not.
pub fn ask<A: Act>(
    directory: &Directory,
    account: AccountId,
    topic: &str,
    act: A,
) -> Result<Permit<A>, Refused> {
    let entry = directory.with_account(account, |entry| (entry.admin, entry.state));
    let answer = directory.with_room(topic, |room| {
        let permit = Permit { account, room: room.key, act, operator: false };
        permit.check(&Standing::of(room, account, entry)).map(|()| permit)
    });
    answer.unwrap_or_else(|| Err(missing(directory, account, topic)))
}

/// May say something, be seen typing, read and keep a read cursor?
pub fn take_part(
    directory: &Directory,
    account: AccountId,
    topic: &RoomId,
) -> Result<Permit<TakePart>, Refused> {
    ask(directory, account, topic.as_str(), TakePart)
}

/// The person at the server's own command line may do anything, in the name of `account`.
pub fn operator<A: Act>(account: AccountId, room: RoomKey, act: A) -> Permit<A> {
    Permit { account, room, act, operator: true }
}

/// May make accounts.
pub fn administer(account: &AccountEntry) -> Result<(), Refused> {
    if account.admin {
        Ok(())
    } else {
        Err(Refused::new(ErrorCode::NotAuthorized, "only an administrator may do that"))
    }
}

/// May see an exact topic by MQTT, now. On the path of deliveries, hence without building anything.
pub fn may_read(directory: &Directory, account: AccountId, topic: &str) -> bool {
    let Some(rest) = topic.strip_prefix("users/") else { return directory.is_member(topic, account) };
    let Some((name, rest)) = rest.split_once('/') else { return false };
    match rest.split_once('/') {
        None if rest == "presence" => directory.sees_presence(account, name),
        None if rest == "inbox" => directory.name_of(account).is_some_and(|me| me.as_str() == name),
        Some(("typing", room)) => directory.is_member(room, account),
        Some(("read", room)) => directory.tells_cursors(room) && directory.is_member(room, account),
        _ => false,
    }
}

/// May subscribe. A wildcard is granted to everybody: it carries only what [`may_read`] lets through.
pub fn subscribe(directory: &Directory, account: AccountId, filter: &str) -> Result<(), Refused> {
    if filter.starts_with('$') {
        return Err(Refused::new(ErrorCode::NotAuthorized, "topics that begin with '$' are not available"));
    }
    if filter.contains(['#', '+']) {
        return Ok(());
    }
    match Topic::parse(filter)? {
        Topic::Room(room) => take_part(directory, account, &room).map(drop),
        Topic::Typing(_, room) | Topic::Read(_, room) => take_part(directory, account, &room).map(drop),
        Topic::Send(..) | Topic::Device(..) => Err(Refused::new(
            ErrorCode::NotAuthorized,
            "messages on their way to the server can only be read by the server; subscribe to the room instead",
        )),
        Topic::Presence(_) | Topic::Inbox(_) if may_read(directory, account, filter) => Ok(()),
        Topic::Inbox(_) => Err(Refused::new(ErrorCode::NotAuthorized, "an inbox is for its owner only")),
        Topic::Presence(name) => {
            let detail = format!(
                "you share neither a direct conversation nor a small room with {name}; GET /people tells their \
                 presence, if you share a large one"
            );
            Err(Refused::new(ErrorCode::NotAuthorized, detail))
        }
    }
}

/// May publish under `users/{name}/`: only its owner.
pub fn own(me: &Name, name: &Name) -> Result<(), Refused> {
    if me == name {
        return Ok(());
    }
    Err(Refused::new(
        ErrorCode::NotAuthorized,
        format!("you are {me}; what lies under users/{name}/ is for {name} only"),
    ))
}
