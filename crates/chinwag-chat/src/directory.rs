//! Who there is, which rooms, who is in them, which tokens are good: in memory, as the last commit left it.
//! Access is decided here, at every publish, subscribe, delivery and request, without asking the database.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use chinwag_protocol::name::skeleton;
use chinwag_protocol::{Name, RoomId, limits};
use parking_lot::RwLock;

use crate::store::{
    AccountId, AccountRow, AccountState, Change, Committed, Contents, MemberState, RoomKey, RoomRow,
    TokenHash, View,
};

/// An account.
#[derive(Debug, Clone)]
pub struct AccountEntry {
    /// Its number.
    pub id: AccountId,
    /// Its name.
    pub name: Name,
    /// May make accounts and manage every room.
    pub admin: bool,
    /// When it was last there, before this server started; milliseconds.
    pub last_seen: Option<i64>,
    /// The rooms it is in; shared, so that a copy of the entry costs little.
    pub rooms: Arc<HashSet<RoomKey>>,
    /// Grows whenever its key for the broker becomes another.
    pub key_generation: i64,
    /// It has a password; without, it signs in with tokens only.
    pub password: bool,
    /// Whether it may be used.
    pub state: AccountState,
    /// How often its password has changed since this server started.
    pub password_generation: u64,
}

impl AccountEntry {
    /// In no room yet.
    fn new(row: AccountRow) -> Self {
        let AccountRow { id, name, admin, last_seen, key_generation, password, state } = row;
        let rooms = Arc::default();
        Self { id, name, admin, last_seen, rooms, key_generation, password, state, password_generation: 0 }
    }
}

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

/// A room.
#[derive(Debug)]
pub struct RoomEntry {
    /// Its number.
    pub key: RoomKey,
    /// Its id.
    pub topic: RoomId,
    /// The title to show.
    pub title: String,
    /// What it is for.
    pub purpose: String,
    /// Only members see it.
    pub private: bool,
    /// Changes when its log was rewound.
    pub epoch: String,
    /// Moved forward by every commit, while others read the directory.
    last_seq: AtomicU64,
    /// Who is in it.
    pub members: HashMap<AccountId, MemberState>,
    /// Their numbers, as the broker wants them at every delivery.
    pub readers: Arc<[u64]>,
}

impl RoomEntry {
    /// The seq of its last event.
    pub fn last_seq(&self) -> u64 {
        self.last_seq.load(Ordering::Acquire)
    }

    /// Are its members told of each other's presence?
    pub fn tells_presence(&self) -> bool {
        self.members.len() <= limits::PRESENCE_MEMBERS
    }

    /// Are its members told how far the others have read?
    pub fn tells_cursors(&self) -> bool {
        self.members.len() <= limits::CURSOR_MEMBERS
    }

    fn list_readers(&mut self) {
        self.readers = self.members.keys().map(|account| account.0 as u64).collect();
    }
}

/// What names look like, so that no new one is taken for another. Direct conversations are named by the server and
/// do not count.
#[derive(Default)]
struct Lookalikes {
    names: Skeletons,
    rooms: Skeletons,
}

impl Lookalikes {
    fn add_room(&mut self, topic: &RoomId) {
        if !topic.is_direct() {
            self.rooms.add(topic.as_str());
        }
    }

    fn remove_room(&mut self, topic: &RoomId) {
        if !topic.is_direct() {
            self.rooms.remove(topic.as_str());
        }
    }
}

/// How many names have each skeleton: old ones may share one.
#[derive(Default)]
struct Skeletons(HashMap<String, usize>);

impl Skeletons {
    fn add(&mut self, name: &str) {
        *self.0.entry(skeleton(name)).or_default() += 1;
    }

    fn remove(&mut self, name: &str) {
        if let Entry::Occupied(mut count) = self.0.entry(skeleton(name)) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
    }

    fn contains(&self, name: &str) -> bool {
        self.0.contains_key(&skeleton(name))
    }
}

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

/// The directory. Locks are held for look-ups only.
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
        // Most commits do no more than this, and keep nobody from reading.
        let inner = self.0.read();
        let ours = committed.events.iter().map(|event| (event.room, event.seq));
        for (room, seq) in ours.chain(committed.elsewhere.iter().copied()) {
            if let Some(room) = inner.rooms.get(&room) {
                room.last_seq.fetch_max(seq, Ordering::AcqRel);
            }
        }
    }

    fn last_seq(&self, room: RoomKey) -> Option<u64> {
        self.with_room_key(room, RoomEntry::last_seq)
    }
}

