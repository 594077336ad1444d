//! Presence of accounts, over all of a person's devices. On the embedded broker it follows from the connections. On an
//! external broker it is gathered from what the broker and the devices report, by one server: the leader, which
//! announces it and whose state the others adopt.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use chinwag_protocol::inbox::PresenceState;
use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::clock;
use crate::store::AccountId;

/// How long an account stays online after its last connection has ended: a page reload or a tunnel is not an absence.
pub const GRACE: Duration = Duration::from_secs(3);
/// Interval of the checks for accounts that have gone offline or away.
const LOOK: Duration = Duration::from_secs(1);
/// How long an account counts as present after it sent or read something, if its connections are unknown.
pub const SEEN_FOR: Duration = Duration::from_secs(60);
/// How long a connected account may send, read or type nothing before it is away.
pub const AWAY_AFTER: Duration = Duration::from_secs(10 * 60);

struct Entry {
    connections: usize,
    state: PresenceState,
    active: Instant,
    /// When the account goes offline, unless something happens before.
    leaves: Option<Instant>,
    last_seen: i64,
}

impl Entry {
    fn new(now: Instant) -> Self {
        Self { connections: 0, state: PresenceState::Offline, active: now, leaves: None, last_seen: 0 }
    }
}

/// A change of presence to be announced.
#[derive(Debug, Clone, Copy)]
pub struct Update {
    /// The account.
    pub account: AccountId,
    /// Its new state.
    pub state: PresenceState,
    /// When it was last online, in milliseconds since 1970.
    pub last_seen: i64,
}

#[derive(Default)]
struct Inner {
    entries: HashMap<AccountId, Entry>,
    changed: HashSet<AccountId>,
    /// When accounts were last checked for having gone offline or away.
    looked: Option<Instant>,
    /// Last-seen times that are not yet stored in the database, in milliseconds since 1970.
    unsaved: HashMap<AccountId, i64>,
    /// Another server gathers presence; this one adopts its state.
    by_others: bool,
}

/// The presence of all accounts.
#[derive(Default)]
pub struct Presence {
    inner: Mutex<Inner>,
    wake: Notify,
}

impl Presence {
    /// Adds a connection of an account.
    pub fn connected(&self, account: AccountId) {
        self.touch(account, |entry| {
            entry.connections += 1;
            entry.leaves = None;
        });
    }

    /// Removes a connection of an account.
    pub fn disconnected(&self, account: AccountId) {
        let mut inner = self.inner.lock();
        let Some(entry) = inner.entries.get_mut(&account) else { return };
        entry.connections = entry.connections.saturating_sub(1);
        entry.last_seen = clock::now();
        if entry.connections == 0 {
            entry.leaves = Some(Instant::now() + GRACE);
        }
    }

    /// Records that an account sent something at the time `at`, in milliseconds since 1970, even if nothing is known of
    /// its connections. What is received late, or after the account has left, does not bring it back.
    pub fn seen(&self, account: AccountId, at: i64) {
        let age = Duration::from_millis(u64::try_from(clock::now() - at).unwrap_or(0));
        let stays = SEEN_FOR.saturating_sub(age);
        if stays.is_zero() {
            return;
        }
        let left = |entry: &Entry| entry.connections == 0 && at <= entry.last_seen;
        if self.inner.lock().entries.get(&account).is_some_and(left) {
            return;
        }
        self.touch(account, |entry| {
            if entry.connections == 0 {
                entry.leaves = Some(Instant::now() + stays);
            }
        });
    }

    /// Adopts the state of an account from the server that gathers presence.
    pub fn told(&self, account: AccountId, state: PresenceState, last_seen: i64) {
        let mut inner = self.inner.lock();
        if inner.by_others {
            let entry = inner.entries.entry(account).or_insert_with(|| Entry::new(Instant::now()));
            (entry.state, entry.last_seen) = (state, last_seen);
        }
    }

    /// Starts gathering presence on this server. Accounts that are present stay so for as long as it takes to receive a
    /// new sign of them.
    pub fn take_over(&self) {
        let mut inner = self.inner.lock();
        inner.by_others = false;
        let Inner { entries, changed, .. } = &mut *inner;
        let present = entries.iter_mut().filter(|(_, entry)| entry.state != PresenceState::Offline);
        for (account, entry) in present {
            (entry.connections, entry.leaves) = (0, Some(Instant::now() + SEEN_FOR));
            // The broker may have lost its retained messages.
            changed.insert(*account);
        }
    }

