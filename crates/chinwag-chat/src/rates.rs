//! Rate limits on the actions of one account or one address. `--limits off` turns them all off; limits on sizes and
//! access control remain.

mod attempts;

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use chinwag_protocol::reason::Rated;
use chinwag_protocol::{Reason, Refused};
use governor::clock::{Clock, DefaultClock, QuantaInstant};
use governor::{DefaultDirectRateLimiter, DefaultKeyedRateLimiter, NotUntil, Quota};
use parking_lot::Mutex;

use crate::store::{AccountId, RoomKey};
use attempts::Attempts;

/// Messages that one account may send per second …
const SENDS_PER_SECOND: u32 = 50;
/// … after a burst of this many.
const SENDS_BURST: u32 = 500;
/// "Typing" notices of one account in one room per second …
const TYPING_PER_SECOND: u32 = 1;
/// … after a burst of this many: to start, to stop, and to start again.
const TYPING_BURST: u32 = 4;
/// "Typing" notices of one account in all its rooms per second …
const TYPING_BY_ACCOUNT: u32 = 5;
/// … and of all accounts in one room per second: no client shows more names than that.
const TYPING_IN_ROOM: u32 = 10;
/// Burst for either of these two.
const TYPING_BURST_OF_ALL: u32 = 20;
/// Burst of wrong passwords from one address …
const SIGN_INS_BURST: u32 = 60;
/// … and then one in this many seconds.
const SIGN_IN_SECONDS: u64 = 2;
/// Burst of wrong passwords for one account from one address. Counted by address, so that nobody can lock others out.
/// Changes of an account's own password, right or wrong, have the same limits, whatever address they come from …
const GUESSES_BURST: u32 = 10;
/// … and then one in this many seconds.
const GUESS_SECONDS: u64 = 10;
/// Burst of changes by one account to rooms and memberships …
const ROOM_CHANGES_BURST: u32 = 100;
/// … and then one in this many seconds.
const ROOM_CHANGE_SECONDS: u64 = 1;
/// Burst of rooms created by one account, including direct conversations …
const NEW_ROOMS_BURST: u32 = 30;
/// … and then one in this many seconds.
const NEW_ROOM_SECONDS: u64 = 10;
/// Burst of uploads by one account …
const UPLOADS_BURST: u32 = 60;
/// … and then one in this many seconds.
const UPLOAD_SECONDS: u64 = 2;

/// Burst of refused sign-ins that are logged …
const LOGGED_BURST: u32 = 100;
/// … and then this many per second. Applies even with `--limits off`, so that nobody can flood the log.
const LOGGED_PER_SECOND: u32 = 10;

/// The rate limits, on or off. Several servers share them: what one server lets through counts for all.
pub struct Rates {
    limiters: Option<Limiters>,
    logged: DefaultDirectRateLimiter,
}

/// The account whose password is tried.
#[derive(Debug, Clone)]
pub enum Whose {
    /// The account with this name, if there is one.
    Name(String),
    /// A signed-in account that is changing its password.
    Account(AccountId),
}

/// An attempt to enter a password. It counts as wrong until it is given back.
pub struct Attempt<'a> {
    taken: Option<(&'a Limiters, u32)>,
    address: IpAddr,
    whose: Whose,
}

impl Attempt<'_> {
    /// Gives the attempt back: the password was right, or was never checked.
    pub fn give_back(self) {
        let Some((limiters, cells)) = self.taken else { return };
        limiters.addresses.give_back(&self.address, cells);
        if let Whose::Name(name) = self.whose {
            limiters.guesses.give_back(&(self.address, name), cells);
        }
    }
}

struct Limiters {
    servers: AtomicU32,
    sends: DefaultKeyedRateLimiter<AccountId>,
    typing: DefaultKeyedRateLimiter<(AccountId, RoomKey)>,
    typing_by: DefaultKeyedRateLimiter<AccountId>,
    typing_in: DefaultKeyedRateLimiter<RoomKey>,
    /// Accounts with clients that wait to send: the client whose turn it is holds the lock, the others queue for it.
    turns: Mutex<HashMap<AccountId, Arc<tokio::sync::Mutex<()>>>>,
    addresses: Attempts<IpAddr>,
    guesses: Attempts<(IpAddr, String)>,
    changes_of_password: Attempts<AccountId>,
    room_changes: DefaultKeyedRateLimiter<AccountId>,
    new_rooms: DefaultKeyedRateLimiter<AccountId>,
    uploads: DefaultKeyedRateLimiter<AccountId>,
}

