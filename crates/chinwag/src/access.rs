//! May they? Pure questions to the directory. A yes about a room is a [`Permit`], which only this file can
//! make and without which nothing is written to a room's log.

use chinwag_protocol::{ErrorCode, Name, Refused, RoomId, topic::Topic};

use crate::directory::{AccountEntry, Directory, RoomEntry};
use crate::store::{AccountId, DISABLED, RoomKey};

/// Proof that an account was allowed an act in a room.
#[derive(Debug, Clone, Copy)]
pub struct Permit {
    account: AccountId,
    room: RoomKey,
}

impl Permit {
    /// Who may.
    pub fn account(self) -> AccountId {
        self.account
    }
    /// Where.
    pub fn room(self) -> RoomKey {
        self.room
    }
}

fn hidden(topic: &str) -> Refused {
    Refused::new(ErrorCode::NotFound, format!("there is no room {topic} that you can see"))
}

/// Looks at a room as a member would.
fn member<T>(
    directory: &Directory,
    account: AccountId,
    topic: &str,
    look: impl FnOnce(&RoomEntry) -> T,
) -> Result<T, Refused> {
    if !directory.is_active(account) {
        return Err(Refused::new(ErrorCode::NotAuthorized, DISABLED));
    }
    directory
        .with_room(topic, |room| {
            if room.members.contains_key(&account) {
                Ok(look(room))
            } else if room.private {
                Err(hidden(topic))
            } else {
                Err(Refused::new(ErrorCode::NotAuthorized, format!("you are not in {topic}; join it first")))
            }
        })
        .unwrap_or_else(|| Err(hidden(topic)))
}

fn owner(directory: &Directory, account: &AccountEntry, topic: &str) -> Result<Permit, Refused> {
    let found = directory.with_room(topic, |room| {
        let role = room.members.get(&account.id).map(|member| member.owner);
        (room.key, room.topic.is_direct(), role, room.private)
    });
    match found {
        Some((room, false, role, _)) if account.admin || role == Some(true) => {
            Ok(Permit { account: account.id, room })
        }
        None | Some((_, _, None, true)) => Err(hidden(topic)),
        Some((_, true, _, _)) => {
            Err(Refused::new(ErrorCode::NotAuthorized, "a direct conversation stays as it is"))
        }
        Some(_) => Err(Refused::new(
            ErrorCode::NotAuthorized,
            format!("only an owner of {topic} or an administrator may do that"),
        )),
    }
}

/// May say something, be seen typing, read and keep a read cursor: every member.
pub fn take_part(directory: &Directory, account: AccountId, topic: &RoomId) -> Result<Permit, Refused> {
    member(directory, account, topic.as_str(), |room| Permit { account, room: room.key })
}

/// May become a member on their own wish: of every public room.
pub fn join(directory: &Directory, account: AccountId, topic: &str) -> Result<Permit, Refused> {
    directory
        .with_room(topic, |room| {
            let in_it = room.members.contains_key(&account);
            (in_it || !room.private).then_some(Permit { account, room: room.key })
        })
        .flatten()
        .ok_or_else(|| hidden(topic))
}

/// May bring somebody else in: members of a public room; owners of a private one.
pub fn add(directory: &Directory, account: &AccountEntry, topic: &str) -> Result<Permit, Refused> {
    let public = directory.with_room(topic, |room| {
        (!room.private && room.members.contains_key(&account.id)).then_some(room.key)
    });
    match public.flatten() {
        Some(room) => Ok(Permit { account: account.id, room }),
        None => owner(directory, account, topic),
    }
}

/// May end somebody's membership: their own everybody, others' an owner.
pub fn remove(
    directory: &Directory,
    account: &AccountEntry,
    topic: &str,
    whom: AccountId,
) -> Result<Permit, Refused> {
    if whom != account.id {
        return owner(directory, account, topic);
    }
    let (permit, direct) = member(directory, account.id, topic, |room| {
        (Permit { account: account.id, room: room.key }, room.topic.is_direct())
    })?;
    if direct {
        return Err(Refused::new(ErrorCode::NotAuthorized, "a direct conversation cannot be left"));
    }
    Ok(permit)
}

/// May change title, purpose and privacy.
pub fn change(directory: &Directory, account: &AccountEntry, topic: &str) -> Result<Permit, Refused> {
    owner(directory, account, topic)
}

/// The person at the server's own command line may do anything, in the name of `account`.
pub fn operator(account: AccountId, room: RoomKey) -> Permit {
    Permit { account, room }
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
        return Err(Refused::new(ErrorCode::NotAuthorized, "there is nothing for you under '$'"));
    }
    if filter.contains(['#', '+']) {
        return Ok(());
    }
    match Topic::parse(filter)? {
        Topic::Room(room) => take_part(directory, account, &room).map(drop),
        Topic::Typing(_, room) | Topic::Read(_, room) => take_part(directory, account, &room).map(drop),
        Topic::Send(..) | Topic::Device(..) => {
            Err(Refused::new(ErrorCode::NotAuthorized, "what is said to the server is for the server only"))
        }
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