    /// Leaves gathering presence to another server.
    pub fn hand_over(&self) {
        let mut inner = self.inner.lock();
        inner.by_others = true;
        inner.changed.clear();
        inner.entries.values_mut().for_each(|entry| (entry.connections, entry.leaves) = (0, None));
    }

    /// Records that an account sent, read or typed something.
    pub fn active(&self, account: AccountId) {
        let mut inner = self.inner.lock();
        if inner.by_others {
            return;
        }
        let Some(entry) = inner.entries.get_mut(&account) else { return };
        entry.active = Instant::now();
        if entry.state == PresenceState::Away && entry.connections > 0 {
            entry.state = PresenceState::Online;
            entry.last_seen = clock::now();
            inner.changed.insert(account);
            self.wake.notify_one();
        }
    }

    fn touch(&self, account: AccountId, touch: impl FnOnce(&mut Entry)) {
        let mut inner = self.inner.lock();
        let now = Instant::now();
        let entry = inner.entries.entry(account).or_insert_with(|| Entry::new(now));
        entry.active = now;
        entry.last_seen = clock::now();
        touch(entry);
        if entry.state != PresenceState::Online {
            entry.state = PresenceState::Online;
            inner.changed.insert(account);
            self.wake.notify_one();
        }
    }

    /// Returns an account's state, and when it was last online if that was since the server started (milliseconds since
    /// 1970).
    pub fn of(&self, account: AccountId) -> (PresenceState, Option<i64>) {
        match self.inner.lock().entries.get(&account) {
            Some(entry) if entry.state == PresenceState::Offline => (entry.state, Some(entry.last_seen)),
            Some(entry) => (entry.state, Some(clock::now())),
            None => (PresenceState::Offline, None),
        }
    }

    /// Returns whether an account is online or away.
    pub fn is_there(&self, account: AccountId) -> bool {
        self.of(account).0 != PresenceState::Offline
    }

    /// Waits for changes to announce: immediately when somebody comes online, otherwise within a second or two.
    pub async fn updates(&self) -> Vec<Update> {
        loop {
            let _ = tokio::time::timeout(LOOK, self.wake.notified()).await;
            let updates = self.take_updates();
            if !updates.is_empty() {
                return updates;
            }
        }
    }

    fn take_updates(&self) -> Vec<Update> {
        let mut inner = self.inner.lock();
        let Inner { entries, changed, looked, unsaved, .. } = &mut *inner;
        let now = Instant::now();
        // Not for each new arrival, as this checks all accounts.
        if looked.is_none_or(|looked| now.duration_since(looked) >= LOOK) {
            *looked = Some(now);
            for (account, entry) in entries.iter_mut() {
                let next = match entry.leaves {
                    Some(leaves) if leaves <= now => PresenceState::Offline,
                    None if now.duration_since(entry.active) >= AWAY_AFTER => PresenceState::Away,
                    _ => entry.state,
                };
                if next != entry.state {
                    entry.state = next;
                    changed.insert(*account);
                }
            }
        }
        let update = |account: AccountId| {
            let entry = entries.get(&account)?;
            Some(Update { account, state: entry.state, last_seen: entry.last_seen })
        };
        let updates: Vec<_> = changed.drain().filter_map(update).collect();
        unsaved.extend(updates.iter().map(|update| (update.account, update.last_seen)));
        updates
    }

    /// Takes the last-seen times of accounts whose presence has changed, to be stored in the database.
    pub fn take_unsaved(&self) -> Vec<(AccountId, i64)> {
        self.inner.lock().unsaved.drain().collect()
    }

    /// Puts back last-seen times that could not be stored.
    pub fn keep_unsaved(&self, seen: Vec<(AccountId, i64)>) {
        let mut inner = self.inner.lock();
        for (account, at) in seen {
            inner.unsaved.entry(account).or_insert(at);
        }
    }

