//! The directory: accounts, rooms, members and tokens, in memory, as of the last commit. Access is decided here for
//! every publish, subscribe, delivery and request, without asking the database.

mod apply;
mod entries;
mod lookalikes;
mod pages;
mod reach;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use chinwag_protocol::{Name, RoomId};
use parking_lot::RwLock;

use crate::store::{AccountId, AccountState, Committed, Contents, RoomKey, TokenHash, View};
pub use entries::{AccountEntry, RoomEntry};
use lookalikes::Lookalikes;
pub use pages::{Acquaintance, Membership};
pub use reach::{Reach, ReachOfAll};

#[derive(Default)]
struct Inner {
    accounts: HashMap<AccountId, AccountEntry>,
    names: HashMap<Name, AccountId>,
    rooms: HashMap<RoomKey, RoomEntry>,
    topics: HashMap<RoomId, RoomKey>,
    lookalikes: Lookalikes,
    tokens: HashMap<TokenHash, (i64, AccountId)>,
    tokens_of: HashMap<AccountId, BTreeSet<(i64, TokenHash)>>,
}

/// The directory. Its lock is only held during look-ups and updates.
#[derive(Default)]
pub struct Directory(RwLock<Inner>);

impl View for Directory {
    fn load(&self, contents: Contents) {
        let mut inner = Inner::default();
        contents.accounts.into_iter().for_each(|row| inner.add_account(AccountEntry::new(row)));
        contents.rooms.into_iter().for_each(|row| inner.add_room(row));
        for (room, account, state) in contents.members {
            inner.join(room, account, state);
        }
        inner.rooms.values_mut().for_each(RoomEntry::list_readers);
        for (token, account, hash) in contents.tokens {
            inner.add_token(token, account, hash);
        }
        *self.0.write() = inner;
    }

    fn apply(&self, committed: &Committed) {
        if !committed.changes.is_empty() {
            let mut inner = self.0.write();
            committed.changes.iter().for_each(|change| inner.apply(change));
        }
        // Most commits need no more than a read lock, and block no reader.
        let inner = self.0.read();
        let ours = committed.events.iter().map(|event| (event.room, event.seq));
        for (room, seq) in ours.chain(committed.elsewhere.iter().copied()) {
            if let Some(room) = inner.rooms.get(&room) {
                room.reached(seq);
            }
        }
    }

    fn last_seq(&self, room: RoomKey) -> Option<u64> {
        self.with_room_key(room, RoomEntry::last_seq)
    }

    fn looks_like_an_account(&self, name: &Name) -> bool {
        self.0.read().lookalikes.names.contains(name.as_str())
    }

    fn looks_like_a_room(&self, topic: &RoomId) -> bool {
        self.0.read().lookalikes.rooms.contains(topic.as_str())
    }
}

impl Directory {
    /// Returns the account with this name.
    pub fn account_named(&self, name: &str) -> Option<AccountEntry> {
        let inner = self.0.read();
        inner.accounts.get(inner.names.get(name)?).cloned()
    }

    /// Returns the id of the account with this name.
    pub fn id_named(&self, name: &str) -> Option<AccountId> {
        self.0.read().names.get(name).copied()
    }

    /// Returns the account with this id.
    pub fn account(&self, id: AccountId) -> Option<AccountEntry> {
        self.0.read().accounts.get(&id).cloned()
    }

    /// Applies `look` to an account.
    pub fn with_account<T>(&self, id: AccountId, look: impl FnOnce(&AccountEntry) -> T) -> Option<T> {
        self.0.read().accounts.get(&id).map(look)
    }

    /// Returns the name of an account.
    pub fn name_of(&self, id: AccountId) -> Option<Name> {
        self.0.read().accounts.get(&id).map(|account| account.name.clone())
    }

    /// Returns whether there is no account at all.
    pub fn is_empty(&self) -> bool {
        self.0.read().accounts.is_empty()
    }

    /// Returns all accounts, by name.
    pub fn accounts(&self) -> Vec<AccountEntry> {
        let mut accounts: Vec<_> = self.0.read().accounts.values().cloned().collect();
        accounts.sort_by(|one, other| one.name.cmp(&other.name));
        accounts
    }

    /// Returns whether there is an administrator who can sign in, with a password or a token.
    pub fn has_administrator(&self) -> bool {
        let inner = self.0.read();
        let signs_in = |account: &AccountEntry| {
            account.password || inner.tokens_of.get(&account.id).is_some_and(|tokens| !tokens.is_empty())
        };
        inner
            .accounts
            .values()
            .any(|account| account.admin && account.state == AccountState::Active && signs_in(account))
    }

    /// Returns whether the account may be used.
    pub fn is_active(&self, id: AccountId) -> bool {
        self.with_account(id, |account| account.state == AccountState::Active).unwrap_or(false)
    }

    /// Returns the id and the account of a token.
    pub fn token(&self, hash: &TokenHash) -> Option<(i64, AccountId)> {
        self.0.read().tokens.get(hash).copied()
    }

    /// Returns the number of an account's tokens, including sign-ins.
    pub fn token_count(&self, account: AccountId) -> usize {
        self.0.read().tokens_of.get(&account).map_or(0, BTreeSet::len)
    }

    /// Returns whether the account has a token with this id.
    pub fn has_token(&self, account: AccountId, token: i64) -> bool {
        let inner = self.0.read();
        let found = inner.tokens_of.get(&account).and_then(|tokens| tokens.range((token, [0; 32])..).next());
        found.is_some_and(|(found, _)| *found == token)
    }