fn quota(burst: u32, period: Duration) -> Quota {
    let burst = NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN);
    Quota::with_period(period).unwrap_or(Quota::per_second(NonZeroU32::MIN)).allow_burst(burst)
}

fn per_second(count: u32, burst: u32) -> Quota {
    quota(burst, Duration::from_secs(1) / count)
}

impl Rates {
    /// Creates the default limits, or with `on` false none.
    pub fn new(on: bool) -> Self {
        let limiters = on.then(|| Limiters {
            servers: AtomicU32::new(1),
            sends: DefaultKeyedRateLimiter::dashmap(quota(
                SENDS_BURST,
                Duration::from_secs(1) / SENDS_PER_SECOND,
            )),
            typing: DefaultKeyedRateLimiter::dashmap(per_second(TYPING_PER_SECOND, TYPING_BURST)),
            typing_by: DefaultKeyedRateLimiter::dashmap(per_second(TYPING_BY_ACCOUNT, TYPING_BURST_OF_ALL)),
            typing_in: DefaultKeyedRateLimiter::dashmap(per_second(TYPING_IN_ROOM, TYPING_BURST_OF_ALL)),
            turns: Mutex::default(),
            addresses: Attempts::new(SIGN_INS_BURST, Duration::from_secs(SIGN_IN_SECONDS)),
            guesses: Attempts::new(GUESSES_BURST, Duration::from_secs(GUESS_SECONDS)),
            changes_of_password: Attempts::new(GUESSES_BURST, Duration::from_secs(GUESS_SECONDS)),
            room_changes: DefaultKeyedRateLimiter::dashmap(quota(
                ROOM_CHANGES_BURST,
                Duration::from_secs(ROOM_CHANGE_SECONDS),
            )),
            new_rooms: DefaultKeyedRateLimiter::dashmap(quota(
                NEW_ROOMS_BURST,
                Duration::from_secs(NEW_ROOM_SECONDS),
            )),
            uploads: DefaultKeyedRateLimiter::dashmap(quota(
                UPLOADS_BURST,
                Duration::from_secs(UPLOAD_SECONDS),
            )),
        });
        let logged = quota(LOGGED_BURST, Duration::from_secs(1) / LOGGED_PER_SECOND);
        Self { limiters, logged: DefaultDirectRateLimiter::direct(logged) }
    }

    /// Sets the number of servers on the database, each of which grants its share of the limits.
    pub fn share(&self, servers: u32) {
        if let Some(limiters) = &self.limiters {
            limiters.servers.store(servers, Ordering::Relaxed);
        }
    }

    /// Waits until the account may send one more message; returns whether it had to wait. Several waiting clients of
    /// one account take turns in the order of their arrival.
    pub async fn wait_to_send(&self, account: AccountId) -> bool {
        let Some(limiters) = &self.limiters else { return false };
        let check = || limiters.check(&limiters.sends, SENDS_BURST, &account);
        let turn = limiters.turns.lock().get(&account).map(Arc::clone);
        let turn = match turn {
            None if check().is_ok() => return false,
            None => Arc::clone(limiters.turns.lock().entry(account).or_default()),
            Some(turn) => turn,
        };
        let _turn = turn.lock().await;
        while let Err(wait) = check() {
            tokio::time::sleep(wait).await;
        }
        true
    }

    /// Counts one more message from a sender that can be asked to retry later; refuses it if the limit is reached.
    pub fn send(&self, account: AccountId) -> Result<(), Refused> {
        let check = |limiters: &Limiters| limiters.check(&limiters.sends, SENDS_BURST, &account);
        self.limiters.as_ref().map_or(Ok(()), check).map_err(|wait| too_many(Rated::Messages, wait))
    }