impl Directory {
    /// The account of that name.
    pub fn account_named(&self, name: &str) -> Option<AccountEntry> {
        let inner = self.0.read();
        inner.accounts.get(inner.names.get(name)?).cloned()
    }

    /// Is there an account whose name looks like this one?
    pub fn looks_like_an_account(&self, name: &Name) -> bool {
        self.0.read().lookalikes.names.contains(name.as_str())
    }

    /// Is there a room whose id looks like this one?
    pub fn looks_like_a_room(&self, topic: &RoomId) -> bool {
        self.0.read().lookalikes.rooms.contains(topic.as_str())
    }

    /// The number of the account of that name.
    pub fn id_named(&self, name: &str) -> Option<AccountId> {
        self.0.read().names.get(name).copied()
    }

    /// The account of that number.
    pub fn account(&self, id: AccountId) -> Option<AccountEntry> {
        self.0.read().accounts.get(&id).cloned()
    }

    /// Looks at an account.
    pub fn with_account<T>(&self, id: AccountId, look: impl FnOnce(&AccountEntry) -> T) -> Option<T> {
        self.0.read().accounts.get(&id).map(look)
    }

    /// The name of an account.
    pub fn name_of(&self, id: AccountId) -> Option<Name> {
        self.0.read().accounts.get(&id).map(|account| account.name.clone())
    }

    /// Is there no account at all?
    pub fn is_empty(&self) -> bool {
        self.0.read().accounts.is_empty()
    }

    /// All accounts, by name.
    pub fn accounts(&self) -> Vec<AccountEntry> {
        let mut accounts: Vec<_> = self.0.read().accounts.values().cloned().collect();
        accounts.sort_by(|one, other| one.name.cmp(&other.name));
        accounts
    }

    /// Is there an administrator who can sign in, with a password or a token?
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

    /// May the account be used?
    pub fn is_active(&self, id: AccountId) -> bool {
        self.with_account(id, |account| account.state == AccountState::Active).unwrap_or(false)
    }

    /// Whose token this is, and its number.
    pub fn token(&self, hash: &TokenHash) -> Option<(i64, AccountId)> {
        self.0.read().tokens.get(hash).copied()
    }

    /// How many tokens and sign-ins it has.
    pub fn token_count(&self, account: AccountId) -> usize {
        self.0.read().tokens_of.get(&account).map_or(0, BTreeSet::len)
    }

    /// Has the account a token with this number?
    pub fn has_token(&self, account: AccountId, token: i64) -> bool {
        let inner = self.0.read();
        let found = inner.tokens_of.get(&account).and_then(|tokens| tokens.range((token, [0; 32])..).next());
        found.is_some_and(|(found, _)| *found == token)
    }

    /// Looks at a room, if there is one with this id.
    pub fn with_room<T>(&self, topic: &str, look: impl FnOnce(&RoomEntry) -> T) -> Option<T> {
        let inner = self.0.read();
        inner.rooms.get(inner.topics.get(topic)?).map(look)
    }

    /// Looks at a room by its number.
    pub fn with_room_key<T>(&self, key: RoomKey, look: impl FnOnce(&RoomEntry) -> T) -> Option<T> {
        self.0.read().rooms.get(&key).map(look)
    }

    /// What `pick` gives for each of an account's rooms.
    pub fn rooms_of<T>(&self, account: AccountId, mut pick: impl FnMut(&RoomEntry) -> Option<T>) -> Vec<T> {
        let inner = self.0.read();
        let Some(entry) = inner.accounts.get(&account) else { return Vec::new() };
        entry.rooms.iter().filter_map(|key| inner.rooms.get(key)).filter_map(&mut pick).collect()
    }

    /// What `pick` gives for each room there is.
    pub fn all_rooms<T>(&self, pick: impl FnMut(&RoomEntry) -> Option<T>) -> Vec<T> {
        self.0.read().rooms.values().filter_map(pick).collect()
    }

    /// Is the account in the room with this id? On the path of every delivery.
    pub fn is_member(&self, topic: &str, account: AccountId) -> bool {
        self.with_room(topic, |room| room.members.contains_key(&account)).unwrap_or(false)
    }

