//! Sorted parts of long lists. Only the requested entries are copied.

use std::collections::BTreeMap;

use chinwag_protocol::{Name, RoomId};

use super::Directory;
use super::entries::RoomEntry;
use crate::store::{AccountId, RoomKey};

/// A member of a room.
#[derive(Debug)]
pub struct Membership {
    /// The account's id.
    pub id: AccountId,
    /// The member's name.
    pub name: Name,
    /// Whether the member is an owner, who may change the room and remove people.
    pub owner: bool,
}

/// A person who shares a room with an account.
#[derive(Debug)]
pub struct Acquaintance {
    /// The account's id.
    pub id: AccountId,
    /// The person's name.
    pub name: Name,
    /// When the person was last online before this server started; Unix time in milliseconds.
    pub last_seen: Option<i64>,
    /// Whether the person's presence is published to the account.
    pub live: bool,
}

impl Directory {
    /// Returns the first `count` members of a room, sorted by name, whose names come after `after`.
    pub fn members_after(&self, room: RoomKey, after: Option<&Name>, count: usize) -> Vec<Membership> {
        let inner = self.0.read();
        let Some(room) = inner.rooms.get(&room) else { return Vec::new() };
        let entries = room.members.iter().filter_map(|(id, state)| {
            inner.accounts.get(id).map(|account| (&account.name, (*id, state.owner)))
        });
        let found = first(entries, after, count).into_iter();
        found.map(|(name, (id, owner))| Membership { id, name: name.clone(), owner }).collect()
    }

    /// Returns the first `count` people, sorted by name, who share a room with `account` and whose names come after
    /// `after`. The account itself is included.
    pub fn people_after(&self, account: AccountId, after: Option<&Name>, count: usize) -> Vec<Acquaintance> {
        let inner = self.0.read();
        let Some(me) = inner.accounts.get(&account) else { return Vec::new() };
        let rooms = me.rooms.iter().filter_map(|key| inner.rooms.get(key));
        let ids = rooms.flat_map(|room| room.members.keys()).chain([&me.id]);
        let entries = ids.filter_map(|id| inner.accounts.get(id)).map(|account| (&account.name, account));
        let found = first(entries, after, count).into_values();
        let seen = found.map(|account| Acquaintance {
            id: account.id,
            name: account.name.clone(),
            last_seen: account.last_seen,
            live: inner.share_presence(me, account),
        });
        seen.collect()
    }

    /// Returns the results of `look` for the first `count` public rooms, sorted by topic, that `account` is not in and
    /// whose topics come after `after`.
    pub fn joinable_after<T>(
        &self,
        account: AccountId,
        after: Option<&RoomId>,
        count: usize,
        look: impl FnMut(&RoomEntry) -> T,
    ) -> Vec<T> {
        let inner = self.0.read();
        let rooms = inner.rooms.values();
        let joinable = rooms.filter(|room| !room.private && !room.members.contains_key(&account));
        let found = first(joinable.map(|room| (&room.topic, room)), after, count);
        found.into_values().map(look).collect()
    }
}

/// Returns the first `count` entries after `after`, sorted by key; one for each key. Holds at most `count` entries at a
/// time, and one more.
fn first<'a, K: Ord, T>(
    entries: impl Iterator<Item = (&'a K, T)>,
    after: Option<&K>,
    count: usize,
) -> BTreeMap<&'a K, T> {
    let mut found = BTreeMap::new();
    for (key, entry) in entries.filter(|(key, _)| after.is_none_or(|after| *key > after)) {
        if found.len() >= count && found.last_key_value().is_none_or(|(last, _)| key >= *last) {
            continue;
        }
        found.insert(key, entry);
        if found.len() > count {
            found.pop_last();
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_are_found_in_any_order_and_each_once() {
        let keys = [5, 1, 9, 3, 7, 3, 1, 9];
        let of = |after: Option<u32>, count| {
            let entries = keys.iter().map(|key| (key, ()));
            first(entries, after.as_ref(), count).into_keys().copied().collect::<Vec<_>>()
        };
        assert_eq!(of(None, 3), [1, 3, 5]);
        assert_eq!(of(Some(3), 2), [5, 7]);
        assert_eq!(of(Some(4), 9), [5, 7, 9]);
        assert!(of(Some(9), 3).is_empty() && of(None, 0).is_empty());
    }
}