    /// Counts one more change to a room or a membership.
    pub fn room_change(&self, account: AccountId) -> Result<(), Refused> {
        let check =
            |limiters: &Limiters| limiters.check(&limiters.room_changes, ROOM_CHANGES_BURST, &account);
        self.limiters.as_ref().map_or(Ok(()), check).map_err(|wait| too_many(Rated::RoomChanges, wait))
    }

    /// Counts one more new room.
    pub fn new_room(&self, account: AccountId) -> Result<(), Refused> {
        let check = |limiters: &Limiters| limiters.check(&limiters.new_rooms, NEW_ROOMS_BURST, &account);
        self.limiters.as_ref().map_or(Ok(()), check).map_err(|wait| too_many(Rated::NewRooms, wait))
    }

    /// Returns whether one more "typing" notice is passed on. Excess notices are useless and are dropped.
    pub fn typing(&self, account: AccountId, room: RoomKey) -> bool {
        let Some(limiters) = &self.limiters else { return true };
        limiters.check(&limiters.typing, TYPING_BURST, &(account, room)).is_ok()
            && limiters.check(&limiters.typing_by, TYPING_BURST_OF_ALL, &account).is_ok()
            && limiters.check(&limiters.typing_in, TYPING_BURST_OF_ALL, &room).is_ok()
    }

    /// Counts one more upload.
    pub fn upload(&self, account: AccountId) -> Result<(), Refused> {
        let check = |limiters: &Limiters| limiters.check(&limiters.uploads, UPLOADS_BURST, &account);
        self.limiters.as_ref().map_or(Ok(()), check).map_err(|wait| too_many(Rated::Uploads, wait))
    }

    /// Begins an attempt to enter a password from this [`host`](chinwag_broker::host); refused after too many wrong
    /// ones from there.
    pub fn password(&self, address: IpAddr, whose: Whose) -> Result<Attempt<'_>, Refused> {
        let Some(limiters) = &self.limiters else { return Ok(Attempt { taken: None, address, whose }) };
        let cells = limiters.servers.load(Ordering::Relaxed);
        let wrong = |wait| too_many(Rated::Passwords, wait);
        limiters.addresses.take(address, cells).map_err(wrong)?;
        let taken = match &whose {
            Whose::Name(name) => limiters.guesses.take((address, name.clone()), cells),
            Whose::Account(account) => limiters.changes_of_password.take(*account, cells),
        };
        if let Err(wait) = taken {
            limiters.addresses.give_back(&address, cells);
            return Err(wrong(wait));
        }
        Ok(Attempt { taken: Some((limiters, cells)), address, whose })
    }

    /// Returns whether one more refused sign-in may be logged.
    pub fn log(&self) -> bool {
        self.logged.check().is_ok()
    }

    /// Forgets idle accounts and addresses. Called about once a minute.
    pub fn forget_idle(&self) {
        let Some(limiters) = &self.limiters else { return };
        limiters.sends.retain_recent();
        limiters.typing.retain_recent();
        limiters.typing_by.retain_recent();
        limiters.typing_in.retain_recent();
        limiters.turns.lock().retain(|_, turn| Arc::strong_count(turn) > 1);
        limiters.addresses.forget_idle();
        limiters.guesses.forget_idle();
        limiters.changes_of_password.forget_idle();
        limiters.room_changes.retain_recent();
        limiters.new_rooms.retain_recent();
        limiters.uploads.retain_recent();
    }
}

impl Limiters {
    /// Takes one of the `burst` permits that all servers share: here it counts as many times as there are servers. If
    /// it is not available, returns how long to wait.
    fn check<K: Hash + Eq + Clone>(
        &self,
        limiter: &DefaultKeyedRateLimiter<K>,
        burst: u32,
        key: &K,
    ) -> Result<(), Duration> {
        let servers = self.servers.load(Ordering::Relaxed).clamp(1, burst);
        let cells = NonZeroU32::new(servers).unwrap_or(NonZeroU32::MIN);
        match limiter.check_key_n(key, cells) {
            // `Err` means more cells than the burst, which is never requested.
            Ok(Ok(())) | Err(_) => Ok(()),
            Ok(Err(until)) => Err(wait_of(until)),
        }
    }
}

fn wait_of(until: NotUntil<QuantaInstant>) -> Duration {
    until.wait_time_from(DefaultClock::default().now())
}