    /// Are the members of the room with this id told how far the others have read?
    pub fn tells_cursors(&self, topic: &str) -> bool {
        self.with_room(topic, RoomEntry::tells_cursors).unwrap_or(false)
    }

    /// The accounts in the room with this id.
    pub fn member_ids(&self, topic: &str) -> Arc<[u64]> {
        self.with_room(topic, |room| Arc::clone(&room.readers)).unwrap_or_default()
    }

    /// Is `one` told of the presence of the account named `other`? Where they share a direct conversation or a small
    /// room; everybody of their own.
    pub fn sees_presence(&self, one: AccountId, other: &str) -> bool {
        let inner = self.0.read();
        let Some(other) = inner.names.get(other).and_then(|id| inner.accounts.get(id)) else { return false };
        let Some(one) = inner.accounts.get(&one) else { return false };
        one.id == other.id || inner.presence_rooms(one).any(|room| room.members.contains_key(&other.id))
    }

    /// Those with whom `account` shares a direct conversation or a small room, themselves included: they are told of
    /// each other's presence.
    pub fn presence_of(&self, account: AccountId) -> Vec<AccountId> {
        let inner = self.0.read();
        let Some(me) = inner.accounts.get(&account) else { return Vec::new() };
        inner.presence_people(me).into_iter().collect()
    }

    /// Everybody who shares a room with `account`, themselves included.
    pub fn people_of(&self, account: AccountId) -> Vec<AccountEntry> {
        let inner = self.0.read();
        let Some(me) = inner.accounts.get(&account) else { return Vec::new() };
        let mut ids: HashSet<AccountId> = HashSet::from([account]);
        for room in me.rooms.iter().filter_map(|key| inner.rooms.get(key)) {
            ids.extend(room.members.keys());
        }
        ids.iter().filter_map(|id| inner.accounts.get(id)).cloned().collect()
    }