    /// Applies `look` to the room with this id, if there is one.
    pub fn with_room<T>(&self, topic: &str, look: impl FnOnce(&RoomEntry) -> T) -> Option<T> {
        let inner = self.0.read();
        inner.rooms.get(inner.topics.get(topic)?).map(look)
    }

    /// Applies `look` to the room with this key.
    pub fn with_room_key<T>(&self, key: RoomKey, look: impl FnOnce(&RoomEntry) -> T) -> Option<T> {
        self.0.read().rooms.get(&key).map(look)
    }

    /// Returns the results of `pick` for each of an account's rooms.
    pub fn rooms_of<T>(&self, account: AccountId, mut pick: impl FnMut(&RoomEntry) -> Option<T>) -> Vec<T> {
        let inner = self.0.read();
        let Some(entry) = inner.accounts.get(&account) else { return Vec::new() };
        entry.rooms.iter().filter_map(|key| inner.rooms.get(key)).filter_map(&mut pick).collect()
    }

    /// Returns the results of `pick` for all rooms.
    pub fn all_rooms<T>(&self, pick: impl FnMut(&RoomEntry) -> Option<T>) -> Vec<T> {
        self.0.read().rooms.values().filter_map(pick).collect()
    }

    /// Returns whether the account is in the room with this id. Called for every delivery.
    pub fn is_member(&self, topic: &str, account: AccountId) -> bool {
        self.with_room(topic, |room| room.members.contains_key(&account)).unwrap_or(false)
    }

    /// Returns the accounts in the room with this id.
    pub fn member_ids(&self, topic: &str) -> Arc<[u64]> {
        self.with_room(topic, |room| Arc::clone(&room.readers)).unwrap_or_default()
    }

    /// Returns the ids of all accounts.
    pub fn account_ids(&self) -> Vec<AccountId> {
        self.0.read().accounts.keys().copied().collect()
    }

    /// Returns the numbers of accounts and rooms.
    pub fn counts(&self) -> (usize, usize) {
        let inner = self.0.read();
        (inner.accounts.len(), inner.rooms.len())
    }
}

#[cfg(test)]
mod tests {
    use chinwag_protocol::limits;

    use super::*;
    use crate::store::{Change, MemberState};

    fn joined(room: RoomKey, account: i64) -> Change {
        let (account, by) = (AccountId(account), AccountId(account));
        Change::Joined { room, account, by, member: MemberState { owner: false, joined_seq: 1 } }
    }

    fn added(room: RoomKey, topic: &str) -> Change {
        let topic = topic.parse().unwrap();
        let (title, purpose, epoch) = Default::default();
        Change::RoomAdded { room, topic, title, purpose, private: false, epoch }
    }

    /// Returns a directory with `count` people in `general`; the first two have a direct conversation.
    fn people(count: i64) -> Directory {
        let (general, direct) = (RoomKey(1), RoomKey(2));
        let mut changes = vec![added(general, "general"), added(direct, "dm/p1/p2")];
        for number in 1..=count {
            let name = format!("p{number}").parse().unwrap();
            let account = AccountId(number);
            changes.push(Change::AccountAdded { account, name, admin: false, password: true });
            changes.push(joined(general, number));
        }
        changes.extend([joined(direct, 1), joined(direct, 2)]);
        let directory = Directory::default();
        directory.apply(&Committed { changes, ..Committed::default() });
        directory
    }

    #[test]
    fn presence_is_told_in_small_rooms_and_in_direct_conversations() {
        let most = limits::PRESENCE_MEMBERS as i64;
        let directory = people(most);
        assert!(directory.sees_presence(AccountId(3), "p1") && directory.reach_of_all().presence);
        assert_eq!(directory.presence_of(AccountId(3)).len(), limits::PRESENCE_MEMBERS);

        let directory = people(most + 1);
        assert!(!directory.sees_presence(AccountId(3), "p1") && !directory.reach_of_all().presence);
        assert!(directory.sees_presence(AccountId(3), "p3"), "everybody sees their own");
        assert!(directory.sees_presence(AccountId(2), "p1") && directory.sees_presence(AccountId(1), "p2"));
        let mut told = directory.presence_of(AccountId(1));
        told.sort_unstable();
        assert_eq!(told, [AccountId(1), AccountId(2)]);
        let sees = |id| directory.reaches([AccountId(id)]).pop().unwrap().sees;
        assert_eq!((sees(1).len(), sees(3).len()), (2, 1));
    }

    #[test]
    fn the_list_of_people_says_whose_presence_is_told() {
        let most = limits::PRESENCE_MEMBERS as i64;
        for (count, live) in [(most, most as usize), (most + 1, 2)] {
            let directory = people(count);
            let everybody = directory.people_after(AccountId(1), None, usize::MAX);
            assert_eq!(everybody.len() as i64, count, "also those of whom two rooms have something");
            let mut told: Vec<_> =
                everybody.iter().filter(|person| person.live).map(|person| person.id).collect();
            let mut expected = directory.presence_of(AccountId(1));
            told.sort_unstable();
            expected.sort_unstable();
            assert_eq!((told.len(), told), (live, expected));
            let last = everybody.last().map(|person| &person.name);
            assert!(directory.people_after(AccountId(1), last, 1).is_empty());
        }
        assert!(people(1).people_after(AccountId(77), None, 9).is_empty());
    }

    #[test]
    fn how_many_are_told_of_a_crowd_grows_with_the_crowd() {
        let told = |count| {
            let directory = people(count);
            (1..=count).map(|id| directory.presence_of(AccountId(id)).len()).sum::<usize>()
        };
        assert_eq!((told(500), told(1_000)), (502, 1_002));
    }
}