fn too_many(what: Rated, wait: Duration) -> Refused {
    Reason::Rate { what, seconds: wait.as_secs() + 1 }.into()
}

#[cfg(test)]
mod tests {
    use chinwag_protocol::ErrorCode;

    use super::*;

    #[test]
    fn several_servers_share_what_one_account_may_send() {
        let (alone, shared) = (Rates::new(true), Rates::new(true));
        shared.share(5);
        let burst =
            |rates: &Rates| (0..).take_while(|_| rates.send(AccountId(1)).is_ok()).take(2_000).count();
        let (alone, shared) = (burst(&alone), burst(&shared));
        assert!(alone >= 500 && (100..alone / 2).contains(&shared), "{alone} and {shared}");
    }

    #[tokio::test]
    async fn clients_of_one_account_take_turns_and_hold_up_nobody_else() {
        let rates = Arc::new(Rates::new(true));
        while rates.send(AccountId(1)).is_ok() {}
        let (told, mut order) = tokio::sync::mpsc::channel(40);
        for client in 0..2 {
            let (rates, told) = (Arc::clone(&rates), told.clone());
            tokio::spawn(async move {
                for _ in 0..20 {
                    rates.wait_to_send(AccountId(1)).await;
                    told.send(client).await.unwrap();
                }
            });
        }
        drop(told);
        let first = order.recv().await.unwrap();
        assert!(!rates.wait_to_send(AccountId(2)).await, "another account waits, too");
        let (mut counts, mut expected) = ([0, 0], 1 - first);
        counts[first] += 1;
        while let Some(client) = order.recv().await {
            counts[client] += 1;
            assert!(client == expected || counts[client] == 20, "{counts:?}");
            expected = 1 - client;
        }
        assert_eq!(counts, [20, 20]);
        // A client that gave up waiting does not block others.
        while rates.send(AccountId(1)).is_ok() {}
        let gone = tokio::time::timeout(Duration::ZERO, rates.wait_to_send(AccountId(1))).await;
        assert!(gone.is_err());
        rates.wait_to_send(AccountId(1)).await;
    }

    #[test]
    fn whoever_types_without_end_is_passed_on_a_few_times_and_leaves_room_for_others() {
        let rates = Rates::new(true);
        let (mallory, ana, general) = (AccountId(1), AccountId(2), RoomKey(1));
        let passed = (0..1_000).filter(|_| rates.typing(mallory, general)).count();
        assert!(passed < 10, "{passed} in one room");
        assert!(rates.typing(ana, general));
        let passed = (2..1_000).filter(|room| rates.typing(mallory, RoomKey(*room))).count();
        assert!(passed < 40, "{passed} in all rooms");
        let passed = (3..1_000).filter(|account| rates.typing(AccountId(*account), general)).count();
        assert!(passed < 60, "{passed} of a whole room");
    }

    #[test]
    fn wrong_passwords_slow_down_their_address_only() {
        let rates = Rates::new(true);
        let (here, there) = (IpAddr::from([127, 0, 0, 1]), IpAddr::from([127, 0, 0, 2]));
        let guess = |from, name: &str| rates.password(from, Whose::Name(name.to_owned())).map(drop);
        for _ in 0..GUESSES_BURST {
            assert!(guess(here, "ana").is_ok());
        }
        assert_eq!(guess(here, "ana").unwrap_err().code, ErrorCode::TooManyRequests);
        assert!(guess(there, "ana").is_ok() && guess(here, "bo").is_ok());
        let others = (0..100).filter(|name| guess(here, &name.to_string()).is_ok()).count();
        assert_eq!(others as u32, SIGN_INS_BURST - GUESSES_BURST - 1, "what was refused did not count");
    }

    #[test]
    fn one_account_may_not_guess_its_own_password_from_many_addresses() {
        let rates = Rates::new(true);
        let guess = |last, account| {
            let address = IpAddr::from([10, 0, 0, last]);
            rates.password(address, Whose::Account(AccountId(account))).is_ok()
        };
        assert_eq!((0..100).filter(|last| guess(*last, 1)).count() as u32, GUESSES_BURST);
        assert!(guess(0, 2));
    }
}
