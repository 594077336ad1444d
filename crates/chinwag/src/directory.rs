//! Who there is, which rooms, who is in them, which tokens are good: in memory, as the last commit left it.
//! Access is decided here, at every publish, subscribe, delivery and request, without asking the database.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use chinwag_protocol::{Name, RoomId};
use parking_lot::RwLock;

use crate::store::{AccountId, AccountState, Change, Committed, MemberState, RoomKey, TokenHash};

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
    /// The rooms it is in.
    pub rooms: HashSet<RoomKey>,
    /// Grows whenever its key for the broker becomes another.
    pub key_generation: i64,
    /// It has a password; without, it signs in with tokens only.
    pub password: bool,
    /// Whether it may be used.
    pub state: AccountState,
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
    /// It is in the room `general`, and so sees the presence of everybody who is.
    pub in_general: bool,
    /// The rooms it is in, by topic.
    pub rooms: Vec<RoomId>,
    /// Whose presence it sees beside that, by name.
    pub sees: Vec<Name>,
}

/// A room.
#[derive(Debug, Clone)]
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
    /// The seq of its last event.
    pub last_seq: u64,
    /// Who is in it.
    pub members: HashMap<AccountId, MemberState>,
    /// Their numbers, as the broker wants them at every delivery.
    pub readers: Arc<[u64]>,
}

impl RoomEntry {
    fn list_readers(&mut self) {
        self.readers = self.members.keys().map(|account| account.0 as u64).collect();
    }
}

/// Everything in it, as read from the database at the start.
pub struct Contents {
    /// Accounts, in no room yet.
    pub accounts: Vec<AccountEntry>,
    /// Number, topic, title, purpose, private, epoch, last seq.
    pub rooms: Vec<(RoomKey, RoomId, String, String, bool, String, u64)>,
    /// Memberships.
    pub members: Vec<(RoomKey, AccountId, MemberState)>,
    /// Number, account, hash.
    pub tokens: Vec<(i64, AccountId, TokenHash)>,
}

#[derive(Default)]
struct Inner {
    accounts: HashMap<AccountId, AccountEntry>,
    names: HashMap<Name, AccountId>,
    rooms: HashMap<RoomKey, RoomEntry>,
    topics: HashMap<RoomId, RoomKey>,
    tokens: HashMap<TokenHash, (i64, AccountId)>,
    tokens_of: HashMap<AccountId, BTreeSet<(i64, TokenHash)>>,
}

/// The directory. Locks are held for look-ups only.
#[derive(Default)]
pub struct Directory(RwLock<Inner>);

impl Directory {
    /// Fills it.
    pub fn load(&self, contents: Contents) {
        let mut inner = Inner::default();
        contents.accounts.into_iter().for_each(|account| inner.add_account(account));
        for (key, topic, title, purpose, private, epoch, last_seq) in contents.rooms {
            inner.topics.insert(topic.clone(), key);
            let (members, readers) = Default::default();
            let room = RoomEntry { key, topic, title, purpose, private, epoch, last_seq, members, readers };
            inner.rooms.insert(key, room);
        }
        for (room, account, state) in contents.members {
            inner.join(room, account, state);
        }
        inner.rooms.values_mut().for_each(RoomEntry::list_readers);
        for (token, account, hash) in contents.tokens {
            inner.add_token(token, account, hash);
        }
        *self.0.write() = inner;
    }

    /// Takes over what was committed.
    pub fn apply(&self, committed: &Committed) {
        let mut inner = self.0.write();
        for change in &committed.changes {
            inner.apply(change);
        }
        let ours = committed.events.iter().map(|event| (event.room, event.seq));
        for (room, seq) in ours.chain(committed.elsewhere.iter().copied()) {
            if let Some(room) = inner.rooms.get_mut(&room) {
                room.last_seq = room.last_seq.max(seq);
            }
        }
    }

