//! Applies committed changes to the directory.

use std::sync::Arc;

use super::Inner;
use super::entries::{AccountEntry, RoomEntry};
use crate::store::{AccountId, AccountRow, AccountState, Change, MemberState, RoomKey, RoomRow, TokenHash};

impl Inner {
    pub(super) fn apply(&mut self, change: &Change) {
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

    pub(super) fn add_account(&mut self, account: AccountEntry) {
        self.lookalikes.names.add(account.name.as_str());
        self.names.insert(account.name.clone(), account.id);
        self.accounts.insert(account.id, account);
    }

    pub(super) fn add_room(&mut self, row: RoomRow) {
        self.lookalikes.add_room(&row.topic);
        self.topics.insert(row.topic.clone(), row.key);
        self.rooms.insert(row.key, RoomEntry::new(row));
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

    pub(super) fn join(&mut self, room: RoomKey, account: AccountId, state: MemberState) {
        if let Some(entry) = self.rooms.get_mut(&room) {
            entry.members.insert(account, state);
        }
        if let Some(entry) = self.accounts.get_mut(&account) {
            Arc::make_mut(&mut entry.rooms).insert(room);
        }
    }

    pub(super) fn add_token(&mut self, token: i64, account: AccountId, hash: TokenHash) {
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
