//! Whose presence an account may see, and the permissions that an external broker with its own access rules needs.

use std::collections::HashSet;

use chinwag_protocol::{Name, RoomId};

use super::entries::{AccountEntry, RoomEntry};
use super::{Directory, Inner};
use crate::store::AccountId;

/// The permissions of an account, for a broker with its own access rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    /// Its database id.
    pub id: AccountId,
    /// Its name.
    pub name: Name,
    /// The generation of its key for the broker.
    pub key_generation: i64,
    /// Whether it is in the room `general`.
    pub in_general: bool,
    /// The rooms it is in, sorted by topic.
    pub rooms: Vec<RoomId>,
    /// The accounts whose presence it sees, sorted by name. Without those in `general` if that is small, as all its
    /// members see them.
    pub sees: Vec<Name>,
}

/// The permissions that all members of the room `general` share.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReachOfAll {
    /// The accounts that are not in it, sorted by name. Few, as every new account is.
    pub outside: Vec<Name>,
    /// Whether its members are sent each other's presence.
    pub presence: bool,
}

impl Directory {
    /// Returns whether `one` may see the presence of the account named `other`: if they share a direct conversation or
    /// a small room, or are the same account.
    pub fn sees_presence(&self, one: AccountId, other: &str) -> bool {
        let inner = self.0.read();
        let Some(other) = inner.names.get(other).and_then(|id| inner.accounts.get(id)) else { return false };
        let Some(one) = inner.accounts.get(&one) else { return false };
        inner.share_presence(one, other)
    }

    /// Returns the accounts with which `account` shares a direct conversation or a small room, including itself: they
    /// see each other's presence.
    pub fn presence_of(&self, account: AccountId) -> Vec<AccountId> {
        let inner = self.0.read();
        let Some(me) = inner.accounts.get(&account) else { return Vec::new() };
        inner.presence_people(me).into_iter().collect()
    }

    /// Returns the permissions of these accounts, from a single snapshot. Ids without an account are skipped.
    pub fn reaches(&self, accounts: impl IntoIterator<Item = AccountId>) -> Vec<Reach> {
        let inner = self.0.read();
        let outsiders: HashSet<AccountId> =
            inner.outside_general().iter().map(|account| account.id).collect();
        let by_general = inner.general_tells_presence();
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
            let rooms = me.rooms.iter().filter_map(|key| inner.rooms.get(key));
            let mut rooms: Vec<RoomId> = rooms.map(|room| room.topic.clone()).collect();
            rooms.sort();
            Some(Reach {
                id,
                name: me.name.clone(),
                key_generation: me.key_generation,
                in_general,
                rooms,
                sees,
            })
        };
        accounts.into_iter().filter_map(reach).collect()
    }

    /// Returns the permissions of all accounts except those outside the room `general`.
    pub fn reach_of_all(&self) -> ReachOfAll {
        let inner = self.0.read();
        let mut outside: Vec<_> =
            inner.outside_general().into_iter().map(|account| account.name.clone()).collect();
        outside.sort();
        ReachOfAll { outside, presence: inner.general_tells_presence() }
    }
}

impl Inner {
    /// Returns the rooms of an account whose members see each other's presence.
    fn presence_rooms<'a>(&'a self, account: &'a AccountEntry) -> impl Iterator<Item = &'a RoomEntry> {
        let rooms = account.rooms.iter().filter_map(|key| self.rooms.get(key));
        rooms.filter(|room| room.tells_presence())
    }

    /// Returns whether the two see each other's presence.
    pub(super) fn share_presence(&self, one: &AccountEntry, other: &AccountEntry) -> bool {
        let (fewer, more) = if one.rooms.len() < other.rooms.len() { (one, other) } else { (other, one) };
        one.id == other.id || self.presence_rooms(fewer).any(|room| more.rooms.contains(&room.key))
    }

    fn presence_people(&self, account: &AccountEntry) -> HashSet<AccountId> {
        let members = self.presence_rooms(account).flat_map(|room| room.members.keys().copied());
        members.chain([account.id]).collect()
    }

    fn general_tells_presence(&self) -> bool {
        let general = self.topics.get(RoomId::general().as_str()).and_then(|key| self.rooms.get(key));
        general.is_some_and(RoomEntry::tells_presence)
    }

    fn outside_general(&self) -> Vec<&AccountEntry> {
        let general = self.topics.get(RoomId::general().as_str());
        let outside = |account: &&AccountEntry| general.is_none_or(|room| !account.rooms.contains(room));
        self.accounts.values().filter(outside).collect()
    }
}