    /// The account of that name.
    pub fn account_named(&self, name: &str) -> Option<AccountEntry> {
        let inner = self.0.read();
        inner.accounts.get(inner.names.get(name)?).cloned()
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

    /// All accounts' names and when they were last there.
    pub fn last_seen(&self) -> Vec<(AccountId, Name, Option<i64>)> {
        self.0.read().accounts.values().map(|a| (a.id, a.name.clone(), a.last_seen)).collect()
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

    /// The accounts in the room with this id.
    pub fn member_ids(&self, topic: &str) -> Arc<[u64]> {
        self.with_room(topic, |room| Arc::clone(&room.readers)).unwrap_or_default()
    }

    /// Do they share a room? Everybody does with themselves.
    pub fn share_a_room(&self, one: AccountId, other: &str) -> bool {
        let inner = self.0.read();
        let Some(other) = inner.names.get(other).and_then(|id| inner.accounts.get(id)) else { return false };
        let Some(one) = inner.accounts.get(&one) else { return false };
        one.id == other.id || !one.rooms.is_disjoint(&other.rooms)
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
        let outsiders = inner.outside_general();
        let reach = |id| {
            let me = inner.accounts.get(&id)?;
            let in_general = !outsiders.iter().any(|other| other.id == id);
            let mut sees: Vec<Name> = if in_general {
                let shared = outsiders.iter().filter(|other| !me.rooms.is_disjoint(&other.rooms));
                shared.map(|other| other.name.clone()).collect()
            } else {
                let rooms = me.rooms.iter().filter_map(|key| inner.rooms.get(key));
                let people: HashSet<_> = rooms.flat_map(|room| room.members.keys()).chain([&id]).collect();
                people.into_iter().filter_map(|id| Some(inner.accounts.get(id)?.name.clone())).collect()
            };
            sees.sort();
            let rooms = me.rooms.iter().filter_map(|key| Some(inner.rooms.get(key)?.topic.clone()));
            let mut rooms: Vec<RoomId> = rooms.collect();
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

    /// Who is not in the room `general`. Few: every new account is.
    pub fn outside_general(&self) -> Vec<Name> {
        let mut names: Vec<_> =
            self.0.read().outside_general().into_iter().map(|account| account.name.clone()).collect();
        names.sort();
        names
    }

    /// How many accounts and rooms there are.
    pub fn counts(&self) -> (usize, usize) {
        let inner = self.0.read();
        (inner.accounts.len(), inner.rooms.len())
    }
}

impl Inner {
    fn outside_general(&self) -> Vec<&AccountEntry> {
        let general = self.topics.get(RoomId::general().as_str());
        let outside = |account: &&AccountEntry| general.is_none_or(|room| !account.rooms.contains(room));
        self.accounts.values().filter(outside).collect()
    }

    fn apply(&mut self, change: &Change) {
        match change {
            Change::AccountAdded { account, name, admin, password } => self.add_account(AccountEntry {
                id: *account,
                name: name.clone(),
                admin: *admin,
                last_seen: None,
                rooms: HashSet::new(),
                key_generation: 0,
                password: *password,
                state: AccountState::Active,
            }),
            Change::PasswordChanged { account, kept } => {
                self.drop_tokens(*account, |token| Some(token) != *kept);
                self.renew_key(*account);
                if let Some(entry) = self.accounts.get_mut(account) {
                    entry.password = true;
                }
            }
            Change::AccountState { account, state } => self.set_state(*account, *state),
            Change::AccountDeleted { account, was, name } => {
                self.set_state(*account, AccountState::Deleted);
                self.names.remove(was);
                self.names.insert(name.clone(), *account);
                if let Some(entry) = self.accounts.get_mut(account) {
                    (entry.name, entry.admin, entry.password) = (name.clone(), false, false);
                    entry.last_seen = None;
                }
            }
            Change::Asked { .. } => {}
            Change::RoomDeleted { room, topic, members } => {
                self.topics.remove(topic);
                self.rooms.remove(room);
                for account in members {
                    if let Some(entry) = self.accounts.get_mut(account) {
                        entry.rooms.remove(room);
                    }
                }
            }
            Change::RoomAdded { room, topic, title, purpose, private, epoch } => {
                self.topics.insert(topic.clone(), *room);
                let entry = RoomEntry {
                    key: *room,
                    topic: topic.clone(),
                    title: title.clone(),
                    purpose: purpose.clone(),
                    private: *private,
                    epoch: epoch.clone(),
                    last_seq: 0,
                    members: HashMap::new(),
                    readers: Arc::default(),
                };
                self.rooms.insert(*room, entry);
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
                    entry.rooms.remove(room);
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
        self.names.insert(account.name.clone(), account.id);
        self.accounts.insert(account.id, account);
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
            entry.rooms.insert(room);
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
