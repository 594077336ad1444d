//! Who is told what of whom: presence, and what a broker that keeps rules of its own must know.

use std::collections::HashSet;

use chinwag_protocol::{Name, RoomId};

use super::entries::{AccountEntry, RoomEntry};
use super::{Directory, Inner};
use crate::store::AccountId;

/// What an account may reach, for a broker that keeps rules of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    /// Its number.
    pub id: AccountId,
    /// Its name.
    pub name: Name,
    /// The generation of its key.
    pub key_generation: i64,
    /// It is in the room `general`.
    pub in_general: bool,
    /// The rooms it is in, by topic.
    pub rooms: Vec<RoomId>,
    /// Those of them where it is told how far others have read.
    pub cursors: Vec<RoomId>,
    /// Whose presence it sees, by name, beside that of everybody in `general` where that is small.
    pub sees: Vec<Name>,
}

/// What everybody in the room `general` may reach by that.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReachOfAll {
    /// Who is not in it, by name. Few: every new account is.
    pub outside: Vec<Name>,
    /// Its members are told of each other's presence.
    pub presence: bool,
    /// Its members are told how far others have read.
    pub cursors: bool,
}

impl Directory {
    /// Is `one` told of the presence of the account named `other`? Where they share a direct conversation or a small
    /// room; everybody of their own.
    pub fn sees_presence(&self, one: AccountId, other: &str) -> bool {
        let inner = self.0.read();
        let Some(other) = inner.names.get(other).and_then(|id| inner.accounts.get(id)) else { return false };
        let Some(one) = inner.accounts.get(&one) else { return false };
        inner.share_presence(one, other)
    }

    /// Those with whom `account` shares a direct conversation or a small room, themselves included: they are told of
    /// each other's presence.
    pub fn presence_of(&self, account: AccountId) -> Vec<AccountId> {
        let inner = self.0.read();
        let Some(me) = inner.accounts.get(&account) else { return Vec::new() };
        inner.presence_people(me).into_iter().collect()
    }

    /// What these accounts may reach, as it stands at one moment. Numbers that are no account are passed over.
    pub fn reaches(&self, accounts: impl IntoIterator<Item = AccountId>) -> Vec<Reach> {
        let inner = self.0.read();
        let outsiders: HashSet<AccountId> =
            inner.outside_general().iter().map(|account| account.id).collect();
        let by_general = inner.general_tells(RoomEntry::tells_presence);
        let reach = |id| {
            let me = inner.accounts.get(&id)?;
            let in_general = !outsiders.contains(&id);
            let mut people = inner.presence_people(me);
            if in_general && by_general {
                people.retain(|id| outsiders.contains(id));
            }
            let mut sees: Vec<Name> =
                people.iter().filter_map(|id| Some(inner.accounts.get(id)?.name.clone())).collect();
            sees.sort();
            let rooms = |told: fn(&RoomEntry) -> bool| {
                let rooms = me.rooms.iter().filter_map(|key| inner.rooms.get(key)).filter(|room| told(room));
                let mut rooms: Vec<RoomId> = rooms.map(|room| room.topic.clone()).collect();
                rooms.sort();
                rooms
            };
            Some(Reach {
                id,
                name: me.name.clone(),
                key_generation: me.key_generation,
                in_general,
                rooms: rooms(|_| true),
                cursors: rooms(RoomEntry::tells_cursors),
                sees,
            })
        };
        accounts.into_iter().filter_map(reach).collect()
    }

    /// What all accounts may reach, but for those outside the room `general`.
    pub fn reach_of_all(&self) -> ReachOfAll {
        let inner = self.0.read();
        let mut outside: Vec<_> =
            inner.outside_general().into_iter().map(|account| account.name.clone()).collect();
        outside.sort();
        let presence = inner.general_tells(RoomEntry::tells_presence);
        ReachOfAll { outside, presence, cursors: inner.general_tells(RoomEntry::tells_cursors) }
    }
}

impl Inner {
    /// The rooms by which somebody is told of others' presence.
    fn presence_rooms<'a>(&'a self, account: &'a AccountEntry) -> impl Iterator<Item = &'a RoomEntry> {
        let rooms = account.rooms.iter().filter_map(|key| self.rooms.get(key));
        rooms.filter(|room| room.tells_presence())
    }

    /// Is each told of the other's presence?
    pub(super) fn share_presence(&self, one: &AccountEntry, other: &AccountEntry) -> bool {
        let (fewer, more) = if one.rooms.len() < other.rooms.len() { (one, other) } else { (other, one) };
        one.id == other.id || self.presence_rooms(fewer).any(|room| more.rooms.contains(&room.key))
    }

    fn presence_people(&self, account: &AccountEntry) -> HashSet<AccountId> {
        let members = self.presence_rooms(account).flat_map(|room| room.members.keys().copied());
        members.chain([account.id]).collect()
    }

    fn general_tells(&self, told: fn(&RoomEntry) -> bool) -> bool {
        let general = self.topics.get(RoomId::general().as_str()).and_then(|key| self.rooms.get(key));
        general.is_some_and(told)
    }

    fn outside_general(&self) -> Vec<&AccountEntry> {
        let general = self.topics.get(RoomId::general().as_str());
        let outside = |account: &&AccountEntry| general.is_none_or(|room| !account.rooms.contains(room));
        self.accounts.values().filter(outside).collect()
    }
}