    /// All accounts' numbers.
    pub fn account_ids(&self) -> Vec<AccountId> {
        self.0.read().accounts.keys().copied().collect()
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

    /// How many accounts and rooms there are.
    pub fn counts(&self) -> (usize, usize) {
        let inner = self.0.read();
        (inner.accounts.len(), inner.rooms.len())
    }
}

impl Inner {
    /// The rooms by which somebody is told of others' presence.
    fn presence_rooms<'a>(&'a self, account: &'a AccountEntry) -> impl Iterator<Item = &'a RoomEntry> {
        let rooms = account.rooms.iter().filter_map(|key| self.rooms.get(key));
        rooms.filter(|room| room.tells_presence())
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

    fn apply(&mut self, change: &Change) {
        match change {
            Change::AccountAdded { account, name, admin, password } => {
                self.add_account(AccountEntry::new(AccountRow {
                    id: *account,
                    name: name.clone(),
                    admin: *admin,
                    last_seen: None,
                    key_generation: 0,
                    password: *password,
                    state: AccountState::Active,
                }));
            }
            Change::PasswordChanged { account, kept } => {
                self.drop_tokens(*account, |token| Some(token) != *kept);
                if let Some(entry) = self.accounts.get_mut(account) {
                    entry.password_generation += 1;
                }
                self.renew_key(*account);
                if let Some(entry) = self.accounts.get_mut(account) {
                    entry.password = true;
                }
            }
            Change::AccountState { account, state } => self.set_state(*account, *state),
            Change::AccountDeleted { account, was, name } => {
                self.set_state(*account, AccountState::Deleted);
                self.names.remove(was);
                self.lookalikes.names.remove(was.as_str());
                self.lookalikes.names.add(name.as_str());
                self.names.insert(name.clone(), *account);
                if let Some(entry) = self.accounts.get_mut(account) {
                    (entry.name, entry.admin, entry.password) = (name.clone(), false, false);
                    entry.last_seen = None;
                }
            }
            Change::Asked { .. } => {}
            Change::RoomDeleted { room, topic, members } => {
                self.topics.remove(topic);
                self.lookalikes.remove_room(topic);
                self.rooms.remove(room);
                for account in members {
                    if let Some(entry) = self.accounts.get_mut(account) {
                        Arc::make_mut(&mut entry.rooms).remove(room);
                    }
                }
            }
            Change::RoomAdded { room, topic, title, purpose, private, epoch } => {
                self.add_room(RoomRow {
                    key: *room,
                    topic: topic.clone(),
                    title: title.clone(),
                    purpose: purpose.clone(),
                    private: *private,
                    epoch: epoch.clone(),
                    last_seq: 0,
                });
            }
            Change::RoomChanged { room, title, purpose, private } => {
                if let Some(entry) = self.rooms.get_mut(room) {
                    entry.title.clone_from(title);
                    entry.purpose.clone_from(purpose);
                    entry.private = *private;
                }
            }
            Change::Joined { room, account, member, .. } => {
                self.join(*room, *account, *member);
                self.rooms.get_mut(room).into_iter().for_each(RoomEntry::list_readers);
            }
            Change::Left { room, account, .. } => {
                if let Some(entry) = self.rooms.get_mut(room) {
                    entry.members.remove(account);
                    entry.list_readers();
                }
                if let Some(entry) = self.accounts.get_mut(account) {
                    Arc::make_mut(&mut entry.rooms).remove(room);
                }
            }
            Change::Event { .. } => {}
            Change::TokenAdded { token, account, hash } => self.add_token(*token, *account, *hash),
            Change::TokenRevoked { token, account, superfluous } => {
                self.drop_tokens(*account, |other| other == *token);
                if !superfluous {
                    self.renew_key(*account);
                }
            }
        }
    }

    fn add_account(&mut self, account: AccountEntry) {
        self.lookalikes.names.add(account.name.as_str());
        self.names.insert(account.name.clone(), account.id);
        self.accounts.insert(account.id, account);
    }

    fn add_room(&mut self, row: RoomRow) {
        let RoomRow { key, topic, title, purpose, private, epoch, last_seq } = row;
        self.lookalikes.add_room(&topic);
        self.topics.insert(topic.clone(), key);
        let (members, readers) = Default::default();
        let last_seq = last_seq.into();
        let room = RoomEntry { key, topic, title, purpose, private, epoch, last_seq, members, readers };
        self.rooms.insert(key, room);
    }

    fn set_state(&mut self, account: AccountId, state: AccountState) {
        if state != AccountState::Active {
            self.drop_tokens(account, |_| true);
            self.renew_key(account);
        }
        if let Some(entry) = self.accounts.get_mut(&account) {
            entry.state = state;
        }
    }

    fn renew_key(&mut self, account: AccountId) {
        if let Some(entry) = self.accounts.get_mut(&account) {
            entry.key_generation += 1;
        }
    }

    fn join(&mut self, room: RoomKey, account: AccountId, state: MemberState) {
        if let Some(entry) = self.rooms.get_mut(&room) {
            entry.members.insert(account, state);
        }
        if let Some(entry) = self.accounts.get_mut(&account) {
            Arc::make_mut(&mut entry.rooms).insert(room);
        }
    }

    fn add_token(&mut self, token: i64, account: AccountId, hash: TokenHash) {
        self.tokens.insert(hash, (token, account));
        self.tokens_of.entry(account).or_default().insert((token, hash));
    }

    fn drop_tokens(&mut self, account: AccountId, mut gone: impl FnMut(i64) -> bool) {
        let Some(tokens) = self.tokens_of.get_mut(&account) else { return };
        tokens.retain(|(token, hash)| {
            let goes = gone(*token);
            if goes {
                self.tokens.remove(hash);
            }
            !goes
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(room: RoomKey, account: i64) -> Change {
        let (account, by) = (AccountId(account), AccountId(account));
        Change::Joined { room, account, by, member: MemberState { owner: false, joined_seq: 1 } }
    }

    fn added(room: RoomKey, topic: &str) -> Change {
        let topic = topic.parse().unwrap();
        let (title, purpose, epoch) = Default::default();
        Change::RoomAdded { room, topic, title, purpose, private: false, epoch }
    }

    /// So many people in `general`; the first two have a direct conversation.
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
    fn how_many_are_told_of_a_crowd_grows_with_the_crowd() {
        let told = |count| {
            let directory = people(count);
            (1..=count).map(|id| directory.presence_of(AccountId(id)).len()).sum::<usize>()
        };
        assert_eq!((told(500), told(1_000)), (502, 1_002));
    }
}