    /// Returns the current time as the last-seen time of all connected accounts, to be stored in the database. Empty
    /// unless this server gathers presence.
    pub fn present(&self) -> Vec<(AccountId, i64)> {
        let inner = self.inner.lock();
        if inner.by_others {
            return Vec::new();
        }
        let present = inner.entries.iter().filter(|(_, entry)| entry.connections > 0);
        present.map(|(account, _)| (*account, clock::now())).collect()
    }

    /// Returns the number of accounts that are present.
    pub fn count(&self) -> usize {
        let inner = self.inner.lock();
        inner.entries.values().filter(|entry| entry.state != PresenceState::Offline).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Presence {
        /// Returns the pending updates after a check of all accounts.
        fn told_now(&self) -> Vec<Update> {
            self.inner.lock().looked = None;
            self.take_updates()
        }
    }

    #[test]
    fn two_clients_that_throw_each_other_out_are_one_who_is_there() {
        let (presence, ana) = (Presence::default(), AccountId(1));
        presence.connected(ana);
        assert_eq!(presence.told_now().len(), 1);
        for _ in 0..50 {
            // The new connection begins before the old one has ended, or after.
            presence.connected(ana);
            presence.disconnected(ana);
            presence.disconnected(ana);
            presence.connected(ana);
            assert!(presence.told_now().is_empty());
        }
        assert_eq!(presence.of(ana).0, PresenceState::Online);
    }

    #[test]
    fn when_people_were_last_there_is_kept_until_it_is_noted() {
        let (presence, ana) = (Presence::default(), AccountId(1));
        presence.connected(ana);
        assert!(presence.take_unsaved().is_empty(), "nobody was told yet");
        presence.told_now();
        let seen = presence.take_unsaved();
        assert_eq!(seen.len(), 1);
        presence.keep_unsaved(seen.clone());
        assert_eq!(presence.take_unsaved(), seen);
    }

    #[test]
    fn two_devices_are_one_presence() {
        let presence = Presence::default();
        let ana = AccountId(1);
        presence.connected(ana);
        presence.connected(ana);
        let told: Vec<_> = presence.told_now().iter().map(|update| update.state).collect();
        assert_eq!(told, [PresenceState::Online]);
        presence.disconnected(ana);
        assert!(presence.told_now().is_empty());
        presence.disconnected(ana);
        assert!(presence.told_now().is_empty(), "the grace has not passed");
        presence.inner.lock().entries.get_mut(&ana).unwrap().leaves = Some(Instant::now());
        let told: Vec<_> = presence.told_now().iter().map(|update| update.state).collect();
        assert_eq!(told, [PresenceState::Offline]);
        presence.connected(ana);
        assert_eq!(presence.of(ana).0, PresenceState::Online);
    }
    #[test]
    fn another_server_gathers_it_until_we_do() {
        let (presence, ana, bo) = (Presence::default(), AccountId(1), AccountId(2));
        presence.hand_over();
        presence.told(ana, PresenceState::Online, 5);
        assert_eq!(presence.of(ana).0, PresenceState::Online);
        assert!(presence.told_now().is_empty() && presence.present().is_empty());

        presence.take_over();
        presence.told(ana, PresenceState::Offline, 6);
        presence.seen(bo, clock::now());
        let mut told: Vec<_> = presence.told_now().iter().map(|u| (u.account, u.state)).collect();
        told.sort_by_key(|(account, _)| *account);
        assert_eq!(told, [(ana, PresenceState::Online), (bo, PresenceState::Online)]);
        let mut inner = presence.inner.lock();
        inner.entries.values_mut().for_each(|entry| entry.leaves = Some(Instant::now()));
        drop(inner);
        assert_eq!(presence.told_now().len(), 2, "nobody heard of them since");
        assert_eq!(presence.of(bo).0, PresenceState::Offline);
    }

    #[test]
    fn what_somebody_said_before_they_left_brings_them_not_back() {
        let (presence, ana, bo) = (Presence::default(), AccountId(1), AccountId(2));
        presence.seen(bo, clock::now() - SEEN_FOR.as_millis() as i64);
        assert!(presence.told_now().is_empty(), "that was too long ago");
        let said = clock::now();
        presence.connected(ana);
        presence.disconnected(ana);
        presence.seen(ana, said);
        let leaves = presence.inner.lock().entries[&ana].leaves.unwrap();
        assert!(leaves <= Instant::now() + GRACE);
    }
}
